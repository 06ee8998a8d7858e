//! An entity that its identifiers do not name for sure.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::{Rule, entity};

code! {
    /// The mapping has none of the identifiers, or sets of identifiers, that name an entity of its type for sure.
    ///
    /// The service cannot merge such an entity with others, and the community's validation refuses the rule.
    ///
    /// Bad:
    /// ```yaml
    /// entityMappings:
    ///   - entityType: Account
    ///     fieldMappings:
    ///       - identifier: UPNSuffix
    ///         columnName: Domain
    /// ```
    /// Good:
    /// ```yaml
    /// entityMappings:
    ///   - entityType: Account
    ///     fieldMappings:
    ///       - identifier: Name
    ///         columnName: User
    ///       - identifier: UPNSuffix
    ///         columnName: Domain
    /// ```
    /// Source: Azure-Sentinel's template validation (`EntityMappingIdentifiers.cs`).
    pub(crate) static CODE = "missing-strong-identifier", Warning, "an entity that its identifiers do not name for sure";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    for mapping in &rule.entity_mappings {
        let entity_type = mapping.entity_type.value;
        let Some(known) = entity::identifiers(entity_type) else {
            continue;
        };
        let valid = |field: &&str| {
            mapping
                .fields
                .iter()
                .any(|own| own.identifier.value == *field)
        };
        let strong = known.required.iter().any(|set| set.iter().all(valid));
        let readable = mapping
            .fields
            .iter()
            .all(|own| known.all.contains(&own.identifier.value.as_str()));
        if strong || !readable || mapping.fields.is_empty() {
            continue;
        }
        let sets: Vec<String> = known
            .required
            .iter()
            .map(|set| format!("`{}`", set.join("` with `")))
            .collect();
        let message = format!("the mapping of `{entity_type}` does not name it for sure");
        found.report(
            Diagnostic::new(&CODE, mapping.entity_type.span, message)
                .help(format!("needed is one of {}", sets.join(", "))),
        );
    }
}
