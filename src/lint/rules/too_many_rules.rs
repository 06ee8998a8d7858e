//! More enabled rules than a workspace takes.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::{Rule, RuleKind};

code! {
    /// More than 512 scheduled rules are enabled together.
    ///
    /// A workspace takes 512 enabled scheduled rules; the service refuses the ones after that. Rules of several workspaces are
    /// best kept in several folders.
    ///
    /// Bad:
    /// ```yaml
    /// # The finding needs a whole folder of rules, so there is no short example.
    /// ```
    /// Good:
    /// ```yaml
    /// # The finding needs a whole folder of rules, so there is no short example.
    /// ```
    /// Source: "Service limits for Microsoft Sentinel".
    pub(crate) static CODE = "too-many-rules", Warning, "more enabled rules than a workspace takes";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Set(check),
};

fn check(rules: &[&Rule], found: &mut Found<'_>) {
    let scheduled: Vec<&&Rule> = rules
        .iter()
        .filter(|rule| matches!(rule.kind.value, RuleKind::Scheduled(_)))
        .filter(|rule| rule.enabled.as_ref().is_none_or(|enabled| enabled.value))
        .collect();
    if let Some(over) = scheduled.get(LIMIT) {
        let message = format!(
            "{} scheduled rules are enabled together, and a workspace takes {LIMIT}",
            scheduled.len()
        );
        found.report(
            Diagnostic::new(&CODE, over.name.span, message).label("the first over the limit"),
        );
    }
}

/// Enabled scheduled rules that one workspace takes.
const LIMIT: usize = 512;
