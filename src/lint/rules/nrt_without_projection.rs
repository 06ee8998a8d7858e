//! A near-real-time rule that returns whole events.

use crate::diag::{Diagnostic, code};
use crate::kql::Parsed;
use crate::kql::ast::OperatorKind;
use crate::kql::walk::{Node, walk};
use crate::lint::{Check, Found, Lint, query};
use crate::rule::{Rule, RuleKind};

code! {
    /// The query of an NRT rule returns every column of its table.
    ///
    /// An alert has room for so much; what does not fit is cut off, and the column that matters may be in it. `project` keeps the
    /// columns that the rule is about.
    ///
    /// Bad:
    /// ```yaml
    /// kind: NRT
    /// # no queryFrequency
    /// # no queryPeriod
    /// # no triggerOperator
    /// # no triggerThreshold
    /// query: |
    ///   SigninLogs
    ///   | where ResultType == "50126"
    /// ```
    /// Good:
    /// ```yaml
    /// kind: NRT
    /// # no queryFrequency
    /// # no queryPeriod
    /// # no triggerOperator
    /// # no triggerThreshold
    /// query: |
    ///   SigninLogs
    ///   | where ResultType == "50126"
    ///   | project TimeGenerated, UserPrincipalName, IPAddress
    /// ```
    /// Source: "Work with near-real-time (NRT) detection analytics rules": only the necessary fields, by `project`.
    pub(crate) static CODE = "nrt-without-projection", Note, "a near-real-time rule that returns whole events";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Query(check),
};

fn check(rule: &Rule, parsed: &Parsed, found: &mut Found<'_>) {
    if rule.kind.value != RuleKind::Nrt {
        return;
    }
    let mut chosen = false;
    walk(&parsed.query, &mut |node| {
        if let Node::Operator(operator) = node {
            chosen |= matches!(
                operator.kind,
                OperatorKind::Project(_)
                    | OperatorKind::ProjectKeep(_)
                    | OperatorKind::ProjectByNames(_)
                    | OperatorKind::Summarize { .. }
                    | OperatorKind::Distinct(_)
                    | OperatorKind::Count(_)
                    | OperatorKind::MakeSeries(_)
            );
        }
    });
    if !chosen {
        let place = query::place(rule, found.sources, 0..rule.query.value.trim_end().len());
        found.report(
            Diagnostic::new(
                &CODE,
                place,
                "the alert carries every column, and is cut off where it is full",
            )
            .help("`| project` the columns that the rule is about"),
        );
    }
}
