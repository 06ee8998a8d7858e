//! A look-back that is too short or too long.

use crate::diag::{Diagnostic, code};
use crate::duration::Duration;
use crate::lint::{Check, Found, Lint};
use crate::rule::{Rule, RuleKind};

code! {
    /// `queryPeriod` is below five minutes or above fourteen days.
    ///
    /// The service refuses the rule. What must be faster is an NRT rule, what must look further back needs a summary rule or a
    /// watchlist.
    ///
    /// Bad:
    /// ```yaml
    /// queryPeriod: 30d
    /// ```
    /// Good:
    /// ```yaml
    /// queryPeriod: 14d
    /// ```
    /// Source: Azure-Sentinel's template validation (`detectionTemplateSchemaValidation`).
    pub(crate) static CODE = "period-out-of-range", Error, "a look-back that is too short or too long";
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

    let period = &schedule.period;
    let range = Duration::from_mins(5)..=Duration::from_days(14);
    if !range.contains(&period.value) {
        let message = format!(
            "`queryPeriod` is {}, and 5m to 14d is accepted",
            period.value.to_short()
        );
        found.report(Diagnostic::new(&CODE, period.span, message));
    }
}
