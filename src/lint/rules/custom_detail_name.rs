//! A custom detail with an unusual name.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;

code! {
    /// The name of a custom detail is longer than 20 characters, or is not a letter followed by letters, digits and `_`.
    ///
    /// The community's validation refuses such names, and the portal shows them cut off.
    ///
    /// Bad:
    /// ```yaml
    /// customDetails:
    ///   "Failed-logins": Failures
    /// ```
    /// Good:
    /// ```yaml
    /// customDetails:
    ///   FailedLogins: Failures
    /// ```
    /// Source: Azure-Sentinel's template validation (`detectionTemplateSchemaValidation`).
    pub(crate) static CODE = "custom-detail-name", Warning, "a custom detail with an unusual name";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    for (name, _) in &rule.custom_details {
        let text = &name.value;
        let formed = text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.chars().all(|c| c.is_alphanumeric() || c == '_');
        if !formed || text.chars().count() > 20 {
            let message = format!("the name of the custom detail `{text}` is unusual");
            found.report(
                Diagnostic::new(&CODE, name.span, message)
                    .help("up to 20 letters, digits and `_` are accepted, a letter first"),
            );
        }
    }
}
