//! A join of two events of one entity, however far apart in time.

use std::collections::BTreeMap;

use crate::diag::{Diagnostic, code};
use crate::kql::Parsed;
use crate::kql::ast::{
    Expr, ExprKind, Join, JoinKind, NamedExpr, Names, Operator, OperatorKind, Pipeline,
    StatementKind,
};
use crate::kql::walk::{Node, walk, walk_from};
use crate::lint::{Check, Found, Lint, query};
use crate::rule::Rule;

code! {
    /// Single events of two tables are joined by a user, a host or an address, and nothing asks how far apart they are.
    ///
    /// Every event meets every other one of the same entity in the period, the later ones that cannot be its cause among them.
    /// A condition on the difference of the two times says what belongs together, and leaves fewer rows.
    ///
    /// Bad:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ingestion_time() > ago(1h) and ResultType == "0"
    ///   | join kind=inner (
    ///       AuditLogs
    ///       | where TimeGenerated > ago(1h) and OperationName == "Add member to role"
    ///       | extend UserPrincipalName = tostring(InitiatedBy.user.userPrincipalName)
    ///   ) on UserPrincipalName
    /// ```
    /// Good:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ingestion_time() > ago(1h) and ResultType == "0"
    ///   | join kind=inner (
    ///       AuditLogs
    ///       | where TimeGenerated > ago(1h) and OperationName == "Add member to role"
    ///       | extend UserPrincipalName = tostring(InitiatedBy.user.userPrincipalName)
    ///   ) on UserPrincipalName
    ///   | where TimeGenerated1 between (TimeGenerated .. 10m)
    /// ```
    /// Source: "Joining within time window", in the reference of the Kusto query language.
    pub(crate) static CODE = "join-without-time", Note, "a join of events with no condition on the time between them";
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
        let Node::Pipeline(pipeline) = node else {
            return;
        };
        for (at, operator) in pipeline.operators.iter().enumerate() {
            let OperatorKind::Join(join) = &operator.kind else {
                continue;
            };
            let before = &pipeline.operators[..at];
            let source = pipeline.source.as_ref();
            let events = matches!(join.kind, JoinKind::Inner | JoinKind::InnerUnique)
                && before.iter().all(keeps_events)
                && source.is_some_and(|source| is_events(source, &lets, 0))
                && is_events(&join.right, &lets, 0);
            if !events || is_bound(join) || names_time(&pipeline.operators[at + 1..], join) {
                continue;
            }
            let place = query::place(rule, found.sources, operator.keyword.range());
            found.report(
                Diagnostic::new(
                    &CODE,
                    place,
                    "events of the same entity meet however far apart they are",
                )
                .help("add a condition on both times: `| where TimeGenerated1 between (TimeGenerated .. 10m)`"),
            );
        }
    });
}

/// Whether the operator hands on single events with their time.
fn keeps_events(operator: &Operator) -> bool {
    match &operator.kind {
        OperatorKind::Project(items) => items.iter().any(|item| {
            matches!(&item.value.kind, ExprKind::Name(name) if &*name.text == "TimeGenerated")
        }),
        OperatorKind::Where(_)
        | OperatorKind::Extend(_)
        | OperatorKind::Parse { .. }
        | OperatorKind::ProjectAway(_)
        | OperatorKind::ProjectRename(_)
        | OperatorKind::ProjectReorder(_)
        | OperatorKind::MvExpand { .. } => true,
        _ => false,
    }
}

/// Whether an expression is the single events of a table; groups, lists and functions are not.
fn is_events(expr: &Expr, lets: &BTreeMap<&str, &Expr>, depth: usize) -> bool {
    if depth > 16 {
        return false;
    }
    match &expr.kind {
        ExprKind::Paren(inner) | ExprKind::Materialize(inner) => is_events(inner, lets, depth + 1),
        ExprKind::Name(name) => match lets.get(&*name.text) {
            Some(value) => is_events(value, lets, depth + 1),
            // What is known of an entity holds at any time.
            None => {
                name.text.starts_with(char::is_uppercase)
                    && ![
                        "ThreatIntel",
                        "IdentityInfo",
                        "DeviceInfo",
                        "DeviceNetworkInfo",
                        "Heartbeat",
                        "Watchlist",
                    ]
                    .iter()
                    .any(|prefix| name.text.starts_with(prefix))
            }
        },
        ExprKind::Pipeline(pipeline) => {
            let Pipeline { source, operators } = &**pipeline;
            source
                .as_ref()
                .is_some_and(|source| is_events(source, lets, depth + 1))
                && operators.iter().all(keeps_events)
        }
        _ => false,
    }
}

/// Whether what is joined by belongs to one event, or to one stretch of time.
fn is_bound(join: &Join) -> bool {
    let mut bound = join.predicate.is_some();
    walk_from(join.on.iter().map(Node::Expr), &mut |node| {
        if let Node::Expr(Expr {
            kind: ExprKind::Name(name),
            ..
        }) = node
        {
            let name = name.text.to_ascii_lowercase();
            // Custom tables have the type of a column at the end of its name.
            let name = name.strip_suffix("_s").unwrap_or(&name);
            let of_one_event = ["id", "guid", "hash", "sha256", "sha1", "md5", "key", "_g"]
                .iter()
                .any(|end| name.ends_with(end));
            bound |= (of_one_event
                && !["deviceid", "userid", "accountobjectid", "tenantid"].contains(&name))
                || is_time(name);
        }
    });
    bound
}

fn is_time(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [
        "time", "date", "window", "bin", "hour", "day", "minute", "diff", "delta",
    ]
    .iter()
    .any(|part| name.contains(part))
}

/// Whether a later condition asks for a time, of whatever name it was given.
fn names_time(after: &[Operator], join: &Join) -> bool {
    let mut times: Vec<String> = Vec::new();
    let mut note = |items: &[NamedExpr]| {
        for item in items {
            let mut from_time = false;
            walk_from([Node::Expr(&item.value)], &mut |node| {
                if let Node::Expr(Expr {
                    kind: ExprKind::Name(name),
                    ..
                }) = node
                {
                    from_time |= is_time(&name.text);
                }
            });
            if let (true, Names::One(name)) = (from_time, &item.names) {
                times.push(name.text.to_string());
            }
        }
    };
    walk_from([Node::Expr(&join.right)], &mut |node| {
        if let Node::Operator(operator) = node
            && let OperatorKind::Extend(items)
            | OperatorKind::Project(items)
            | OperatorKind::ProjectRename(items) = &operator.kind
        {
            note(items);
        }
    });
    for operator in after {
        if let OperatorKind::Extend(items) | OperatorKind::Project(items) = &operator.kind {
            note(items);
        }
    }
    after.iter().any(|operator| {
        let OperatorKind::Where(predicate) = &operator.kind else {
            return false;
        };
        let mut asks = false;
        walk_from([Node::Expr(predicate)], &mut |node| {
            if let Node::Expr(expr) = node {
                asks |= match &expr.kind {
                    ExprKind::Name(name) => {
                        is_time(&name.text) || times.iter().any(|time| **time == *name.text)
                    }
                    ExprKind::Call(call) => &*call.name.text == "datetime_diff",
                    _ => false,
                };
            }
        });
        asks
    })
}
