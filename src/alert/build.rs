//! The alerts that a run makes of its results.

use serde_json::Map;
use serde_json::Value;

use crate::alert::Alert;
use crate::alert::Entity;
use crate::alert::Record;
use crate::alert::Settings;
use crate::mitre::Tactic;

/// Longest title, in bytes.
const MOST_TITLE: usize = 256;
/// Longest description, in bytes.
const MOST_DESCRIPTION: usize = 5 * 1024;
/// Most entities of an alert; the mappings get equal shares.
const MOST_ENTITIES: usize = 500;
/// What a column may say of the severity.
const SEVERITIES: [&str; 4] = ["Informational", "Low", "Medium", "High"];

/// The alerts of a run at `at`, in ticks; none where the rule does not fire.
///
/// With an alert for every result a run makes no more than the service allows: then the last of them is about all
/// results, as if they had not been told apart.
pub(crate) fn alerts(settings: &Settings, results: &[Record], at: i64) -> Vec<Alert> {
    if !settings.fires(results.len()) {
        return Vec::new();
    }
    let all = || alert(settings, results, (0..results.len()).collect(), at);
    if !settings.per_result || results.is_empty() {
        return vec![all()];
    }
    let single = |row| alert(settings, results, vec![row], at);
    if results.len() <= settings.most_alerts {
        return (0..results.len()).map(single).collect();
    }
    let mut alerts: Vec<Alert> = (0..settings.most_alerts - 1).map(single).collect();
    alerts.push(all());
    alerts
}

fn alert(settings: &Settings, results: &[Record], rows: Vec<usize>, at: i64) -> Alert {
    let about: Vec<&Record> = rows.iter().map(|row| &results[*row]).collect();
    // What can be only one is taken from the first row.
    let first = about.first().copied();
    let overrides = &settings.overrides;
    let column = |name: &Option<String>| name.as_ref().and_then(|name| first?.get(name));
    let severity = column(&overrides.severity).and_then(|value| {
        let said = plain(value);
        SEVERITIES
            .iter()
            .find(|word| word.eq_ignore_ascii_case(said.trim()))
    });
    let tactics: Vec<String> = column(&overrides.tactics).map(tactics).unwrap_or_default();
    Alert {
        at,
        title: said(overrides.title.as_ref(), &settings.name, first, MOST_TITLE),
        description: said(
            overrides.description.as_ref(),
            &settings.description,
            first,
            MOST_DESCRIPTION,
        ),
        severity: severity.map_or_else(|| settings.severity.clone(), |word| (*word).to_owned()),
        tactics: if tactics.is_empty() {
            settings.tactics.clone()
        } else {
            tactics
        },
        techniques: settings.techniques.clone(),
        entities: entities(settings, &about),
        custom_details: settings
            .custom_details
            .iter()
            .map(|(key, column)| (key.clone(), values(&about, column)))
            .collect(),
        properties: overrides
            .properties
            .iter()
            .map(|(property, name)| {
                let value = first.and_then(|row| row.get(name));
                (property.clone(), value.map(plain).unwrap_or_default())
            })
            .collect(),
        rows,
    }
}

/// A format with `{{Column}}` filled in from the row, or what the rule says itself.
fn said(format: Option<&String>, otherwise: &str, row: Option<&Record>, most: usize) -> String {
    let Some(format) = format else {
        return cut(otherwise.to_owned(), most);
    };
    let mut text = String::new();
    let mut rest = format.as_str();
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((column, after)) = after.split_once("}}") else {
            break;
        };
        text.push_str(before);
        let value = row.and_then(|row| row.get(column.trim()));
        text.push_str(&value.map(plain).unwrap_or_default());
        rest = after;
    }
    text.push_str(rest);
    cut(text, most)
}

/// No more than so many bytes.
fn cut(mut text: String, most: usize) -> String {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

/// Entities whose identifiers have a value, each once, in the order of the mappings.
fn entities(settings: &Settings, rows: &[&Record]) -> Vec<Entity> {
    let mappings = settings.entities.len() + settings.entity_columns.len();
    let share = MOST_ENTITIES / mappings.max(1);
    let mut entities: Vec<Entity> = Vec::new();
    let mut add = |found: &mut dyn Iterator<Item = Entity>| {
        let before = entities.len();
        for entity in found {
            if entities.len() - before < share && !entities.contains(&entity) {
                entities.push(entity);
            }
        }
    };
    for (kind, fields) in &settings.entities {
        add(&mut rows.iter().filter_map(|row| mapped(kind, fields, row)));
    }
    for column in &settings.entity_columns {
        add(&mut rows.iter().flat_map(|row| written(row.get(column))));
    }
    entities
}

fn mapped(kind: &str, fields: &[(String, String)], row: &Record) -> Option<Entity> {
    let identifiers: Map<String, Value> = fields
        .iter()
        .filter_map(|(identifier, column)| {
            let value = row.get(column)?;
            (!value.is_null() && value != "").then(|| (identifier.clone(), value.clone()))
        })
        .collect();
    (!identifiers.is_empty()).then(|| Entity {
        kind: kind.to_owned(),
        identifiers,
    })
}

/// The entities that a cell holds as a list of objects, each with its `Type`.
fn written(cell: Option<&Value>) -> Vec<Entity> {
    let list = match cell {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        Some(value) => value.clone(),
        None => Value::Null,
    };
    let Value::Array(items) = list else {
        return Vec::new();
    };
    items
        .into_iter()
        .filter_map(|item| {
            let Value::Object(mut identifiers) = item else {
                return None;
            };
            let kind = identifiers.shift_remove("Type")?.as_str()?.to_owned();
            // A number that other entities of the list refer to it by; no fact about it.
            identifiers.shift_remove("$id");
            (!identifiers.is_empty()).then_some(Entity { kind, identifiers })
        })
        .collect()
}

/// The different values of a column, in the order of the rows.
fn values(rows: &[&Record], column: &str) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    for value in rows.iter().filter_map(|row| row.get(column)) {
        let value = plain(value);
        if !value.is_empty() && !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

/// The tactics that a cell names: one, a list, or several behind commas.
fn tactics(cell: &Value) -> Vec<String> {
    let names: Vec<String> = match cell {
        Value::Array(items) => items.iter().map(plain).collect(),
        other => plain(other).split(',').map(str::to_owned).collect(),
    };
    names
        .iter()
        .filter_map(|name| Tactic::parse_lenient(name))
        .map(|tactic| tactic.as_str().to_owned())
        .collect()
}

/// A cell as the text that a title shows.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}
