//! An entity that is mapped twice the same way.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;
use crate::rule::field::EntityMapping;

code! {
    /// Two entity mappings have the same type, identifiers and columns.
    ///
    /// The second adds nothing and uses one of the ten that a rule may have.
    ///
    /// Bad:
    /// ```yaml
    /// entityMappings:
    ///   - entityType: IP
    ///     fieldMappings:
    ///       - identifier: Address
    ///         columnName: IPAddress
    ///   - entityType: IP
    ///     fieldMappings:
    ///       - identifier: Address
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
    /// Source: rulepost's own rule.
    pub(crate) static CODE = "repeated-mapping", Warning, "an entity that is mapped twice the same way";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    for (index, mapping) in rule.entity_mappings.iter().enumerate() {
        let same = |other: &&EntityMapping| pairs(other) == pairs(mapping);
        if let Some(first) = rule.entity_mappings[..index].iter().find(same) {
            let message = format!("this `{}` is mapped twice", mapping.entity_type.value);
            found.report(
                Diagnostic::new(&CODE, mapping.entity_type.span, message)
                    .also(first.entity_type.span, "first time"),
            );
        }
    }
}

/// Everything a mapping says, without places, in a fixed order.
fn pairs(mapping: &EntityMapping) -> (&'static str, Vec<(&str, &str)>) {
    let fields = mapping.fields.iter();
    let mut pairs: Vec<_> = fields
        .map(|field| (field.identifier.value.as_str(), field.column.value.as_str()))
        .collect();
    pairs.sort_unstable();
    (mapping.entity_type.value.as_str(), pairs)
}
