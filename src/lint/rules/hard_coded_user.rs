//! A user name in a query.

use crate::diag::{Diagnostic, code};
use crate::lint::query::Query;
use crate::lint::{Check, Found, Lint, query};
use crate::rule::Rule;

code! {
    /// The query holds the address of a person or a service account.
    ///
    /// The list grows old with every change of staff, and the rule works in one tenant only. A watchlist or a parameter holds
    /// such lists.
    ///
    /// Bad:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where UserPrincipalName != "jane.doe@contoso-bank.com"
    /// ```
    /// Good:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where UserPrincipalName !in (Excluded)
    /// rulepost:
    ///   references:
    ///     - https://attack.mitre.org/techniques/T1110/
    ///   parameters:
    ///     - name: Excluded
    ///       type: dynamic
    ///       default: []
    /// ```
    /// Source: rulepost's own rule.
    pub(crate) static CODE = "hard-coded-user", Note, "a user name in a query";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    let text = &rule.query.value;
    let parsed = Query::new(text);
    let mut users = parsed.strings.iter().filter(|range| {
        let literal = text.get((*range).clone());
        literal.is_some_and(is_address)
    });
    if let Some(range) = users.next() {
        let more = users.count();
        let message = match more {
            0 => "a user's name stands in the query".to_owned(),
            _ => format!("{} user names stand in the query", more + 1),
        };
        let place = query::place(rule, found.sources, range.clone());
        found.report(
            Diagnostic::new(&CODE, place, message).help(
                "keep such lists in a watchlist or in a parameter under `rulepost.parameters`",
            ),
        );
    }
}

/// Whether a whole text is an address such as `name@domain.tld`.
fn is_address(text: &str) -> bool {
    let Some((name, domain)) = text.split_once('@') else {
        return false;
    };
    let plain = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+'))
    };
    let top = domain.rsplit('.').next().unwrap_or_default();
    plain(name)
        && plain(domain)
        && domain.contains('.')
        && top.len() >= 2
        && !domain.ends_with("example.com")
}
