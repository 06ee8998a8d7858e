//! A look-back shorter than the time between two runs.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::{Rule, RuleKind};

code! {
    /// `queryPeriod` is shorter than `queryFrequency`.
    ///
    /// The service refuses the rule: what happens between two windows would never be seen.
    ///
    /// Bad:
    /// ```yaml
    /// queryFrequency: 1d
    /// queryPeriod: 1h
    /// ```
    /// Good:
    /// ```yaml
    /// queryFrequency: 1h
    /// queryPeriod: 1d
    /// ```
    /// Source: Azure-Sentinel's template validation (`detectionTemplateSchemaValidation`).
    pub(crate) static CODE = "period-shorter-than-frequency", Error, "a look-back shorter than the time between two runs";
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
    if period.value < frequency.value {
        let message = format!(
            "the rule runs every {} and looks back only {}",
            frequency.value.to_short(),
            period.value.to_short()
        );
        found.report(
            Diagnostic::new(&CODE, period.span, message)
                .label("shorter than the time between two runs")
                .also(frequency.span, "runs this often"),
        );
    }
}
