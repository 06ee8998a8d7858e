//! Grouping of incidents that are not made.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;

code! {
    /// Grouping is on, and `createIncident` is false.
    ///
    /// No incident is made, so nothing is grouped.
    ///
    /// Bad:
    /// ```yaml
    /// incidentConfiguration:
    ///   createIncident: false
    ///   groupingConfiguration:
    ///     enabled: true
    ///     reopenClosedIncident: false
    ///     lookbackDuration: 5h
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
    /// Source: rulepost's own rule.
    pub(crate) static CODE = "grouping-without-incident", Note, "grouping of incidents that are not made";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    if let Some(incident) = &rule.incident
        && let Some(grouping) = &incident.grouping
        && grouping.enabled.value
        && !incident.create.value
    {
        found.report(
            Diagnostic::new(
                &CODE,
                grouping.enabled.span,
                "no incident is made that could be grouped",
            )
            .also(incident.create.span, "incidents are off"),
        );
    }
}
