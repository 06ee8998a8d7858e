//! A query that searches every table.

use crate::diag::{Diagnostic, code};
use crate::kql::Parsed;
use crate::kql::ast::{ExprKind, OperatorKind};
use crate::kql::walk::{Node, walk};
use crate::lint::{Check, Found, Lint, query};
use crate::rule::Rule;

code! {
    /// The query uses `search` or `find` without a table, or `search *`.
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
    check: Check::Query(check),
};

fn check(rule: &Rule, parsed: &Parsed, found: &mut Found<'_>) {
    walk(&parsed.query, &mut |node| {
        let Node::Pipeline(pipeline) = node else {
            return;
        };
        for (at, operator) in pipeline.operators.iter().enumerate() {
            let starts = at == 0 && pipeline.source.is_none();
            let everything = match &operator.kind {
                OperatorKind::Search { tables, predicate } => {
                    (starts && tables.is_empty()) || matches!(predicate.kind, ExprKind::Star)
                }
                OperatorKind::Find(find) => starts && find.tables.is_empty(),
                _ => false,
            };
            if everything {
                let place = query::place(rule, found.sources, operator.keyword.range());
                found.report(
                    Diagnostic::new(&CODE, place, "the query searches every table")
                        .help("name the table, and filter by `has` on its columns"),
                );
            }
        }
    });
}
