//! A version that is not of the form X.Y.Z.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;

code! {
    /// `version` is not three numbers with dots between them.
    ///
    /// The community's validation refuses it, and a version of two numbers is read as a decimal number by many tools: `1.10`
    /// becomes `1.1`.
    ///
    /// Bad:
    /// ```yaml
    /// version: 1.10
    /// ```
    /// Good:
    /// ```yaml
    /// version: 1.10.0
    /// ```
    /// Source: Azure-Sentinel's template validation (`detectionTemplateSchemaValidation`).
    pub(crate) static CODE = "version-form", Warning, "a version that is not of the form X.Y.Z";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    if let Some(version) = &rule.version {
        let text = version.value.trim();
        let parts: Vec<&str> = text.split('.').collect();
        let number =
            |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if parts.len() != 3 || !parts.iter().all(number) || text.len() > 20 {
            let message = format!("`{text}` is not a version of the form `X.Y.Z`");
            found.report(Diagnostic::new(&CODE, version.span, message));
        }
    }
}
