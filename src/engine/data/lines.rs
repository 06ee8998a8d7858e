//! Rows from JSON lines, as fast as a scan can be: of a line only the columns asked for are built, of a line that a
//! filter drops only the columns that the filter looks at, and of values that repeat from line to line only the first.

use std::sync::Arc;

use crate::engine::data::typed;
use crate::engine::json::Reader;
use crate::engine::table::Column;
use crate::engine::table::Filter;
use crate::engine::table::Row;
use crate::engine::value::Type;
use crate::engine::value::Value;

/// What is wrong with a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoObject;

/// Reads lines of one file.
#[derive(Debug)]
pub(crate) struct LineReader {
    keep: Option<Filter>,
    columns: Columns,
}

/// The wanted columns and what is known of them.
#[derive(Debug)]
struct Columns {
    wanted: Arc<[Column]>,
    /// The keys in the order of the line before: most lines of a file have their keys in one order.
    layout: Vec<Key>,
    /// Where the value of each wanted column lies in the line; empty where it has none.
    places: Vec<std::ops::Range<usize>>,
    /// The value that each wanted column had last, and its text.
    last: Vec<(Vec<u8>, Value)>,
    /// The row being built.
    row: Row,
}

/// A key as it stands in the line, from its quote to its value.
#[derive(Debug)]
struct Key {
    text: Box<[u8]>,
    column: Option<usize>,
}

impl LineReader {
    /// For rows with the columns `wanted`, of which those are given that `keep` holds for.
    pub(crate) fn new(wanted: Arc<[Column]>, keep: Option<Filter>) -> Self {
        let columns = Columns {
            layout: Vec::new(),
            places: vec![0..0; wanted.len()],
            last: wanted.iter().map(|c| (Vec::new(), absent(c.ty))).collect(),
            row: Vec::new(),
            wanted,
        };
        Self { keep, columns }
    }

    /// The row in `line`; none where the filter drops it.
    pub(crate) fn read(&mut self, line: &[u8]) -> Result<Option<Row>, NoObject> {
        let columns = &mut self.columns;
        columns.find(line).ok_or(NoObject)?;
        columns.row.clear();
        columns.row.resize(columns.wanted.len(), Value::Null);
        let keep = self.keep.as_ref();
        let reads = keep.map_or(&[][..], |keep| &keep.reads);
        for column in reads {
            columns.build(line, *column).ok_or(NoObject)?;
        }
        if keep.is_some_and(|keep| !(keep.holds)(&columns.row)) {
            return Ok(None);
        }
        for column in 0..columns.wanted.len() {
            if reads.binary_search(&column).is_err() {
                columns.build(line, column).ok_or(NoObject)?;
            }
        }
        Ok(Some(std::mem::take(&mut columns.row)))
    }
}

impl Columns {
    /// Finds where the wanted values lie.
    fn find(&mut self, line: &[u8]) -> Option<()> {
        self.places.fill(0..0);
        let mut reader = Reader::new(line);
        if !reader.accept(b'{') {
            return None;
        }
        if reader.accept(b'}') {
            return reader.is_done().then_some(());
        }
        for index in 0.. {
            reader.blank();
            match self.layout.get(index) {
                Some(key) if reader.starts_with(&key.text) => reader.advance(key.text.len()),
                _ => self.learn(&mut reader, line, index)?,
            }
            let start = reader.position();
            reader.skip()?;
            if let Some(column) = self.layout[index].column {
                self.places[column] = start..reader.position();
            }
            if reader.accept(b'}') {
                return reader.is_done().then_some(());
            }
            if !reader.accept(b',') {
                return None;
            }
        }
        None
    }

    /// Reads a key that is not the one expected, and expects it from now on.
    fn learn(&mut self, reader: &mut Reader<'_>, line: &[u8], index: usize) -> Option<()> {
        let start = reader.position();
        let name = reader.string()?;
        if !reader.accept(b':') {
            return None;
        }
        reader.blank();
        let column = self.wanted.iter().position(|c| *c.name == *name);
        let key = Key {
            text: line[start..reader.position()].into(),
            column,
        };
        match self.layout.get_mut(index) {
            Some(known) => *known = key,
            None => self.layout.push(key),
        }
        Some(())
    }

    /// Puts the value of a column into the row.
    fn build(&mut self, line: &[u8], column: usize) -> Option<()> {
        let text = &line[self.places[column].clone()];
        let (last, value) = &mut self.last[column];
        if *text != **last {
            let ty = self.wanted[column].ty;
            *value = if text.is_empty() {
                absent(ty)
            } else {
                let mut reader = Reader::new(text);
                let read = reader.value(0)?;
                if !reader.is_done() {
                    return None;
                }
                typed(ty, read)
            };
            last.clear();
            last.extend_from_slice(text);
        }
        self.row[column] = value.clone();
        Some(())
    }
}

/// What a column of that type holds where a line does not name it.
fn absent(ty: Type) -> Value {
    if ty == Type::String {
        Value::text("")
    } else {
        Value::Null
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Vec<Column> {
        vec![
            Column::new("A", Type::String),
            Column::new("B", Type::Long),
            Column::new("C", Type::Dynamic),
        ]
    }

    fn read(keep: Option<&Filter>, lines: &[&str]) -> Vec<Result<Option<Row>, NoObject>> {
        let mut reader = LineReader::new(columns().into(), keep.cloned());
        lines.iter().map(|l| reader.read(l.as_bytes())).collect()
    }

    #[test]
    fn order_spaces_and_absence_make_no_difference() {
        let rows = read(
            None,
            &[
                r#"{"A":"x","B":1,"C":{"k":[1,"}"]}}"#,
                r#"{"A":"x","B":1,"C":{"k":[1,"}"]}}"#,
                r#"{ "B" : 1 , "A" : "x", "other": [{"a":"]"}], "C":{"k":[1,"}"]} }"#,
                r#"{"C":{"k":[1,"}"]},"A":"y","A":"x","B":1}"#,
            ],
        );
        for row in &rows {
            assert_eq!(row, &rows[0]);
        }
        assert_eq!(
            read(None, &[r#"{"A":"x","B":1,"C":2}"#, "{}", r#"{"B":2}"#])[1..],
            [
                Ok(Some(vec![Value::text(""), Value::Null, Value::Null])),
                Ok(Some(vec![Value::text(""), Value::Long(2), Value::Null])),
            ]
        );
    }

    #[test]
    fn what_the_filter_drops_is_not_built_and_what_it_keeps_is_whole() {
        let keep = Filter {
            reads: [1].into(),
            holds: Arc::new(|row| matches!(row[1], Value::Long(n) if n > 1)),
        };
        let rows = read(
            Some(&keep),
            &[
                r#"{"A":"x","B":1}"#,
                r#"{"A":"y","B":2}"#,
                r#"{"A":"y","B":null}"#,
            ],
        );
        assert_eq!(
            rows,
            [
                Ok(None),
                Ok(Some(vec![Value::text("y"), Value::Long(2), Value::Null])),
                Ok(None),
            ]
        );
    }

    #[test]
    fn what_is_no_object_is_said() {
        for line in [
            "",
            "[]",
            "{",
            r#"{"A"}"#,
            r#"{"A":"x"} 1"#,
            r#"{"A":"x",}"#,
            r#"{"A":x}"#,
            r#"{"A":"x" "B":1}"#,
            r#"{"A":"x"#,
            r#"{A:1}"#,
        ] {
            assert_eq!(read(None, &[line]), [Err(NoObject)], "{line}");
        }
    }
}
