//! The tables and functions that a query may name.

/// Tables and functions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Schema {
    /// The tables by name.
    tables: Vec<String>,
}
