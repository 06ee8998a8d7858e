//! One rule under two ids.

use std::collections::BTreeMap;

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;

code! {
    /// Two rules have the same name and the same query, and different ids.
    ///
    /// The file was moved or copied and got a new id. A deployment makes a second live rule beside the first, and every alert
    /// comes twice.
    ///
    /// Bad:
    /// ```yaml
    /// id: 11111111-1111-4111-8111-111111111111
    /// name: Many failed logins
    /// query: T
    /// ---
    /// id: 22222222-2222-4222-8222-222222222222
    /// name: Many failed logins
    /// query: T
    /// ```
    /// Good:
    /// ```yaml
    /// id: 11111111-1111-4111-8111-111111111111
    /// name: Many failed logins
    /// query: T
    /// ---
    /// id: 22222222-2222-4222-8222-222222222222
    /// name: Many failed logins of a guest
    /// query: T
    /// ```
    /// Source: rulepost's own rule.
    pub(crate) static CODE = "rule-with-two-ids", Warning, "one rule under two ids";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Set(check),
};

fn check(rules: &[&Rule], found: &mut Found<'_>) {
    let mut seen: BTreeMap<(String, &str), &Rule> = BTreeMap::new();
    for rule in rules {
        let key = (
            rule.name.value.trim().to_lowercase(),
            rule.query.value.as_str(),
        );
        match seen.get(&key) {
            None => {
                seen.insert(key, rule);
            }
            Some(first) if first.id.value != rule.id.value => found.report(
                Diagnostic::new(
                    &CODE,
                    rule.id.span,
                    "the same rule stands here under another id",
                )
                .also(first.id.span, "the first id")
                .help("keep the id that is deployed, and only one of the two files"),
            ),
            Some(_) => {}
        }
    }
}
