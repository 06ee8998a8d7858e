//! `rulepost drift [RULES…]`: what moved in the workspace since rules were applied.

use std::path::PathBuf;

use clap::Args;
use clap::ValueEnum;

use crate::cli::aim;
use crate::cli::aim::Aims;
use crate::cli::aim::TargetArgs;
use crate::cli::commands::deploy::EngineArg;
use crate::cli::commands::deploy::reach;
use crate::cli::commands::deploy::reach::Planning;
use crate::cli::connection::ConnectionArgs;
use crate::cli::context::Context;
use crate::cli::context::runtime;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file;
use crate::drift;
use crate::drift::Drift;
use crate::plan::outcome::Failure;
use crate::report;
use crate::report::drift::Target;

/// Arguments of `drift`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rulepost drift -w sec-prod                       who moved: the files or the workspace
  rulepost drift --all-targets --format markdown   for a comment, every target of rulepost.toml

Exit code 4 when a rule was changed, deleted or switched off in the workspace.")]
pub(crate) struct DriftArgs {
    /// Rule files or folders [default: rules]
    #[arg(value_name = "RULES")]
    pub(crate) rules: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    #[command(flatten)]
    pub(crate) targets: TargetArgs,
    /// Only these rules: a tag, an id, or a pattern for the file or the name; repeatable
    #[arg(long, value_name = "GLOB|TAG")]
    pub(crate) only: Vec<String>,
    /// Format of the result
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(crate) format: DriftFormat,
}

/// Values of `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DriftFormat {
    /// Text for people
    Human,
    /// Versioned JSON
    Json,
    /// Markdown tables
    Markdown,
    /// Annotations for GitHub Actions, and Markdown for the step summary
    Github,
}

/// What one target came to.
struct Seen {
    name: Option<String>,
    drift: Option<Drift>,
    error: Option<Failure>,
}

/// Reads both sides and tells who moved.
pub(crate) fn run(args: &DriftArgs, context: &Context) -> Result<Exit, Error> {
    let aims = aim::aims(
        &args.rules,
        &args.connection,
        &args.targets,
        &args.only,
        context,
    )?;
    let Some(Aims { aims, whole }) = aims else {
        return Ok(Exit::Findings);
    };
    let planning = Planning {
        adopt: false,
        prune: false,
        whole,
        many: true,
        // Reading is the same for both, and a preview of deployments takes the right to deploy.
        engine: Some(EngineArg::Rest),
    };
    let planned = runtime()?.block_on(reach::plan_all(aims, planning, context));
    let mut seen = Vec::new();
    for target in planned {
        match target.result {
            Ok(ready) => seen.push(Seen {
                name: target.name,
                drift: Some(drift::drift(&ready.plan)),
                error: None,
            }),
            // A single workspace that cannot be reached is the failure of the command.
            Err(error) if target.name.is_none() => return Err(error),
            Err(error) => {
                if args.format == DriftFormat::Human {
                    context.error(&error);
                }
                seen.push(Seen {
                    name: target.name,
                    drift: None,
                    error: Some(reach::failure(&error)),
                });
            }
        }
    }
    show(args.format, &seen, context)?;
    let failed = seen.iter().any(|one| one.error.is_some());
    let drifted = seen
        .iter()
        .filter_map(|one| one.drift.as_ref())
        .any(Drift::is_any);
    Ok(match (failed, drifted) {
        (true, _) => Exit::Failed,
        (false, true) => Exit::Pending,
        (false, false) => Exit::Done,
    })
}

fn show(format: DriftFormat, seen: &[Seen], context: &Context) -> Result<(), Error> {
    let targets: Vec<Target<'_>> = seen
        .iter()
        .map(|one| Target {
            name: one.name.as_deref(),
            drift: one.drift.as_ref(),
            error: one.error.as_ref(),
        })
        .collect();
    match format {
        DriftFormat::Human => {
            for target in &targets {
                if let Some(drift) = target.drift {
                    context.print(&report::drift::human(drift))?;
                }
            }
            Ok(())
        }
        DriftFormat::Json => context.print(&report::drift::json(&targets)),
        DriftFormat::Markdown => context.print(&report::drift::markdown(&targets)),
        DriftFormat::Github => {
            if let Some(path) = context.env.get("GITHUB_STEP_SUMMARY") {
                file::append(path.as_ref(), &report::drift::markdown(&targets))?;
            }
            context.print(&report::drift::github(&targets))
        }
    }
}
