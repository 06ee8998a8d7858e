//! Makes a plan real, with a bounded number of changes at a time.
//!
//! What is done to a rule was decided by the plan; what is decided here is only how to go on after a failure.
//! A failing change never stops the others, unless the run is told to end at the first.
//! The order of writes makes every interruption harmless: a rule is marked before it is created, an update is
//! written before its mark, a rule is deleted before its mark. Whatever is left over then is finished by the next
//! plan. Start at [`execute`]; one change is [`step`], undoing is [`rollback`];
//! [`deployment`] does the same through templates.

pub(crate) mod deployment;
pub(crate) mod rollback;
mod step;

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::azure::Client;
use crate::plan::Action;
use crate::plan::Plan;
use crate::plan::outcome::Outcome;
use crate::plan::outcome::Status;
use crate::plan::outcome::Write;

/// How a plan is applied.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// Most changes at a time; at least one.
    pub(crate) concurrency: usize,
    /// Start nothing more after the first failure.
    pub(crate) fail_fast: bool,
    /// Overwrite rules that moved since the plan was made.
    pub(crate) force: bool,
    /// Delete nothing when a write failed, so that everything done can be undone.
    pub(crate) hold_deletions: bool,
    /// What to do about a rule whose query names a table that is missing.
    pub(crate) on_missing_table: OnMissingTable,
    /// Cancelled when nothing more is to be started; what is in flight is finished.
    pub(crate) stop: CancellationToken,
    /// Cancelled when what is in flight is to be dropped too; `stop` is cancelled before.
    pub(crate) abort: CancellationToken,
}

/// What to do about a rule whose query names a table that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnMissingTable {
    /// It failed.
    Fail,
    /// Deploy it switched off, and let a later run switch it on.
    DeployDisabled,
    /// Leave it out.
    Skip,
}

/// What happens while a plan is applied.
#[derive(Debug)]
pub(crate) enum Event<'a> {
    /// A write was tried.
    Write(&'a Write),
    /// A change came to its end.
    Finished(&'a Outcome),
}

/// Is told what happens; called from several tasks.
pub(crate) type Listener = Arc<dyn Fn(Event<'_>) + Send + Sync>;

/// What the tasks of one run share.
struct Run {
    plan: Arc<Plan>,
    client: Client,
    options: Options,
    listener: Listener,
    next: AtomicUsize,
    failed: AtomicBool,
    outcomes: Mutex<Vec<Option<Outcome>>>,
}

/// Applies a plan; one outcome per change, in the order of the plan.
///
/// Changes of rules come first, deletions after all of them, and rules whose id is still blocked by a deletion are
/// tried once more at the very end.
pub(crate) async fn execute(
    plan: Arc<Plan>,
    client: Client,
    options: Options,
    listener: Listener,
) -> Vec<Outcome> {
    let count = plan.changes.len();
    let deletions = plan
        .changes
        .iter()
        .position(|change| is_deletion(&change.action))
        .unwrap_or(count);
    let run = Arc::new(Run {
        plan,
        client,
        options,
        listener,
        next: AtomicUsize::new(0),
        failed: AtomicBool::new(false),
        outcomes: Mutex::new(vec![None; count]),
    });
    work(&run, deletions).await;
    let held = run.options.hold_deletions && run.failed.load(Ordering::Relaxed);
    if !held {
        run.next.store(deletions, Ordering::Relaxed);
        work(&run, count).await;
    }
    retry_deferred(&run).await;
    let mut outcomes = run.outcomes.lock().expect("no holder of this lock panics");
    let outcomes = std::mem::take(&mut *outcomes);
    outcomes
        .into_iter()
        .zip(&run.plan.changes)
        .map(|(outcome, change)| {
            outcome.unwrap_or_else(|| Outcome::new(change, Status::NotStarted, None))
        })
        .collect()
}

fn is_deletion(action: &Action) -> bool {
    matches!(action, Action::Delete { .. } | Action::Forget)
}

/// Works on the changes up to `end`, several at a time.
async fn work(run: &Arc<Run>, end: usize) {
    let mut workers = JoinSet::new();
    for _ in 0..run.options.concurrency.clamp(1, end.max(1)) {
        let run = Arc::clone(run);
        workers.spawn(async move {
            loop {
                let failed = run.options.fail_fast && run.failed.load(Ordering::Relaxed);
                if failed || run.options.stop.is_cancelled() {
                    return;
                }
                let index = run.next.fetch_add(1, Ordering::Relaxed);
                if index >= end {
                    return;
                }
                take(&run, index).await;
            }
        });
    }
    while let Some(worker) = workers.join_next().await {
        if let Err(error) = worker
            && error.is_panic()
        {
            std::panic::resume_unwind(error.into_panic());
        }
    }
}

/// Works on one change.
async fn take(run: &Run, index: usize) {
    let change = &run.plan.changes[index];
    let work = step::step(&run.client, &run.plan, change, &run.options, &run.listener);
    let outcome = tokio::select! {
        biased;
        () = run.options.abort.cancelled() => Outcome::new(change, Status::InDoubt, None),
        outcome = work => outcome,
    };
    if outcome.status.is_failure() {
        run.failed.store(true, Ordering::Relaxed);
    }
    (run.listener)(Event::Finished(&outcome));
    run.outcomes.lock().expect("no holder of this lock panics")[index] = Some(outcome);
}

/// The service blocks the id of a deleted rule for a while; by now that while may be over.
async fn retry_deferred(run: &Run) {
    let deferred: Vec<usize> = {
        let outcomes = run.outcomes.lock().expect("no holder of this lock panics");
        let is_deferred = |outcome: &Option<Outcome>| {
            outcome
                .as_ref()
                .is_some_and(|outcome| matches!(outcome.status, Status::Deferred(_)))
        };
        (0..outcomes.len())
            .filter(|index| is_deferred(&outcomes[*index]))
            .collect()
    };
    for index in deferred {
        if run.options.stop.is_cancelled() {
            return;
        }
        take(run, index).await;
    }
}
