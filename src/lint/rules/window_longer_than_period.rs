//! A query that looks further back than the rule lets it.

use crate::diag::{Diagnostic, code};
use crate::kql::Parsed;
use crate::lint::look_back::looks_back;
use crate::lint::{Check, Found, Lint, query};
use crate::rule::{Rule, RuleKind};

code! {
    /// The query asks for events older than `queryPeriod`, by `ago(…)` or `now() - …` with a time span that is written in
    /// the query, or declared by a `let` or a parameter.
    ///
    /// The service gives the query only the events of the period; a baseline of 14 days over a period of one day is a baseline
    /// of one day, without any error.
    ///
    /// Bad:
    /// ```yaml
    /// queryPeriod: 1d
    /// query: |
    ///   let baseline = 14d;
    ///   SigninLogs
    ///   | where TimeGenerated > ago(baseline)
    /// ```
    /// Good:
    /// ```yaml
    /// queryPeriod: 14d
    /// query: |
    ///   let baseline = 14d;
    ///   SigninLogs
    ///   | where TimeGenerated > ago(baseline)
    /// ```
    /// Source: "Create custom analytics rules": the query is limited to the look-back period.
    pub(crate) static CODE = "window-longer-than-period", Warning, "a query that looks further back than the rule lets it";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Query(check),
};

fn check(rule: &Rule, parsed: &Parsed, found: &mut Found<'_>) {
    let RuleKind::Scheduled(schedule) = &rule.kind.value else {
        return;
    };

    let period = &schedule.period;
    let longest = looks_back(rule, parsed)
        .into_iter()
        .max_by_key(|(length, _)| *length);
    if let Some((length, range)) = longest
        && length > period.value
    {
        let message = format!(
            "the query looks back {}, and `queryPeriod` gives it only {}",
            length.to_short(),
            period.value.to_short()
        );
        found.report(
            Diagnostic::new(&CODE, query::place(rule, found.sources, range), message)
                .also(period.span, "the period"),
        );
    }
}
