//! What came of a case against what it expects.

use serde_json::{Map, Value, json};

use crate::alert::Alert;
use crate::alert::Entity;
use crate::alert::incident::Incident;
use crate::cases::accept;
use crate::cases::run::Seen;
use crate::cases::{Expect, Fault};
use crate::diag::{Fix, Spanned};
use crate::rule::yaml;

/// Rows that are shown where another was expected.
const MOST_SHOWN: usize = 3;

/// What is not as expected, one sentence each.
pub(super) fn compare(seen: &Seen, expect: &Expect) -> Vec<Fault> {
    let mut faults = Vec::new();
    rows(&mut faults, seen, expect);
    alerts(&mut faults, seen, expect);
    if let Some(wanted) = &expect.incidents {
        incidents(&mut faults, &seen.incidents, wanted, expect);
    }
    faults
}

/// What would make the case expect `value` under `key`.
fn repair(expect: &Expect, key: &str, value: &Value) -> Option<Fix> {
    accept::accept(expect.nodes.get(key)?, value)
}

fn rows(faults: &mut Vec<Fault>, seen: &Seen, expect: &Expect) {
    let results = &seen.results;
    if results.len() != expect.results.value {
        let message = format!(
            "{} results were expected, there are {}",
            expect.results.value,
            results.len()
        );
        let fix = repair(expect, "results", &json!(results.len()));
        faults.push(Fault::new(expect.results.span, message).fix(fix));
    }
    for (index, wanted) in expect.contains.iter().enumerate() {
        if !results.iter().any(|row| fits(&wanted.value, row)) {
            let shown = shown(results, &wanted.value);
            let message = format!("no result has {}; {shown}", text(&wanted.value));
            let fix = nearest(results, &wanted.value).and_then(|row| {
                let list = expect.nodes.get("contains").map(|list| &list.value)?;
                let yaml::Value::Sequence(items) = list else {
                    return None;
                };
                accept::accept(items.get(index)?, &part(row, &wanted.value))
            });
            faults.push(Fault::new(wanted.span, message).fix(fix));
        }
    }
    if let Some(wanted) = &expect.rows {
        let mut left: Vec<&Map<String, Value>> = results.iter().collect();
        for row in &wanted.value {
            if let Some(at) = left.iter().position(|result| fits(row, result)) {
                left.remove(at);
            } else {
                let message = format!("no result is {}; {}", text(row), shown(results, row));
                let all = results.iter().map(|result| part(result, row)).collect();
                let fix = repair(expect, "rows", &Value::Array(all));
                faults.push(Fault::new(wanted.span, message).fix(fix));
            }
        }
    }
}

/// Whether a row has all that is wanted.
fn fits(wanted: &Map<String, Value>, row: &Map<String, Value>) -> bool {
    wanted
        .iter()
        .all(|(column, value)| row.get(column) == Some(value))
}

/// The row that has most of what is wanted.
fn nearest<'r>(
    results: &'r [Map<String, Value>],
    wanted: &Map<String, Value>,
) -> Option<&'r Map<String, Value>> {
    let equal = |row: &Map<String, Value>| {
        let columns = wanted.iter();
        columns
            .filter(|(key, value)| row.get(*key) == Some(*value))
            .count()
    };
    // The first of several, which `max_by_key` would not give.
    results.iter().rev().max_by_key(|row| equal(row))
}

/// The same columns of another row.
fn part(row: &Map<String, Value>, wanted: &Map<String, Value>) -> Value {
    let columns = wanted.keys().map(|key| {
        let value = row.get(key).cloned().unwrap_or_default();
        (key.clone(), value)
    });
    Value::Object(columns.collect())
}

/// The same columns of the first rows there are.
fn shown(results: &[Map<String, Value>], wanted: &Map<String, Value>) -> String {
    if results.is_empty() {
        return "there are none".to_owned();
    }
    let rows: Vec<String> = results
        .iter()
        .take(MOST_SHOWN)
        .map(|row| part(row, wanted).to_string())
        .collect();
    format!("there are {}", rows.join(", "))
}

fn alerts(faults: &mut Vec<Fault>, seen: &Seen, expect: &Expect) {
    let count = seen.alerts.len();
    match &expect.alerts {
        Some(wanted) if wanted.value != count => {
            let message = format!("{} alerts were expected, there are {count}", wanted.value);
            let fix = repair(expect, "alerts", &json!(count));
            faults.push(Fault::new(wanted.span, message).fix(fix));
        }
        Some(_) => {}
        None if (expect.results.value == 0) != (count == 0) => {
            let results = seen.results.len();
            let message = if count == 0 {
                format!("{results} results make no alert; `alerts: 0` expects that")
            } else {
                format!("{results} results make {count} alerts; `alerts: {count}` expects that")
            };
            // The number of results that is not as expected says the same.
            if results == expect.results.value {
                faults.push(Fault::new(expect.results.span, message));
            }
        }
        None => {}
    }
    let Some(first) = seen.alerts.first() else {
        let spans = [
            expect.title.as_ref().map(|one| one.span),
            expect.description.as_ref().map(|one| one.span),
            expect.severity.as_ref().map(|one| one.span),
            expect.tactics.as_ref().map(|one| one.span),
            expect.entities.as_ref().map(|one| one.span),
            expect.custom_details.as_ref().map(|one| one.span),
        ];
        if let Some(span) = spans.into_iter().flatten().next() {
            let message = "there is no alert to have a title, a severity or entities";
            faults.push(Fault::new(span, message));
        }
        return;
    };
    let mut said = |what: &str, wanted: &Option<Spanned<String>>, is: &str| {
        if let Some(wanted) = wanted
            && wanted.value != is
        {
            let message = format!("the {what} `{}` was expected, it is `{is}`", wanted.value);
            let fix = repair(expect, what, &json!(is));
            faults.push(Fault::new(wanted.span, message).fix(fix));
        }
    };
    said("title", &expect.title, &first.title);
    said("description", &expect.description, &first.description);
    said("severity", &expect.severity, &first.severity);
    if let Some(wanted) = &expect.tactics {
        let is: Vec<Value> = first
            .tactics
            .iter()
            .map(|one| one.as_str().into())
            .collect();
        if wanted.value != is {
            let message = format!(
                "the tactics {} were expected, they are {}",
                Value::from(wanted.value.clone()),
                Value::from(is.clone())
            );
            let fix = repair(expect, "tactics", &Value::from(is));
            faults.push(Fault::new(wanted.span, message).fix(fix));
        }
    }
    if let Some(wanted) = &expect.entities {
        let is: Vec<Map<String, Value>> = first.entities.iter().map(entity).collect();
        if wanted.value != is {
            let message = format!(
                "the entities {} were expected, they are {}",
                list(&wanted.value),
                list(&is)
            );
            let is = is.into_iter().map(Value::Object).collect();
            let fix = repair(expect, "entities", &Value::Array(is));
            faults.push(Fault::new(wanted.span, message).fix(fix));
        }
    }
    if let Some(wanted) = &expect.custom_details {
        custom_details(faults, first, wanted, expect);
    }
}

/// Custom details, each a value or a list of the different values of several rows.
fn custom_details(
    faults: &mut Vec<Fault>,
    alert: &Alert,
    wanted: &Spanned<Map<String, Value>>,
    expect: &Expect,
) {
    let now = |(key, value): (&String, &Value)| {
        let found = alert.custom_details.iter().find(|(name, _)| name == key);
        let value = match found.map(|(_, values)| values.as_slice()) {
            None => value.clone(),
            Some([]) => Value::Null,
            Some([one]) => one.parse::<i64>().map_or_else(|_| json!(one), |n| json!(n)),
            Some(several) => json!(several),
        };
        (key.clone(), value)
    };
    let mut fix = repair(
        expect,
        "customDetails",
        &wanted.value.iter().map(now).collect(),
    );
    for (key, value) in &wanted.value {
        let Some((_, is)) = alert.custom_details.iter().find(|(name, _)| name == key) else {
            let message = format!("the alert has no custom detail `{key}`");
            faults.push(Fault::new(wanted.span, message));
            continue;
        };
        let plain = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let values: Vec<String> = match value {
            Value::Null => Vec::new(),
            Value::Array(values) => values.iter().map(plain).collect(),
            one => vec![plain(one)],
        };
        if values != *is {
            let message = format!(
                "the custom detail `{key}` was expected to be {}, it is {}",
                Value::from(values),
                Value::from(is.clone())
            );
            faults.push(Fault::new(wanted.span, message).fix(fix.take()));
        }
    }
}

fn incidents(
    faults: &mut Vec<Fault>,
    incidents: &[Incident],
    wanted: &Spanned<Vec<Map<String, Value>>>,
    expect: &Expect,
) {
    let is: Vec<Map<String, Value>> = incidents.iter().map(incident).collect();
    let same = is.len() == wanted.value.len()
        && wanted
            .value
            .iter()
            .zip(&is)
            .all(|(wanted, is)| fits(wanted, is));
    if !same {
        let message = format!(
            "the incidents {} were expected, they are {}",
            list(&wanted.value),
            list(&is)
        );
        let now = is.iter().enumerate().map(|(index, is)| {
            let known = wanted.value.get(index).or_else(|| wanted.value.last());
            known.map_or_else(|| Value::Object(is.clone()), |known| part(is, known))
        });
        let fix = repair(expect, "incidents", &Value::Array(now.collect()));
        faults.push(Fault::new(wanted.span, message).fix(fix));
    }
}

/// An entity as a test file writes it.
fn entity(entity: &Entity) -> Map<String, Value> {
    let mut map = entity.identifiers.clone();
    map.shift_insert(0, "type".to_owned(), entity.kind.as_str().into());
    map
}

/// An incident as a test file writes it.
fn incident(incident: &Incident) -> Map<String, Value> {
    let members: [(&str, Value); 4] = [
        ("title", incident.title.as_str().into()),
        ("alerts", incident.alerts.len().into()),
        ("severity", incident.severity.as_str().into()),
        ("closed", incident.closed.into()),
    ];
    members
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

fn list(maps: &[Map<String, Value>]) -> String {
    if maps.is_empty() {
        return "none".to_owned();
    }
    maps.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn text(map: &Map<String, Value>) -> String {
    Value::Object(map.clone()).to_string()
}
