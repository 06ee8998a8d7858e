//! How far back a query looks: `ago(…)` and `now() - …` with spans that are known when the query is read.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::duration::Duration;
use crate::kql::Parsed;
use crate::kql::ast::{BinaryOp, Expr, ExprKind, StatementKind, UnaryOp};
use crate::kql::literal::{Literal, TICKS_PER_SECOND, parse_timespan};
use crate::kql::walk::{Node, walk};
use crate::rule::Rule;
use crate::rule::field::ParameterType;

/// Deepest nesting of spans that is followed.
const DEEPEST: usize = 32;

/// The spans, and where each is written.
///
/// A span that is compared with another column than the time of the event is none: `CreatedAt > ago(90d)` asks when
/// something was made, not when it was logged.
pub(crate) fn looks_back(rule: &Rule, parsed: &Parsed) -> Vec<(Duration, Range<usize>)> {
    let spans = Spans::new(rule, parsed);
    let mut found: Vec<(i64, Range<usize>)> = Vec::new();
    let mut other: Vec<Range<usize>> = Vec::new();
    walk(&parsed.query, &mut |node| {
        let Node::Expr(expr) = node else {
            return;
        };
        if let Some((ticks, range)) = spans.back(expr) {
            found.push((ticks, range));
        }
        match &expr.kind {
            ExprKind::Binary { left, right, .. } => {
                for (side, bound) in [(left, right), (right, left)] {
                    if is_other_column(side) {
                        other.push(bound.span.range());
                    }
                }
            }
            ExprKind::Between {
                value, low, high, ..
            } if is_other_column(value) => {
                other.extend([low.span.range(), high.span.range()]);
            }
            _ => {}
        }
    });
    let inside = |range: &Range<usize>| {
        let holds = |outer: &Range<usize>| outer.start <= range.start && range.end <= outer.end;
        other.iter().any(holds)
    };
    let mut found: Vec<_> = found
        .into_iter()
        .filter(|(_, range)| !inside(range))
        .filter_map(|(ticks, range)| {
            let seconds = u64::try_from(ticks / TICKS_PER_SECOND).ok()?;
            Some((Duration::from_secs(seconds), range))
        })
        .collect();
    found.sort_by_key(|(_, range)| (range.start, range.end));
    found
}

/// Whether an expression is a column of another time than that of the event.
fn is_other_column(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(name) => !matches!(
            &*name.text,
            "TimeGenerated"
                | "Timestamp"
                | "EventStartTime"
                | "EventEndTime"
                | "StartTime"
                | "EndTime"
        ),
        ExprKind::Paren(inner) => is_other_column(inner),
        ExprKind::Path { .. } | ExprKind::Index { .. } => true,
        ExprKind::Call(call) => {
            matches!(
                &*call.name.text,
                "todatetime"
                    | "make_datetime"
                    | "datetime_add"
                    | "unixtime_seconds_todatetime"
                    | "unixtime_milliseconds_todatetime"
            )
        }
        _ => false,
    }
}

/// The spans that names stand for, and the arithmetic of spans.
struct Spans<'a> {
    lets: BTreeMap<&'a str, &'a Expr>,
    parameters: BTreeMap<&'a str, i64>,
}

impl<'a> Spans<'a> {
    fn new(rule: &'a Rule, parsed: &'a Parsed) -> Self {
        let mut lets = BTreeMap::new();
        walk(&parsed.query, &mut |node| {
            if let Node::Statement(statement) = node
                && let StatementKind::Let { name, value } = &statement.kind
            {
                lets.insert(&*name.text, value);
            }
        });
        let parameters = rule.extension.parameters.iter().filter_map(|one| {
            let timespan = one.kind.value == ParameterType::Timespan;
            let text = one.default.value.as_str().filter(|_| timespan)?;
            Some((one.name.value.as_str(), parse_timespan(text)?))
        });
        Self {
            lets,
            parameters: parameters.collect(),
        }
    }

    /// How far before now an expression is, in ticks, and where that is written.
    fn back(&self, expr: &Expr) -> Option<(i64, Range<usize>)> {
        match &expr.kind {
            ExprKind::Call(call) => match (&*call.name.text, &call.arguments[..]) {
                ("ago", [span]) => Some((self.span(&span.value, 0)?, span.value.span.range())),
                ("now", [span]) => {
                    let ticks = self.span(&span.value, 0)?.checked_neg()?;
                    Some((ticks, span.value.span.range()))
                }
                _ => None,
            },
            ExprKind::Binary {
                op: BinaryOp::Subtract,
                left,
                right,
                ..
            } => {
                let start = match &left.kind {
                    ExprKind::Call(call)
                        if &*call.name.text == "now" && call.arguments.is_empty() =>
                    {
                        0
                    }
                    _ => self.back(left)?.0,
                };
                let ticks = start.checked_add(self.span(right, 0)?)?;
                Some((ticks, expr.span.range()))
            }
            _ => None,
        }
    }

    /// A span in ticks, when it is known.
    fn span(&self, expr: &Expr, depth: usize) -> Option<i64> {
        if depth > DEEPEST {
            return None;
        }
        let inner = |expr: &Expr| self.span(expr, depth + 1);
        match &expr.kind {
            ExprKind::Literal(Literal::Timespan(ticks)) => *ticks,
            ExprKind::Paren(expr) => inner(expr),
            ExprKind::Unary {
                op: UnaryOp::Minus,
                operand,
            } => inner(operand)?.checked_neg(),
            ExprKind::Name(name) => {
                let known = self.lets.get(&*name.text).map(|value| inner(value));
                known.unwrap_or_else(|| self.parameters.get(&*name.text).copied())
            }
            ExprKind::Call(call) if &*call.name.text == "totimespan" => {
                inner(&call.arguments.first()?.value)
            }
            ExprKind::Binary {
                op, left, right, ..
            } => match op {
                BinaryOp::Add => inner(left)?.checked_add(inner(right)?),
                BinaryOp::Subtract => inner(left)?.checked_sub(inner(right)?),
                BinaryOp::Multiply => match (number(left), number(right)) {
                    (Some(count), None) => inner(right)?.checked_mul(count),
                    (None, Some(count)) => inner(left)?.checked_mul(count),
                    _ => None,
                },
                BinaryOp::Divide => inner(left)?.checked_div(number(right)?),
                _ => None,
            },
            _ => None,
        }
    }
}

/// A whole number as written.
fn number(expr: &Expr) -> Option<i64> {
    match &expr.kind {
        ExprKind::Literal(Literal::Long(number)) => *number,
        ExprKind::Paren(inner) => number(inner),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample::{at, scheduled};

    fn spans(query: &str) -> Vec<u64> {
        let mut rule = scheduled(1);
        rule.query = at(query.to_owned());
        let parsed = crate::kql::parse(query);
        let found = looks_back(&rule, &parsed);
        found
            .into_iter()
            .map(|(span, _)| span.as_secs() / 60)
            .collect()
    }

    #[test]
    fn spans_are_followed_through_names_and_arithmetic() {
        for (query, minutes) in [
            (
                "let w = 14d; T | where TimeGenerated > ago(w) and TimeGenerated < ago( 2h )",
                vec![14 * 1440, 120],
            ),
            ("T | where TimeGenerated > ago(90m)", vec![90]),
            ("let d = 2; T | where TimeGenerated > ago(d * 1d)", vec![]),
            (
                "T | where TimeGenerated between (ago(3 * 1d + 1h) .. ago(1h))",
                vec![73 * 60, 60],
            ),
            ("T | where TimeGenerated > now() - 1d", vec![1440]),
            ("T | where TimeGenerated > now(-2d)", vec![2880]),
            ("T | where ingestion_time() > ago(5m)", vec![5]),
            (
                "T | where startofday(TimeGenerated) > startofday(ago(7d))",
                vec![7 * 1440],
            ),
            (
                "T | where CreatedAt > ago(90d) and todatetime(x) > ago(9d)",
                vec![],
            ),
            ("T | where now() - TimeGenerated > 1d // ago(9d)", vec![]),
            ("let a = b; let b = a; T | where t > ago(a)", vec![]),
        ] {
            assert_eq!(spans(query), minutes, "{query}");
        }
    }
}
