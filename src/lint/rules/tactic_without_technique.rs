//! A tactic that none of the techniques belongs to.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::mitre;
use crate::rule::Rule;

code! {
    /// The rule lists techniques, and none of them belongs to one of its tactics.
    ///
    /// Either a technique is missing or the tactic is left over.
    ///
    /// Bad:
    /// ```yaml
    /// tactics:
    ///   - CredentialAccess
    ///   - Impact
    /// relevantTechniques:
    ///   - T1110
    /// ```
    /// Good:
    /// ```yaml
    /// tactics:
    ///   - CredentialAccess
    /// relevantTechniques:
    ///   - T1110
    /// ```
    /// Source: rulepost's own rule.
    pub(crate) static CODE = "tactic-without-technique", Note, "a tactic that none of the techniques belongs to";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    let known: Vec<_> = rule
        .techniques
        .iter()
        .filter_map(|id| mitre::technique(id.value))
        .collect();
    if known.is_empty() || known.len() != rule.techniques.len() {
        return;
    }
    for tactic in &rule.tactics {
        let covered = known
            .iter()
            .any(|technique| technique.tactics.contains(&tactic.value));
        if !covered {
            let message = format!("no technique of the rule belongs to `{}`", tactic.value);
            found.report(Diagnostic::new(&CODE, tactic.span, message));
        }
    }
}
