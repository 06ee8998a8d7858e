//! Several regular expressions over rows that nothing filtered.

use std::collections::BTreeSet;

use crate::diag::{Diagnostic, code};
use crate::kql::Parsed;
use crate::kql::ast::{
    BinaryOp, Expr, ExprKind, LogicalOp, Operator, OperatorKind, Pipeline, StatementKind,
};
use crate::kql::walk::{Node, walk, walk_from};
use crate::lint::{Check, Found, Lint, query};
use crate::rule::Rule;

/// So many are too many.
const MANY: usize = 3;

code! {
    /// Three or more regular expressions run over all events of a table, before anything but their time was asked for.
    ///
    /// Each reads its column in every row. One filter that the index serves (`==`, `in`, `has`) leaves few rows for all of them;
    /// one `parse` or one expression with several groups takes apart at once what several `extract` take apart in turn.
    ///
    /// Bad:
    /// ```yaml
    /// query: |
    ///   Syslog
    ///   | where TimeGenerated > ago(1h)
    ///   | extend User = extract(@"user=(\\S+)", 1, SyslogMessage)
    ///   | extend Source = extract(@"src=(\\S+)", 1, SyslogMessage)
    ///   | extend Port = extract(@"port=(\\d+)", 1, SyslogMessage)
    /// ```
    /// Good:
    /// ```yaml
    /// query: |
    ///   Syslog
    ///   | where TimeGenerated > ago(1h)
    ///   | where ProcessName == "sshd"
    ///   | parse SyslogMessage with * "user=" User " src=" Source " port=" Port
    /// ```
    /// Source: "Best practices for Kusto Query Language queries": the filters that reduce most come first.
    pub(crate) static CODE = "many-regular-expressions", Warning, "many regular expressions over rows that nothing filtered";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Query(check),
};

fn check(rule: &Rule, parsed: &Parsed, found: &mut Found<'_>) {
    let mut lets = BTreeSet::new();
    walk(&parsed.query, &mut |node| {
        if let Node::Statement(statement) = node
            && let StatementKind::Let { name, .. } = &statement.kind
        {
            lets.insert(&*name.text);
        }
    });
    walk(&parsed.query, &mut |node| {
        let Node::Pipeline(pipeline) = node else {
            return;
        };
        let Some(table) = table(pipeline).filter(|name| !lets.contains(name)) else {
            return;
        };
        let (count, last) = unfiltered(pipeline);
        if let Some(last) = last.filter(|_| count >= MANY) {
            let place = query::place(rule, found.sources, last.keyword.range());
            let message =
                format!("{count} regular expressions have run over every row of `{table}` by here");
            found.report(
                Diagnostic::new(&CODE, place, message)
                    .help("filter by `==`, `in` or `has` before the first of them"),
            );
        }
    });
}

/// The table whose rows come in; names in lower case are functions and parameters more often.
fn table(pipeline: &Pipeline) -> Option<&str> {
    match &pipeline.source.as_ref()?.kind {
        ExprKind::Name(name) if name.text.starts_with(char::is_uppercase) => Some(&name.text),
        _ => None,
    }
}

/// How many regular expressions run before anything leaves rows out, and the last operator with one.
fn unfiltered(pipeline: &Pipeline) -> (usize, Option<&Operator>) {
    let mut count = 0;
    let mut last = None;
    for operator in &pipeline.operators {
        let here = match &operator.kind {
            // What stands beside a filter runs on what it leaves.
            OperatorKind::Where(predicate) if filters(predicate) => break,
            OperatorKind::Where(predicate) => regexes([predicate]),
            OperatorKind::Extend(items) | OperatorKind::Project(items) => {
                regexes(items.iter().map(|item| &item.value))
            }
            OperatorKind::Parse { .. } if operator.parameter_text("kind") == Some("regex") => 1,
            OperatorKind::Parse {
                only_matching: false,
                ..
            }
            | OperatorKind::ProjectAway(_)
            | OperatorKind::ProjectKeep(_)
            | OperatorKind::ProjectRename(_)
            | OperatorKind::ProjectReorder(_)
            | OperatorKind::Serialize(_)
            | OperatorKind::Sort(_) => 0,
            _ => break,
        };
        if here > 0 {
            count += here;
            last = Some(operator);
        }
    }
    (count, last)
}

/// Whether a condition leaves rows out by anything but their time or a regular expression.
fn filters(predicate: &Expr) -> bool {
    match &predicate.kind {
        ExprKind::Paren(inner) => filters(inner),
        ExprKind::Logical {
            op: LogicalOp::And,
            operands,
            ..
        } => operands.iter().any(filters),
        ExprKind::Logical { operands, .. } => operands.iter().all(filters),
        ExprKind::Binary {
            op: BinaryOp::MatchesRegex,
            ..
        } => false,
        _ => !about_time(predicate) && regexes([predicate]) == 0,
    }
}

fn about_time(predicate: &Expr) -> bool {
    let mut time = false;
    walk_from([Node::Expr(predicate)], &mut |node| {
        if let Node::Expr(expr) = node {
            time |= match &expr.kind {
                ExprKind::Name(name) => &*name.text == "TimeGenerated",
                ExprKind::Call(call) => {
                    matches!(&*call.name.text, "ingestion_time" | "ago" | "now")
                }
                _ => false,
            };
        }
    });
    time
}

fn regexes<'a>(exprs: impl IntoIterator<Item = &'a Expr>) -> usize {
    let mut count = 0;
    walk_from(exprs.into_iter().map(Node::Expr), &mut |node| {
        if let Node::Expr(expr) = node {
            count += usize::from(match &expr.kind {
                ExprKind::Binary {
                    op: BinaryOp::MatchesRegex,
                    ..
                } => true,
                ExprKind::Call(call) => matches!(
                    &*call.name.text,
                    "extract" | "extract_all" | "replace_regex" | "replace"
                ),
                _ => false,
            });
        }
    });
    count
}
