//! A regular expression as the first filter of a table.

use crate::diag::{Diagnostic, code};
use crate::kql::Parsed;
use crate::kql::ast::{BinaryOp, Expr, ExprKind, LogicalOp, OperatorKind, Pipeline};
use crate::kql::walk::{Node, walk, walk_from};
use crate::lint::{Check, Found, Lint, query};
use crate::rule::Rule;

code! {
    /// The first filter of a table is a regular expression and nothing else.
    ///
    /// It runs over every event of the period. A filter that the index serves (`==`, `in`, `has`) before it, or beside it in the
    /// same `where`, leaves few rows for it.
    ///
    /// Bad:
    /// ```yaml
    /// query: |
    ///   SecurityEvent
    ///   | where CommandLine matches regex @"(?i)\\s-e(nc)?\\s+[a-z0-9+/=]{40}"
    ///   | where ingestion_time() > ago(1h)
    /// ```
    /// Good:
    /// ```yaml
    /// query: |
    ///   SecurityEvent
    ///   | where EventID == 4688 and CommandLine has "powershell"
    ///   | where CommandLine matches regex @"(?i)\\s-e(nc)?\\s+[a-z0-9+/=]{40}"
    ///   | where ingestion_time() > ago(1h)
    /// ```
    /// Source: "Best practices for Kusto Query Language queries": the filters that reduce most come first.
    pub(crate) static CODE = "regex-on-every-row", Warning, "a regular expression as the first filter of a table";
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
        if let Some(spot) = first_filter(pipeline).and_then(only_regex) {
            let place = query::place(rule, found.sources, spot.span.range());
            found.report(
                Diagnostic::new(
                    &CODE,
                    place,
                    "the regular expression runs over every row of the table",
                )
                .help("filter by `==`, `in` or `has` first, in the same `where` or before it"),
            );
        }
    });
}

/// The predicate of a `where` that gets the rows of a table as they are.
fn first_filter(pipeline: &Pipeline) -> Option<&Expr> {
    let source = pipeline.source.as_ref()?;
    if !matches!(source.kind, ExprKind::Name(_)) {
        return None;
    }
    match &pipeline.operators.first()?.kind {
        OperatorKind::Where(predicate) => Some(predicate),
        _ => None,
    }
}

/// The regular expression in a predicate that has no other condition beside it.
fn only_regex(predicate: &Expr) -> Option<&Expr> {
    match &predicate.kind {
        ExprKind::Paren(inner) => only_regex(inner),
        // Every branch must be one, or rows are left out without it.
        ExprKind::Logical {
            op: LogicalOp::Or,
            operands,
            ..
        } => operands
            .iter()
            .find_map(only_regex)
            .filter(|_| operands.iter().all(|one| only_regex(one).is_some())),
        ExprKind::Logical { .. } => None,
        ExprKind::Binary {
            op: BinaryOp::MatchesRegex,
            ..
        } => Some(predicate),
        _ => {
            let mut extracts = false;
            walk_from([Node::Expr(predicate)], &mut |node| {
                if let Node::Expr(Expr {
                    kind: ExprKind::Call(call),
                    ..
                }) = node
                {
                    extracts |= matches!(
                        &*call.name.text,
                        "extract" | "extract_all" | "replace_regex"
                    );
                }
            });
            extracts.then_some(predicate)
        }
    }
}
