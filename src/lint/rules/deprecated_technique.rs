//! A technique that ATT&CK has withdrawn.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::mitre;
use crate::mitre::Status;
use crate::rule::Rule;

code! {
    /// ATT&CK has withdrawn the technique, and no other takes its place.
    ///
    /// Coverage reports and the portal's MITRE page do not show it.
    ///
    /// Bad:
    /// ```yaml
    /// tactics:
    ///   - Persistence
    /// relevantTechniques:
    ///   - T1108
    /// ```
    /// Good:
    /// ```yaml
    /// tactics:
    ///   - Persistence
    /// relevantTechniques:
    ///   - T1098
    /// ```
    /// Source: MITRE ATT&CK Enterprise v18.1.
    pub(crate) static CODE = "deprecated-technique", Warning, "a technique that ATT&CK has withdrawn";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    for id in &rule.techniques {
        if let Some(technique) = mitre::technique(id.value)
            && technique.status == Status::Deprecated
        {
            let message = format!("`{}` ({}) is deprecated", id.value, technique.name);
            found.report(
                Diagnostic::new(&CODE, id.span, message)
                    .help("no other technique takes its place; choose the one that fits best"),
            );
        }
    }
}
