//! Tests of rules: rows, and what the rule makes of them.
//!
//! A test file stands beside its rule, `NAME.test.yaml`; `docs/rule-tests.md` describes its form. [`read::suite`]
//! understands one, [`run::run`] runs a case: it renders the rule with the case's parameters, lets the engine evaluate
//! the query on the case's rows, and applies what the rule itself says of alerts. Nothing here reads files.

pub(crate) mod read;
pub(crate) mod run;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// One hundred nanoseconds: what the language counts time in.
pub(crate) const TICKS_PER_SECOND: i64 = 10_000_000;

/// A test file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Suite {
    /// The time of the run, in ticks.
    pub(crate) now: i64,
    /// What addresses' ranges are known as to `geo_info_from_ip_address`.
    pub(crate) geo: Vec<(String, Value)>,
    /// The tables of all cases, so that one without rows in a case is empty and not unknown.
    pub(crate) tables: Vec<String>,
    /// The cases.
    pub(crate) cases: Vec<Case>,
}

/// One case.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Case {
    /// Its name.
    pub(crate) name: String,
    /// Values of parameters.
    pub(crate) parameters: BTreeMap<String, Value>,
    /// The rows, made out, by table.
    pub(crate) rows: BTreeMap<String, Vec<Row>>,
    /// What is expected.
    pub(crate) expect: Expect,
}

/// A row, with its times apart from its columns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// How long before the run it was generated, in ticks.
    pub(crate) age: i64,
    /// How long after it was generated it arrived, in ticks.
    pub(crate) delay: i64,
    /// Its columns.
    pub(crate) columns: Map<String, Value>,
}

/// What a case expects.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Expect {
    /// How many rows the query returns.
    pub(crate) results: usize,
    /// Columns of rows that are among the results.
    pub(crate) contains: Vec<Map<String, Value>>,
    /// Title of the first alert.
    pub(crate) title: Option<String>,
    /// Severity of the first alert.
    pub(crate) severity: Option<String>,
    /// Entities of the first alert: type and identifiers.
    pub(crate) entities: Option<Vec<Map<String, Value>>>,
}
