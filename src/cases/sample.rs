//! Rows of a case from a file of logs: CSV with a header, JSON lines, or a JSON array of objects.
//!
//! A value that the column's type does not take is a fault at its place in that file: silently null, it would make a
//! case pass that says nothing.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::cases::Fault;
use crate::diag::{SourceId, Span};
use crate::engine::{self, Column, Type, data};
use crate::kql::{Schema, literal};

/// Most rows of a file.
const MOST_ROWS: usize = 1_000_000;
/// What is written behind the name of a time column when the portal saves results.
const PORTAL_SUFFIX: &str = " [UTC]";
/// The column of the time at which a row was generated.
const TIME: &str = "TimeGenerated";

/// Reads a file whose path a test file gives, and tells by what number its text is known.
pub(crate) type Open<'a> = dyn FnMut(&str) -> Result<(SourceId, Arc<str>), String> + 'a;

/// What a test file needs to be understood.
pub(crate) struct Around<'a> {
    /// The types of the tables' columns.
    pub(crate) schema: &'a Schema,
    /// How the files beside it are read.
    pub(crate) open: &'a mut Open<'a>,
}

/// A row of a file.
#[derive(Debug, PartialEq)]
pub(crate) struct Sampled {
    /// When it was generated, in ticks; none where the file does not say so.
    pub(crate) time: Option<i64>,
    /// Its columns.
    pub(crate) columns: Map<String, Value>,
}

/// The rows in the text of a file for a table.
pub(crate) fn rows(
    source: SourceId,
    text: &str,
    table: &str,
    schema: &Schema,
) -> Result<Vec<Sampled>, Fault> {
    let known = data::known_columns(table, schema);
    let text = text
        .strip_prefix('\u{feff}')
        .map_or((text, 0), |rest| (rest, text.len() - rest.len()));
    let file = File {
        source,
        text: text.0,
        skipped: text.1,
        known,
    };
    let rows = match file.text.trim_start().chars().next() {
        None => Err(file.fault(0, "the file holds no rows")),
        Some('{' | '[') => file.json(),
        Some(_) => file.csv(),
    }?;
    if rows.is_empty() {
        return Err(file.fault(0, "the file holds no rows"));
    }
    Ok(rows)
}

struct File<'a> {
    source: SourceId,
    text: &'a str,
    /// Bytes before the text.
    skipped: usize,
    known: Vec<Column>,
}

impl File<'_> {
    /// A fault about what stands at `at`, up to the end of the line.
    fn fault(&self, at: usize, message: impl Into<String>) -> Fault {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let length = self.text[at..].lines().next().unwrap_or_default().len();
        let start = at + self.skipped;
        Fault::new(Span::new(self.source, start, start + length), message)
    }

    fn json(&self) -> Result<Vec<Sampled>, Fault> {
        let mut rows = Vec::new();
        let mut at = self.blank(0);
        let is_array = self.text[at..].starts_with('[');
        if is_array {
            at = self.blank(at + 1);
        }
        while at < self.text.len() && !(is_array && self.text[at..].starts_with(']')) {
            let rest = &self.text[at..];
            let mut stream = serde_json::Deserializer::from_str(rest).into_iter();
            let record: Map<String, Value> = match stream.next() {
                Some(Ok(record)) => record,
                Some(Err(error)) => {
                    let line_start = rest
                        .split_inclusive('\n')
                        .take(error.line().saturating_sub(1))
                        .map(str::len)
                        .sum::<usize>();
                    // At the end of the text the column is that of the last byte, which is not what is missing.
                    let place = if error.is_eof() {
                        self.text.len()
                    } else {
                        at + line_start + error.column().saturating_sub(1)
                    };
                    let message = "this is no JSON object; CSV with a header, one JSON object for each line, or a JSON array of objects is accepted";
                    return Err(self.fault(place, message));
                }
                None => break,
            };
            let end = at + stream.byte_offset();
            rows.push(self.record(record, at, end)?);
            self.limit(&rows, at)?;
            at = self.blank(end);
            if is_array && !self.text[at..].starts_with(']') {
                if !self.text[at..].starts_with(',') {
                    return Err(self.fault(at, "a `,` or the `]` of the array is missing"));
                }
                at = self.blank(at + 1);
            }
        }
        if is_array && !self.text[at..].starts_with(']') {
            return Err(self.fault(at, "the `]` of the array is missing"));
        }
        Ok(rows)
    }

    /// Where the next character that is no space stands.
    fn blank(&self, at: usize) -> usize {
        self.text.len() - self.text[at..].trim_start().len()
    }

    fn limit(&self, rows: &[Sampled], at: usize) -> Result<(), Fault> {
        if rows.len() > MOST_ROWS {
            return Err(self.fault(at, format!("the file holds more than {MOST_ROWS} rows")));
        }
        Ok(())
    }

    /// A JSON object as a row, with its values as the table's columns take them.
    fn record(
        &self,
        mut columns: Map<String, Value>,
        start: usize,
        end: usize,
    ) -> Result<Sampled, Fault> {
        let place = |name: &str| {
            let key = self.text[start..end].find(&format!("\"{name}\""));
            start + key.unwrap_or(0)
        };
        for (name, value) in &columns {
            self.check(name, value)
                .map_err(|message| self.fault(place(name), message))?;
        }
        let time =
            time_of(columns.remove(TIME)).map_err(|message| self.fault(place(TIME), message))?;
        Ok(Sampled { time, columns })
    }

    fn csv(&self) -> Result<Vec<Sampled>, Fault> {
        let mut records = data::csv_cells(self.text).into_iter();
        let header: Vec<(usize, String)> = records
            .next()
            .unwrap_or_default()
            .into_iter()
            .map(|(at, name)| {
                let plain = name
                    .trim()
                    .strip_suffix(PORTAL_SUFFIX)
                    .unwrap_or(name.trim());
                (at, plain.to_owned())
            })
            .collect();
        for (index, (at, name)) in header.iter().enumerate() {
            if name.is_empty() {
                return Err(self.fault(*at, "a column of the header has no name"));
            }
            if header[..index].iter().any(|(_, before)| before == name) {
                return Err(self.fault(*at, format!("the header has the column `{name}` twice")));
            }
        }
        let records: Vec<_> = records
            .filter(|record| !matches!(&record[..], [(_, only)] if only.trim().is_empty()))
            .collect();
        if let Some(record) = records.iter().find(|record| record.len() != header.len()) {
            let at = record.first().map_or(0, |(at, _)| *at);
            let message = format!(
                "the line has {} cells and the header has {}; a cell with a comma or a line end stands in quotes",
                record.len(),
                header.len()
            );
            return Err(self.fault(at, message));
        }
        let types: Vec<Type> = (0..header.len())
            .map(|index| {
                let name = &header[index].1;
                let known = self.known.iter().find(|column| *column.name == **name);
                known.map_or_else(
                    || data::csv_column_type(records.iter().map(|record| record[index].1.as_str())),
                    |column| column.ty,
                )
            })
            .collect();
        let mut rows = Vec::new();
        for record in records {
            let mut columns = Map::new();
            let mut time = None;
            for (((at, text), (_, name)), ty) in record.into_iter().zip(&header).zip(&types) {
                if text.is_empty() {
                    continue;
                }
                let value = from_text(*ty, text);
                if name == TIME {
                    time = time_of(Some(value)).map_err(|message| self.fault(at, message))?;
                    continue;
                }
                self.check(name, &value)
                    .map_err(|message| self.fault(at, message))?;
                columns.insert(name.clone(), value);
            }
            rows.push(Sampled { time, columns });
            self.limit(&rows, 0)?;
        }
        Ok(rows)
    }

    /// Whether the column of the table takes the value; what is wrong where it does not.
    fn check(&self, name: &str, value: &Value) -> Result<(), String> {
        let Some(column) = self.known.iter().find(|column| *column.name == *name) else {
            return Ok(());
        };
        if name == TIME || value.is_null() || value.as_str() == Some("") {
            return Ok(());
        }
        let read = engine::json::parse(&value.to_string()).unwrap_or_default();
        if data::typed(column.ty, read) == engine::Value::Null {
            let ty = column.ty.name();
            return Err(format!(
                "`{name}: {value}` is no {ty}, the type of the column"
            ));
        }
        Ok(())
    }
}

/// The time that a row says it was generated at.
fn time_of(value: Option<Value>) -> Result<Option<i64>, String> {
    let text = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
    };
    // The portal writes a comma between day and time.
    let plain = text.replacen(", ", " ", 1);
    let time = literal::parse_datetime(&text).or_else(|| literal::parse_datetime(&plain));
    time.map(Some).ok_or_else(|| {
        format!("`{TIME}: {text}` is no time; one such as `2026-05-04T12:00:00Z` is accepted")
    })
}

/// A cell as JSON that a column of that type takes; what does not fit stays the text it is.
fn from_text(ty: Type, text: String) -> Value {
    let value = match ty {
        Type::Int | Type::Long => text.trim().parse::<i64>().ok().map(Value::from),
        Type::Real => text.trim().parse::<f64>().ok().map(Value::from),
        Type::Bool => text
            .trim()
            .to_ascii_lowercase()
            .parse()
            .ok()
            .map(Value::Bool),
        Type::Dynamic => serde_json::from_str(&text).ok(),
        _ => None,
    };
    value.unwrap_or(Value::String(text))
}
