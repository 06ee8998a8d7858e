//! A description of more than 5000 characters.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;

code! {
    /// The description is longer than 5000 characters.
    ///
    /// The service refuses it. What to do about an alert belongs under `rulepost.response`.
    ///
    /// Bad:
    /// ```yaml
    /// description: x{5001}
    /// ```
    /// Good:
    /// ```yaml
    /// description: Identifies many failed logins.
    /// ```
    /// Source: Azure-Sentinel's template validation (`detectionTemplateSchemaValidation`).
    pub(crate) static CODE = "description-too-long", Error, "a description of more than 5000 characters";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    if let Some(description) = &rule.description {
        let length = description.value.chars().count();
        if length > 5000 {
            let message =
                format!("the description has {length} characters, at most 5000 are accepted");
            found.report(Diagnostic::new(&CODE, description.span, message));
        }
    }
}
