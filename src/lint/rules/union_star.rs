//! A query that joins every table.

use crate::diag::{Diagnostic, code};
use crate::kql::Parsed;
use crate::kql::ast::{ExprKind, OperatorKind};
use crate::kql::walk::{Node, walk};
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
    check: Check::Query(check),
};

fn check(rule: &Rule, parsed: &Parsed, found: &mut Found<'_>) {
    walk(&parsed.query, &mut |node| {
        if let Node::Operator(operator) = node
            && let OperatorKind::Union(tables) = &operator.kind
            && tables.iter().any(|one| is_star(&one.kind))
        {
            let place = query::place(rule, found.sources, operator.keyword.range());
            found.report(
                Diagnostic::new(&CODE, place, "the query joins every table")
                    .help("name the tables"),
            );
        }
    });
}

fn is_star(table: &ExprKind) -> bool {
    match table {
        ExprKind::Star => true,
        ExprKind::Wildcard(pattern) => &*pattern.text == "*",
        _ => false,
    }
}
