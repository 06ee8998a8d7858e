//! `rulepost validate [RULES…]`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::diag::Level;
use crate::project;
use crate::report::human;

/// Arguments of `validate`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rulepost validate                     check the rules in rules/
  rulepost validate rules/ other.yaml   check these")]
pub(crate) struct ValidateArgs {
    /// Rule files or folders
    #[arg(default_value = "rules", value_name = "RULES")]
    pub(crate) rules: Vec<PathBuf>,
}

/// Checks the rules and shows what is wrong.
pub(crate) fn run(args: &ValidateArgs, context: &Context) -> Result<Exit, Error> {
    let loaded = project::load(&args.rules)?;
    let options = human::Options {
        color: context.colored(),
        least: Level::Warning,
    };
    let mut text = human::diagnostics(&loaded.diagnostics, &loaded.sources, options);
    text.push_str(&format!(
        "{}: {} in {}\n",
        human::count(&loaded.diagnostics),
        human::plural(loaded.rules.len() + loaded.incomplete.len(), "rule"),
        human::plural(loaded.files, "file"),
    ));
    context.print(&text)?;
    let failed = loaded
        .diagnostics
        .iter()
        .any(|found| found.level == Level::Error);
    Ok(if failed { Exit::Findings } else { Exit::Done })
}
