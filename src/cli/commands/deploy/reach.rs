//! One target: connect, plan, apply. Everything here is async and prints nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::api::deployment::WhatIfChange;
use crate::apply;
use crate::apply::Event;
use crate::azure::Client;
use crate::cli::aim::Aim;
use crate::cli::commands::deploy::EngineArg;
use crate::cli::commands::deploy::audit::Audit;
use crate::cli::commands::deploy::progress::Progress;
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::emulator::Running;
use crate::plan::Options;
use crate::plan::Plan;
use crate::plan::guard;
use crate::plan::guard::Refusal;
use crate::plan::outcome::Failure;
use crate::plan::outcome::Outcome;
use crate::project::target::Engine;

/// What the flags say about planning.
#[derive(Debug, Clone, Copy)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own on the command line"
)]
pub(crate) struct Planning {
    /// `--adopt`
    pub(crate) adopt: bool,
    /// `--prune`
    pub(crate) prune: bool,
    /// Whether every file of the source was loaded.
    pub(crate) whole: bool,
    /// `--yes-many`
    pub(crate) many: bool,
    /// `--engine`; without it, what each target says
    pub(crate) engine: Option<EngineArg>,
}

impl Planning {
    /// What writes to the target of an aim.
    pub(crate) fn engine(self, aim: &Aim) -> EngineArg {
        match (self.engine, aim.engine) {
            (Some(said), _) => said,
            (None, Some(Engine::Arm)) => EngineArg::Arm,
            (None, Some(Engine::Rest) | None) => EngineArg::Rest,
        }
    }
}

/// A target that was planned.
#[derive(Debug)]
pub(crate) struct Planned {
    /// Its name in the configuration, if it has one.
    pub(crate) name: Option<String>,
    /// The plan and what is needed to apply it, or why there is none.
    pub(crate) result: Result<Ready, Error>,
}

/// A plan and what is needed to apply it.
#[derive(Debug)]
pub(crate) struct Ready {
    /// The client, signed in.
    pub(crate) client: Client,
    /// The emulator of `--cloud local`, which has to live as long as the client.
    _emulator: Option<Running>,
    /// The plan.
    pub(crate) plan: Arc<Plan>,
    /// What writes.
    engine: EngineArg,
    /// What template deployments would change, and how many changes they cannot make.
    pub(crate) what_if: Option<WhatIf>,
    /// Why the guard refuses it.
    pub(crate) refusal: Option<Refusal>,
    /// What became of it.
    pub(crate) outcomes: Vec<Outcome>,
}

/// What there is to say about a plan that goes by template.
#[derive(Debug)]
pub(crate) struct WhatIf {
    /// What Azure Resource Manager says would change; empty when there is nothing to deploy.
    pub(crate) changes: Vec<WhatIfChange>,
    /// Changes that a template cannot make.
    pub(crate) left_out: usize,
}

/// Reads both sides and plans.
async fn plan(aim: Aim, planning: Planning, context: &Context) -> Planned {
    let name = aim.name.clone();
    Planned {
        name,
        result: ready(aim, planning, context).await,
    }
}

async fn ready(aim: Aim, planning: Planning, context: &Context) -> Result<Ready, Error> {
    let engine = planning.engine(&aim);
    let connected = aim.connection.find(context).await?;
    let (client, workspace) = (connected.client, connected.workspace.id);
    // All three at once; that Sentinel is missing explains why the lists fail, so it is looked at first.
    let (onboarded, live, marks) = tokio::join!(
        client.require_onboarded(&workspace),
        client.list_rules(&workspace),
        client.list_metadata(&workspace)
    );
    onboarded?;
    let (live, marks) = (live?, marks?);
    let options = Options {
        workspace,
        source: aim.source,
        api_version: client.api_version().to_owned(),
        adopt: planning.adopt,
        prune: planning.prune,
        whole: planning.whole,
    };
    let mut plan = crate::plan::plan(&aim.desired, &live, &marks, &options);
    let what_if = match engine {
        EngineArg::Rest => None,
        EngineArg::Arm => {
            let left_out = apply::deployment::left_out(&mut plan);
            let changes = apply::deployment::preview(&plan, &client).await?;
            Some(WhatIf { changes, left_out })
        }
    };
    // `--yes-many` is a person's word that the plan may be applied.
    let refusal = if planning.many {
        None
    } else {
        guard::check(&plan, aim.guard).err()
    };
    Ok(Ready {
        client,
        _emulator: connected.emulator,
        plan: Arc::new(plan),
        engine,
        what_if,
        refusal,
        outcomes: Vec::new(),
    })
}

/// Targets that are worked on at a time.
const SIDE_BY_SIDE: usize = 16;

/// Plans every target, several at a time; the result is in the order of the aims.
pub(crate) async fn plan_all(
    aims: Vec<Aim>,
    planning: Planning,
    context: &Context,
) -> Vec<Planned> {
    let permits = Arc::new(Semaphore::new(SIDE_BY_SIDE));
    let mut tasks = JoinSet::new();
    for (index, aim) in aims.into_iter().enumerate() {
        let (permits, context) = (Arc::clone(&permits), context.clone());
        tasks.spawn(async move {
            let _permit = permits.acquire().await;
            (index, plan(aim, planning, &context).await)
        });
    }
    in_order(tasks).await
}

/// How plans are applied.
#[derive(Clone)]
pub(crate) struct Manner {
    /// What the flags say.
    pub(crate) options: apply::Options,
    /// Where to show how far it is.
    pub(crate) progress: Progress,
    /// Where to write what is done.
    pub(crate) audit: Option<Arc<Audit>>,
    /// Whether to undo what was done when a change fails.
    pub(crate) rollback: bool,
}

/// Applies every plan, several targets at a time. A target that fails does not stop the others.
pub(crate) async fn apply_all(targets: &mut Vec<Planned>, manner: &Manner) {
    let permits = Arc::new(Semaphore::new(SIDE_BY_SIDE));
    let mut tasks = JoinSet::new();
    for (index, mut target) in std::mem::take(targets).into_iter().enumerate() {
        let (permits, manner) = (Arc::clone(&permits), manner.clone());
        tasks.spawn(async move {
            let _permit = permits.acquire().await;
            apply(&mut target, manner).await;
            (index, target)
        });
    }
    *targets = in_order(tasks).await;
}

/// What tasks gave, in the order they were begun.
async fn in_order<T: 'static>(mut tasks: JoinSet<(usize, T)>) -> Vec<T> {
    let mut done = Vec::new();
    while let Some(result) = tasks.join_next().await {
        match result {
            Ok(one) => done.push(one),
            Err(error) => {
                if error.is_panic() {
                    std::panic::resume_unwind(error.into_panic());
                }
            }
        }
    }
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, one)| one).collect()
}

/// Applies the plan of one target.
async fn apply(planned: &mut Planned, manner: Manner) {
    let Manner {
        options,
        progress,
        audit,
        rollback,
    } = manner;
    let name = planned.name.clone();
    let Ok(ready) = &mut planned.result else {
        return;
    };
    let plan = Arc::clone(&ready.plan);
    let seen = std::sync::Mutex::new(BTreeSet::new());
    let listener: apply::Listener = Arc::new(move |event| match event {
        Event::Write(write) => {
            if let Some(audit) = &audit {
                audit.write(name.as_deref(), &plan, write);
            }
        }
        Event::Finished(outcome) => {
            let mut seen = seen.lock().expect("no holder of this lock panics");
            // A change that is tried again, or undone, is not one more.
            if seen.insert(outcome.id.clone()) {
                progress.finished(outcome, name.as_deref());
            }
        }
    });
    let client = ready.client.clone();
    let (plan, through) = (Arc::clone(&ready.plan), client.clone());
    let (how, told) = (options.clone(), Arc::clone(&listener));
    let mut outcomes = match ready.engine {
        EngineArg::Rest => apply::execute(plan, through, how, told).await,
        EngineArg::Arm => apply::deployment::execute(plan, through, how, told).await,
    };
    let failed = outcomes
        .iter()
        .any(|outcome| outcome.status.is_failure() && !outcome.status.is_cut_off());
    if rollback && failed {
        apply::rollback::rollback(&ready.plan, &client, &options, &listener, &mut outcomes).await;
    }
    ready.outcomes = outcomes;
}

/// An error in words, for reports that hold several targets.
pub(crate) fn failure(error: &Error) -> Failure {
    Failure::of(error, error.help())
}
