//! The front-end of the Kusto query language: text to tokens, tree, checked columns, and back to text.
//!
//! It knows nothing of YAML, Sentinel or rules. Offsets are bytes of the query's text.
//! Start at [`parse`].

pub(crate) mod ast;
mod diagnostic;
mod lexer;
pub(crate) mod literal;
mod parser;
mod schema;
mod span;
mod suggest;
mod token;

pub(crate) use diagnostic::Diagnostic;
pub(crate) use diagnostic::Severity;
pub(crate) use parser::Parsed;
pub(crate) use parser::parse;
pub(crate) use schema::Schema;
pub(crate) use span::TextSpan;
