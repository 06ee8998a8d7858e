//! `rulepost fmt [RULES…]`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::project;
use crate::report::human::plural;
use crate::rule::format::Formatted;
use crate::rule::format::format;

/// Arguments of `fmt`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rulepost fmt            write every rule of rules/ in the canonical layout
  rulepost fmt --check    only tell which files differ, for a pipeline

Comments stay with the key they belong to, durations get one spelling (1h, 90m, 1d). A file that is not YAML,
holds several documents, or uses anchors is left as it is.

Exit codes: 0 done or nothing to do, 3 with `--check` a file differs")]
pub(crate) struct FmtArgs {
    /// Rule files or folders
    #[arg(default_value = "rules", value_name = "RULES")]
    rules: Vec<PathBuf>,
    /// Write nothing; tell which files differ
    #[arg(long)]
    check: bool,
}

/// Formats the files.
pub(crate) fn run(args: &FmtArgs, context: &Context) -> Result<Exit, Error> {
    let loaded = project::load(&args.rules)?;
    let mut changed = Vec::new();
    for (_, file) in loaded.sources.iter() {
        match format(file.text()) {
            Formatted::Text(text) if text != **file.text() => {
                if !args.check {
                    project::write::replace(file.path(), &text).map_err(|source| Error::Write {
                        path: file.path().to_owned(),
                        source,
                    })?;
                }
                changed.push(file.path());
            }
            Formatted::Text(_) => {}
            Formatted::Left(reason) => {
                context.note(&format!("left {}: {reason}", file.path().display()));
            }
        }
    }
    let lines = changed.iter().map(|path| format!("{}\n", path.display()));
    let verb = if args.check {
        "would be formatted"
    } else {
        "formatted"
    };
    let text: String = lines.collect();
    context.print(&text)?;
    context.note(&format!(
        "{} of {} {verb}",
        changed.len(),
        plural(loaded.files, "file")
    ));
    Ok(if args.check && !changed.is_empty() {
        Exit::Findings
    } else {
        Exit::Done
    })
}
