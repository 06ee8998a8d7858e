//! A rule without a description.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;

code! {
    /// The rule has no description.
    ///
    /// Whoever gets the alert reads the description first; the community's validation asks for one.
    ///
    /// Bad:
    /// ```yaml
    /// # no description
    /// ```
    /// Good:
    /// ```yaml
    /// description: Identifies many failed logins from one address.
    /// ```
    /// Source: Azure-Sentinel's template validation (`detectionTemplateSchemaValidation`).
    pub(crate) static CODE = "missing-description", Warning, "a rule without a description";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    if rule.description.is_none() && !rule.name.value.is_empty() {
        found.report(
            Diagnostic::new(&CODE, rule.name.span, "the rule has no description")
                .help("a sentence that begins with `Identifies` or `This query searches for`"),
        );
    }
}
