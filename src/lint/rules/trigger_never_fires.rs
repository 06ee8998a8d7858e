//! A trigger that cannot be true.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::field::TriggerOperator;
use crate::rule::{Rule, RuleKind};

code! {
    /// The trigger compares the number of results in a way that no number satisfies, such as fewer than zero.
    ///
    /// The rule runs and never makes an alert.
    ///
    /// Bad:
    /// ```yaml
    /// triggerOperator: lt
    /// triggerThreshold: 0
    /// ```
    /// Good:
    /// ```yaml
    /// triggerOperator: gt
    /// triggerThreshold: 0
    /// ```
    /// Source: the meaning of the trigger in the Sentinel documentation.
    pub(crate) static CODE = "trigger-never-fires", Warning, "a trigger that cannot be true";
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
    let (operator, threshold) = (&schedule.trigger_operator, &schedule.trigger_threshold);
    if operator.value == TriggerOperator::LessThan && threshold.value == 0 {
        found.report(
            Diagnostic::new(
                &CODE,
                operator.span,
                "the number of results is never below zero",
            )
            .label("the rule never fires")
            .also(threshold.span, "the threshold"),
        );
    }
}
