//! Findings about the user's content, and the texts they point into.
//!
//! A [`Diagnostic`] is plain data: what is wrong, how bad it is, where, and what would help.
//! Checks make them, [`crate::lint`] decides what level they end with, and [`crate::report`] draws them.
//! Nothing here reads files or prints.
//! Start at [`Diagnostic`]; [`Span`] and [`SourceMap`] say where.

mod code;
mod diagnostic;
mod fingerprint;
mod source;
mod span;

pub(crate) use code::{Code, code};
pub(crate) use diagnostic::{Diagnostic, Edit, Fix, Label, Level};
pub(crate) use fingerprint::fingerprint;
pub(crate) use source::{SourceFile, SourceId, SourceMap};
pub(crate) use span::{Span, Spanned};
