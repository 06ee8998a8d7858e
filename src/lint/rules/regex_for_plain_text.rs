//! A regular expression without anything of one.

use crate::diag::{Diagnostic, Fix, code};
use crate::kql::Parsed;
use crate::kql::ast::{BinaryOp, Expr, ExprKind};
use crate::kql::literal::Literal;
use crate::kql::walk::{Node, walk};
use crate::lint::{Check, Found, Lint, query};
use crate::rule::Rule;

code! {
    /// `matches regex` with a pattern that is plain text, perhaps between `^` and `$` or `.*`.
    ///
    /// A regular expression is run over every row; the operators for texts do the same faster, and read better. `--fix` writes
    /// the one that means the same, letter case included.
    ///
    /// Bad:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ingestion_time() > ago(1h)
    ///   | where UserPrincipalName matches regex "^svc-"
    /// ```
    /// Good:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ingestion_time() > ago(1h)
    ///   | where UserPrincipalName startswith_cs "svc-"
    /// ```
    /// Source: "Best practices for Kusto Query Language queries": string operators rather than regular expressions.
    pub(crate) static CODE = "regex-for-plain-text", Warning, "a regular expression without anything of one";
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
                    op: BinaryOp::MatchesRegex,
                    op_span,
                    right,
                    ..
                },
            ..
        }) = node
        else {
            return;
        };
        let ExprKind::Literal(Literal::String(pattern)) = &right.kind else {
            return;
        };
        let Some((operator, text)) = plain(pattern) else {
            return;
        };
        let whole = op_span.to(right.span);
        let instead = format!("{operator} \"{text}\"");
        let place = query::place(rule, found.sources, whole.range());
        let mut diagnostic = Diagnostic::new(&CODE, place, "the pattern is plain text")
            .help(format!("`{instead}` means the same"));
        if let Some(edits) = query::edits(rule, found.sources, &[(whole, &instead)]) {
            diagnostic = diagnostic.fix(Fix {
                title: format!("write `{instead}`"),
                edits,
            });
        }
        found.report(diagnostic);
    });
}

/// The operator and the text that a pattern without anything special means.
fn plain(pattern: &str) -> Option<(&'static str, &str)> {
    let (pattern, folded) = match pattern.strip_prefix("(?i)") {
        Some(rest) => (rest, true),
        None => (pattern, false),
    };
    let (rest, from_start) = match pattern.strip_prefix('^') {
        Some(rest) => (rest, true),
        None => (pattern, false),
    };
    let (rest, to_end) = match rest.strip_suffix('$') {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    // `.*` at an open end adds nothing; behind an anchor it takes the anchor away, except across lines.
    let text = if from_start || to_end {
        rest
    } else {
        let rest = rest.strip_prefix(".*").unwrap_or(rest);
        rest.strip_suffix(".*").unwrap_or(rest)
    };
    let legal = |c: char| c.is_ascii_alphanumeric() || " _-/:;,@#%&=<>~!'".contains(c);
    if text.is_empty() || !text.chars().all(legal) {
        return None;
    }
    let operator = match (from_start, to_end, folded) {
        (false, false, false) => "contains_cs",
        (false, false, true) => "contains",
        (true, false, false) => "startswith_cs",
        (true, false, true) => "startswith",
        (false, true, false) => "endswith_cs",
        (false, true, true) => "endswith",
        (true, true, false) => "==",
        (true, true, true) => "=~",
    };
    Some((operator, text))
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn only_what_means_the_same_is_plain() {
        for (pattern, wanted) in [
            ("abc", Some(("contains_cs", "abc"))),
            (".*abc.*", Some(("contains_cs", "abc"))),
            ("(?i)abc", Some(("contains", "abc"))),
            ("^svc-", Some(("startswith_cs", "svc-"))),
            ("^a b$", Some(("==", "a b"))),
            ("(?i)x$", Some(("endswith", "x"))),
            ("^abc.*", None),
            ("a.c", None),
            (r"\d+", None),
            ("", None),
            (".*", None),
            ("a|b", None),
        ] {
            assert_eq!(plain(pattern), wanted, "{pattern}");
        }
    }
}
