//! Findings as text, one format a file. Everything here returns strings; only `cli` prints.

pub(crate) mod deploy;
pub(crate) mod human;
pub(crate) mod outcome;
pub(crate) mod plan;
