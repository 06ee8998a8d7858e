//! What commands that use rules do before they use them: load, check, and stop when something is wrong.

use std::path::PathBuf;

use crate::cli::check;
use crate::cli::check::Checked;
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::diag::Diagnostic;
use crate::diag::Level;
use crate::diag::SourceMap;
use crate::project::Loaded;
use crate::report::human;

/// Loads the rules; `None` when a finding is an error, which has been shown then.
///
/// Warnings are counted and left to `validate`: who deploys wants to see the plan.
pub(crate) fn load(paths: &[PathBuf], context: &Context) -> Result<Option<Loaded>, Error> {
    let Checked { loaded, findings } = check::check(paths, context)?;
    let errors: Vec<Diagnostic> = findings
        .iter()
        .filter(|diagnostic| diagnostic.level == Level::Error)
        .cloned()
        .collect();
    if errors.is_empty() {
        return Ok(Some(loaded));
    }
    show(&errors, &loaded.sources, context);
    context.always(&format!(
        "{} in {}; nothing was done",
        human::count(&errors),
        human::plural(loaded.files, "file")
    ));
    Ok(None)
}

/// Shows findings on standard error; whether none is an error.
pub(crate) fn show(diagnostics: &[Diagnostic], sources: &SourceMap, context: &Context) -> bool {
    let options = human::Options {
        repair: "--fix",
        color: context.colored_stderr(),
        least: Level::Warning,
    };
    let text = human::diagnostics(diagnostics, sources, options);
    if !text.is_empty() {
        context.always(text.trim_end());
    }
    diagnostics.iter().all(|one| one.level != Level::Error)
}
