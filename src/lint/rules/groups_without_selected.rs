//! A selection that grouping does not use.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;
use crate::rule::field::MatchingMethod;

code! {
    /// Something is selected to group by, and `matchingMethod` is not `Selected`.
    ///
    /// The service keeps the selection and does not use it.
    ///
    /// Bad:
    /// ```yaml
    /// incidentConfiguration:
    ///   createIncident: true
    ///   groupingConfiguration:
    ///     enabled: true
    ///     reopenClosedIncident: false
    ///     lookbackDuration: 5h
    ///     matchingMethod: AllEntities
    ///     groupByEntities:
    ///       - IP
    /// ```
    /// Good:
    /// ```yaml
    /// incidentConfiguration:
    ///   createIncident: true
    ///   groupingConfiguration:
    ///     enabled: true
    ///     reopenClosedIncident: false
    ///     lookbackDuration: 5h
    ///     matchingMethod: Selected
    ///     groupByEntities:
    ///       - IP
    /// ```
    /// Source: a recorded exchange with the service.
    pub(crate) static CODE = "groups-without-selected", Note, "a selection that grouping does not use";
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
    let Some(grouping) = grouping else {
        return;
    };

    let first = grouping
        .by_entities
        .first()
        .map(|entity| entity.span)
        .or(grouping.by_alert_details.first().map(|detail| detail.span))
        .or(grouping.by_custom_details.first().map(|detail| detail.span));
    if grouping.matching.value != MatchingMethod::Selected
        && let Some(span) = first
    {
        let message = format!(
            "`{}` does not use what is selected",
            grouping.matching.value
        );
        found.report(
            Diagnostic::new(&CODE, span, message).also(grouping.matching.span, "the method"),
        );
    }
}
