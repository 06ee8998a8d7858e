//! Two rules with one id.

use std::collections::BTreeMap;

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::{Rule, RuleId};

code! {
    /// Two rules have the same `id`.
    ///
    /// The id names the rule in the workspace: the second would overwrite the first on every deployment.
    ///
    /// Bad:
    /// ```yaml
    /// id: 11111111-1111-4111-8111-111111111111
    /// ---
    /// id: 11111111-1111-4111-8111-111111111111
    /// ```
    /// Good:
    /// ```yaml
    /// id: 11111111-1111-4111-8111-111111111111
    /// ---
    /// id: 22222222-2222-4222-8222-222222222222
    /// ```
    /// Source: Azure-Sentinel's template validation (`detectionTemplateSchemaValidation`).
    pub(crate) static CODE = "duplicate-id", Error, "two rules with one id";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Set(check),
};

fn check(rules: &[&Rule], found: &mut Found<'_>) {
    let mut seen: BTreeMap<RuleId, &Rule> = BTreeMap::new();
    for rule in rules {
        let Some(first) = seen.get(&rule.id.value) else {
            seen.insert(rule.id.value, rule);
            continue;
        };
        let message = format!("the id `{}` is used by two rules", rule.id.value);
        found.report(
            Diagnostic::new(&CODE, rule.id.span, message)
                .label("second rule")
                .also(first.id.span, "first rule")
                .help("one of the two would overwrite the other; give the newer one a fresh GUID"),
        );
    }
}
