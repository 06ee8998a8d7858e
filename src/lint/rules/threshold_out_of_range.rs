//! A trigger threshold outside of 0 to 10000.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::{Rule, RuleKind};

code! {
    /// `triggerThreshold` is negative or over 10000.
    ///
    /// The service refuses the rule.
    ///
    /// Bad:
    /// ```yaml
    /// triggerThreshold: -1
    /// ```
    /// Good:
    /// ```yaml
    /// triggerThreshold: 0
    /// ```
    /// Source: Azure-Sentinel's template validation (`detectionTemplateSchemaValidation`).
    pub(crate) static CODE = "threshold-out-of-range", Error, "a trigger threshold outside of 0 to 10000";
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
    let threshold = &schedule.trigger_threshold;
    if !(0..=10_000).contains(&threshold.value) {
        let message = format!(
            "`triggerThreshold` is {}, and 0 to 10000 is accepted",
            threshold.value
        );
        found.report(Diagnostic::new(&CODE, threshold.span, message));
    }
}
