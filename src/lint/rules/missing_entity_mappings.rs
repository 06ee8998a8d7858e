//! A rule without entities.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;

code! {
    /// The rule maps no entity.
    ///
    /// Its incidents cannot be joined with others over an account, a host or an address, and playbooks have nothing to act on.
    ///
    /// Bad:
    /// ```yaml
    /// # no entityMappings
    /// ```
    /// Good:
    /// ```yaml
    /// entityMappings:
    ///   - entityType: IP
    ///     fieldMappings:
    ///       - identifier: Address
    ///         columnName: IPAddress
    /// ```
    /// Source: "Map data fields to entities" of the Sentinel documentation.
    pub(crate) static CODE = "missing-entity-mappings", Note, "a rule without entities";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    if rule.entity_mappings.is_empty() && rule.sentinel_entities.is_empty() {
        found.report(Diagnostic::new(
            &CODE,
            rule.name.span,
            "the rule maps no entity",
        ));
    }
}
