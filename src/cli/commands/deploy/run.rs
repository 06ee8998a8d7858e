//! One target: connect, plan, apply. Everything here is async and prints nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::apply;
use crate::apply::Event;
use crate::azure::Client;
use crate::cli::commands::deploy::audit::Audit;
use crate::cli::commands::deploy::progress::Progress;
use crate::cli::connection::ConnectionArgs;
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::emulator::Running;
use crate::plan::Desired;
use crate::plan::Options;
use crate::plan::Plan;
use crate::plan::guard;
use crate::plan::guard::Refusal;
use crate::plan::mark::Source;
use crate::plan::outcome::Failure;
use crate::plan::outcome::Outcome;

/// Where to deploy what.
#[derive(Debug, Clone)]
pub(crate) struct Aim {
    /// Its name in the configuration, if it has one.
    pub(crate) name: Option<String>,
    /// How to get there.
    pub(crate) connection: ConnectionArgs,
    /// Who deploys.
    pub(crate) source: Source,
    /// What its rules are to be.
    pub(crate) desired: Vec<Desired>,
}

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
    pub(crate) emulator: Option<Running>,
    /// The plan.
    pub(crate) plan: Arc<Plan>,
    /// Why the guard refuses it.
    pub(crate) refusal: Option<Refusal>,
    /// What became of it.
    pub(crate) outcomes: Vec<Outcome>,
}

/// Reads both sides and plans.
pub(crate) async fn plan(aim: Aim, planning: Planning, context: &Context) -> Planned {
    let name = aim.name.clone();
    Planned {
        name,
        result: ready(aim, planning, context).await,
    }
}

async fn ready(aim: Aim, planning: Planning, context: &Context) -> Result<Ready, Error> {
    let connected = aim.connection.connect(context).await?;
    let (client, workspace) = (connected.client, connected.workspace.id);
    let (live, marks) = tokio::try_join!(
        client.list_rules(&workspace),
        client.list_metadata(&workspace)
    )?;
    let options = Options {
        workspace,
        source: aim.source,
        api_version: client.api_version().to_owned(),
        adopt: planning.adopt,
        prune: planning.prune,
        whole: planning.whole,
    };
    let plan = crate::plan::plan(&aim.desired, &live, &marks, &options);
    let refusal = guard::check(&plan, planning.many).err();
    Ok(Ready {
        client,
        emulator: connected.emulator,
        plan: Arc::new(plan),
        refusal,
        outcomes: Vec::new(),
    })
}

/// Applies the plan of one target.
pub(crate) async fn apply(
    planned: &mut Planned,
    options: apply::Options,
    progress: Progress,
    audit: Option<Arc<Audit>>,
    rollback: bool,
) {
    let name = planned.name.clone();
    let Ok(ready) = &mut planned.result else {
        return;
    };
    let plan = Arc::clone(&ready.plan);
    let seen = std::sync::Mutex::new(BTreeSet::new());
    let listener: apply::Listener = Arc::new(move |event| match event {
        Event::Started(_) => {}
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
    let mut outcomes = apply::execute(
        Arc::clone(&ready.plan),
        client.clone(),
        options.clone(),
        Arc::clone(&listener),
    )
    .await;
    let failed = outcomes.iter().any(|outcome| {
        outcome.status.is_failure()
            && !matches!(outcome.status, crate::plan::outcome::Status::NotStarted)
    });
    if rollback && failed {
        apply::rollback::rollback(&ready.plan, &client, &options, &listener, &mut outcomes).await;
    }
    ready.outcomes = outcomes;
}

/// An error in words, for reports that hold several targets.
pub(crate) fn failure(error: &Error) -> Failure {
    let mut causes = vec![error.to_string()];
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        causes.push(cause.to_string());
        source = cause.source();
    }
    Failure {
        causes,
        help: error.help(),
    }
}
