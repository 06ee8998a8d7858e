//! `rulepost schema` and `rulepost schema pull`.

mod pull;
mod workspace;

use std::path::PathBuf;

use clap::Args;
use clap::Subcommand;
use clap::ValueEnum;

use crate::cases;
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file;
use crate::rule;

/// Arguments of `schema`.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  rulepost schema -o .rulepost/rule.schema.json   write it where an editor finds it
  rulepost schema --of test -o .rulepost/test.schema.json
  rulepost schema pull -w sec-prod                fetch the tables and functions of a workspace

Editors with the YAML language server take it by a first line in the rule file:
  # yaml-language-server: $schema=../.rulepost/rule.schema.json"
)]
pub(crate) struct SchemaArgs {
    #[command(subcommand)]
    command: Option<SchemaCommand>,
    /// Of which files
    #[arg(long, value_name = "FILES", default_value = "rule")]
    of: Of,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The files that a schema is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Of {
    /// Rule files, `NAME.yaml`.
    Rule,
    /// Test files, `NAME.test.yaml`.
    Test,
}

/// What else is done about schemas.
#[derive(Debug, Subcommand)]
enum SchemaCommand {
    /// Fetch the tables, functions and watchlists of a workspace, for the checks of queries
    Pull(pull::PullArgs),
}

/// Prints the JSON Schema of a rule or test file, or fetches what a workspace has.
pub(crate) fn run(args: &SchemaArgs, context: &Context) -> Result<Exit, Error> {
    if let Some(SchemaCommand::Pull(args)) = &args.command {
        return pull::run(args, context);
    }
    let schema = match args.of {
        Of::Rule => rule::schema::schema(),
        Of::Test => cases::schema::schema(),
    };
    let text = format!("{schema:#}\n");
    match &args.output {
        Some(path) => file::write(path, &text)?,
        None => context.print(&text)?,
    }
    Ok(Exit::Done)
}
