//! The mutants of a query: conditions dropped, comparisons shifted and turned, joins of another kind.

use std::collections::BTreeSet;

use crate::cases::mutate::{Change, Mutant};
use crate::kql;
use crate::kql::ast::TextOp;
use crate::kql::ast::walk::{Visitor, walk};
use crate::kql::ast::{
    BinaryOp, Expr, ExprKind, InOp, JoinKind, LogicalOp, Operator, OperatorKind,
};
use crate::kql::literal::Literal;

/// Longest part of a query that a name repeats, in characters.
const MOST: usize = 100;

/// Every mutant, in the order of the text.
pub(super) fn mutants(text: &str) -> Vec<Mutant> {
    let parsed = kql::parse(text);
    let mut made = Made {
        text,
        mutants: Vec::new(),
    };
    walk(&parsed.query, &mut made);
    let mut seen = BTreeSet::new();
    let mut mutants = made.mutants;
    mutants.retain(|(start, end, replacement, _)| seen.insert((*start, *end, replacement.clone())));
    mutants.sort_by_key(|(start, ..)| *start);
    mutants.into_iter().map(|(.., mutant)| mutant).collect()
}

struct Made<'t> {
    text: &'t str,
    mutants: Vec<(usize, usize, String, Mutant)>,
}

impl Made<'_> {
    fn add(&mut self, range: std::ops::Range<usize>, text: &str, name: String, about: &Expr) {
        let mutant = Mutant {
            name,
            change: Change::Query {
                start: range.start,
                end: range.end,
                text: text.to_owned(),
                about: about.span.range(),
            },
        };
        self.mutants
            .push((range.start, range.end, text.to_owned(), mutant));
    }

    /// A part of the text on one line, shortened.
    fn quoted(&self, range: std::ops::Range<usize>) -> String {
        let written = self.text.get(range).unwrap_or_default();
        let line = written.split_whitespace().collect::<Vec<_>>().join(" ");
        match line.char_indices().nth(MOST) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line,
        }
    }

    fn drop_condition(&mut self, predicate: &Expr) {
        // The members of a conjunction are dropped one by one.
        let mut inner = predicate;
        while let ExprKind::Paren(within) = &inner.kind {
            inner = within;
        }
        let conjunction = matches!(
            &inner.kind,
            ExprKind::Logical {
                op: LogicalOp::And,
                ..
            }
        );
        let constant = matches!(&inner.kind, ExprKind::Literal(_));
        if !conjunction && !constant {
            let name = format!("drop `{}`", self.quoted(predicate.span.range()));
            self.add(predicate.span.range(), "true", name, predicate);
        }
    }

    /// Writes another operator between the operands.
    fn swap(&mut self, op: std::ops::Range<usize>, to: &str, whole: &Expr) {
        let name = format!(
            "write `{to}` for `{}` in `{}`",
            self.quoted(op.clone()),
            self.quoted(whole.span.range())
        );
        self.add(op, to, name, whole);
    }
}

impl<'q> Visitor<'q> for Made<'_> {
    fn operator(&mut self, operator: &'q Operator) {
        match &operator.kind {
            OperatorKind::Where(predicate) => self.drop_condition(predicate),
            OperatorKind::Join(join) => {
                if let Some(predicate) = &join.predicate {
                    self.drop_condition(predicate);
                }
                let Some(kind) = operator.parameter("kind") else {
                    let keyword = operator.keyword.range();
                    let name = format!(
                        "join of kind `inner` for `innerunique` in `{}`",
                        self.quoted(join.right.span.range())
                    );
                    self.add(keyword.end..keyword.end, " kind=inner", name, &join.right);
                    return;
                };
                for to in other_kinds(join.kind) {
                    let name = format!(
                        "join of kind `{to}` for `{}` with `{}`",
                        self.quoted(kind.span.range()),
                        self.quoted(join.right.span.range())
                    );
                    self.add(kind.span.range(), to, name, kind);
                }
            }
            OperatorKind::Lookup(join) => {
                if let Some(kind) = operator.parameter("kind") {
                    let to = if join.kind == JoinKind::Inner {
                        "leftouter"
                    } else {
                        "inner"
                    };
                    let name = format!(
                        "lookup of kind `{to}` for `{}`",
                        self.quoted(kind.span.range())
                    );
                    self.add(kind.span.range(), to, name, kind);
                }
            }
            _ => {}
        }
    }

    fn expression(&mut self, expr: &'q Expr) {
        match &expr.kind {
            ExprKind::Logical {
                operands, op_spans, ..
            } => {
                for (index, operand) in operands.iter().enumerate() {
                    let name = format!("drop `{}`", self.quoted(operand.span.range()));
                    let range = match index.checked_sub(1).and_then(|before| op_spans.get(before)) {
                        Some(op) => op.range().start..operand.span.range().end,
                        None => match operands.get(1) {
                            Some(next) => operand.span.range().start..next.span.range().start,
                            None => continue,
                        },
                    };
                    self.add(range, "", name, operand);
                }
            }
            ExprKind::Binary {
                op,
                op_span,
                left,
                right,
            } => {
                let letters = [left, right].into_iter().any(|side| has_letters(side));
                let spelled = [left, right].into_iter().any(|side| is_text(side));
                for to in other_operators(*op, spelled, letters) {
                    self.swap(op_span.range(), to, expr);
                }
            }
            ExprKind::In {
                op, op_span, list, ..
            } => {
                let letters =
                    list.iter().any(has_letters) || matches!(op, InOp::InTilde | InOp::NotInTilde);
                let (turned, spelled) = match op {
                    InOp::In => ("!in", Some("in~")),
                    InOp::NotIn => ("in", Some("!in~")),
                    InOp::InTilde => ("!in~", Some("in")),
                    InOp::NotInTilde => ("in~", Some("!in")),
                    InOp::HasAny => ("has_all", None),
                    InOp::HasAll => ("has_any", None),
                };
                self.swap(op_span.range(), turned, expr);
                if let Some(spelled) = spelled.filter(|_| letters) {
                    self.swap(op_span.range(), spelled, expr);
                }
            }
            ExprKind::Call(call) if &*call.name.text == "not" => {
                if let [argument] = call.arguments.as_slice() {
                    let inner = self
                        .text
                        .get(argument.value.span.range())
                        .unwrap_or_default();
                    let inner = format!("({inner})");
                    let name = format!("drop `not` of `{}`", self.quoted(expr.span.range()));
                    self.add(expr.span.range(), &inner, name, expr);
                }
            }
            _ => {}
        }
    }
}

/// The kinds a join is easily mistaken for.
fn other_kinds(kind: JoinKind) -> &'static [&'static str] {
    match kind {
        JoinKind::InnerUnique => &["inner", "leftouter"],
        JoinKind::Inner => &["innerunique", "leftouter"],
        JoinKind::LeftOuter => &["inner"],
        JoinKind::RightOuter => &["inner"],
        JoinKind::FullOuter => &["leftouter", "rightouter"],
        JoinKind::LeftSemi => &["leftanti"],
        JoinKind::RightSemi => &["rightanti"],
        JoinKind::LeftAnti => &["leftsemi"],
        JoinKind::RightAnti => &["rightsemi"],
        JoinKind::Unknown => &[],
    }
}

/// The operators to try instead; those that differ in upper and lower case alone only where a letter is compared.
fn other_operators(op: BinaryOp, spelled: bool, letters: bool) -> Vec<&'static str> {
    let with_case = |turned: Option<&'static str>, other: &'static str| {
        turned.into_iter().chain(letters.then_some(other)).collect()
    };
    match op {
        BinaryOp::Equal if spelled => with_case(Some("!="), "=~"),
        BinaryOp::NotEqual if spelled => with_case(Some("=="), "!~"),
        BinaryOp::Equal => vec!["!="],
        BinaryOp::NotEqual => vec!["=="],
        BinaryOp::EqualTilde => vec!["!~", "=="],
        BinaryOp::NotTilde => vec!["=~", "!="],
        BinaryOp::Less => vec!["<="],
        BinaryOp::LessEqual => vec!["<"],
        BinaryOp::Greater => vec![">="],
        BinaryOp::GreaterEqual => vec![">"],
        BinaryOp::Text {
            op,
            negated,
            case_sensitive,
        } => {
            let (turned, other) = text_operators(op, negated, case_sensitive);
            let other = other.filter(|_| letters);
            turned.into_iter().chain(other).collect()
        }
        _ => Vec::new(),
    }
}

/// A word operator negated, and one that differs in upper and lower case.
fn text_operators(
    op: TextOp,
    negated: bool,
    case_sensitive: bool,
) -> (Option<&'static str>, Option<&'static str>) {
    let words: [&'static str; 4] = match op {
        TextOp::Contains => ["contains", "!contains", "contains_cs", "!contains_cs"],
        TextOp::Has => ["has", "!has", "has_cs", "!has_cs"],
        TextOp::HasPrefix => ["hasprefix", "!hasprefix", "hasprefix_cs", "!hasprefix_cs"],
        TextOp::HasSuffix => ["hassuffix", "!hassuffix", "hassuffix_cs", "!hassuffix_cs"],
        TextOp::StartsWith => [
            "startswith",
            "!startswith",
            "startswith_cs",
            "!startswith_cs",
        ],
        TextOp::EndsWith => ["endswith", "!endswith", "endswith_cs", "!endswith_cs"],
        TextOp::Like => return (None, None),
    };
    let word =
        |negated: bool, sensitive: bool| words[usize::from(negated) + 2 * usize::from(sensitive)];
    (
        Some(word(!negated, case_sensitive)),
        Some(word(negated, !case_sensitive)),
    )
}

/// Whether an operand is a text with a letter in it; what a name stands for is not known.
fn has_letters(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(Literal::String(text)) => text.chars().any(char::is_alphabetic),
        _ => false,
    }
}

fn is_text(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Literal(Literal::String(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of the mutants, and the text of each.
    fn all(text: &str) -> Vec<(String, String)> {
        mutants(text)
            .into_iter()
            .map(|mutant| {
                let Change::Query {
                    start,
                    end,
                    text: to,
                    ..
                } = mutant.change
                else {
                    panic!("it is one of the query");
                };
                (
                    mutant.name,
                    format!("{}{to}{}", &text[..start], &text[end..]),
                )
            })
            .collect()
    }

    fn texts(text: &str) -> Vec<String> {
        all(text).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn conditions_are_dropped_one_at_a_time() {
        assert_eq!(
            texts("T | where a > 1 and (b or c) and isempty(d)"),
            [
                "T | where (b or c) and isempty(d)",
                "T | where a >= 1 and (b or c) and isempty(d)",
                "T | where a > 1  and isempty(d)",
                "T | where a > 1 and (c) and isempty(d)",
                "T | where a > 1 and (b ) and isempty(d)",
                "T | where a > 1 and (b or c) ",
            ]
        );
        assert_eq!(texts("T | where a"), ["T | where true"]);
        assert_eq!(texts("T | where true"), [""; 0]);
    }

    #[test]
    fn comparisons_are_shifted_turned_and_spelled_otherwise() {
        let of = |condition: &str| {
            let dropped = "T | where true";
            let mut texts = texts(&format!("T | where {condition}"));
            texts.retain(|text| text != dropped);
            let own = |text: &String| text["T | where ".len()..].to_owned();
            texts.iter().map(own).collect::<Vec<_>>()
        };
        assert_eq!(of("a >= 1"), ["a > 1"]);
        assert_eq!(of("a < b"), ["a <= b"]);
        assert_eq!(of("a == 1"), ["a != 1"]);
        assert_eq!(of("a == 'x'"), ["a != 'x'", "a =~ 'x'"]);
        assert_eq!(of("a == '200'"), ["a != '200'"]);
        assert_eq!(of("a =~ b"), ["a !~ b", "a == b"]);
        assert_eq!(of("a in~ (b)"), ["a !in~ (b)", "a in (b)"]);
        assert_eq!(of("a in (b)"), ["a !in (b)"]);
        assert_eq!(of("a in ('1', '2')"), ["a !in ('1', '2')"]);
        assert_eq!(of("a startswith '2'"), ["a !startswith '2'"]);
        assert_eq!(of("a !has 'x'"), ["a has 'x'", "a !has_cs 'x'"]);
        assert_eq!(of("not(a)"), ["(a)"]);
    }

    #[test]
    fn joins_become_those_of_another_kind() {
        assert_eq!(
            texts("T | join kind=inner (U) on a | join (V) on a"),
            [
                "T | join kind=innerunique (U) on a | join (V) on a",
                "T | join kind=leftouter (U) on a | join (V) on a",
                "T | join kind=inner (U) on a | join kind=inner (V) on a",
            ]
        );
    }

    #[test]
    fn a_name_is_one_short_line() {
        let long = format!("T | where f({}) ==\n   1", "a, ".repeat(60) + "b");
        let all = all(&long);
        assert!(all[0].0.starts_with("drop `f(a, a, "), "{}", all[0].0);
        assert!(all[0].0.ends_with("…`") && all[0].0.chars().count() < 115);
        assert_eq!(all[1].0.lines().count(), 1);
    }

    proptest::proptest! {
        /// Whatever the text, positions are those of whole characters of it.
        #[test]
        fn any_text_has_mutants_or_none(text in "(T \\| where |[a-zé' ()|=<>!~\"]){0,20}") {
            for (name, _) in all(&text) {
                proptest::prop_assert!(!name.is_empty());
            }
        }
    }
}
