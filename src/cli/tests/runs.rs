//! One event makes one alert: every rule of the pack runs on the emulator's schedule, over the rows of a case that
//! stands beside it and matches.
//!
//! Around the event lie several runs, with windows that overlap. The rows are put in three places: as the case has
//! them, arrived just before a run, and arrived just after its time, when the service has yet to make it.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::cases::sample::Around;
use crate::cases::{Case, Row, Suite, read};
use crate::clock::{Clock, ManualClock};
use crate::diag::SourceId;
use crate::duration::Duration;
use crate::emulator::{self, Config, Remote, Seed};
use crate::engine::time::{SECOND, UNIX_EPOCH, datetime_json};
use crate::project;
use crate::render::{self, RenderOptions};
use crate::rule::{Rule, RuleKind};

/// Where the event lies.
#[derive(Debug, Clone, Copy)]
enum Place {
    AsWritten,
    JustBefore,
    JustAfter,
}

#[tokio::test(flavor = "multi_thread")]
async fn one_event_makes_one_alert_across_consecutive_runs() {
    let rules = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("rules");
    let loaded = project::load(&[rules]).expect("the rules can be read");
    assert_eq!(loaded.rules.len(), 28);
    let mut wrong = Vec::new();
    for rule in &loaded.rules {
        let suite = suite(&rule.origin.path);
        let matching = |case: &&Case| case.expect.results.value > 0 && case.runs == 1;
        let plain = suite.cases.iter().filter(|case| case.parameters.is_empty());
        let case = plain
            .chain(&suite.cases)
            .find(matching)
            .expect("a case that matches");
        for place in [Place::AsWritten, Place::JustBefore, Place::JustAfter] {
            let (alerts, expected) = alerts(rule, &suite, case, place).await;
            if alerts != expected {
                wrong.push(format!(
                    "{}, `{}`, {place:?}: {alerts} alerts instead of {expected}",
                    rule.name.value, case.name.value
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[allow(
    clippy::disallowed_methods,
    reason = "a test reads the file beside the rule"
)]
fn suite(rule: &Path) -> Suite {
    let path = rule.with_extension("test.yaml");
    let text = std::fs::read_to_string(&path).expect("every rule has tests");
    let folder = path.parent().expect("a folder");
    let mut open = |name: &str| {
        let text = std::fs::read_to_string(folder.join(name)).map_err(|error| error.to_string())?;
        Ok((SourceId(1), text.into()))
    };
    let schema = crate::kql::Schema::built_in();
    let mut around = Around {
        schema: &schema,
        open: &mut open,
    };
    read::suite(SourceId(0), &text, &mut around).expect("the tests can be read")
}

/// The alerts of all runs around the event, and how many there should be.
async fn alerts(rule: &Rule, suite: &Suite, case: &Case, place: Place) -> (u64, u64) {
    let options = RenderOptions {
        parameters: case.parameters.clone(),
        ..RenderOptions::default()
    };
    let body = serde_json::to_value(render::rest(rule, &options).body).expect("a body is JSON");
    let mut properties = body["properties"].clone();
    properties["enabled"] = json!(true);
    let RuleKind::Scheduled(schedule) = &rule.kind.value else {
        panic!("{} is not scheduled", rule.name.value);
    };
    let every = i64::try_from(schedule.frequency.value.as_secs()).expect("a frequency") * SECOND;
    let by_arrival = properties["query"]
        .as_str()
        .is_some_and(|query| query.contains("ingestion_time()"));
    let shift = shift(suite, case, place, every, by_arrival);
    // Three runs before the event's own, and three after.
    let start = suite.now - 3 * every;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let seed = json!({"workspaces": [{
        "name": "demo",
        "geo": suite.geo.iter().cloned().collect::<serde_json::Map<_, _>>(),
        "alertRules": [{"name": "rule", "kind": body["kind"], "properties": properties}],
    }]});
    // Seeding what is there already would leave the rule out, so the folder is new.
    let seed: Seed = serde_json::from_value(seed).expect("a seed");
    let clock = jiff::Timestamp::from_nanosecond(i128::from(start - UNIX_EPOCH) * 100);
    let config = Config {
        clock: Clock::Manual(ManualClock::new(clock.expect("a time"))),
        seed: Some(seed),
        log_requests: false,
        ..Config::local(folder.path().to_owned())
    };
    let running = emulator::start(config).await.expect("it starts");
    let remote = Remote::at(running.ready.endpoint()).expect("an address of this machine");
    let ask = |path: String, body: Value| {
        let remote = remote.clone();
        async move {
            let answer = remote.ask(hyper::Method::POST, &path, Some(&body)).await;
            answer.unwrap_or_else(|error| panic!("{path}: {error}"))
        }
    };
    let ready = &running.ready;
    let workspace = format!(
        "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}",
        ready.subscription, ready.resource_group, ready.workspace
    );
    for (table, rows) in &case.rows {
        for row in rows {
            let mut columns = row.columns.clone();
            let moved = if is_event(row, every) { shift } else { 0 };
            let at = suite.now - row.age + moved;
            columns.insert("TimeGenerated".to_owned(), json!(datetime_json(at)));
            let delay = Duration::from_secs(u64::try_from(row.delay / SECOND).expect("a delay"));
            let body = json!({"rows": [columns], "delay": format!("PT{}S", delay.as_secs())});
            ask(format!("{workspace}/tables/{table}/rows"), body).await;
        }
    }
    let by = format!("PT{}S", (6 * every / SECOND) + 600);
    let answer = ask("/clock".to_owned(), json!({ "advance": by })).await;
    running.stop().await;
    let ran = &answer["ran"];
    assert_eq!(ran["failed"], json!({}), "{}", rule.name.value);
    let single = properties["eventGroupingSettings"]["aggregationKind"] != "AlertPerResult";
    let expected = if single {
        1
    } else {
        case.expect.results.value as u64
    };
    (ran["alerts"].as_u64().expect("a number"), expected)
}

/// Whether a row is part of the event, and not of what was before it.
fn is_event(row: &Row, every: i64) -> bool {
    row.age <= every
}

/// How far the event is moved; the run it is near to is that at the time of the suite.
fn shift(suite: &Suite, case: &Case, place: Place, every: i64, by_arrival: bool) -> i64 {
    let rows = case.rows.values().flatten();
    let times: Vec<i64> = rows
        .filter(|row| is_event(row, every))
        .map(|row| suite.now - row.age + if by_arrival { row.delay } else { 0 })
        .collect();
    let (Some(first), Some(last)) = (times.iter().min(), times.iter().max()) else {
        panic!("`{}` has no row in the last run", case.name.value);
    };
    match place {
        Place::AsWritten => 0,
        Place::JustBefore => suite.now - SECOND - last,
        Place::JustAfter => suite.now + SECOND - first,
    }
}
