//! Results as JSON, CSV and text.

use serde_json::Number;
use serde_json::Value as Json;

use crate::engine::json;
use crate::engine::table::Table;
use crate::engine::time;
use crate::engine::value::Value;

/// A cell as the query API writes it: points in time as ISO 8601 with `Z`, time spans as `tostring` gives them,
/// dynamic values as JSON, in which points in time have all seven digits, decimals as text.
pub(crate) fn cell(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(n) => Json::from(*n),
        Value::Long(n) => Json::from(*n),
        Value::Real(n) => match Number::from_f64(*n) {
            Some(number) => Json::Number(number),
            None => Json::String(json::real_text(*n)),
        },
        Value::Datetime(ticks) => Json::String(time::datetime_json(*ticks)),
        Value::Array(items) => Json::Array(items.iter().map(inner).collect()),
        Value::Bag(bag) => {
            Json::Object(bag.iter().map(|(k, v)| (k.to_string(), inner(v))).collect())
        }
        other => Json::String(other.to_text().to_string()),
    }
}

/// A part of a dynamic value.
fn inner(value: &Value) -> Json {
    match value {
        Value::Datetime(_) => Json::String(value.to_text().to_string()),
        other => cell(other),
    }
}

/// `{columns: [{name, type}], rows: [[…]]}`
pub(crate) fn document(table: &Table) -> Json {
    let columns: Vec<Json> = table
        .columns
        .iter()
        .map(|c| serde_json::json!({ "name": &*c.name, "type": c.ty.name() }))
        .collect();
    let rows: Vec<Json> = table
        .rows
        .iter()
        .map(|row| Json::Array(row.iter().map(cell).collect()))
        .collect();
    serde_json::json!({ "columns": columns, "rows": rows })
}

/// A cell as one line of text.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Datetime(ticks) => time::datetime_json(*ticks),
        other => other.to_text().to_string(),
    }
}

/// CSV by RFC 4180, with a header.
pub(crate) fn csv(table: &Table) -> String {
    let field = |text: &str| {
        if text.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.to_owned()
        }
    };
    let mut out = String::new();
    let header: Vec<String> = table.columns.iter().map(|c| field(&c.name)).collect();
    out.push_str(&header.join(","));
    out.push_str("\r\n");
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(|v| field(&plain(v))).collect();
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out
}
