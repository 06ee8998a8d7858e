//! An identifier that the entity type does not have.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::{Rule, entity, read};

code! {
    /// The identifier is none of those that the entity type has.
    ///
    /// The service refuses the rule: `Invalid identifier encountered`.
    ///
    /// Bad:
    /// ```yaml
    /// entityMappings:
    ///   - entityType: IP
    ///     fieldMappings:
    ///       - identifier: Name
    ///         columnName: IPAddress
    /// ```
    /// Good:
    /// ```yaml
    /// entityMappings:
    ///   - entityType: IP
    ///     fieldMappings:
    ///       - identifier: Address
    ///         columnName: IPAddress
    /// ```
    /// Source: Azure-Sentinel's template validation (`EntityMappingIdentifiers.cs`).
    pub(crate) static CODE = "invalid-identifier", Error, "an identifier that the entity type does not have";
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
        for field in &mapping.fields {
            let written = &field.identifier.value;
            if known.all.contains(&written.as_str()) {
                continue;
            }
            let message = format!("`{entity_type}` has no identifier `{written}`");
            let mut diagnostic = Diagnostic::new(&CODE, field.identifier.span, message);
            diagnostic = match read::nearest(written, known.all.iter().copied()) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic.help(format!("accepted are {}", read::list_of(&known.all))),
            };
            found.report(diagnostic);
        }
    }
}
