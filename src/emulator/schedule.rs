//! Rules that run: when each is due, what a run makes of the logs, and what becomes of it.
//!
//! A scheduled rule first runs when it is written or switched on, then every `queryFrequency`. The run of a time is
//! made five minutes later and sees what had arrived by then, generated in the `queryPeriod` before its time, with
//! `now()` at its time. A near-real-time rule runs every minute, two minutes late, over what arrived in that minute.
//! Delays and periods are documented; that `now()` is the scheduled time is taken from the queries in alerts.
//! Alerts become rows of `SecurityAlert` and incidents; what an alert and an incident are made of is decided in
//! [`crate::alert`], which the tests of rules share.

mod record;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::alert::{self, Settings};
use crate::api::path::WorkspaceId;
use crate::duration::Duration;
use crate::emulator::Emulator;
use crate::emulator::error::Error;
use crate::emulator::logs::Window;
use crate::emulator::query::run::Question;
use crate::emulator::state::{Slot, State, Stored, Workspace};
use crate::emulator::time::{seven_digits, ticks};
use crate::engine::{Table, output};

/// How late a scheduled rule runs. Documented.
const DELAY: SignedDuration = SignedDuration::from_mins(5);
/// How late a near-real-time rule runs. Documented.
const NRT_DELAY: SignedDuration = SignedDuration::from_mins(2);
/// Time between two runs of a near-real-time rule. Documented.
const NRT_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// Runs that nobody made, because no emulator ran, are made up for so long back.
const MISSED: SignedDuration = SignedDuration::from_hours(24);
/// Runs that are remembered.
const KEPT: usize = 2_000;

/// When a rule runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Timing {
    /// The time of the next run.
    next: Timestamp,
    /// The time of the last run that made alerts.
    fired: Option<Timestamp>,
}

/// One run of one rule.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Run {
    /// Id of the rule.
    pub(crate) rule: String,
    /// Its display name.
    pub(crate) display_name: String,
    /// The time it was scheduled for.
    pub(crate) scheduled: String,
    /// Results of the query.
    pub(crate) results: usize,
    /// Alerts that came of them.
    pub(crate) alerts: usize,
    /// Incidents that came of these.
    pub(crate) incidents: usize,
    /// Why the query gave no result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

/// The newest runs.
#[derive(Debug, Default)]
pub(crate) struct Runs {
    inner: Mutex<VecDeque<Run>>,
    /// Held by whoever makes runs: two at once would make one twice.
    making: Mutex<()>,
}

impl Runs {
    /// What is remembered, oldest first.
    pub(crate) fn read(&self) -> Vec<Run> {
        let inner = self.inner.lock().expect("no holder of this lock panics");
        inner.iter().cloned().collect()
    }

    /// Forgets.
    pub(crate) fn clear(&self) {
        let mut inner = self.inner.lock().expect("no holder of this lock panics");
        inner.clear();
    }

    fn push(&self, run: Run) {
        let mut inner = self.inner.lock().expect("no holder of this lock panics");
        if inner.len() == KEPT {
            inner.pop_front();
        }
        inner.push_back(run);
    }
}

/// What was run in a stretch of time.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Tally {
    /// Runs, those that failed among them.
    pub(crate) runs: usize,
    /// Rules that ran.
    pub(crate) rules: usize,
    /// Alerts that were made.
    pub(crate) alerts: usize,
    /// Incidents that were created.
    pub(crate) incidents: usize,
    /// Rules whose query gave no result, with the reason: display name and text.
    pub(crate) failed: BTreeMap<String, String>,
}

/// A run that is due.
struct Due {
    workspace: WorkspaceId,
    rule: String,
    /// The time it is scheduled for.
    scheduled: Timestamp,
    /// The time it is made.
    made: Timestamp,
}

/// Makes every run that is due until then, in the order of time, or until `stop` says so.
pub(crate) fn run_due(
    emulator: &Emulator,
    until: Timestamp,
    stop: impl Fn() -> bool,
) -> Result<Tally, Error> {
    let _making = emulator
        .runs
        .making
        .lock()
        .expect("no holder of this lock panics");
    let timings = |state: &State| -> Vec<_> {
        let all = state.workspaces.values();
        all.map(|workspace| workspace.timings.clone()).collect()
    };
    let before = timings(&emulator.state());
    let mut tally = Tally::default();
    let mut ran = std::collections::BTreeSet::new();
    while !stop() {
        let due = next_due(&mut emulator.state(), until);
        let Some(due) = due else {
            break;
        };
        let Some(run) = run(emulator, &due)? else {
            continue;
        };
        tally.runs += 1;
        tally.alerts += run.alerts;
        tally.incidents += run.incidents;
        ran.insert((due.workspace.to_string(), due.rule.clone()));
        if let Some(error) = &run.error {
            tally.failed.insert(run.display_name.clone(), error.clone());
        }
        emulator.runs.push(run);
    }
    tally.rules = ran.len();
    if timings(&emulator.state()) != before {
        keep(emulator)?;
    }
    Ok(tally)
}

/// Leaves out what was missed too long ago, and waits for no time that the clock has yet to reach again; for an
/// emulator that starts.
pub(crate) fn skip_missed(state: &mut State, now: Timestamp) {
    for workspace in state.workspaces.values_mut() {
        follow(workspace);
        let Workspace { rules, timings, .. } = workspace;
        for (key, timing) in timings {
            let Some(stored) = rules.get(key).and_then(Slot::live) else {
                continue;
            };
            let (every, _) = rhythm(stored);
            let (earliest, latest) = (now - MISSED, now.max(first(stored)).checked_add(every));
            // The clock stands before the time it stood at.
            if latest.is_ok_and(|latest| timing.next > latest) {
                timing.next = now;
            }
            if timing.next < earliest {
                let late = earliest.duration_since(timing.next).as_secs();
                // The first that is not before the earliest.
                let skipped = late.div_euclid(every.as_secs().max(1)) + 1;
                let by = SignedDuration::from_secs(every.as_secs().saturating_mul(skipped));
                timing.next = timing.next.checked_add(by).unwrap_or(now);
            }
        }
    }
}

/// Brings the times of a workspace up to date with its rules: each that runs has one, no other does.
fn follow(workspace: &mut Workspace) {
    let Workspace { rules, timings, .. } = workspace;
    let runs = |key: &str| rules.get(key).and_then(Slot::live).filter(|one| runs(one));
    timings.retain(|key, _| runs(key).is_some());
    for key in rules.keys() {
        if let (Some(stored), false) = (runs(key), timings.contains_key(key)) {
            let next = first(stored);
            timings.insert(key.clone(), Timing { next, fired: None });
        }
    }
}

/// Time between two runs of a rule, and how late it runs.
fn rhythm(stored: &Stored) -> (SignedDuration, SignedDuration) {
    if is_nrt(stored) {
        return (NRT_EVERY, NRT_DELAY);
    }
    (duration(stored, "queryFrequency"), DELAY)
}

fn is_nrt(stored: &Stored) -> bool {
    stored.kind.as_deref() == Some("NRT")
}

/// A duration of a rule, an hour where it has none; never less than a minute, so that time moves on.
fn duration(stored: &Stored, name: &str) -> SignedDuration {
    let text = stored.properties.get(name).and_then(Value::as_str);
    let written = text.and_then(|text| text.parse::<Duration>().ok());
    let seconds = written.map_or(3_600, |duration| duration.as_secs().max(60));
    SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// Whether a rule is one that runs.
fn runs(stored: &Stored) -> bool {
    matches!(stored.kind.as_deref(), Some("Scheduled" | "NRT"))
        && stored.properties.get("enabled") == Some(&Value::Bool(true))
}

/// The earliest run that is due until then. Brings the times up to date with the rules first.
fn next_due(state: &mut State, until: Timestamp) -> Option<Due> {
    let mut found: Option<Due> = None;
    for workspace in state.workspaces.values_mut() {
        follow(workspace);
        let id = workspace.facts.id();
        let Workspace { rules, timings, .. } = workspace;
        for (key, timing) in timings {
            let Some(stored) = rules.get(key).and_then(Slot::live) else {
                continue;
            };
            let (every, delay) = rhythm(stored);
            // The clock was set back, or the rule runs more often than it did.
            let latest = until.max(first(stored)).checked_add(every);
            if latest.is_ok_and(|latest| timing.next > latest) {
                timing.next = until;
            }
            let Ok(made) = timing.next.checked_add(delay) else {
                continue;
            };
            if made <= until && found.as_ref().is_none_or(|found| made < found.made) {
                found = Some(Due {
                    workspace: id.clone(),
                    rule: key.clone(),
                    scheduled: timing.next,
                    made,
                });
            }
        }
    }
    found
}

/// When a rule runs first: as it is written, or at its `startTimeUtc`.
fn first(stored: &Stored) -> Timestamp {
    let start = stored
        .properties
        .get("startTimeUtc")
        .and_then(Value::as_str);
    let start = start.and_then(|text| text.parse::<Timestamp>().ok());
    start.map_or(stored.modified.at, |start| start.max(stored.modified.at))
}

/// Makes one run; nothing when the rule is gone or suppressed.
fn run(emulator: &Emulator, due: &Due) -> Result<Option<Run>, Error> {
    let (stored, settings, question) = {
        let mut state = emulator.state();
        let Some(workspace) = state.workspace_mut(&due.workspace) else {
            return Ok(None);
        };
        let stored = workspace.rules.get(&due.rule).and_then(Slot::live).cloned();
        let (Some(stored), Some(timing)) = (stored, workspace.timings.get_mut(&due.rule)) else {
            return Ok(None);
        };
        let (every, _) = rhythm(&stored);
        timing.next = due.scheduled.checked_add(every).unwrap_or(Timestamp::MAX);
        let kind = stored.kind.as_deref().unwrap_or_default();
        let settings = Settings::of(kind, &Value::Object(stored.properties.clone()));
        let suppressed = timing
            .fired
            .is_some_and(|fired| settings.suppresses(ticks(fired), ticks(due.scheduled)));
        if suppressed {
            return Ok(None);
        }
        let query = stored.properties.get("query").and_then(Value::as_str);
        let question = Question::new(
            workspace,
            query.unwrap_or_default(),
            window(&stored, due),
            ticks(due.scheduled),
        );
        (stored, settings, question)
    };
    let name = stored.properties.get("displayName").and_then(Value::as_str);
    let mut run = Run {
        rule: stored.name.clone(),
        display_name: name.unwrap_or_default().to_owned(),
        scheduled: seven_digits(due.scheduled),
        results: 0,
        alerts: 0,
        incidents: 0,
        error: None,
    };
    match question.and_then(Question::answer) {
        Ok(table) => {
            let results = results(&table);
            run.results = results.len();
            let alerts = alert::alerts(&settings, &results, ticks(due.made));
            run.alerts = alerts.len();
            if !alerts.is_empty() {
                let fact = record::Fact {
                    stored: &stored,
                    settings: &settings,
                    scheduled: due.scheduled,
                    made: due.made,
                    period: duration(&stored, "queryPeriod"),
                    results: &results,
                };
                run.incidents = record::keep(emulator, due, &fact, alerts)?;
            }
        }
        Err(failure) => run.error = Some(failure.to_string()),
    }
    Ok(Some(run))
}

/// What a run sees.
fn window(stored: &Stored, due: &Due) -> Window {
    let at = ticks(due.scheduled);
    if is_nrt(stored) {
        let from = due
            .scheduled
            .checked_sub(NRT_EVERY)
            .unwrap_or(Timestamp::MIN);
        return Window {
            arrived_after: ticks(from),
            ..Window::arrived(at)
        };
    }
    let period = duration(stored, "queryPeriod");
    let from = due.scheduled.checked_sub(period).unwrap_or(Timestamp::MIN);
    Window::arrived(ticks(due.made)).narrowed(ticks(from), at)
}

/// The visible cells of the results by column.
fn results(table: &Table) -> Vec<alert::Record> {
    let record = |row: &crate::engine::Row| {
        let cells = table.columns.iter().zip(row);
        cells
            .filter(|(column, _)| column.is_visible())
            .map(|(column, cell)| (column.name.to_string(), output::cell(cell)))
            .collect()
    };
    table.rows.iter().map(record).collect()
}

/// Keeps the times of all rules.
fn keep(emulator: &Emulator) -> Result<(), Error> {
    let state = emulator.state();
    for workspace in state.workspaces.values() {
        emulator
            .store
            .write_timings(&workspace.facts.id(), &workspace.timings)?;
    }
    Ok(())
}
