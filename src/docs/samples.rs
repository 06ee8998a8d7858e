//! Sample rows, taken from the test file of a rule.

use serde_json::{Map, Value};

use crate::diag::SourceId;
use crate::docs::Sample;
use crate::rule::yaml;

/// The first row of each table in the first case, with the columns that all rows share. A file of another shape
/// has no samples: its faults are told where tests are run.
pub(crate) fn of_test(text: &str) -> Vec<Sample> {
    let stream = yaml::read(SourceId(0), text);
    let Some(file) = stream.documents.first().map(yaml::Node::to_json) else {
        return Vec::new();
    };
    let tables = file["cases"][0]["rows"].as_object();
    let samples = tables.into_iter().flatten().filter_map(|(table, groups)| {
        let mut row = columns(&file["defaults"][table]);
        row.append(&mut columns(&groups[0]["row"]));
        for (column, value) in columns(&groups[0]["vary"]) {
            let first = value.as_str().map(|text| text.replace("{n}", "1"));
            row.insert(column, first.map_or(value, Value::from));
        }
        row.retain(|_, value| value.as_str() != Some(""));
        (!row.is_empty()).then(|| Sample {
            table: table.clone(),
            row: Value::Object(row),
        })
    });
    samples.collect()
}

fn columns(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}
