//! Two rules with one name.

use std::collections::BTreeMap;

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;

code! {
    /// Two rules have the same display name.
    ///
    /// Alerts and incidents carry the name, so the two cannot be told apart; the portal refuses the second name.
    ///
    /// Bad:
    /// ```yaml
    /// name: Many failed logins
    /// ---
    /// name: Many failed logins
    /// ```
    /// Good:
    /// ```yaml
    /// name: Many failed logins
    /// ---
    /// name: Many failed logins of a guest
    /// ```
    /// Source: "Create custom analytics rules": the name must be unique to the workspace.
    pub(crate) static CODE = "duplicate-name", Warning, "two rules with one name";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Set(check),
};

fn check(rules: &[&Rule], found: &mut Found<'_>) {
    let mut seen: BTreeMap<String, &Rule> = BTreeMap::new();
    for rule in rules {
        let name = rule.name.value.trim().to_lowercase();
        match seen.get(&name) {
            None => {
                seen.insert(name, rule);
            }
            // Two rules with one id are told as such.
            Some(first) if first.id.value != rule.id.value => found.report(
                Diagnostic::new(&CODE, rule.name.span, "the name is used by two rules")
                    .label("second rule")
                    .also(first.name.span, "first rule"),
            ),
            Some(_) => {}
        }
    }
}
