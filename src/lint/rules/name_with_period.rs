//! A name that ends with a period.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;

code! {
    /// The display name ends with a period.
    ///
    /// It is a title, shown in lists of alerts and incidents; the style of the community is sentence case without one.
    ///
    /// Bad:
    /// ```yaml
    /// name: Many failed logins.
    /// ```
    /// Good:
    /// ```yaml
    /// name: Many failed logins
    /// ```
    /// Source: the Query Style Guide of Azure-Sentinel.
    pub(crate) static CODE = "name-with-period", Note, "a name that ends with a period";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    let name = &rule.name.value;
    if name.ends_with('.') && !name.ends_with("..") {
        found.report(Diagnostic::new(
            &CODE,
            rule.name.span,
            "the name ends with a period",
        ));
    }
}
