//! The logs of a workspace: rows as they arrived, and how a query sees them.
//!
//! A row is kept as the JSON text it came in, with the time it arrived under [`ARRIVAL`](crate::engine::ARRIVAL); a scan reads only the
//! columns that are wanted. Rows of one call stay together in a batch, so that a query works on a list of shared
//! batches and holds no lock. What all tables of a workspace hold is bounded ([`MOST`]): the oldest batches of the
//! biggest table make room.

mod row;
mod view;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::engine::{Column, Type, data, json};

pub(crate) use crate::emulator::logs::row::{Received, Times, receive};
pub(crate) use crate::emulator::logs::view::{View, Window};

/// Bytes of row text that all tables of a workspace hold together.
pub(crate) const MOST: usize = 256 << 20;

/// The rows of one call, one JSON object a line.
pub(crate) type Batch = Arc<[u8]>;

/// The column that Log Analytics counts time in.
pub(crate) const TIME: &str = "TimeGenerated";

/// A column of a table that was made in the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Declared {
    /// Its name, as spelled.
    pub(crate) name: String,
    /// Its type, as Kusto names it.
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

/// The tables of a workspace that have rows.
#[derive(Debug)]
pub(crate) struct Logs {
    tables: BTreeMap<String, LogTable>,
    bytes: usize,
    most: usize,
}

/// One table.
#[derive(Debug)]
pub(crate) struct LogTable {
    /// Its columns, those of the hidden arrival left out.
    columns: Vec<Column>,
    /// Whether it has these columns only.
    closed: bool,
    batches: VecDeque<Batch>,
    bytes: usize,
}

impl Default for Logs {
    fn default() -> Self {
        Self::bounded(MOST)
    }
}

impl Logs {
    /// Logs that hold so many bytes.
    fn bounded(most: usize) -> Self {
        Self {
            tables: BTreeMap::new(),
            bytes: 0,
            most,
        }
    }

    /// The columns that a table has: those declared, those of the built-in schema, or those its rows had so far.
    /// The flag says whether it has no others.
    pub(crate) fn columns(&self, name: &str, declared: Option<&[Declared]>) -> (Vec<Column>, bool) {
        if let Some(table) = self.tables.get(name).filter(|_| declared.is_none()) {
            return (table.columns.clone(), table.closed);
        }
        schema(name, declared)
    }

    /// Takes a batch in. The answer names the tables whose oldest rows made room for it.
    pub(crate) fn add(
        &mut self,
        name: &str,
        declared: Option<&[Declared]>,
        batch: Batch,
    ) -> Vec<String> {
        let table = self.tables.entry(name.to_owned()).or_insert_with(|| {
            let (columns, closed) = schema(name, declared);
            LogTable {
                columns,
                closed,
                batches: VecDeque::new(),
                bytes: 0,
            }
        });
        if declared.is_some() {
            (table.columns, table.closed) = schema(name, declared);
        }
        if !table.closed {
            let records: Vec<_> = lines(&batch)
                .filter_map(|line| json::parse(std::str::from_utf8(line).ok()?))
                .collect();
            let seen = data::columns_of(records.iter(), &[]);
            for column in seen {
                if column.is_visible() && !table.columns.iter().any(|one| one.name == column.name) {
                    table.columns.push(column);
                }
            }
        }
        table.bytes += batch.len();
        self.bytes += batch.len();
        table.batches.push_back(batch);
        self.make_room()
    }

    /// Drops the oldest batches of the biggest table until an eighth of the bound is free again.
    fn make_room(&mut self) -> Vec<String> {
        let mut cut = Vec::new();
        if self.bytes <= self.most {
            return cut;
        }
        while self.bytes > self.most - self.most / 8 {
            let biggest = self
                .tables
                .iter_mut()
                .max_by_key(|(_, table)| table.bytes)
                .filter(|(_, table)| table.batches.len() > 1);
            let Some((name, table)) = biggest else {
                break;
            };
            let oldest = table.batches.pop_front().map_or(0, |batch| batch.len());
            table.bytes -= oldest;
            self.bytes -= oldest;
            if !cut.contains(name) {
                cut.push(name.clone());
            }
        }
        cut
    }

    /// All rows of a table, for its file.
    pub(crate) fn batches(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let table = self.tables.get(name);
        table
            .into_iter()
            .flat_map(|table| table.batches.iter().map(|batch| &**batch))
    }

    /// The names of the tables that have rows, sorted.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// How many rows a table holds.
    #[cfg(test)]
    fn count(&self, name: &str) -> usize {
        self.batches(name).map(|batch| lines(batch).count()).sum()
    }

    /// What a query sees of a table.
    pub(crate) fn view(&self, name: &str, declared: Option<&[Declared]>, window: Window) -> View {
        let (mut columns, _) = self.columns(name, declared);
        if !columns.iter().any(|column| &*column.name == TIME) {
            columns.push(Column::new(TIME, Type::Datetime));
        }
        let batches = self.tables.get(name).map(|table| &table.batches);
        View::new(
            columns,
            batches.into_iter().flatten().cloned().collect(),
            window,
        )
    }

    /// Forgets every row.
    pub(crate) fn clear(&mut self) {
        self.tables.clear();
        self.bytes = 0;
    }
}

/// The rows of a batch.
pub(crate) fn lines(batch: &[u8]) -> impl Iterator<Item = &[u8]> {
    batch
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
}

/// The columns of a table that were declared, or that the built-in schema gives it; the flag says whether these
/// are all.
pub(crate) fn schema(name: &str, declared: Option<&[Declared]>) -> (Vec<Column>, bool) {
    let Some(declared) = declared else {
        let columns = data::known_columns(name, crate::emulator::query::built_in());
        let closed = !columns.is_empty();
        return (columns, closed);
    };
    let mut columns: Vec<Column> = declared
        .iter()
        .filter_map(|column| {
            let ty = Type::parse(&column.kind.to_lowercase())?;
            Some(Column::new(column.name.as_str(), ty))
        })
        .collect();
    // Every table of Log Analytics has these.
    for (name, ty) in [
        (TIME, Type::Datetime),
        ("TenantId", Type::String),
        ("Type", Type::String),
        ("_ResourceId", Type::String),
    ] {
        if !columns.iter().any(|column| &*column.name == name) {
            columns.push(Column::new(name, ty));
        }
    }
    (columns, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(text: &str) -> Batch {
        text.as_bytes().into()
    }

    #[test]
    fn the_oldest_rows_of_the_biggest_table_make_room() {
        let mut logs = Logs::bounded(100);
        assert!(logs.add("Small_CL", None, batch("{\"a\":1}\n")).is_empty());
        for _ in 0..11 {
            logs.add("Big_CL", None, batch("{\"a\":12}\n"));
        }
        assert_eq!((logs.count("Small_CL"), logs.count("Big_CL")), (1, 8));
        assert!(logs.bytes <= 100);
    }

    #[test]
    fn one_batch_is_kept_even_when_it_is_too_big() {
        let mut logs = Logs::bounded(4);
        logs.add("T_CL", None, batch("{\"a\":1}\n"));
        assert_eq!(logs.count("T_CL"), 1);
    }

    #[test]
    fn a_table_without_schema_has_the_columns_of_its_rows() {
        let mut logs = Logs::default();
        logs.add("T_CL", None, batch("{\"a\":1}\n"));
        logs.add("T_CL", None, batch("{\"b\":\"x\"}\n"));
        let (columns, closed) = logs.columns("T_CL", None);
        let names: Vec<&str> = columns.iter().map(|column| &*column.name).collect();
        assert_eq!((names, closed), (vec!["a", "b"], false));
    }
}
