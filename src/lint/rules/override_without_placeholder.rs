//! An alert text without a placeholder.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint, placeholder};
use crate::rule::Rule;

code! {
    /// A text of `alertDetailsOverride` has no placeholder.
    ///
    /// Every alert gets the same text, which the name and the description of the rule would give too.
    ///
    /// Bad:
    /// ```yaml
    /// alertDetailsOverride:
    ///   alertDisplayNameFormat: Many failed logins
    /// ```
    /// Good:
    /// ```yaml
    /// alertDetailsOverride:
    ///   alertDisplayNameFormat: 'Many failed logins from {{IPAddress}}'
    /// ```
    /// Source: "Customize alert details" of the Sentinel documentation.
    pub(crate) static CODE = "override-without-placeholder", Note, "an alert text without a placeholder";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    for text in placeholder::texts(rule) {
        if !text.value.contains("{{") {
            found.report(
                Diagnostic::new(&CODE, text.span, "the text has no placeholder")
                    .help("`{{Column}}` puts in the value of a column"),
            );
        }
    }
}
