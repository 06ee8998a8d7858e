//! `rulepost schema`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file;
use crate::rule::schema::schema;

/// Arguments of `schema`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rulepost schema -o .rulepost/rule.schema.json   write it where an editor finds it

Editors with the YAML language server take it by a first line in the rule file:
  # yaml-language-server: $schema=../.rulepost/rule.schema.json")]
pub(crate) struct SchemaArgs {
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Prints the JSON Schema of a rule file.
pub(crate) fn run(args: &SchemaArgs, context: &Context) -> Result<Exit, Error> {
    let text = format!("{:#}\n", schema());
    match &args.output {
        Some(path) => file::write(path, &text)?,
        None => context.print(&text)?,
    }
    Ok(Exit::Done)
}
