//! `rulepost deploy [RULES…]`: plan, show, confirm, apply, sum up.

mod ask;
mod audit;
mod progress;
pub(crate) mod reach;
mod saved;
mod show;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use clap::ValueEnum;
use tokio_util::sync::CancellationToken;

use crate::apply;
use crate::cli::aim;
use crate::cli::aim::Aim;
use crate::cli::aim::Aims;
use crate::cli::aim::TargetArgs;
use crate::cli::args::Format;
use crate::cli::commands::deploy::audit::Audit;
use crate::cli::commands::deploy::progress::Progress;
use crate::cli::commands::deploy::progress::ProgressArg;
use crate::cli::commands::deploy::reach::Planned;
use crate::cli::commands::deploy::reach::Planning;
use crate::cli::connection::ConnectionArgs;
use crate::cli::context::Context;
use crate::cli::context::runtime;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::plan::file::PlanV1;
use crate::plan::outcome::Outcome;
use crate::plan::outcome::Status;

/// Arguments of `deploy`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rulepost deploy -w demo --cloud local               try it on the embedded emulator
  rulepost deploy -w sec-prod --dry-run               show what would change, write nothing
  rulepost deploy -w sec-prod --yes                   deploy without being asked, as a pipeline does
  rulepost deploy -w sec-prod --dry-run --exit-code   exit 4 when something would change
  rulepost deploy -w sec-prod --engine arm            write through template deployments only")]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own on the command line"
)]
pub(crate) struct DeployArgs {
    /// Rule files or folders [default: rules]
    #[arg(value_name = "RULES")]
    pub(crate) rules: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    #[command(flatten)]
    pub(crate) targets: TargetArgs,
    /// What writes: requests for each rule, or template deployments in the workspace's resource group; without it, a
    /// target's `engine`, or `rest`
    #[arg(
        long,
        value_name = "ENGINE",
        env = "RULEPOST_ENGINE",
        hide_env_values = true
    )]
    pub(crate) engine: Option<EngineArg>,
    /// Apply without asking
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Stop after the plan; nothing is written
    #[arg(long, conflicts_with_all = ["yes", "audit"])]
    pub(crate) dry_run: bool,
    /// Exit 4 when a dry run would change something
    #[arg(long, requires = "dry_run")]
    pub(crate) exit_code: bool,
    /// Delete rules deployed from here whose file is gone
    #[arg(long)]
    pub(crate) prune: bool,
    /// Take over live rules that have the id or the display name of a file
    #[arg(long)]
    pub(crate) adopt: bool,
    /// Overwrite rules that were changed in the workspace while the plan was applied
    #[arg(long)]
    pub(crate) force: bool,
    /// Do what the guard refuses: to change more than 30 percent of ten or more rules, or to exceed the quota;
    /// `[guard]` of `rulepost.toml` moves these limits
    #[arg(long)]
    pub(crate) yes_many: bool,
    /// Only these rules: a tag, an id, or a pattern for the file or the name; repeatable
    #[arg(long, value_name = "GLOB|TAG")]
    pub(crate) only: Vec<String>,
    /// Changes at a time
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) concurrency: u16,
    /// Start nothing more after the first failure
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Undo what was done when a change fails
    #[arg(long)]
    pub(crate) rollback_on_error: bool,
    /// What to do about a rule whose query names a table that is missing
    #[arg(long, value_name = "WHAT", default_value = "fail")]
    pub(crate) on_missing_table: MissingTableArg,
    /// Save the plan to a file
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Apply a saved plan; refused when the files or the workspace moved since
    #[arg(long, value_name = "FILE", conflicts_with_all = ["out", "dry_run"])]
    pub(crate) plan: Option<PathBuf>,
    /// Append one JSON line per write to a file
    #[arg(long, value_name = "FILE")]
    pub(crate) audit: Option<PathBuf>,
    /// How to show how far the run is
    #[arg(long, value_name = "HOW", default_value = "auto")]
    pub(crate) progress: ProgressArg,
    /// Format of the result
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(crate) format: Format,
}

/// Values of `--engine`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EngineArg {
    /// One request for each rule and one for its mark
    Rest,
    /// Templates that Azure Resource Manager deploys; nothing is deleted
    Arm,
}

/// Values of `--on-missing-table`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MissingTableArg {
    /// The rule fails
    Fail,
    /// A new rule is deployed switched off; a later run switches it on
    DeployDisabled,
    /// The rule is left out
    Skip,
}

/// Plans and, unless told otherwise, applies.
pub(crate) fn run(args: &DeployArgs, context: &Context) -> Result<Exit, Error> {
    if args.prune && !args.rules.is_empty() {
        return Err(Error::Usage {
            message: "`--prune` with RULES would take every rule outside of them for gone".into(),
            help: "leave RULES out, so that all rules of the project are known".into(),
        });
    }
    let saved = args.plan.as_deref().map(saved::read).transpose()?;
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
        adopt: args.adopt,
        prune: args.prune,
        whole,
        many: args.yes_many,
        engine: args.engine,
    };
    for aim in &aims {
        if planning.engine(aim) == EngineArg::Arm {
            refuse_for_templates(args, aim)?;
        }
    }
    runtime()?.block_on(deploy(args, aims, planning, saved, context))
}

/// Refuses what a template deployment cannot do.
fn refuse_for_templates(args: &DeployArgs, aim: &Aim) -> Result<(), Error> {
    let refused = if args.prune {
        Some(("--prune", "an incremental deployment deletes nothing"))
    } else if args.rollback_on_error {
        Some((
            "--rollback-on-error",
            "undoing takes deletions, and a deployment deletes nothing",
        ))
    } else {
        None
    };
    match refused {
        None => Ok(()),
        Some((flag, why)) => Err(Error::Usage {
            message: match (&aim.name, args.engine) {
                (Some(target), None) => {
                    format!(
                        "`{flag}` cannot be had with `engine = \"arm\"` of target `{target}`: {why}"
                    )
                }
                _ => format!("`{flag}` cannot be had with `--engine arm`: {why}"),
            },
            help: format!(
                "leave `{flag}` out, or run it with `--engine rest` where requests for single rules are allowed"
            ),
        }),
    }
}

/// From the aims to the exit code.
async fn deploy(
    args: &DeployArgs,
    aims: Vec<Aim>,
    planning: Planning,
    saved: Option<Vec<PlanV1>>,
    context: &Context,
) -> Result<Exit, Error> {
    let mut targets = reach::plan_all(aims, planning, context).await;
    if let [
        Planned {
            name: None,
            result: Err(_),
        },
    ] = &targets[..]
        && args.format == Format::Human
        && let Some(Planned {
            result: Err(error), ..
        }) = targets.pop()
    {
        return Err(error);
    }
    if args.format == Format::Human {
        show::plans(&targets, context)?;
    }
    if let Some(path) = &args.out {
        saved::write(path, &targets)?;
        context.note(&format!("saved the plan to `{}`", path.display()));
    }
    if let Some(saved) = saved
        && let Some(exit) = saved::refuse_moved(&saved, &targets, context)
    {
        return show::finish(args, &targets, exit, context);
    }
    if args.dry_run {
        let exit = dry_exit(args, &targets);
        return show::finish(args, &targets, exit, context);
    }
    if let Some(exit) = refuse(&targets, context) {
        return show::finish(args, &targets, exit, context);
    }
    let count: usize = changes(&targets);
    let mut interrupted = false;
    if count > 0 {
        ask::confirm(args, count, &targets, context).await?;
        interrupted = apply_all(args, &mut targets, count, context).await?;
        if args.format == Format::Human {
            show::outcomes(&targets, context)?;
        }
    }
    let exit = if interrupted {
        Exit::Interrupted
    } else {
        exit(&targets)
    };
    show::finish(args, &targets, exit, context)
}

fn changes(targets: &[Planned]) -> usize {
    targets
        .iter()
        .filter_map(|target| target.result.as_ref().ok())
        .map(|ready| ready.plan.changes.len())
        .sum()
}

/// What the guard says.
fn refuse(targets: &[Planned], context: &Context) -> Option<Exit> {
    let mut refused = false;
    for target in targets {
        if let Ok(ready) = &target.result
            && let Some(refusal) = &ready.refusal
        {
            refused = true;
            context.always(&format!(
                "error: refused for workspace `{}`: {refusal}\nhelp: {}",
                ready.plan.workspace.name,
                refusal.help()
            ));
        }
    }
    refused.then_some(Exit::Refused)
}

/// Applies the plans of all targets; whether Ctrl-C left something undone.
///
/// The first Ctrl-C lets what is in flight finish, the second drops it.
async fn apply_all(
    args: &DeployArgs,
    targets: &mut Vec<Planned>,
    count: usize,
    context: &Context,
) -> Result<bool, Error> {
    let audit = match &args.audit {
        None => None,
        Some(path) => Some(Arc::new(Audit::open(path, who(context))?)),
    };
    let (stop, abort) = (CancellationToken::new(), CancellationToken::new());
    let watch = watch(stop.clone(), abort.clone(), context);
    let progress = Progress::new(args.progress, count, context);
    let options = apply::Options {
        concurrency: usize::from(args.concurrency),
        fail_fast: args.fail_fast,
        force: args.force,
        hold_deletions: args.rollback_on_error,
        on_missing_table: match args.on_missing_table {
            MissingTableArg::Fail => apply::OnMissingTable::Fail,
            MissingTableArg::DeployDisabled => apply::OnMissingTable::DeployDisabled,
            MissingTableArg::Skip => apply::OnMissingTable::Skip,
        },
        stop: stop.clone(),
        abort,
    };
    let manner = reach::Manner {
        options,
        progress: progress.clone(),
        audit,
        rollback: args.rollback_on_error,
    };
    reach::apply_all(targets, &manner).await;
    progress.clear();
    watch.abort();
    let cut_off = |wanted: &Status| {
        targets
            .iter()
            .filter_map(|target| target.result.as_ref().ok())
            .flat_map(|ready| &ready.outcomes)
            .any(|outcome| outcome.status == *wanted)
    };
    if cut_off(&Status::InDoubt) {
        context.always("ended: what was in flight was dropped, and may have been stored");
        return Ok(true);
    }
    let interrupted = stop.is_cancelled() && cut_off(&Status::NotStarted);
    if interrupted {
        context.always("interrupted: what was in flight is finished, nothing more was begun");
    }
    Ok(interrupted)
}

/// Waits for Ctrl-C: the first asks the run to end, the second drops it.
fn watch(
    stop: CancellationToken,
    abort: CancellationToken,
    context: &Context,
) -> tokio::task::JoinHandle<()> {
    let context = context.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            context.always("stopping: waiting for what is in flight; Ctrl-C again ends at once");
            stop.cancel();
            if tokio::signal::ctrl_c().await.is_ok() {
                abort.cancel();
            }
        }
    })
}

/// Who runs this, for the audit trail.
fn who(context: &Context) -> String {
    [
        "GITHUB_ACTOR",
        "BUILD_REQUESTEDFOREMAIL",
        "USER",
        "USERNAME",
    ]
    .iter()
    .find_map(|name| context.env.get(name))
    .unwrap_or("unknown")
    .to_owned()
}

fn dry_exit(args: &DeployArgs, targets: &[Planned]) -> Exit {
    if targets.iter().any(|target| target.result.is_err()) {
        return Exit::Failed;
    }
    let pending = targets
        .iter()
        .filter_map(|target| target.result.as_ref().ok())
        .any(|ready| !ready.plan.changes.is_empty() || !ready.plan.conflicts.is_empty());
    if args.exit_code && pending {
        Exit::Pending
    } else {
        Exit::Done
    }
}

/// How the whole run ended.
fn exit(targets: &[Planned]) -> Exit {
    let ready: Vec<_> = targets
        .iter()
        .filter_map(|target| target.result.as_ref().ok())
        .collect();
    let outcomes: Vec<&Outcome> = ready.iter().flat_map(|ready| &ready.outcomes).collect();
    let unreached = targets.len() > ready.len();
    let conflicts = ready.iter().any(|ready| !ready.plan.conflicts.is_empty());
    let failed = outcomes.iter().any(|outcome| outcome.status.is_failure());
    if !(unreached || conflicts || failed) {
        return Exit::Done;
    }
    if outcomes.iter().any(|outcome| outcome.status.is_done()) {
        Exit::Partial
    } else {
        Exit::Failed
    }
}
