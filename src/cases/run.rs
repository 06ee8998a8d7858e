//! Runs a case: the rule on the case's rows, once or as its schedule has it.

use std::cell::RefCell;
use std::sync::Arc;

use serde_json::Value;

use crate::alert;
use crate::alert::Alert;
use crate::alert::Record;
use crate::alert::Settings;
use crate::alert::TICKS_PER_SECOND;
use crate::alert::incident::{self, Incident};
use crate::cases::compare::compare;
use crate::cases::{Case, Fault, Row, Suite};
use crate::engine::{self, ARRIVAL, Column, Environment, Table, Type};
use crate::kql::Schema;
use crate::render::{self, RenderOptions};
use crate::rule::{Rule, RuleKind};

/// How long after its time a run of a scheduled rule is made, in ticks. Documented.
const LATE: i64 = 300 * TICKS_PER_SECOND;
/// How often a near-real-time rule runs, in ticks.
const NRT_FREQUENCY: i64 = 60 * TICKS_PER_SECOND;

/// What came of a case.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Seen {
    /// The results of the last run.
    pub(crate) results: Vec<Record>,
    /// The alerts of the last run.
    pub(crate) alerts: Vec<Alert>,
    /// The incidents of all runs.
    pub(crate) incidents: Vec<Incident>,
}

/// What is not as expected; nothing when the case passes.
pub(crate) fn run(rule: &Rule, suite: &Suite, case: &Case, schema: &Schema) -> Vec<Fault> {
    match Prepared::new(rule, suite, case, schema) {
        Err(fault) => vec![fault],
        Ok(prepared) => prepared.judge(),
    }
}

/// A case that can be run, as it is or with changes.
#[derive(Debug)]
pub(crate) struct Prepared<'a> {
    suite: &'a Suite,
    case: &'a Case,
    /// The rendered query.
    query: String,
    /// Where the rule's own text begins in it.
    own: usize,
    settings: Settings,
    /// The runs, oldest first: their times, and the tables as the service would show them.
    runs: Vec<(i64, Environment)>,
}

impl<'a> Prepared<'a> {
    /// Renders the rule and makes out the tables.
    pub(crate) fn new(
        rule: &Rule,
        suite: &'a Suite,
        case: &'a Case,
        schema: &Schema,
    ) -> Result<Self, Fault> {
        let declared = |name: &String| {
            let mut parameters = rule.extension.parameters.iter();
            parameters.any(|one| one.name.value == *name)
        };
        if let Some(name) = case.parameters.keys().find(|name| !declared(name)) {
            let message = format!("the rule has no parameter `{name}`");
            return Err(Fault::new(case.parameters_span, message));
        }
        let options = RenderOptions {
            parameters: case.parameters.clone(),
            ..RenderOptions::default()
        };
        let body = render::rest(rule, &options).body;
        let query = body.properties.query.clone().unwrap_or_default();
        let query = schema.declarations(&query) + &query;
        let properties = serde_json::to_value(&body.properties)
            .expect("strings, numbers and maps with string keys are JSON");
        let (frequency, period) = match &rule.kind.value {
            RuleKind::Scheduled(schedule) => (
                ticks(schedule.frequency.value.as_secs()),
                ticks(schedule.period.value.as_secs()),
            ),
            RuleKind::Nrt => (NRT_FREQUENCY, i64::MAX),
        };
        let nrt = rule.kind.value == RuleKind::Nrt;
        let late = if nrt { 0 } else { LATE };
        let runs = (0..i64::from(case.runs)).rev().map(|before| {
            let ago = frequency.saturating_mul(before);
            // A near-real-time rule sees what came since it ran before.
            let since = (nrt && before + 1 < i64::from(case.runs)).then_some(ago + frequency);
            let window = Window {
                ago,
                period,
                late,
                since,
            };
            (ago, environment(suite, case, window, schema))
        });
        Ok(Self {
            suite,
            case,
            own: query.len() - rule.query.value.len(),
            query,
            settings: Settings::of(body.kind, &properties),
            runs: runs.collect(),
        })
    }

    /// What is not as expected.
    pub(crate) fn judge(&self) -> Vec<Fault> {
        self.judge_as(&self.query, &self.settings)
    }

    /// The rendered query, and where the rule's own text begins in it.
    pub(crate) fn query(&self) -> (&str, usize) {
        (&self.query, self.own)
    }

    /// What the rule says of its alerts.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What is not as expected with another query or other settings.
    pub(crate) fn judge_as(&self, query: &str, settings: &Settings) -> Vec<Fault> {
        match self.play(query, settings) {
            Ok(seen) => compare(&seen, &self.case.expect),
            Err(error) => vec![Fault::new(self.case.name.span, error.to_string())],
        }
    }

    /// The conditions of the rule's own query that were reached, by place: whether they held, whether they failed.
    pub(crate) fn covered(mut self) -> Vec<((usize, usize), (bool, bool))> {
        for (_, env) in &mut self.runs {
            env.coverage = Some(RefCell::default());
        }
        // A query that fails has still reached what it has reached.
        let _ = self.play(&self.query, &self.settings);
        let mut covered = Vec::new();
        for (_, env) in &self.runs {
            let Some(coverage) = &env.coverage else {
                continue;
            };
            for ((start, end), seen) in &coverage.borrow().conditions {
                let (start, end) = (*start as usize, *end as usize);
                if let Some(start) = start.checked_sub(self.own) {
                    covered.push(((start, end - self.own), seen.outcomes()));
                }
            }
        }
        covered
    }

    /// All runs with that query and those settings.
    fn play(&self, query: &str, settings: &Settings) -> engine::Result<Seen> {
        let mut seen = Seen::default();
        let mut fired = None;
        for (ago, env) in &self.runs {
            let at = self.suite.now.saturating_sub(*ago);
            if self.case.close.is_some_and(|close| close >= *ago) {
                let closed = self.suite.now.saturating_sub(self.case.close.unwrap_or(0));
                for incident in &mut seen.incidents {
                    incident.closed |= incident.updated < closed;
                }
            }
            seen.results.clear();
            seen.alerts.clear();
            if fired.is_some_and(|fired| settings.suppresses(fired, at)) {
                continue;
            }
            seen.results = records(&engine::run(query, env)?);
            seen.alerts = alert::alerts(settings, &seen.results, at);
            if !seen.alerts.is_empty() {
                fired = Some(at);
            }
            incident::group(settings, &mut seen.incidents, seen.alerts.clone());
        }
        Ok(seen)
    }
}

/// What one run sees, in ticks.
#[derive(Debug, Clone, Copy)]
struct Window {
    /// How long before the last run it is.
    ago: i64,
    /// How far back it looks.
    period: i64,
    /// How long after its time it is made, and rows may arrive.
    late: i64,
    /// How long before the last run a row must not have arrived yet.
    since: Option<i64>,
}

impl Window {
    fn shows(self, row: &Row) -> bool {
        let arrived = row.age.saturating_sub(row.delay);
        arrived >= self.ago.saturating_sub(self.late)
            && (0..=self.period).contains(&row.age.saturating_sub(self.ago))
            && self.since.is_none_or(|since| arrived < since)
    }
}

fn ticks(seconds: u64) -> i64 {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    seconds.saturating_mul(TICKS_PER_SECOND)
}

/// The tables as the service would show them to a run: the rule's own period, each row when it arrived.
fn environment(suite: &Suite, case: &Case, window: Window, schema: &Schema) -> Environment {
    let mut env = Environment {
        now: suite.now.saturating_sub(window.ago),
        ..Environment::default()
    };
    if !suite.geo.is_empty() {
        let places = suite
            .geo
            .iter()
            .map(|(range, place)| (range.clone(), value(place)));
        env.geo = Some(Arc::new(places.collect()));
    }
    for name in &suite.tables {
        let all = case.rows.get(name).map_or(&[][..], Vec::as_slice);
        let rows: Vec<_> = all.iter().filter(|row| window.shows(row)).collect();
        let records: Vec<engine::Value> = rows
            .iter()
            .map(|row| value(&Value::Object(row.columns.clone())))
            .collect();
        let known = engine::data::known_columns(name, schema);
        let mut columns = engine::data::columns_of(records.iter(), &known);
        if !columns
            .iter()
            .any(|column| &*column.name == "TimeGenerated")
        {
            columns.push(Column::new("TimeGenerated", Type::Datetime));
        }
        columns.push(Column::new(ARRIVAL, Type::Datetime));
        let made = rows.iter().zip(&records).map(|(row, record)| {
            let at = suite.now.saturating_sub(row.age);
            let mut cells = engine::data::row_of(&columns, record);
            for (cell, column) in cells.iter_mut().zip(&columns) {
                match &*column.name {
                    "TimeGenerated" => *cell = engine::Value::Datetime(at),
                    ARRIVAL => *cell = engine::Value::Datetime(at.saturating_add(row.delay)),
                    _ => {}
                }
            }
            cells
        });
        let rows = made.collect();
        env.tables
            .insert(name.clone(), Box::new(Table { columns, rows }));
    }
    env
}

/// JSON as a value of the engine.
fn value(json: &Value) -> engine::Value {
    engine::json::parse(&json.to_string()).unwrap_or_default()
}

/// The visible cells of the results by column.
fn records(table: &Table) -> Vec<Record> {
    let record = |row: &engine::Row| {
        let cells = table
            .columns
            .iter()
            .zip(row)
            .filter(|(column, _)| column.is_visible());
        cells
            .map(|(column, cell)| (column.name.to_string(), engine::output::cell(cell)))
            .collect()
    };
    table.rows.iter().map(record).collect()
}
