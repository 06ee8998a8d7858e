//! A tactic that ATT&CK has retired.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::mitre::Tactic;
use crate::rule::Rule;

code! {
    /// `PreAttack` is still accepted by the service, and ATT&CK has split it into `Reconnaissance` and `ResourceDevelopment`.
    ///
    /// Coverage reports cannot place it.
    ///
    /// Bad:
    /// ```yaml
    /// tactics:
    ///   - CredentialAccess
    ///   - PreAttack
    /// ```
    /// Good:
    /// ```yaml
    /// tactics:
    ///   - CredentialAccess
    ///   - Reconnaissance
    /// relevantTechniques:
    ///   - T1110
    ///   - T1595
    /// ```
    /// Source: MITRE ATT&CK Enterprise v18.1.
    pub(crate) static CODE = "legacy-tactic", Note, "a tactic that ATT&CK has retired";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    for tactic in &rule.tactics {
        if tactic.value == Tactic::PreAttack {
            found.report(
                Diagnostic::new(&CODE, tactic.span, "`PreAttack` is retired")
                    .help("`Reconnaissance` and `ResourceDevelopment` have taken its place"),
            );
        }
    }
}
