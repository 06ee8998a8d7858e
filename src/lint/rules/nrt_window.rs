//! A near-real-time rule that looks at more than its minute.

use crate::diag::{Diagnostic, code};
use crate::duration::Duration;
use crate::kql::Parsed;
use crate::lint::look_back::looks_back;
use crate::lint::{Check, Found, Lint, query};
use crate::rule::{Rule, RuleKind};

code! {
    /// The query of an NRT rule asks for events of a longer time, by `ago(TIMESPAN)`.
    ///
    /// An NRT rule runs every minute and sees what was ingested in the minute before, nothing else: a threshold over an hour or a
    /// baseline of a day counts one minute. A `Scheduled` rule has a `queryPeriod`.
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
    ///   | where TimeGenerated > ago(1h)
    ///   | summarize Failures = count() by IPAddress
    ///   | where Failures > 20
    /// ```
    /// Good:
    /// ```yaml
    /// kind: Scheduled
    /// query: |
    ///   SigninLogs
    ///   | where TimeGenerated > ago(1h)
    ///   | summarize Failures = count() by IPAddress
    ///   | where Failures > 20
    /// ```
    /// Source: "Quick threat detection with near-real-time (NRT) analytics rules": a look-back of one minute, by ingestion time.
    pub(crate) static CODE = "nrt-window", Warning, "a near-real-time rule that looks at more than its minute";
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
    let longest = looks_back(rule, parsed)
        .into_iter()
        .max_by_key(|(length, _)| *length);
    if let Some((length, range)) = longest
        && length > Duration::from_secs(60)
    {
        let message = format!(
            "the query looks back {}, and an NRT rule sees only the last minute",
            length.to_short()
        );
        let place = query::place(rule, found.sources, range);
        found.report(
            Diagnostic::new(&CODE, place, message)
                .also(rule.kind.span, "the kind")
                .help("`kind: Scheduled` with a `queryPeriod` looks further back"),
        );
    }
}
