//! Findings as text, one format a file. Everything here returns strings; only `cli` prints.

pub(crate) mod human;
