//! `contains` where `has` would do.

use crate::diag::{Diagnostic, Fix, code};
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
    /// is not. Where that is meant, `# rulepost: ignore[contains-for-words] why` above the query says so. `--fix` writes `has`
    /// where the text has something else than a letter or digit at both ends, so that both find the same.
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
        let mut diagnostic = Diagnostic::new(
            &CODE,
            place,
            "every character of the column is read to find words",
        );
        if is_bounded(text) {
            diagnostic = diagnostic.help(format!("`{has}` finds the same by the index"));
            if let Some(edits) = query::edits(rule, found.sources, &[(*op_span, has)]) {
                diagnostic = diagnostic.fix(Fix {
                    title: format!("write `{has}`"),
                    edits,
                });
            }
        } else {
            diagnostic =
                diagnostic.help(format!("`{has}` uses the index; it finds whole words only"));
        }
        found.report(diagnostic);
    });
}

/// Whether a text is words that the index has: each of three characters or more, and more than one of them or something
/// around them, so that a part of a word is not what is looked for.
fn is_words(text: &str) -> bool {
    let mut words = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let count = words.clone().count();
    text.is_ascii()
        && words.all(|word| word.len() >= 3)
        && (count >= 2 || (count == 1 && is_bounded(text)))
}

/// Whether no word can go on beyond either end of a text.
fn is_bounded(text: &str) -> bool {
    let bounded = |c: Option<char>| c.is_some_and(|c| !c.is_alphanumeric());
    bounded(text.chars().next()) && bounded(text.chars().next_back())
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
