//! A variable of another tool in the query.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint, query};
use crate::rule::Rule;

code! {
    /// The query holds `%%NAME%%` or `{{NAME}}`, which other tools replace before they deploy.
    ///
    /// rulepost sends the query as it is, so the text would stay. Parameters go under `rulepost.parameters`.
    ///
    /// Bad:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where UserPrincipalName == "%%ADMIN%%"
    /// ```
    /// Good:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where UserPrincipalName == Admin
    /// rulepost:
    ///   references:
    ///     - https://attack.mitre.org/techniques/T1110/
    ///   parameters:
    ///     - name: Admin
    ///       type: string
    ///       default: root
    /// ```
    /// Source: the variable syntax of SentinelARConverter.
    pub(crate) static CODE = "unreplaced-variable", Warning, "a variable of another tool in the query";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    for (open, close) in [("%%", "%%"), ("{{", "}}")] {
        let text = &rule.query.value;
        let mut at = 0;
        while let Some(start) = text[at..].find(open).map(|found| at + found) {
            let inside = &text[start + 2..];
            let name = inside
                .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                .next();
            let name = name.unwrap_or_default();
            if !name.is_empty() && inside[name.len()..].starts_with(close) {
                let end = start + name.len() + 4;
                let place = query::place(rule, found.sources, start..end);
                let message = format!("`{open}{name}{close}` is not replaced");
                found.report(
                    Diagnostic::new(&CODE, place, message)
                        .help("declare a parameter under `rulepost.parameters` and use its name"),
                );
                at = end;
            } else {
                at = start + 2;
            }
        }
    }
}
