//! What made a command fail, with the exit code and the next step.

use std::io;
use std::path::PathBuf;

use crate::azure;
use crate::cli::exit::Exit;
use crate::emulator;
use crate::lint;
use crate::project;

/// Everything that ends a command early. Findings about the user's content are no errors.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A call of the service failed, or signing in did.
    #[error(transparent)]
    Azure(#[from] azure::Error),
    /// The rules could not be found.
    #[error(transparent)]
    Project(#[from] project::Error),
    /// Standard output could not be written.
    #[error("cannot write to standard output")]
    Output(#[source] io::Error),
    /// A file that a flag named could not be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file that a flag named does not hold what it should.
    #[error("`{}` is not {what}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What it should be.
        what: &'static str,
        /// Why it is not.
        #[source]
        source: serde_json::Error,
    },
    /// The question was answered with no.
    #[error("not confirmed; nothing was changed")]
    Declined,
    /// Ctrl-C was pressed before anything was written.
    #[error("interrupted; nothing was changed")]
    Interrupted,
    /// A file could not be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A JSON file holds something else than it should.
    #[error("cannot understand `{}`", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Why, and where.
        #[source]
        source: serde_json::Error,
    },
    /// The configuration file cannot be understood.
    #[error("cannot understand `{}`", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// Why, and where.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A schema cannot be used.
    #[error("cannot use the schema in `{}`", path.display())]
    Schema {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: crate::kql::schema::SchemaError,
    },
    /// The baseline file cannot be used.
    #[error("cannot use `{}`", path.display())]
    Baseline {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: lint::baseline::BaselineError,
    },
    /// A file to import from could not be understood.
    #[error("cannot understand `{}`", path.display())]
    Import {
        /// The file.
        path: PathBuf,
        /// Why, and where.
        #[source]
        source: crate::import::Error,
    },
    /// The emulator could not start.
    #[error("the emulator cannot start")]
    Emulator(#[source] emulator::Error),
    /// An emulator could not be asked.
    #[error(transparent)]
    Remote(#[from] emulator::RemoteError),
    /// A query could not be run.
    #[error(transparent)]
    Query(#[from] crate::engine::Error),
    /// Files cannot be watched.
    #[error("cannot watch the files of the rules")]
    Watch(#[source] notify::Error),
    /// The async runtime could not start.
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
    /// Flags that parse but do not fit together.
    #[error("{message}")]
    Usage {
        /// What does not fit.
        message: String,
        /// What would.
        help: String,
    },
}

impl Error {
    /// The exit code this failure ends with.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Usage { .. } | Self::Azure(azure::Error::Endpoint { .. }) => Exit::Usage,
            Self::Interrupted => Exit::Interrupted,
            _ => Exit::Failed,
        }
    }

    /// What to do next; one line each.
    pub(crate) fn help(&self) -> Vec<String> {
        match self {
            Self::Azure(error) => error.help(),
            Self::Emulator(emulator::Error::InUse { .. }) => vec![
                "wait until the other run has ended, or give another folder: `--data-dir` of \
                 `rulepost emulator`, another project for `--cloud local`"
                    .to_owned(),
            ],
            Self::Emulator(emulator::Error::Listen { .. }) => {
                vec!["`--listen 127.0.0.1:0` takes a free port".to_owned()]
            }
            Self::Remote(emulator::RemoteError::Connect { .. }) => vec![
                "`rulepost emulator` runs one and prints where; without `--endpoint` and \
                 `RULEPOST_MANAGEMENT_ENDPOINT` the state of `--cloud local` is worked on"
                    .to_owned(),
            ],
            Self::Remote(emulator::RemoteError::Address { .. }) => vec![
                "an emulator is asked over plain http at the loopback interface, such as \
                 `http://127.0.0.1:8080`"
                    .to_owned(),
            ],
            Self::Usage { help, .. } => vec![help.clone()],
            _ => Vec::new(),
        }
    }
}
