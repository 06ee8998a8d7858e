//! A severe rule that makes no incident.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;
use crate::rule::field::Severity;

code! {
    /// The severity is `High`, and `createIncident` is false.
    ///
    /// Alerts without an incident are seen by nobody who works through incidents.
    ///
    /// Bad:
    /// ```yaml
    /// severity: High
    /// incidentConfiguration:
    ///   createIncident: false
    /// ```
    /// Good:
    /// ```yaml
    /// severity: High
    /// incidentConfiguration:
    ///   createIncident: true
    /// ```
    /// Source: rulepost's own rule.
    pub(crate) static CODE = "high-severity-without-incident", Note, "a severe rule that makes no incident";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    if let Some(incident) = &rule.incident
        && !incident.create.value
        && rule.severity.value == Severity::High
    {
        found.report(
            Diagnostic::new(
                &CODE,
                incident.create.span,
                "a rule of severity `High` makes no incident",
            )
            .also(rule.severity.span, "the severity"),
        );
    }
}
