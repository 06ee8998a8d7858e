//! `rulepost docs [RULES…] -o DIR`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::commands::ready;
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file;
use crate::docs;
use crate::report::human;

/// Arguments of `docs`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rulepost docs -o docs/rules                     a page for each rule, and an index by tactic
  rulepost docs rules/impact -o docs/rules        the pages of some rules")]
pub(crate) struct DocsArgs {
    /// Rule files or folders
    #[arg(default_value = "rules", value_name = "RULES")]
    rules: Vec<PathBuf>,
    /// Folder the pages go to
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

/// Writes the pages.
pub(crate) fn run(args: &DocsArgs, context: &Context) -> Result<Exit, Error> {
    let Some(loaded) = ready::load(&args.rules, context)? else {
        return Ok(Exit::Findings);
    };
    let mut options = docs::Options::default();
    for rule in &loaded.rules {
        // A rule without tests has a page without sample rows.
        let tests = rule.origin.path.with_extension("test.yaml");
        if let Ok(text) = file::read(&tests) {
            options
                .samples
                .insert(rule.id.value, docs::samples::of_test(&text));
        }
    }
    let pages = docs::pages(&loaded.rules, &options);
    for page in &pages {
        file::write(&args.output.join(&page.path), &page.text)?;
    }
    context.note(&format!(
        "wrote {} for {} to `{}`",
        human::plural(pages.len(), "page"),
        human::plural(loaded.rules.len(), "rule"),
        args.output.display()
    ));
    Ok(Exit::Done)
}
