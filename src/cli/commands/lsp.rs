//! `rulepost lsp`.

use clap::Args;
use lsp_server::Connection;

use crate::cli::check;
use crate::cli::check::LevelFlags;
use crate::cli::check::Standard;
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::lsp;

/// Arguments of `lsp`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rulepost lsp   speak the language server protocol on standard input and output

An editor starts it; docs/editors.md shows how. It reads rulepost.toml and the schema file where it is
started, again when the editor says that they changed, and the other rules of the open folder; it writes no file.")]
pub(crate) struct LspArgs {
    /// Accepted because editors pass it; there is no other way to talk
    #[arg(long)]
    stdio: bool,
}

/// Serves an editor until it says goodbye.
pub(crate) fn run(args: &LspArgs, context: &Context) -> Result<Exit, Error> {
    let LspArgs { stdio: _ } = args;
    let read = || {
        let config = check::config(context)?;
        Standard::new(&config, &LevelFlags::default(), context)
    };
    let standard = read()?;
    let (connection, threads) = Connection::stdio();
    let orderly = lsp::serve(&connection, standard, &read).map_err(|error| Error::Usage {
        message: format!("the client does not speak the protocol: {error}"),
        help:
            "`rulepost lsp` is started by an editor; `rulepost validate` checks rules without one"
                .to_owned(),
    })?;
    drop(connection);
    threads.join().map_err(Error::Output)?;
    Ok(if orderly { Exit::Done } else { Exit::Failed })
}
