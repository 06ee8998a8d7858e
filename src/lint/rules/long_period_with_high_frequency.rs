//! A look-back of two days or more on a rule that runs more than hourly.

use crate::diag::{Diagnostic, code};
use crate::duration::Duration;
use crate::lint::{Check, Found, Lint};
use crate::rule::{Rule, RuleKind};

code! {
    /// `queryPeriod` is two days or more while `queryFrequency` is below one hour.
    ///
    /// The service refuses the rule.
    ///
    /// Bad:
    /// ```yaml
    /// queryFrequency: 30m
    /// queryPeriod: 2d
    /// ```
    /// Good:
    /// ```yaml
    /// queryFrequency: 1h
    /// queryPeriod: 2d
    /// ```
    /// Source: Azure-Sentinel's template validation (`detectionTemplateSchemaValidation`).
    pub(crate) static CODE = "long-period-with-high-frequency", Error, "a look-back of two days or more on a rule that runs more than hourly";
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
    if period.value >= Duration::from_days(2) && frequency.value < Duration::from_hours(1) {
        let message = format!(
            "a look-back of {} needs a frequency of at least 1h",
            period.value.to_short()
        );
        found.report(
            Diagnostic::new(&CODE, frequency.span, message)
                .also(period.span, "looks back this far"),
        );
    }
}
