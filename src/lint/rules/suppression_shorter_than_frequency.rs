//! A suppression that ends before the next run.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::{Rule, RuleKind};

code! {
    /// Suppression is on, and `suppressionDuration` is shorter than `queryFrequency`.
    ///
    /// It ends before the rule runs again, so it suppresses nothing.
    ///
    /// Bad:
    /// ```yaml
    /// queryFrequency: 2h
    /// queryPeriod: 4h
    /// suppressionEnabled: true
    /// suppressionDuration: 1h
    /// ```
    /// Good:
    /// ```yaml
    /// queryFrequency: 2h
    /// queryPeriod: 4h
    /// suppressionEnabled: true
    /// suppressionDuration: 5h
    /// ```
    /// Source: the provider for Terraform, which refuses it.
    pub(crate) static CODE = "suppression-shorter-than-frequency", Warning, "a suppression that ends before the next run";
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

    let on = rule
        .suppression
        .enabled
        .as_ref()
        .is_some_and(|enabled| enabled.value);
    if on
        && let Some(duration) = &rule.suppression.duration
        && duration.value < schedule.frequency.value
    {
        let message = format!(
            "suppression ends after {}, before the rule runs again",
            duration.value.to_short()
        );
        found.report(
            Diagnostic::new(&CODE, duration.span, message)
                .also(schedule.frequency.span, "runs this often"),
        );
    }
}
