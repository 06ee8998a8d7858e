//! A `let` that repeats the frequency or the period with another value.

use crate::diag::{Diagnostic, Span, Spanned, code};
use crate::duration::Duration;
use crate::lint::query::Query;
use crate::lint::{Check, Found, Lint, query};
use crate::rule::{Rule, RuleKind};

code! {
    /// A `let` or a parameter whose name says frequency or period has another value than the rule's own.
    ///
    /// The two were meant to be one and have drifted apart: events are missed or reported twice.
    ///
    /// Bad:
    /// ```yaml
    /// queryFrequency: 1h
    /// queryPeriod: 1d
    /// query: |
    ///   let RuleFrequency = 2h;
    ///   SigninLogs
    ///   | where ingestion_time() > ago(RuleFrequency)
    /// ```
    /// Good:
    /// ```yaml
    /// queryFrequency: 1h
    /// queryPeriod: 1d
    /// query: |
    ///   let RuleFrequency = 1h;
    ///   SigninLogs
    ///   | where ingestion_time() > ago(RuleFrequency)
    /// ```
    /// Source: rulepost's own rule.
    pub(crate) static CODE = "frequency-repeated-with-another-value", Warning, "a `let` that repeats the frequency or the period with another value";
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

    let parsed = Query::new(&rule.query.value);
    for (name, length, range) in parsed.timespans() {
        if let Some((key, meant)) = meant(name, &schedule.frequency, &schedule.period)
            && meant.value != length
        {
            let place = query::place(rule, found.sources, range);
            found.report(differs(name, key, length, meant, place));
        }
    }
    for parameter in &rule.extension.parameters {
        let name = parameter.name.value.as_str();
        let value = parameter.default.value.as_str();
        if let Some((key, meant)) = meant(name, &schedule.frequency, &schedule.period)
            && let Some(length) = value.and_then(|value| value.parse::<Duration>().ok())
            && meant.value != length
        {
            found.report(differs(name, key, length, meant, parameter.default.span));
        }
    }
}

/// The field that a name says it repeats.
fn meant<'a>(
    name: &str,
    frequency: &'a Spanned<Duration>,
    period: &'a Spanned<Duration>,
) -> Option<(&'static str, &'a Spanned<Duration>)> {
    match name.to_ascii_lowercase().as_str() {
        "queryfrequency" | "rulefrequency" | "query_frequency" | "rule_frequency" | "frequency" => {
            Some(("queryFrequency", frequency))
        }
        "queryperiod" | "ruleperiod" | "query_period" | "rule_period" => {
            Some(("queryPeriod", period))
        }
        _ => None,
    }
}

fn differs(
    name: &str,
    key: &str,
    length: Duration,
    meant: &Spanned<Duration>,
    place: Span,
) -> Diagnostic {
    let message = format!(
        "`{name}` is {}, and `{key}` is {}",
        length.to_short(),
        meant.value.to_short()
    );
    Diagnostic::new(&CODE, place, message).also(meant.span, format!("`{key}`"))
}
