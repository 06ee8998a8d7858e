//! Saved plans: `--out` writes them, `--plan` applies them when they still fit.

use std::path::Path;

use crate::cli::commands::deploy::reach::Planned;
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file;
use crate::plan::file::PlanV1;

/// A saved plan: one document per target.
pub(super) fn read(path: &Path) -> Result<Vec<PlanV1>, Error> {
    let text = file::read(path)?;
    let plans: Vec<PlanV1> = serde_json::from_str(&text).map_err(|source| Error::Content {
        path: path.to_owned(),
        what: "a saved plan",
        source,
    })?;
    match plans
        .iter()
        .find(|plan| plan.schema != crate::plan::file::SCHEMA)
    {
        Some(plan) => Err(Error::Usage {
            message: format!("`{}` is a plan of format `{}`", path.display(), plan.schema),
            help: format!(
                "this version applies `{}`; plan again with it",
                crate::plan::file::SCHEMA
            ),
        }),
        None => Ok(plans),
    }
}

/// Writes the plans of the targets that were planned.
pub(super) fn write(path: &Path, targets: &[Planned]) -> Result<(), Error> {
    let plans: Vec<PlanV1> = targets
        .iter()
        .filter_map(|target| target.result.as_ref().ok())
        .map(|ready| PlanV1::from(&*ready.plan))
        .collect();
    let mut text = serde_json::to_string_pretty(&plans).expect("a plan is JSON");
    text.push('\n');
    file::write(path, &text)
}

/// A saved plan is applied only when planning again gives the same.
pub(super) fn refuse_moved(
    saved: &[PlanV1],
    targets: &[Planned],
    context: &Context,
) -> Option<Exit> {
    let now: Vec<PlanV1> = targets
        .iter()
        .filter_map(|target| target.result.as_ref().ok())
        .map(|ready| PlanV1::from(&*ready.plan))
        .collect();
    let mut lines = Vec::new();
    if saved.len() != now.len() {
        lines.push(format!(
            "the saved plan is for {} targets, this run for {}",
            saved.len(),
            now.len()
        ));
    }
    for (saved, now) in saved.iter().zip(&now) {
        lines.extend(crate::plan::file::moved(saved, now));
    }
    if lines.is_empty() {
        return None;
    }
    context.always("error: the saved plan no longer fits");
    for line in lines {
        context.always(&format!("  {line}"));
    }
    context.always("help: plan again with `--out`, and look at the new plan");
    Some(Exit::Refused)
}
