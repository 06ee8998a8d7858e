//! Grouping by a custom detail that the rule does not have.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::{Rule, read};

code! {
    /// Incidents are grouped by a custom detail that `customDetails` does not have.
    ///
    /// The API knows only names of the rule's own custom details; the group would never form.
    ///
    /// Bad:
    /// ```yaml
    /// customDetails:
    ///   Failures: Failures
    /// incidentConfiguration:
    ///   createIncident: true
    ///   groupingConfiguration:
    ///     enabled: true
    ///     reopenClosedIncident: false
    ///     lookbackDuration: 5h
    ///     matchingMethod: Selected
    ///     groupByCustomDetails:
    ///       - Attempts
    /// ```
    /// Good:
    /// ```yaml
    /// customDetails:
    ///   Failures: Failures
    /// incidentConfiguration:
    ///   createIncident: true
    ///   groupingConfiguration:
    ///     enabled: true
    ///     reopenClosedIncident: false
    ///     lookbackDuration: 5h
    ///     matchingMethod: Selected
    ///     groupByCustomDetails:
    ///       - Failures
    /// ```
    /// Source: the description of `groupByCustomDetails` in the API.
    pub(crate) static CODE = "group-by-unknown-detail", Warning, "grouping by a custom detail that the rule does not have";
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

    for detail in &grouping.by_custom_details {
        if rule
            .custom_details
            .iter()
            .any(|(name, _)| name.value == detail.value)
        {
            continue;
        }
        let message = format!(
            "the rule has no custom detail `{}` to group by",
            detail.value
        );
        let mut diagnostic = Diagnostic::new(&CODE, detail.span, message);
        let names = rule
            .custom_details
            .iter()
            .map(|(name, _)| name.value.as_str());
        if let Some(near) = read::nearest(&detail.value, names) {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        }
        found.report(diagnostic);
    }
}
