//! A union of the tables that fit a pattern.

use crate::diag::{Diagnostic, code};
use crate::kql::Parsed;
use crate::kql::ast::{ExprKind, OperatorKind};
use crate::kql::walk::{Node, walk};
use crate::lint::{Check, Found, Lint, query};
use crate::rule::Rule;

code! {
    /// The query takes every table whose name fits a pattern: `union Security*`, `find in (AAD*)`.
    ///
    /// A table that appears in the workspace later is read as well, whatever is in it and whatever it costs, and one that goes
    /// away is missed without a word.
    ///
    /// Bad:
    /// ```yaml
    /// query: |
    ///   union AAD*
    ///   | where ingestion_time() > ago(1h)
    ///   | where ResultType == "50126"
    /// ```
    /// Good:
    /// ```yaml
    /// query: |
    ///   union AADNonInteractiveUserSignInLogs, AADServicePrincipalSignInLogs
    ///   | where ingestion_time() > ago(1h)
    ///   | where ResultType == "50126"
    /// ```
    /// Source: "Optimize log queries in Azure Monitor": a union of few tables, named.
    pub(crate) static CODE = "union-wildcard", Warning, "a union of the tables that fit a pattern";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Query(check),
};

fn check(rule: &Rule, parsed: &Parsed, found: &mut Found<'_>) {
    walk(&parsed.query, &mut |node| {
        let Node::Operator(operator) = node else {
            return;
        };
        let tables = match &operator.kind {
            OperatorKind::Union(tables) | OperatorKind::Search { tables, .. } => tables,
            OperatorKind::Find(find) => &find.tables,
            _ => return,
        };
        for table in tables {
            if let ExprKind::Wildcard(pattern) = &table.kind
                && &*pattern.text != "*"
            {
                let place = query::place(rule, found.sources, table.span.range());
                let message = format!("every table that fits `{}` is read", pattern.text);
                found.report(Diagnostic::new(&CODE, place, message).help("name the tables"));
            }
        }
    });
}
