//! What a deployment shows: plans, outcomes, the document.

use crate::cli::args::Format;
use crate::cli::commands::deploy::DeployArgs;
use crate::cli::commands::deploy::reach;
use crate::cli::commands::deploy::reach::Planned;
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::plan::Plan;
use crate::plan::outcome::Failure;
use crate::report;
use crate::report::plan::STRONG;

/// Writes the JSON document, which needs the exit code, and ends.
pub(super) fn finish(
    args: &DeployArgs,
    targets: &[Planned],
    exit: Exit,
    context: &Context,
) -> Result<Exit, Error> {
    if args.format == Format::Json {
        let failures: Vec<Option<Failure>> = targets
            .iter()
            .map(|target| match &target.result {
                Err(error) => Some(reach::failure(error)),
                Ok(ready) => ready.refusal.as_ref().map(|refusal| Failure {
                    causes: vec![refusal.to_string()],
                    help: vec![refusal.help().to_owned()],
                }),
            })
            .collect();
        let documents: Vec<report::deploy::Target<'_>> = targets
            .iter()
            .zip(&failures)
            .map(|(target, failure)| {
                let ready = target.result.as_ref().ok();
                report::deploy::Target {
                    name: target.name.as_deref(),
                    plan: ready.map(|ready| &*ready.plan),
                    outcomes: ready.map_or(&[], |ready| &ready.outcomes),
                    error: failure.as_ref(),
                    what_if: ready
                        .and_then(|ready| ready.what_if.as_ref())
                        .map(|one| &one.changes[..]),
                }
            })
            .collect();
        context.print(&report::deploy::json(&documents, args.dry_run, exit as u8))?;
    }
    Ok(exit)
}

/// The plans of all targets; where there are several, one line for each with nothing to do.
pub(super) fn plans(targets: &[Planned], context: &Context) -> Result<(), Error> {
    for target in targets {
        if let Some(name) = &target.name {
            context.print(&format!("{STRONG}Target `{name}`{STRONG:#}\n"))?;
        }
        match &target.result {
            Ok(ready) if targets.len() > 1 && is_quiet(&ready.plan) => {
                context.print(&report::plan::sentence(&ready.plan))?;
            }
            Ok(ready) => {
                context.print(&report::plan::human(&ready.plan))?;
                if let Some(what_if) = &ready.what_if {
                    let text =
                        report::what_if::human(&ready.plan, &what_if.changes, what_if.left_out);
                    context.print(&text)?;
                }
            }
            Err(error) => context.error(error),
        }
        if targets.len() > 1 {
            context.print("\n")?;
        }
    }
    Ok(())
}

/// Whether a plan has nothing that a person has to look at.
fn is_quiet(plan: &Plan) -> bool {
    plan.is_empty() && plan.conflicts.is_empty()
}

/// What became of all targets; where there are several, a table of them at the end.
pub(super) fn outcomes(targets: &[Planned], context: &Context) -> Result<(), Error> {
    let several = targets.len() > 1;
    for target in targets {
        let Ok(ready) = &target.result else { continue };
        if ready.outcomes.is_empty() {
            continue;
        }
        context.print("\n")?;
        if several {
            let name = target.name.as_deref().unwrap_or_default();
            context.print(&format!("{STRONG}Target `{name}`{STRONG:#}\n"))?;
            context.print(&report::outcome::trouble(&ready.outcomes))?;
        } else {
            context.print(&report::outcome::human(&ready.outcomes))?;
        }
        context.print(&report::outcome::sentence(&ready.outcomes))?;
    }
    if several {
        let rows: Vec<report::outcome::Row<'_>> = targets
            .iter()
            .map(|target| report::outcome::Row {
                target: target.name.as_deref().unwrap_or_default(),
                outcomes: target.result.as_ref().ok().map(|ready| &ready.outcomes[..]),
                conflicts: target
                    .result
                    .as_ref()
                    .map_or(0, |ready| ready.plan.conflicts.len()),
            })
            .collect();
        context.print("\n")?;
        context.print(&report::outcome::targets(&rows))?;
    }
    Ok(())
}
