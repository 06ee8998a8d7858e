//! More enabled NRT rules than a workspace takes.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::{Rule, RuleKind};

code! {
    /// More than 50 NRT rules are enabled together.
    ///
    /// A workspace takes 50 enabled NRT rules; the service refuses the ones after that.
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
    pub(crate) static CODE = "too-many-nrt-rules", Warning, "more enabled NRT rules than a workspace takes";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Set(check),
};

fn check(rules: &[&Rule], found: &mut Found<'_>) {
    let nrt: Vec<&&Rule> = rules
        .iter()
        .filter(|rule| rule.kind.value == RuleKind::Nrt)
        .filter(|rule| rule.enabled.as_ref().is_none_or(|enabled| enabled.value))
        .collect();
    if let Some(over) = nrt.get(LIMIT) {
        let message = format!(
            "{} NRT rules are enabled together, and a workspace takes {LIMIT}",
            nrt.len()
        );
        found.report(
            Diagnostic::new(&CODE, over.name.span, message).label("the first over the limit"),
        );
    }
}

/// Enabled NRT rules that one workspace takes.
const LIMIT: usize = 50;
