//! Tests of rules: rows, and what the rule makes of them.
//!
//! A test file stands beside its rule, `NAME.test.yaml`; `docs/rule-tests.md` describes its form. [`read::suite`]
//! understands one, [`run::run`] runs a case: it renders the rule with the case's parameters, lets the engine evaluate
//! the query on the case's rows, makes alerts and incidents of the results, and compares. Nothing here reads files.

mod compare;
pub(crate) mod read;
pub(crate) mod run;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::diag::Span;
use crate::diag::Spanned;

/// What is wrong with a test file or not as a case expects, and where that is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// A place in the test file.
    pub(crate) span: Span,
    /// One sentence.
    pub(crate) message: String,
}

impl Fault {
    /// A fault at `span`.
    pub(crate) fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
        }
    }
}

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
    pub(crate) name: Spanned<String>,
    /// Values of parameters.
    pub(crate) parameters: BTreeMap<String, Value>,
    /// Where the parameters are written.
    pub(crate) parameters_span: Span,
    /// The rows, made out, by table.
    pub(crate) rows: BTreeMap<String, Vec<Row>>,
    /// How many runs there are, the last one at the suite's `now`.
    pub(crate) runs: u32,
    /// How long before `now` somebody closes the incidents, in ticks.
    pub(crate) close: Option<i64>,
    /// What is expected.
    pub(crate) expect: Expect,
}

/// A row, with its times apart from its columns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// How long before the last run it was generated, in ticks.
    pub(crate) age: i64,
    /// How long after it was generated it arrived, in ticks.
    pub(crate) delay: i64,
    /// Its columns.
    pub(crate) columns: Map<String, Value>,
}

/// What a case expects of its last run, and of the incidents after it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Expect {
    /// How many rows the query returns.
    pub(crate) results: Spanned<usize>,
    /// All rows of the results, in whatever order, each with the columns that are compared.
    pub(crate) rows: Option<Spanned<Vec<Map<String, Value>>>>,
    /// Columns of rows that are among the results.
    pub(crate) contains: Vec<Spanned<Map<String, Value>>>,
    /// How many alerts there are; without it, some where there are results and none where there are none.
    pub(crate) alerts: Option<Spanned<usize>>,
    /// Title of the first alert.
    pub(crate) title: Option<Spanned<String>>,
    /// Description of the first alert.
    pub(crate) description: Option<Spanned<String>>,
    /// Severity of the first alert.
    pub(crate) severity: Option<Spanned<String>>,
    /// Tactics of the first alert.
    pub(crate) tactics: Option<Spanned<Vec<Value>>>,
    /// Entities of the first alert: type and identifiers.
    pub(crate) entities: Option<Spanned<Vec<Map<String, Value>>>>,
    /// Custom details of the first alert, those that are compared.
    pub(crate) custom_details: Option<Spanned<Map<String, Value>>>,
    /// The incidents after all runs, each with the members that are compared.
    pub(crate) incidents: Option<Spanned<Vec<Map<String, Value>>>>,
}
