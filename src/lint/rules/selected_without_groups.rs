//! Grouping by a selection that is empty.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;
use crate::rule::field::MatchingMethod;

code! {
    /// `matchingMethod` is `Selected`, and nothing is selected.
    ///
    /// The service refuses the rule: at least one of `groupByEntities`, `groupByAlertDetails` and `groupByCustomDetails` must
    /// name something.
    ///
    /// Bad:
    /// ```yaml
    /// incidentConfiguration:
    ///   createIncident: true
    ///   groupingConfiguration:
    ///     enabled: true
    ///     reopenClosedIncident: false
    ///     lookbackDuration: 5h
    ///     matchingMethod: Selected
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
    /// Source: the description of `matchingMethod` in the API.
    pub(crate) static CODE = "selected-without-groups", Error, "grouping by a selection that is empty";
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

    let empty = grouping.by_entities.is_empty()
        && grouping.by_alert_details.is_empty()
        && grouping.by_custom_details.is_empty();
    if grouping.matching.value == MatchingMethod::Selected && empty {
        found.report(
            Diagnostic::new(
                &CODE,
                grouping.matching.span,
                "`Selected` needs something to group by",
            )
            .help("`groupByEntities`, `groupByAlertDetails` or `groupByCustomDetails`"),
        );
    }
}
