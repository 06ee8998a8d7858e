//! An identifier that is mapped twice in one entity.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;

code! {
    /// One entity mapping maps the same identifier twice.
    ///
    /// The service refuses the rule. Two addresses are two mappings of type `IP`.
    ///
    /// Bad:
    /// ```yaml
    /// entityMappings:
    ///   - entityType: IP
    ///     fieldMappings:
    ///       - identifier: Address
    ///         columnName: Source
    ///       - identifier: Address
    ///         columnName: Destination
    /// ```
    /// Good:
    /// ```yaml
    /// entityMappings:
    ///   - entityType: IP
    ///     fieldMappings:
    ///       - identifier: Address
    ///         columnName: Source
    ///   - entityType: IP
    ///     fieldMappings:
    ///       - identifier: Address
    ///         columnName: Destination
    /// ```
    /// Source: Azure-Sentinel's template validation (`detectionTemplateSchemaValidation`).
    pub(crate) static CODE = "repeated-identifier", Error, "an identifier that is mapped twice in one entity";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    for mapping in &rule.entity_mappings {
        for (index, field) in mapping.fields.iter().enumerate() {
            let identifier = &field.identifier;
            let first = mapping.fields[..index]
                .iter()
                .find(|earlier| earlier.identifier.value == identifier.value);
            if let Some(first) = first {
                let message = format!("the identifier `{}` is mapped twice", identifier.value);
                found.report(
                    Diagnostic::new(&CODE, identifier.span, message)
                        .also(first.identifier.span, "first time")
                        .help("a second entity is a second mapping"),
                );
            }
        }
    }
}
