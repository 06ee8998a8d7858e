//! A grouping window below five minutes or above seven days.

use crate::diag::{Diagnostic, code};
use crate::duration::Duration;
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;

code! {
    /// `lookbackDuration` of the incident grouping is below five minutes or above seven days.
    ///
    /// The portal accepts five minutes to seven days.
    ///
    /// Bad:
    /// ```yaml
    /// incidentConfiguration:
    ///   createIncident: true
    ///   groupingConfiguration:
    ///     enabled: true
    ///     reopenClosedIncident: false
    ///     lookbackDuration: 30d
    ///     matchingMethod: AllEntities
    /// ```
    /// Good:
    /// ```yaml
    /// incidentConfiguration:
    ///   createIncident: true
    ///   groupingConfiguration:
    ///     enabled: true
    ///     reopenClosedIncident: false
    ///     lookbackDuration: 5h
    ///     matchingMethod: AllEntities
    /// ```
    /// Source: "Create custom analytics rules", alert grouping.
    pub(crate) static CODE = "grouping-lookback-out-of-range", Warning, "a grouping window below five minutes or above seven days";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    let grouping = rule
        .incident
        .as_ref()
        .and_then(|incident| incident.grouping.as_ref());
    if let Some(grouping) = grouping {
        let range = Duration::from_mins(5)..=Duration::from_days(7);
        if !range.contains(&grouping.lookback.value) {
            let message = format!(
                "`lookbackDuration` is {}, and 5m to 7d is accepted",
                grouping.lookback.value.to_short()
            );
            found.report(Diagnostic::new(&CODE, grouping.lookback.span, message));
        }
    }
}
