//! A suppression below five minutes or above one day.

use crate::diag::{Diagnostic, code};
use crate::duration::Duration;
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;

code! {
    /// `suppressionDuration` is below five minutes or above 24 hours.
    ///
    /// The service refuses the rule, also while suppression is off.
    ///
    /// Bad:
    /// ```yaml
    /// suppressionEnabled: true
    /// suppressionDuration: 2d
    /// ```
    /// Good:
    /// ```yaml
    /// suppressionEnabled: true
    /// suppressionDuration: 1d
    /// ```
    /// Source: the provider for Terraform, whose ranges mirror the service.
    pub(crate) static CODE = "suppression-out-of-range", Error, "a suppression below five minutes or above one day";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    if let Some(duration) = &rule.suppression.duration {
        let range = Duration::from_mins(5)..=Duration::from_hours(24);
        if !range.contains(&duration.value) {
            let message = format!(
                "`suppressionDuration` is {}, and 5m to 24h is accepted",
                duration.value.to_short()
            );
            found.report(Diagnostic::new(&CODE, duration.span, message));
        }
    }
}
