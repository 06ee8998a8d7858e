//! A rule that runs too often or too seldom.

use crate::diag::{Diagnostic, code};
use crate::duration::Duration;
use crate::lint::{Check, Found, Lint};
use crate::rule::{Rule, RuleKind};

code! {
    /// `queryFrequency` is below five minutes or above fourteen days.
    ///
    /// The service refuses the rule. What must be faster is an NRT rule, what must look further back needs a summary rule or a
    /// watchlist.
    ///
    /// Bad:
    /// ```yaml
    /// queryFrequency: 1m
    /// ```
    /// Good:
    /// ```yaml
    /// queryFrequency: 5m
    /// ```
    /// Source: Azure-Sentinel's template validation (`detectionTemplateSchemaValidation`).
    pub(crate) static CODE = "frequency-out-of-range", Error, "a rule that runs too often or too seldom";
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

    let frequency = &schedule.frequency;
    let range = Duration::from_mins(5)..=Duration::from_days(14);
    if !range.contains(&frequency.value) {
        let message = format!(
            "`queryFrequency` is {}, and 5m to 14d is accepted",
            frequency.value.to_short()
        );
        found.report(Diagnostic::new(&CODE, frequency.span, message));
    }
}
