//! More than three fields in one entity mapping.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;

code! {
    /// An entity mapping has more than three pairs of identifier and column.
    ///
    /// The service refuses the rule. Keep the identifiers that name the entity most surely.
    ///
    /// Bad:
    /// ```yaml
    /// entityMappings:
    ///   - entityType: Account
    ///     fieldMappings:
    ///       - identifier: Name
    ///         columnName: A
    ///       - identifier: UPNSuffix
    ///         columnName: B
    ///       - identifier: AadUserId
    ///         columnName: C
    ///       - identifier: Sid
    ///         columnName: D
    /// ```
    /// Good:
    /// ```yaml
    /// entityMappings:
    ///   - entityType: Account
    ///     fieldMappings:
    ///       - identifier: Name
    ///         columnName: A
    ///       - identifier: UPNSuffix
    ///         columnName: B
    ///       - identifier: AadUserId
    ///         columnName: C
    /// ```
    /// Source: Azure-Sentinel's template validation (`detectionTemplateSchemaValidation`).
    pub(crate) static CODE = "too-many-field-mappings", Error, "more than three fields in one entity mapping";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    for mapping in &rule.entity_mappings {
        if let Some(fourth) = mapping.fields.get(3) {
            let message = format!(
                "the mapping of `{}` has {} fields, at most 3 are accepted",
                mapping.entity_type.value,
                mapping.fields.len()
            );
            found.report(
                Diagnostic::new(&CODE, fourth.identifier.span, message).label("the fourth field"),
            );
        }
    }
}
