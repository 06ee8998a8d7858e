//! A query that joins every table.

use crate::diag::{Diagnostic, code};
use crate::lint::query::Query;
use crate::lint::{Check, Found, Lint, query};
use crate::rule::Rule;

code! {
    /// The query uses `union *`, or `union withsource=… *`.
    ///
    /// It reads every table of the workspace on every run; the service's guidance forbids it in rules.
    ///
    /// Bad:
    /// ```yaml
    /// query: |
    ///   union *
    ///   | where TimeGenerated > ago(1h)
    /// ```
    /// Good:
    /// ```yaml
    /// query: |
    ///   union SigninLogs, AADNonInteractiveUserSignInLogs
    ///   | where TimeGenerated > ago(1h)
    /// ```
    /// Source: "Create custom analytics rules": no `search *` and no `union *`.
    pub(crate) static CODE = "union-star", Warning, "a query that joins every table";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    let parsed = Query::new(&rule.query.value);
    for (at, word) in parsed.words() {
        if word != "union" {
            continue;
        }
        let arguments = parsed.code[at + word.len()..].split(['|', ';', ')']).next();
        let star = arguments
            .unwrap_or_default()
            .split([',', ' ', '\n', '\t'])
            .any(|word| word == "*");
        if star {
            let place = query::place(rule, found.sources, at..at + word.len());
            found.report(
                Diagnostic::new(&CODE, place, "the query joins every table")
                    .help("name the tables"),
            );
        }
    }
}
