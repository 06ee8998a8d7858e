//! A rule without references.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;

code! {
    /// The rule names no source: neither `rulepost.references` nor a link in its description.
    ///
    /// Whoever gets the alert, and whoever reviews the rule, wants to know where the idea comes from.
    ///
    /// Bad:
    /// ```yaml
    /// # no rulepost
    /// ```
    /// Good:
    /// ```yaml
    /// rulepost:
    ///   references:
    ///     - https://attack.mitre.org/techniques/T1110/
    /// ```
    /// Source: rulepost's own rule.
    pub(crate) static CODE = "missing-references", Note, "a rule without references";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    let linked = rule
        .description
        .as_ref()
        .is_some_and(|text| text.value.contains("http"));
    if rule.extension.references.is_empty() && !linked {
        found.report(
            Diagnostic::new(&CODE, rule.name.span, "the rule names no source")
                .help("links go under `rulepost.references`"),
        );
    }
}
