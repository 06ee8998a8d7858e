//! `tolower()` or `toupper()` around what is compared.

use crate::diag::{Diagnostic, Fix, code};
use crate::kql::Parsed;
use crate::kql::ast::{BinaryOp, Call, Expr, ExprKind, InOp, TextOp};
use crate::kql::literal::Literal;
use crate::kql::span::TextSpan;
use crate::kql::walk::{Node, walk};
use crate::lint::{Check, Found, Lint, query};
use crate::rule::Rule;

code! {
    /// A text is put into lower or upper case only to be compared: `tolower(a) == "x"`.
    ///
    /// The function runs for every row and keeps the index from being used; `=~`, `in~`, `has` and their kin compare without
    /// regard to case by themselves. `--fix` writes them where the text compared with is in that case already.
    ///
    /// Bad:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ingestion_time() > ago(1h)
    ///   | where tolower(AppDisplayName) == "azure portal"
    /// ```
    /// Good:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ingestion_time() > ago(1h)
    ///   | where AppDisplayName =~ "azure portal"
    /// ```
    /// Source: "Best practices for Kusto Query Language queries": `Col =~ "text"` rather than `tolower(Col) == "text"`.
    pub(crate) static CODE = "folded-text", Warning, "`tolower()` or `toupper()` around what is compared";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Query(check),
};

/// `tolower(inner)` or `toupper(inner)`.
struct Folded<'a> {
    call: &'a Call,
    inner: &'a Expr,
    lower: bool,
}

fn folded(expr: &Expr) -> Option<Folded<'_>> {
    let ExprKind::Call(call) = &expr.kind else {
        return None;
    };
    let lower = match &*call.name.text {
        "tolower" => true,
        "toupper" => false,
        _ => return None,
    };
    match &call.arguments[..] {
        [argument] if argument.name().is_none() => Some(Folded {
            call,
            inner: &argument.value,
            lower,
        }),
        _ => None,
    }
}

impl Folded<'_> {
    /// Whether a constant is the same before and after the function, so that leaving it away changes nothing.
    fn keeps(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Literal(Literal::String(text)) => {
                text.is_ascii()
                    && !text.contains(|c: char| {
                        if self.lower {
                            c.is_ascii_uppercase()
                        } else {
                            c.is_ascii_lowercase()
                        }
                    })
            }
            ExprKind::Paren(inner) => self.keeps(inner),
            _ => false,
        }
    }
}

fn check(rule: &Rule, parsed: &Parsed, found: &mut Found<'_>) {
    walk(&parsed.query, &mut |node| {
        let Node::Expr(expr) = node else {
            return;
        };
        match &expr.kind {
            ExprKind::Binary {
                op,
                op_span,
                left,
                right,
            } => binary(rule, (*op, *op_span), (left, right), found),
            ExprKind::In {
                op,
                op_span,
                left,
                list,
            } => {
                let Some(folded) = folded(left) else {
                    return;
                };
                let (instead, kept) = match op {
                    InOp::In => ("in~", list.iter().all(|one| folded.keeps(one))),
                    InOp::NotIn => ("!in~", list.iter().all(|one| folded.keeps(one))),
                    // These disregard case, so the function does nothing where the list is in its case.
                    InOp::InTilde => ("in~", true),
                    InOp::NotInTilde => ("!in~", true),
                    InOp::HasAny => ("has_any", true),
                    InOp::HasAll => ("has_all", true),
                };
                report(
                    rule,
                    &folded,
                    kept.then_some((*op_span, instead)),
                    instead,
                    found,
                );
            }
            _ => {}
        }
    });
}

fn binary(
    rule: &Rule,
    (op, op_span): (BinaryOp, TextSpan),
    (left, right): (&Expr, &Expr),
    found: &mut Found<'_>,
) {
    let instead = match op {
        BinaryOp::Equal => "=~",
        BinaryOp::NotEqual => "!~",
        BinaryOp::EqualTilde => "=~",
        BinaryOp::NotTilde => "!~",
        BinaryOp::Text {
            op: TextOp::Contains,
            negated: false,
            case_sensitive: false,
        } => "contains",
        BinaryOp::Text {
            op: TextOp::Has,
            negated: false,
            case_sensitive: false,
        } => "has",
        BinaryOp::Text {
            op: TextOp::StartsWith,
            negated: false,
            case_sensitive: false,
        } => "startswith",
        BinaryOp::Text {
            op: TextOp::EndsWith,
            negated: false,
            case_sensitive: false,
        } => "endswith",
        _ => return,
    };
    for (side, other) in [(left, right), (right, left)] {
        let Some(one) = folded(side) else {
            continue;
        };
        let ignores = !matches!(op, BinaryOp::Equal | BinaryOp::NotEqual);
        let kept = ignores || one.keeps(other);
        report(
            rule,
            &one,
            kept.then_some((op_span, instead)),
            instead,
            found,
        );
        return;
    }
}

fn report(
    rule: &Rule,
    folded: &Folded<'_>,
    fix: Option<(TextSpan, &str)>,
    instead: &str,
    found: &mut Found<'_>,
) {
    let name = &folded.call.name;
    let whole = name.span.to(folded.call.arguments_span);
    let place = query::place(rule, found.sources, whole.range());
    let message = format!("`{}()` runs for every row, only to compare", name.text);
    let mut diagnostic = Diagnostic::new(&CODE, place, message)
        .help(format!("`{instead}` compares without regard to case"));
    let inner = folded.inner.span.range();
    if let Some((op_span, op)) = fix
        && let Some(inner) = rule.query.value.get(inner)
        && let Some(edits) = query::edits(rule, found.sources, &[(whole, inner), (op_span, op)])
    {
        diagnostic = diagnostic.fix(Fix {
            title: format!("write `{instead}` without `{}()`", name.text),
            edits,
        });
    }
    found.report(diagnostic);
}
