//! A look-back that leaves no room for late events.

use crate::diag::{Diagnostic, code};
use crate::lint::query::Query;
use crate::lint::{Check, Found, Lint};
use crate::rule::{Rule, RuleKind};

code! {
    /// `queryPeriod` equals `queryFrequency`, and the query does not look at `ingestion_time()`.
    ///
    /// Events arrive minutes after they happen; the service waits five. An event that arrives later than that falls between two
    /// windows and is never seen. A longer period, with a filter on `ingestion_time()` against double alerts, closes the gap.
    /// Where the gap is accepted, `rulepost.window` says why.
    ///
    /// Bad:
    /// ```yaml
    /// queryFrequency: 1h
    /// queryPeriod: 1h
    /// query: |
    ///   SigninLogs
    ///   | where ResultType == "50126"
    /// ```
    /// Good:
    /// ```yaml
    /// queryFrequency: 1h
    /// queryPeriod: 2h
    /// query: |
    ///   SigninLogs
    ///   | where ingestion_time() > ago(1h)
    /// ```
    /// Source: "Handle ingestion delay in scheduled analytics rules" of the Sentinel documentation.
    pub(crate) static CODE = "no-overlap-for-late-events", Note, "a look-back that leaves no room for late events";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    let RuleKind::Scheduled(schedule) = &rule.kind.value else {
        return;
    };

    let (frequency, period) = (&schedule.frequency, &schedule.period);
    if period.value == frequency.value
        && period.span != frequency.span
        && rule.extension.window.is_none()
        && !Query::new(&rule.query.value).mentions("ingestion_time")
    {
        found.report(
            Diagnostic::new(&CODE, period.span, "the windows of two runs do not overlap")
                .label("events that arrive late are missed")
                .also(frequency.span, "runs this often"),
        );
    }
}
