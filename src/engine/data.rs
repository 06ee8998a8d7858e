//! Rows from JSON and CSV, and the types of their columns.

mod lines;

pub(crate) use lines::LineReader;
pub(crate) use lines::NoObject;

use std::sync::Arc;

use crate::engine::convert;
pub(crate) use crate::engine::function::csv_cells;
use crate::engine::function::csv_records;
use crate::engine::json::parse;
use crate::engine::table::Column;
use crate::engine::table::Row;
use crate::engine::table::Table;
use crate::engine::value::Type;
use crate::engine::value::Value;
use crate::kql::literal;

/// The columns that `records` have, in the order of their coming; `known` gives the types of columns by name.
pub(crate) fn columns_of<'v>(
    records: impl Iterator<Item = &'v Value>,
    known: &[Column],
) -> Vec<Column> {
    let mut seen: Vec<(Arc<str>, Option<Type>)> = known
        .iter()
        .map(|c| (Arc::clone(&c.name), Some(c.ty)))
        .collect();
    for record in records {
        let Value::Bag(bag) = record else {
            continue;
        };
        for (key, value) in bag.iter() {
            let ty = json_type(value);
            match seen.iter_mut().find(|(k, _)| k == key) {
                None => seen.push((Arc::clone(key), ty)),
                Some((name, _)) if known.iter().any(|c| c.name == *name) => {}
                Some((_, old)) => *old = merged(*old, ty),
            }
        }
    }
    seen.into_iter()
        .map(|(name, ty)| Column::new(name, ty.unwrap_or(Type::String)))
        .collect()
}

/// The type that a JSON value suggests; none for null.
fn json_type(value: &Value) -> Option<Type> {
    match value {
        Value::String(text) => Some(text_type(text)),
        other => other.runtime_type(),
    }
}

/// A text that is a point in time in the long form is one.
fn text_type(text: &str) -> Type {
    let bytes = text.as_bytes();
    let dated = bytes.len() >= 19
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && matches!(bytes[10], b'T' | b' ');
    if dated && literal::parse_datetime(text).is_some() {
        Type::Datetime
    } else {
        Type::String
    }
}

fn merged(a: Option<Type>, b: Option<Type>) -> Option<Type> {
    match (a, b) {
        (None, other) | (other, None) => other,
        (Some(a), Some(b)) if a == b => Some(a),
        (Some(a), Some(b)) if a.is_numeric() && b.is_numeric() => Some(a.max(b)),
        (Some(Type::Dynamic), _) | (_, Some(Type::Dynamic)) => Some(Type::Dynamic),
        _ => Some(Type::String),
    }
}

/// A JSON value as a column of that type holds it.
pub(crate) fn typed(ty: Type, value: Value) -> Value {
    match (ty, &value) {
        (Type::Dynamic, Value::String(text)) if text.starts_with(['{', '[']) => {
            convert::to_dynamic(&value)
        }
        _ => convert::cast(ty, value),
    }
}

/// A record as a row.
pub(crate) fn row_of(columns: &[Column], record: &Value) -> Row {
    columns
        .iter()
        .map(|c| typed(c.ty, record.member(&c.name).cloned().unwrap_or_default()))
        .collect()
}

/// Records as a table.
pub(crate) fn table_of(records: &[Value], known: &[Column]) -> Table {
    let columns = columns_of(records.iter(), known);
    let rows = records.iter().map(|r| row_of(&columns, r)).collect();
    Table { columns, rows }
}

/// A table from CSV text with a header; `known` gives types, other columns get theirs from their values.
pub(crate) fn table_of_csv(text: &str, known: &[Column]) -> Table {
    let mut records = csv_records(text).into_iter();
    let header = records.next().unwrap_or_default();
    let records: Vec<Vec<String>> = records.collect();
    let mut columns: Vec<Column> = Vec::new();
    for (index, name) in header.iter().enumerate() {
        let ty = if let Some(column) = known.iter().find(|c| *c.name == **name) {
            column.ty
        } else {
            let cells = records.iter().filter_map(|r| r.get(index));
            csv_column_type(cells.map(String::as_str))
        };
        columns.push(Column::new(name.as_str(), ty));
    }
    let mut rows: Vec<Row> = records
        .iter()
        .map(|record| {
            columns
                .iter()
                .enumerate()
                .map(|(i, c)| {
                    record
                        .get(i)
                        .map_or(Value::Null, |text| convert::to(c.ty, &text.as_str().into()))
                })
                .collect()
        })
        .collect();
    for column in known {
        if !columns.contains(column) && !columns.iter().any(|c| c.name == column.name) {
            columns.push(column.clone());
            for row in &mut rows {
                row.push(convert::cast(column.ty, Value::Null));
            }
        }
    }
    Table { columns, rows }
}

/// The type of a CSV column that no table tells, by its cells.
pub(crate) fn csv_column_type<'c>(cells: impl Iterator<Item = &'c str>) -> Type {
    cells
        .filter(|cell| !cell.is_empty())
        .map(|cell| Some(csv_type(cell)))
        .fold(None, merged)
        .unwrap_or(Type::String)
}

fn csv_type(cell: &str) -> Type {
    if cell.parse::<i64>().is_ok() {
        Type::Long
    } else if cell.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        && cell.parse::<f64>().is_ok()
    {
        Type::Real
    } else if matches!(cell, "true" | "false" | "True" | "False") {
        Type::Bool
    } else if matches!(parse(cell), Some(Value::Array(_) | Value::Bag(_))) {
        Type::Dynamic
    } else {
        text_type(cell)
    }
}

/// The columns that the table of that name has in the schema; empty where it is not known.
pub(crate) fn known_columns(name: &str, schema: &crate::kql::Schema) -> Vec<Column> {
    let Some(table) = schema.table(name) else {
        return Vec::new();
    };
    table
        .columns
        .iter()
        .map(|c| Column::new(c.name.to_string(), Type::from(c.ty)))
        .collect()
}
