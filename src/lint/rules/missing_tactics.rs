//! A rule without tactics.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;

code! {
    /// The rule lists no tactic.
    ///
    /// It is missing from coverage reports and from the portal's MITRE page, and incidents cannot be sorted by it.
    ///
    /// Bad:
    /// ```yaml
    /// # no tactics
    /// # no relevantTechniques
    /// ```
    /// Good:
    /// ```yaml
    /// tactics:
    ///   - CredentialAccess
    /// relevantTechniques:
    ///   - T1110
    /// ```
    /// Source: "Understand security coverage by the MITRE ATT&CK framework" of the Sentinel documentation.
    pub(crate) static CODE = "missing-tactics", Note, "a rule without tactics";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    if rule.tactics.is_empty() {
        found.report(Diagnostic::new(
            &CODE,
            rule.name.span,
            "the rule lists no tactic",
        ));
    }
}
