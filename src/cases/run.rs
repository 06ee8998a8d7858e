//! Runs a case and says what is not as expected.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::cases::{Case, Expect, Suite, TICKS_PER_SECOND};
use crate::engine::{self, ARRIVAL, Column, Environment, Table, Type};
use crate::kql::Schema;
use crate::render::{self, RenderOptions};
use crate::rule::{Rule, RuleKind};

/// What is not as expected, one sentence each; nothing when the case passes.
pub(crate) fn run(rule: &Rule, suite: &Suite, case: &Case, schema: &Schema) -> Vec<String> {
    let declared = |name: &String| {
        rule.extension
            .parameters
            .iter()
            .any(|one| one.name.value == *name)
    };
    if let Some(name) = case.parameters.keys().find(|name| !declared(name)) {
        return vec![format!("the rule has no parameter `{name}`")];
    }
    let options = RenderOptions {
        parameters: case.parameters.clone(),
        ..RenderOptions::default()
    };
    let rendered = render::rest(rule, &options);
    let query = rendered.body.properties.query.unwrap_or_default();
    let query = schema.declarations(&query) + &query;
    let table = match engine::run(&query, &environment(rule, suite, case, schema)) {
        Ok(table) => table,
        Err(error) => return vec![error.to_string()],
    };
    compare(rule, &records(&table), &case.expect)
}

/// The tables as the service would show them to the rule: its own period, each row when it arrived.
fn environment(rule: &Rule, suite: &Suite, case: &Case, schema: &Schema) -> Environment {
    let period = match &rule.kind.value {
        RuleKind::Scheduled(schedule) => {
            let seconds = i64::try_from(schedule.period.value.as_secs()).unwrap_or(i64::MAX);
            seconds.saturating_mul(TICKS_PER_SECOND)
        }
        RuleKind::Nrt => i64::MAX,
    };
    let mut env = Environment {
        now: suite.now,
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
        let rows: Vec<_> = case
            .rows
            .get(name)
            .into_iter()
            .flatten()
            .filter(|row| row.age <= period)
            .collect();
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
fn records(table: &Table) -> Vec<Map<String, Value>> {
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

fn compare(rule: &Rule, results: &[Map<String, Value>], expect: &Expect) -> Vec<String> {
    let mut faults = Vec::new();
    if results.len() != expect.results {
        faults.push(format!(
            "{} results were expected, there are {}",
            expect.results,
            results.len()
        ));
    }
    for wanted in &expect.contains {
        let fits = |row: &&Map<String, Value>| {
            wanted
                .iter()
                .all(|(column, value)| row.get(column) == Some(value))
        };
        if !results.iter().any(|row| fits(&row)) {
            let seen: Vec<String> = results
                .iter()
                .take(3)
                .map(|row| {
                    text(
                        &wanted
                            .keys()
                            .map(|key| (key.clone(), row.get(key).cloned().unwrap_or_default()))
                            .collect(),
                    )
                })
                .collect();
            faults.push(format!(
                "no result has {}; there is {}",
                text(wanted),
                seen.join(", ")
            ));
        }
    }
    let Some(first) = results.first() else {
        if expect.title.is_some() || expect.severity.is_some() || expect.entities.is_some() {
            faults.push("there is no alert to have a title, a severity or entities".to_owned());
        }
        return faults;
    };
    if let Some(wanted) = &expect.title {
        let title = title(rule, first);
        if *wanted != title {
            faults.push(format!(
                "the title `{wanted}` was expected, it is `{title}`"
            ));
        }
    }
    if let Some(wanted) = &expect.severity {
        let severity = severity(rule, first);
        if *wanted != severity {
            faults.push(format!(
                "severity `{wanted}` was expected, it is `{severity}`"
            ));
        }
    }
    if let Some(wanted) = &expect.entities {
        let entities = entities(rule, first);
        if *wanted != entities {
            let shown =
                |list: &[Map<String, Value>]| list.iter().map(text).collect::<Vec<_>>().join(", ");
            faults.push(format!(
                "the entities {} were expected, they are {}",
                shown(wanted),
                shown(&entities)
            ));
        }
    }
    faults
}

fn text(map: &Map<String, Value>) -> String {
    Value::Object(map.clone()).to_string()
}

/// The alert's title: the format with `{{Column}}` filled in from the row, or the rule's name.
fn title(rule: &Rule, row: &Map<String, Value>) -> String {
    let format = rule
        .alert_details
        .as_ref()
        .and_then(|details| details.display_name_format.as_ref());
    let Some(format) = format else {
        return rule.name.value.clone();
    };
    let mut title = String::new();
    let mut rest = format.value.as_str();
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((column, after)) = after.split_once("}}") else {
            break;
        };
        title.push_str(before);
        title.push_str(&plain(row.get(column.trim())));
        rest = after;
    }
    title.push_str(rest);
    title
}

fn severity(rule: &Rule, row: &Map<String, Value>) -> String {
    let column = rule
        .alert_details
        .as_ref()
        .and_then(|details| details.severity_column.as_ref());
    let own = column.map(|column| plain(row.get(&column.value)));
    own.filter(|text| !text.is_empty())
        .unwrap_or_else(|| rule.severity.value.to_string())
}

/// Entities whose identifiers have a value, in the order of the rule's mappings.
fn entities(rule: &Rule, row: &Map<String, Value>) -> Vec<Map<String, Value>> {
    let mut entities = Vec::new();
    for mapping in &rule.entity_mappings {
        let mut entity = Map::new();
        for field in &mapping.fields {
            let value = row.get(&field.column.value).cloned().unwrap_or_default();
            if !value.is_null() && value.as_str() != Some("") {
                entity.insert(field.identifier.value.clone(), value);
            }
        }
        if !entity.is_empty() {
            let kind = Value::from(mapping.entity_type.value.to_string());
            entity.shift_insert(0, "type".to_owned(), kind);
            entities.push(entity);
        }
    }
    entities
}

fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}
