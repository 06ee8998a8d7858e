//! More than twenty custom details.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;

code! {
    /// The rule has more than twenty custom details.
    ///
    /// The service refuses the rule.
    ///
    /// Bad:
    /// ```yaml
    /// customDetails:
    ///   DetailA: Column0
    ///   DetailB: Column1
    ///   DetailC: Column2
    ///   DetailD: Column3
    ///   DetailE: Column4
    ///   DetailF: Column5
    ///   DetailG: Column6
    ///   DetailH: Column7
    ///   DetailI: Column8
    ///   DetailJ: Column9
    ///   DetailK: Column10
    ///   DetailL: Column11
    ///   DetailM: Column12
    ///   DetailN: Column13
    ///   DetailO: Column14
    ///   DetailP: Column15
    ///   DetailQ: Column16
    ///   DetailR: Column17
    ///   DetailS: Column18
    ///   DetailT: Column19
    ///   DetailU: Column20
    /// ```
    /// Good:
    /// ```yaml
    /// customDetails:
    ///   Failures: Failures
    /// ```
    /// Source: Azure-Sentinel's template validation (`detectionTemplateSchemaValidation`).
    pub(crate) static CODE = "too-many-custom-details", Error, "more than twenty custom details";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    if let Some((name, _)) = rule.custom_details.get(20) {
        let message = format!(
            "the rule has {} custom details, at most 20 are accepted",
            rule.custom_details.len()
        );
        found.report(Diagnostic::new(&CODE, name.span, message).label("the twenty-first"));
    }
}
