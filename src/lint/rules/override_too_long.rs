//! An alert text over its limit.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;

code! {
    /// `alertDisplayNameFormat` is longer than 256 characters, or `alertDescriptionFormat` longer than 5000.
    ///
    /// The service refuses the rule.
    ///
    /// Bad:
    /// ```yaml
    /// alertDetailsOverride:
    ///   alertDisplayNameFormat: 'x{250} {{IPAddress}}'
    /// ```
    /// Good:
    /// ```yaml
    /// alertDetailsOverride:
    ///   alertDisplayNameFormat: 'Many failed logins from {{IPAddress}}'
    /// ```
    /// Source: Azure-Sentinel's template validation (`detectionTemplateSchemaValidation`).
    pub(crate) static CODE = "override-too-long", Error, "an alert text over its limit";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    let Some(details) = &rule.alert_details else {
        return;
    };
    for (key, text, limit) in [
        ("alertDisplayNameFormat", &details.display_name_format, 256),
        ("alertDescriptionFormat", &details.description_format, 5000),
    ] {
        let Some(text) = text else { continue };
        let length = text.value.chars().count();
        if length > limit {
            let message = format!("`{key}` has {length} characters, at most {limit} are accepted");
            found.report(Diagnostic::new(&CODE, text.span, message));
        }
    }
}
