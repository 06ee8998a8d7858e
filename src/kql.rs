//! The front-end of the Kusto query language: text to tokens, tree, checked columns, and back to text.
//!
//! It knows nothing of YAML, Sentinel or rules. Offsets are bytes of the query's text.
//! Start at [`parse`] and [`check()`].

pub(crate) mod ast;
mod check;
mod diagnostic;
mod format;
pub(crate) mod functions;
mod lexer;
pub(crate) mod literal;
mod parser;
pub(crate) mod schema;
pub(crate) mod span;
mod suggest;
mod table;
mod token;
mod types;
pub(crate) mod walk;

pub(crate) use check::{Checked, Mismatch};
pub(crate) use diagnostic::Diagnostic;
pub(crate) use diagnostic::Severity;
pub(crate) use parser::{Parsed, parse};
pub(crate) use schema::Schema;
pub(crate) use suggest::nearest;
pub(crate) use table::Column;
pub(crate) use types::Type;

/// Reads and checks `text` against `schema`.
pub(crate) fn check(text: &str, schema: &Schema) -> Checked {
    check::check(&parse(text), schema, &[])
}

/// Lays `text` out anew: every operator of a longer pipeline on a line of its own, brackets indented, comments kept.
/// None when it has syntax errors.
pub(crate) fn format(text: &str) -> Option<String> {
    format::format(text, &parse(text))
}

/// Reads and checks `text` with scalars of these names and types in reach, as if a `let` had declared them.
pub(crate) fn check_given(text: &str, schema: &Schema, given: &[(&str, Type)]) -> Checked {
    check::check(&parse(text), schema, given)
}
