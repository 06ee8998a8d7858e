//! A comparison without regard to case with a text that has none.

use crate::diag::{Diagnostic, Fix, code};
use crate::kql::Parsed;
use crate::kql::ast::{BinaryOp, Expr, ExprKind, InOp};
use crate::kql::literal::Literal;
use crate::kql::walk::{Node, walk};
use crate::lint::{Check, Found, Lint, query};
use crate::rule::Rule;

code! {
    /// `=~`, `!~`, `in~` or `!in~` compares with texts that have no letters.
    ///
    /// Comparing without regard to case costs more than comparing exactly, and digits have no case. `--fix` writes the exact
    /// operator.
    ///
    /// Bad:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ingestion_time() > ago(1h)
    ///   | where ResultType in~ ("50126", "50053")
    /// ```
    /// Good:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ingestion_time() > ago(1h)
    ///   | where ResultType in ("50126", "50053")
    /// ```
    /// Source: "Best practices for Kusto Query Language queries": case-sensitive operators where they serve.
    pub(crate) static CODE = "needless-case-folding", Note, "a comparison without regard to case with a text that has none";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Query(check),
};

fn check(rule: &Rule, parsed: &Parsed, found: &mut Found<'_>) {
    walk(&parsed.query, &mut |node| {
        let Node::Expr(expr) = node else {
            return;
        };
        let (span, exact) = match &expr.kind {
            ExprKind::Binary {
                op: op @ (BinaryOp::EqualTilde | BinaryOp::NotTilde),
                op_span,
                left,
                right,
            } if caseless(left) || caseless(right) => {
                let equal = *op == BinaryOp::EqualTilde;
                (*op_span, if equal { "==" } else { "!=" })
            }
            ExprKind::In {
                op: op @ (InOp::InTilde | InOp::NotInTilde),
                op_span,
                list,
                ..
            } if !list.is_empty() && list.iter().all(caseless) => {
                (*op_span, if *op == InOp::InTilde { "in" } else { "!in" })
            }
            _ => return,
        };
        let place = query::place(rule, found.sources, span.range());
        let mut diagnostic = Diagnostic::new(&CODE, place, "there are no letters to compare")
            .help(format!("`{exact}` means the same here"));
        if let Some(edits) = query::edits(rule, found.sources, &[(span, exact)]) {
            diagnostic = diagnostic.fix(Fix {
                title: format!("write `{exact}`"),
                edits,
            });
        }
        found.report(diagnostic);
    });
}

/// Whether an expression is a text without letters.
fn caseless(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(Literal::String(text)) => {
            text.is_ascii() && !text.contains(|c: char| c.is_ascii_alphabetic())
        }
        ExprKind::Paren(inner) => caseless(inner),
        _ => false,
    }
}
