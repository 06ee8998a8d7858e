//! Tests of rules: rows, and what the rule makes of them.
//!
//! A test file stands beside its rule, `NAME.test.yaml`; `docs/rule-tests.md` describes its form. [`read::suite`]
//! understands one, [`outcome::outcome`] runs its cases: each renders the rule with its parameters, lets the engine
//! evaluate the query on its rows, makes alerts and incidents of the results, and compares ([`run`]). [`mutate`] asks
//! whether the cases would notice a change of the rule, [`cover`] what they reach. [`sample`] takes rows from files of
//! logs, whose texts the caller gives: nothing here reads files.

mod accept;
pub(crate) mod codes;
mod compare;
pub(crate) mod cover;
pub(crate) mod mutate;
pub(crate) mod outcome;
pub(crate) mod read;
pub(crate) mod run;
pub(crate) mod sample;
pub(crate) mod schema;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::diag::Fix;
use crate::diag::Span;
use crate::diag::Spanned;
use crate::rule::yaml::Node;

/// What is wrong with a test file or not as a case expects, and where that is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// A place in the test file.
    pub(crate) span: Span,
    /// One sentence.
    pub(crate) message: String,
    /// What would make the file say what comes out.
    pub(crate) fix: Option<Fix>,
}

impl Fault {
    /// A fault at `span`.
    pub(crate) fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            fix: None,
        }
    }

    /// With a repair, if there is one.
    #[must_use]
    pub(crate) fn fix(mut self, fix: Option<Fix>) -> Self {
        self.fix = fix;
        self
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
    /// Mutants that mean the same as the rule.
    pub(crate) equivalents: Vec<Equivalent>,
}

/// A mutant that no case can notice, because it means the same as the rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Equivalent {
    /// The mutant's name.
    pub(crate) mutant: Spanned<String>,
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
    /// What is written under each key.
    pub(crate) nodes: BTreeMap<String, Node>,
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
