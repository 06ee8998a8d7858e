//! A join with a table that nothing was filtered out of.

use std::collections::BTreeMap;

use crate::diag::{Diagnostic, code};
use crate::kql::Parsed;
use crate::kql::ast::{Expr, ExprKind, OperatorKind, StatementKind};
use crate::kql::walk::{Node, walk};
use crate::lint::{Check, Found, Lint, query};
use crate::rule::Rule;

code! {
    /// The right side of a `join` or `lookup` is a table as it is: nothing filters it by time or otherwise, or groups it.
    ///
    /// All its events of the period are carried over to be joined, and an event meets others that have nothing to do with it in
    /// time. Each side needs its own filter: the one before the `join` does not reach into its parentheses.
    ///
    /// Bad:
    /// ```yaml
    /// query: |
    ///   AuditLogs
    ///   | where ingestion_time() > ago(1h)
    ///   | join kind=inner (SigninLogs) on CorrelationId
    /// ```
    /// Good:
    /// ```yaml
    /// query: |
    ///   AuditLogs
    ///   | where ingestion_time() > ago(1h)
    ///   | join kind=inner (SigninLogs | where TimeGenerated > ago(1h)) on CorrelationId
    /// ```
    /// Source: "Optimize log queries in Azure Monitor": time filters in each part of a join.
    pub(crate) static CODE = "join-whole-table", Warning, "a join with a table that nothing was filtered out of";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Query(check),
};

fn check(rule: &Rule, parsed: &Parsed, found: &mut Found<'_>) {
    let mut lets = BTreeMap::new();
    walk(&parsed.query, &mut |node| {
        if let Node::Statement(statement) = node
            && let StatementKind::Let { name, value } = &statement.kind
        {
            lets.insert(&*name.text, value);
        }
    });
    walk(&parsed.query, &mut |node| {
        let Node::Operator(operator) = node else {
            return;
        };
        let (OperatorKind::Join(join) | OperatorKind::Lookup(join)) = &operator.kind else {
            return;
        };
        if let Some(table) = whole_table(&join.right, &lets, 0) {
            let place = query::place(rule, found.sources, join.right.span.range());
            let message = format!("every event of `{table}` in the period is joined");
            found.report(
                Diagnostic::new(&CODE, place, message)
                    .help("filter inside the parentheses, by time at least: `| where TimeGenerated > ago(1h)`"),
            );
        }
    });
}

/// The table that an expression gives all rows of.
fn whole_table<'a>(
    expr: &'a Expr,
    lets: &BTreeMap<&str, &'a Expr>,
    depth: usize,
) -> Option<&'a str> {
    if depth > 16 {
        return None;
    }
    match &expr.kind {
        ExprKind::Paren(inner) | ExprKind::Materialize(inner) => {
            whole_table(inner, lets, depth + 1)
        }
        ExprKind::Name(name) => match lets.get(&*name.text) {
            Some(value) => whole_table(value, lets, depth + 1),
            // A name in lower case at the front is a function or a parameter more often than a table.
            None => name
                .text
                .starts_with(|c: char| c.is_uppercase())
                .then_some(&*name.text),
        },
        ExprKind::Pipeline(pipeline) => {
            let keeps_all = |kind: &OperatorKind| {
                matches!(
                    kind,
                    OperatorKind::Extend(_)
                        | OperatorKind::Project(_)
                        | OperatorKind::ProjectAway(_)
                        | OperatorKind::ProjectKeep(_)
                        | OperatorKind::ProjectRename(_)
                        | OperatorKind::ProjectReorder(_)
                        | OperatorKind::Sort(_)
                        | OperatorKind::Serialize(_)
                        | OperatorKind::Parse {
                            only_matching: false,
                            ..
                        }
                )
            };
            let all = pipeline.operators.iter().all(|one| keeps_all(&one.kind));
            whole_table(pipeline.source.as_ref()?, lets, depth + 1).filter(|_| all)
        }
        _ => None,
    }
}
