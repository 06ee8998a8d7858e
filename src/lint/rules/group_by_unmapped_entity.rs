//! Grouping by an entity that the rule does not map.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;

code! {
    /// Incidents are grouped by an entity type that `entityMappings` does not have.
    ///
    /// The API knows only types that the rule maps; the group would never form.
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
    ///     groupByEntities:
    ///       - Account
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
    /// Source: the description of `groupByEntities` in the API.
    pub(crate) static CODE = "group-by-unmapped-entity", Warning, "grouping by an entity that the rule does not map";
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

    for entity in &grouping.by_entities {
        let mapped = rule
            .entity_mappings
            .iter()
            .any(|own| own.entity_type.value == entity.value);
        if !mapped {
            let message = format!("the rule maps no `{}` to group by", entity.value);
            found.report(
                Diagnostic::new(&CODE, entity.span, message)
                    .help("only types under `entityMappings` are accepted"),
            );
        }
    }
}
