//! A query that searches every table.

use crate::diag::{Diagnostic, code};
use crate::lint::query::Query;
use crate::lint::{Check, Found, Lint, query};
use crate::rule::Rule;

code! {
    /// The query uses `search` without a table in front of it, or `search *`.
    ///
    /// It reads every table of the workspace on every run; the service's guidance forbids it in rules, and it runs into the
    /// time limit.
    ///
    /// Bad:
    /// ```yaml
    /// query: |
    ///   search "mimikatz"
    /// ```
    /// Good:
    /// ```yaml
    /// query: |
    ///   SecurityEvent
    ///   | where CommandLine has "mimikatz"
    /// ```
    /// Source: "Create custom analytics rules": no `search *` and no `union *`.
    pub(crate) static CODE = "search-star", Warning, "a query that searches every table";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    let parsed = Query::new(&rule.query.value);
    for (at, word) in parsed.words() {
        if word != "search" {
            continue;
        }
        let before = parsed.code[..at].trim_end();
        let after = parsed.code[at + word.len()..].trim_start();
        let piped = before.ends_with('|');
        let starts = before.is_empty() || before.ends_with([';', '(']);
        if (starts && !after.starts_with("in")) || (piped && after.starts_with('*')) {
            let place = query::place(rule, found.sources, at..at + word.len());
            found.report(
                Diagnostic::new(&CODE, place, "the query searches every table")
                    .help("name the table, and filter by `has` on its columns"),
            );
        }
    }
}
