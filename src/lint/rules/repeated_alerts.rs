//! Windows that overlap without a filter on time.

use crate::diag::{Diagnostic, code};
use crate::lint::query::Query;
use crate::lint::{Check, Found, Lint};
use crate::rule::{Rule, RuleKind};

code! {
    /// `queryPeriod` is longer than `queryFrequency`, and the query does not look at time at all.
    ///
    /// Every run sees the events of earlier runs again and alerts on them again, until they leave the window.
    ///
    /// Bad:
    /// ```yaml
    /// queryFrequency: 1h
    /// queryPeriod: 1d
    /// query: |
    ///   SigninLogs
    ///   | where ResultType == "50126"
    /// ```
    /// Good:
    /// ```yaml
    /// queryFrequency: 1h
    /// queryPeriod: 1d
    /// query: |
    ///   SigninLogs
    ///   | where ingestion_time() > ago(1h)
    ///   | where ResultType == "50126"
    /// ```
    /// Source: "Handle ingestion delay in scheduled analytics rules" of the Sentinel documentation.
    pub(crate) static CODE = "repeated-alerts", Warning, "windows that overlap without a filter on time";
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
    let words = [
        "TimeGenerated",
        "ingestion_time",
        "ago",
        "now",
        "between",
        "StartTime",
        "EndTime",
    ];
    let suppressed = rule
        .suppression
        .enabled
        .as_ref()
        .is_some_and(|enabled| enabled.value);
    if period.value > frequency.value && !suppressed && !rule.query.value.is_empty() {
        let query = Query::new(&rule.query.value);
        if !words.iter().any(|word| query.mentions(word)) {
            found.report(
                Diagnostic::new(
                    &CODE,
                    period.span,
                    "an event is seen by several runs, and each makes an alert",
                )
                .label("longer than the time between two runs")
                .also(frequency.span, "runs this often")
                .help("`| where ingestion_time() > ago(FREQUENCY)` lets each event count once"),
            );
        }
    }
}
