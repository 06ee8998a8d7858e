//! Rows, columns, tables and where rows come from.

use std::fmt;
use std::sync::Arc;

use crate::engine::error::Result;
use crate::engine::memory::Held;
use crate::engine::value::Type;
use crate::engine::value::Value;

/// The column that carries when a row arrived; never shown.
pub(crate) const ARRIVAL: &str = "$arrival";

/// A row: one value for each column.
pub(crate) type Row = Vec<Value>;

/// Rows, made one after the other as they are asked for.
pub(crate) type Rows<'q> = Box<dyn Iterator<Item = Result<Row>> + 'q>;

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// Its name.
    pub(crate) name: Arc<str>,
    /// Its type.
    pub(crate) ty: Type,
}

impl Column {
    /// A column of that name and type.
    pub(crate) fn new(name: impl Into<Arc<str>>, ty: Type) -> Self {
        Self {
            name: name.into(),
            ty,
        }
    }

    /// Whether it is shown.
    pub(crate) fn is_visible(&self) -> bool {
        &*self.name != ARRIVAL
    }
}

/// A table in memory.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Table {
    /// Its columns.
    pub(crate) columns: Vec<Column>,
    /// Its rows.
    pub(crate) rows: Vec<Row>,
}

/// Where the rows of a named table come from.
pub(crate) trait Source: fmt::Debug {
    /// The table's columns.
    fn columns(&self) -> &[Column];

    /// The rows, each with the columns `wanted` in that order, for which `keep` holds.
    fn scan(&self, wanted: Vec<usize>, keep: Option<Filter>) -> Rows<'_>;
}

/// A test on a row.
#[derive(Clone)]
pub(crate) struct Filter {
    /// The positions of the columns that it looks at, in order; a source need not read the others of a row that fails.
    pub(crate) reads: Arc<[usize]>,
    /// Whether the row is kept.
    pub(crate) holds: Arc<dyn Fn(&[Value]) -> bool + Send + Sync>,
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filter")
            .field("reads", &self.reads)
            .finish_non_exhaustive()
    }
}

impl Source for Table {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn scan(&self, wanted: Vec<usize>, keep: Option<Filter>) -> Rows<'_> {
        Box::new(
            self.rows
                .iter()
                .map(move |row| {
                    wanted
                        .iter()
                        .map(|i| row.get(*i).cloned().unwrap_or_default())
                        .collect::<Row>()
                })
                .filter(move |row| keep.as_ref().is_none_or(|keep| (keep.holds)(row)))
                .map(Ok),
        )
    }
}

/// Rows on their way through a query.
pub(crate) struct Stream<'q> {
    /// Their columns.
    pub(crate) columns: Vec<Column>,
    /// The rows.
    pub(crate) rows: Rows<'q>,
    /// Whether their order counts, as after a sort.
    pub(crate) serialized: bool,
}

impl fmt::Debug for Stream<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("columns", &self.columns)
            .finish_non_exhaustive()
    }
}

impl<'q> Stream<'q> {
    /// Rows without an order.
    pub(crate) fn new(columns: Vec<Column>, rows: Rows<'q>) -> Self {
        Self {
            columns,
            rows,
            serialized: false,
        }
    }

    /// Rows that are there already.
    pub(crate) fn of(columns: Vec<Column>, rows: Vec<Row>) -> Self {
        Self::new(columns, Box::new(rows.into_iter().map(Ok)))
    }

    /// All rows in memory, as far as `held` lets them.
    pub(crate) fn collect(self, held: Held) -> Result<Table> {
        Ok(Table {
            columns: self.columns,
            rows: all(self.rows, held)?,
        })
    }
}

/// All rows, as far as `held` lets them.
pub(crate) fn all(rows: Rows<'_>, mut held: Held) -> Result<Vec<Row>> {
    rows.map(|row| {
        let row = row?;
        held.row(&row)?;
        Ok(row)
    })
    .collect()
}
