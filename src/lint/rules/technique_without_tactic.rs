//! A technique none of whose tactics is listed.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::mitre;
use crate::mitre::{Status, Tactic, TechniqueId};
use crate::rule::Rule;

code! {
    /// None of the tactics that a technique belongs to is among the rule's `tactics`.
    ///
    /// The community's validation refuses the rule: `No valid tactic corresponding to the technique was provided`. The portal
    /// shows techniques below their tactics and has no place for this one.
    ///
    /// Bad:
    /// ```yaml
    /// tactics:
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
    /// Source: Azure-Sentinel's template validation (`detectionTemplateSchemaValidation`).
    pub(crate) static CODE = "technique-without-tactic", Warning, "a technique none of whose tactics is listed";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    for id in &rule.techniques {
        let tactics = tactics_of(id.value);
        if tactics.is_empty() || rule.tactics.iter().any(|own| tactics.contains(&own.value)) {
            continue;
        }
        let names: Vec<String> = tactics.iter().map(|tactic| format!("`{tactic}`")).collect();
        let message = format!(
            "`{}` belongs to {}, which the rule does not list",
            id.value,
            names.join(", ")
        );
        let mut diagnostic = Diagnostic::new(&CODE, id.span, message);
        if let Some(first) = rule.tactics.first() {
            diagnostic = diagnostic.also(first.span, "the rule's tactics");
        }
        found.report(diagnostic);
    }
}

/// The tactics of a technique, those of its successor or parent where it has none itself.
fn tactics_of(id: TechniqueId) -> &'static [Tactic] {
    let Some(technique) = mitre::technique(id).or_else(|| mitre::technique(id.parent())) else {
        return &[];
    };
    if !technique.tactics.is_empty() {
        return &technique.tactics;
    }
    match technique.status {
        Status::Revoked(Some(successor)) => {
            mitre::technique(successor).map_or(&[], |technique| &technique.tactics)
        }
        _ => &[],
    }
}
