//! What every command gets: the environment, and the two streams.

use std::io::{self, Write as _};
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};

use crate::azure;
use crate::cli::args::{ColorWhen, GlobalArgs};
use crate::cli::env::Env;
use crate::cli::error::Error;
use crate::clock::Clock;

/// Bold red, for the word `error`.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
/// Bold yellow, for the word `warning`.
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// Bold cyan, for the word `help`.
pub(crate) const HELP: Style = AnsiColor::Cyan.on_default().bold();

/// The surroundings of one command.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// The environment.
    pub(crate) env: Env,
    /// `--config`.
    pub(crate) config: Option<PathBuf>,
    /// `-q`: nothing on standard error but errors.
    pub(crate) quiet: bool,
    /// What all clients of Azure share.
    pub(crate) azure: azure::Shared,
    color: anstream::ColorChoice,
}

impl Context {
    /// Surroundings as the global flags ask for.
    pub(crate) fn new(global: &GlobalArgs, env: Env) -> Self {
        let color = match global.color {
            ColorWhen::Auto => anstream::ColorChoice::Auto,
            ColorWhen::Always => anstream::ColorChoice::Always,
            ColorWhen::Never => anstream::ColorChoice::Never,
        };
        Self {
            env,
            config: global.config.clone(),
            quiet: global.quiet,
            azure: azure::Shared::new(Clock::Real),
            color,
        }
    }

    /// Whether standard output shows colours; reports that draw for themselves ask.
    pub(crate) fn colored(&self) -> bool {
        anstream::AutoStream::new(io::stdout(), self.color).current_choice()
            != anstream::ColorChoice::Never
    }

    /// Writes a result to standard output; colour codes in it are dropped where they would not be shown.
    ///
    /// A reader that went away is no error: `rulepost … | head` ends quietly.
    pub(crate) fn print(&self, text: &str) -> Result<(), Error> {
        let mut stream = anstream::AutoStream::new(io::stdout().lock(), self.color);
        match stream
            .write_all(text.as_bytes())
            .and_then(|()| stream.flush())
        {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::Output(error)),
            _ => Ok(()),
        }
    }

    /// Writes a line of progress or advice to standard error, unless `-q` was given.
    pub(crate) fn note(&self, line: &str) {
        if !self.quiet {
            self.stderr(line);
        }
    }

    /// Writes a line to standard error, also with `-q`: what a person has to see beside the result.
    pub(crate) fn always(&self, line: &str) {
        self.stderr(line);
    }

    /// Asks on standard error; the answer is read by who asks.
    pub(crate) fn ask(&self, question: &str) {
        let mut stream = anstream::AutoStream::new(io::stderr().lock(), self.color);
        let _ = write!(stream, "{question}").and_then(|()| stream.flush());
    }

    /// Whether standard error shows colours.
    pub(crate) fn colored_stderr(&self) -> bool {
        anstream::AutoStream::new(io::stderr(), self.color).current_choice()
            != anstream::ColorChoice::Never
    }

    /// Shows why a command failed: the error, its causes one per line, then what to do.
    pub(crate) fn error(&self, error: &Error) {
        let mut text = format!("{ERROR}error{ERROR:#}: {error}");
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            text.push_str(&format!("\n  caused by: {cause}"));
            source = cause.source();
        }
        for help in error.help() {
            text.push_str(&format!("\n{HELP}help{HELP:#}: {help}"));
        }
        self.stderr(&text);
    }

    fn stderr(&self, text: &str) {
        let mut stream = anstream::AutoStream::new(io::stderr().lock(), self.color);
        // There is nowhere left to say that standard error is gone.
        let _ = writeln!(stream, "{text}");
    }
}

/// Starts the async runtime.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Error::Runtime)
}
