//! A technique that ATT&CK does not have.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::mitre;
use crate::rule::Rule;

code! {
    /// The id has the right form, and no technique of ATT&CK Enterprise or ICS has it.
    ///
    /// Coverage reports and the portal's MITRE page leave the rule out, most often because of a mistyped digit.
    ///
    /// Bad:
    /// ```yaml
    /// relevantTechniques:
    ///   - T1999
    /// ```
    /// Good:
    /// ```yaml
    /// relevantTechniques:
    ///   - T1110
    /// ```
    /// Source: MITRE ATT&CK Enterprise v18.1.
    pub(crate) static CODE = "unknown-technique", Warning, "a technique that ATT&CK does not have";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    for id in &rule.techniques {
        // Ids that begin with `T0` belong to ATT&CK for ICS, which the table does not hold.
        let is_ics = id.value.to_string().starts_with("T0");
        if mitre::technique(id.value).is_none() && !is_ics {
            let message = format!("ATT&CK has no technique `{}`", id.value);
            let mut diagnostic = Diagnostic::new(&CODE, id.span, message);
            if id.value.is_sub() && mitre::technique(id.value.parent()).is_some() {
                let help = format!(
                    "`{}` is there, a sub-technique of that number is not",
                    id.value.parent()
                );
                diagnostic = diagnostic.help(help);
            }
            found.report(diagnostic);
        }
    }
}
