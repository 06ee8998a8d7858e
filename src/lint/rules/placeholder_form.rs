//! A placeholder that is not closed or empty.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint, placeholder};
use crate::rule::Rule;

code! {
    /// A text of `alertDetailsOverride` opens `{{` without closing it, closes one that is not open, or has nothing between.
    ///
    /// The alert then shows the braces instead of the column's value.
    ///
    /// Bad:
    /// ```yaml
    /// alertDetailsOverride:
    ///   alertDisplayNameFormat: 'Failures from {{IPAddress}'
    /// ```
    /// Good:
    /// ```yaml
    /// alertDetailsOverride:
    ///   alertDisplayNameFormat: 'Failures from {{IPAddress}}'
    /// ```
    /// Source: Azure-Sentinel's template validation (`detectionTemplateSchemaValidation`).
    pub(crate) static CODE = "placeholder-form", Warning, "a placeholder that is not closed or empty";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    for text in placeholder::texts(rule) {
        let columns = placeholder::columns(&text.value);
        let opened = text.value.matches("{{").count();
        let closed = text.value.matches("}}").count();
        if opened != columns.len() || closed != columns.len() {
            found.report(
                Diagnostic::new(&CODE, text.span, "a placeholder is not closed")
                    .help("a placeholder is a column between `{{` and `}}`"),
            );
        } else if columns.iter().any(|column| column.trim().is_empty()) {
            found.report(Diagnostic::new(
                &CODE,
                text.span,
                "a placeholder names no column",
            ));
        }
    }
}
