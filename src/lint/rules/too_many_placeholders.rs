//! More than three placeholders in one text.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint, placeholder};
use crate::rule::Rule;

code! {
    /// A text of `alertDetailsOverride` has more than three `{{Column}}` placeholders.
    ///
    /// The service refuses the rule.
    ///
    /// Bad:
    /// ```yaml
    /// alertDetailsOverride:
    ///   alertDisplayNameFormat: '{{A}} {{B}} {{C}} {{D}}'
    /// ```
    /// Good:
    /// ```yaml
    /// alertDetailsOverride:
    ///   alertDisplayNameFormat: '{{A}} {{B}} {{C}}'
    /// ```
    /// Source: Azure-Sentinel's template validation (`detectionTemplateSchemaValidation`).
    pub(crate) static CODE = "too-many-placeholders", Error, "more than three placeholders in one text";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    for text in placeholder::texts(rule) {
        let count = placeholder::columns(&text.value).len();
        if count > 3 {
            let message = format!("the text has {count} placeholders, at most 3 are accepted");
            found.report(Diagnostic::new(&CODE, text.span, message));
        }
    }
}
