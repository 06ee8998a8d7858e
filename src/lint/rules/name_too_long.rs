//! A name of more than 256 characters.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;

code! {
    /// The display name is longer than 256 characters.
    ///
    /// The service refuses it; analysts see the first fifty or so anyway.
    ///
    /// Bad:
    /// ```yaml
    /// name: x{257}
    /// ```
    /// Good:
    /// ```yaml
    /// name: Many failed logins from one address
    /// ```
    /// Source: Azure-Sentinel's template validation (`detectionTemplateSchemaValidation`).
    pub(crate) static CODE = "name-too-long", Error, "a name of more than 256 characters";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    let length = rule.name.value.chars().count();
    if length > 256 {
        let message = format!("the name has {length} characters, at most 256 are accepted");
        found.report(Diagnostic::new(&CODE, rule.name.span, message));
    }
}
