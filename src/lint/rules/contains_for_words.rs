//! `contains` where `has` would do.

use crate::diag::{Diagnostic, code};
use crate::kql::Parsed;
use crate::kql::ast::{BinaryOp, Expr, ExprKind, TextOp};
use crate::kql::literal::Literal;
use crate::kql::walk::{Node, walk};
use crate::lint::{Check, Found, Lint, query};
use crate::rule::Rule;

code! {
    /// `contains` looks for whole words.
    ///
    /// `contains` reads every character of the column; `has` looks words of three characters and more up in an index, many
    /// times faster. They differ where the text is a part of a word: `"administrator" contains "admin"` is true, with `has` it
    /// is not. Where that is meant, `# rulepost: ignore[contains-for-words] why` above the query says so.
    ///
    /// Bad:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ingestion_time() > ago(1h)
    ///   | where UserAgent contains "python requests"
    /// ```
    /// Good:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ingestion_time() > ago(1h)
    ///   | where UserAgent has "python requests"
    /// ```
    /// Source: "Best practices for Kusto Query Language queries": `has` rather than `contains` when looking for full tokens.
    pub(crate) static CODE = "contains-for-words", Warning, "`contains` where `has` would do";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Query(check),
};

fn check(rule: &Rule, parsed: &Parsed, found: &mut Found<'_>) {
    walk(&parsed.query, &mut |node| {
        let Node::Expr(Expr {
            kind:
                ExprKind::Binary {
                    op:
                        BinaryOp::Text {
                            op: TextOp::Contains,
                            negated,
                            case_sensitive,
                        },
                    op_span,
                    right,
                    ..
                },
            ..
        }) = node
        else {
            return;
        };
        let ExprKind::Literal(Literal::String(text)) = &right.kind else {
            return;
        };
        if !is_words(text) {
            return;
        }
        let has = match (negated, case_sensitive) {
            (false, false) => "has",
            (true, false) => "!has",
            (false, true) => "has_cs",
            (true, true) => "!has_cs",
        };
        let place = query::place(rule, found.sources, op_span.to(right.span).range());
        found.report(
            Diagnostic::new(
                &CODE,
                place,
                "every character of the column is read to find words",
            )
            .help(format!("`{has}` uses the index; it finds whole words only")),
        );
    });
}

/// Whether a text is words that the index has: each of three characters or more, and more than one of them or something
/// around them, so that a part of a word is not what is looked for.
fn is_words(text: &str) -> bool {
    let mut words = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let count = words.clone().count();
    let bounded = |c: Option<char>| c.is_some_and(|c| !c.is_alphanumeric());
    let apart = bounded(text.chars().next()) && bounded(text.chars().next_back());
    text.is_ascii() && words.all(|word| word.len() >= 3) && (count >= 2 || (count == 1 && apart))
}

#[cfg(test)]
mod tests {
    use super::is_words;

    #[test]
    fn words_are_told_from_parts_of_words() {
        for text in ["python requests", "/admin/", "cmd.exe", "-EncodedCommand "] {
            assert!(is_words(text), "{text}");
        }
        for text in ["admin", "a b", "", "..", "/ab/", "für die", "/admin"] {
            assert!(!is_words(text), "{text}");
        }
    }
}
