//! One command per file.

pub(crate) mod completions;
pub(crate) mod coverage;
pub(crate) mod deploy;
pub(crate) mod docs;
pub(crate) mod doctor;
pub(crate) mod drift;
pub(crate) mod emulator;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod kql;
pub(crate) mod lsp;
pub(crate) mod man;
pub(crate) mod new;
pub(crate) mod query;
pub(crate) mod ready;
pub(crate) mod render;
pub(crate) mod schema;
pub(crate) mod test;
pub(crate) mod validate;

use crate::cli::args::Command;
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;

/// Runs one command to its end.
pub(crate) fn run(command: Command, context: &Context) -> Result<Exit, Error> {
    match command {
        Command::Drift(args) => drift::run(&args, context),
        Command::Deploy(args) => deploy::run(&args, context),
        Command::Man(args) => man::run(&args, context),
        Command::Completions(args) => completions::run(&args, context),
        Command::Coverage(args) => coverage::run(&args, context),
        Command::Doctor(args) => doctor::run(&args, context),
        Command::Import(args) => import::run(&args, context),
        Command::Docs(args) => docs::run(&args, context),
        Command::Query(args) => query::run(&args, context),
        Command::Render(args) => render::run(&args, context),
        Command::Test(args) => test::run(&args, context),
        Command::Validate(args) => validate::run(&args, context),
        Command::Explain(args) => explain::run(&args, context),
        Command::Kql(args) => kql::run(&args, context),
        Command::Fmt(args) => fmt::run(&args, context),
        Command::Init(args) => init::run(&args, context),
        Command::New(args) => new::run(&args, context),
        Command::Lsp(args) => lsp::run(&args, context),
        Command::Schema(args) => schema::run(&args, context),
        Command::Emulator(args) => emulator::run(args, context),
    }
}
