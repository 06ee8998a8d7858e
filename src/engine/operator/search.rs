//! `search` and `find`.

use std::sync::Arc;

use super::source::named;
use super::stream_of;
use super::union::names_like;
use crate::engine::code::Code;
use crate::engine::compile::Cx;
use crate::engine::compile::binary;
use crate::engine::compile::logical;
use crate::engine::error::Error;
use crate::engine::error::Result;
use crate::engine::session::Scope;
use crate::engine::session::Session;
use crate::engine::table::Stream;
use crate::engine::value::Type;
use crate::engine::value::Value;
use crate::kql::ast::BinaryOp;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::Find;
use crate::kql::ast::LogicalOp;
use crate::kql::ast::Operator;
use crate::kql::ast::TextOp;
use crate::kql::literal::Literal;

/// `search`
pub(super) fn search<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Option<Stream<'q>>,
    operator: &Operator,
    tables: &'q [Expr],
    predicate: &'q Expr,
) -> Result<Stream<'q>> {
    let exact = match operator.parameter_text("kind") {
        None | Some("default" | "case_insensitive") => false,
        Some("case_sensitive") => true,
        Some(other) => {
            return Err(Error::invalid(format!(
                "`search` is `case_insensitive` or `case_sensitive`, not `{other}`"
            )));
        }
    };
    if let Some(input) = input {
        return matching(session, scope, input, predicate, exact);
    }
    let mut legs: Vec<(Arc<str>, Stream<'q>)> = Vec::new();
    if tables.is_empty() {
        for name in names_like(session, scope, "*") {
            let stream = named(session, scope, &name)?;
            legs.push((name, stream));
        }
    }
    for table in tables {
        let name = match &table.kind {
            ExprKind::Name(ident) => Arc::clone(&ident.text),
            ExprKind::Wildcard(ident) => {
                for name in names_like(session, scope, &ident.text) {
                    let stream = named(session, scope, &name)?;
                    legs.push((name, stream));
                }
                continue;
            }
            _ => return Err(Error::unsupported("`search in` anything but names")),
        };
        legs.push((name, stream_of(session, scope, table)?));
    }
    let mut found = Vec::new();
    for (name, stream) in legs {
        found.push((name, matching(session, scope, stream, predicate, exact)?));
    }
    super::union::join_legs(found, false, Some("$table".into()))
}

fn matching<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    predicate: &'q Expr,
    exact: bool,
) -> Result<Stream<'q>> {
    let code = condition(&Cx::new(session, scope, &input.columns), predicate, exact)?;
    let rows = input
        .rows
        .filter(move |row| row.as_ref().map_or(true, |r| code.is_true(r)));
    Ok(Stream {
        columns: input.columns,
        rows: Box::new(rows),
        serialized: input.serialized,
    })
}

/// A text alone is looked for in every column.
fn condition<'q>(cx: &Cx<'_, 'q>, predicate: &'q Expr, exact: bool) -> Result<Code> {
    match &predicate.kind {
        ExprKind::Paren(inner) => condition(cx, inner, exact),
        ExprKind::Logical { op, operands, .. } => {
            let codes = operands
                .iter()
                .map(|o| condition(cx, o, exact))
                .collect::<Result<_>>()?;
            Ok(logical(*op, codes))
        }
        ExprKind::Literal(Literal::String(text)) => {
            let columns = cx.columns.iter().enumerate().filter(|(_, c)| {
                c.is_visible() && matches!(c.ty, Type::String | Type::Dynamic | Type::Guid)
            });
            let tests = columns
                .map(|(i, _)| found(cx.column(i), text, exact))
                .collect::<Result<_>>()?;
            Ok(logical(LogicalOp::Or, tests))
        }
        ExprKind::Star => Ok(Code::constant(Type::Bool, Value::Bool(true))),
        // `column:"text"`
        ExprKind::Binary {
            op: BinaryOp::Search,
            left,
            right,
            ..
        } => match &right.kind {
            ExprKind::Literal(Literal::String(text)) => found(cx.scalar(left)?, text, exact),
            _ => Err(Error::unsupported(
                "`:` of `search` with anything but a text",
            )),
        },
        _ if exact => Err(Error::unsupported(
            "`search kind=case_sensitive` with other conditions than texts",
        )),
        _ => cx.condition(predicate),
    }
}

/// Whether a column holds a text: as a word, or where `*` stands at its ends, as a part of one. A `*` within stands
/// for anything between two ends of words.
fn found(column: Code, wanted: &str, exact: bool) -> Result<Code> {
    let (open, rest) = match wanted.strip_prefix('*') {
        Some(rest) => (true, rest),
        None => (false, wanted),
    };
    let (close, middle) = match rest.strip_suffix('*') {
        Some(middle) => (true, middle),
        None => (false, rest),
    };
    if middle.is_empty() {
        return Ok(Code::constant(Type::Bool, Value::Bool(true)));
    }
    let text = |text: String| Code::constant(Type::String, text.into());
    if middle.contains('*') {
        let parts: Vec<String> = middle.split('*').map(regex::escape).collect();
        let case = if exact { "" } else { "(?i)" };
        let edge = |open: bool| if open { "" } else { r"\b" };
        let pattern = format!("{case}{}{}{}", edge(open), parts.join(".*"), edge(close));
        return binary(BinaryOp::MatchesRegex, column, text(pattern));
    }
    let op = BinaryOp::Text {
        op: match (open, close) {
            (false, false) => TextOp::Has,
            (false, true) => TextOp::HasPrefix,
            (true, false) => TextOp::HasSuffix,
            (true, true) => TextOp::Contains,
        },
        negated: false,
        case_sensitive: exact,
    };
    binary(op, column, text(middle.to_owned()))
}

/// `find`
pub(super) fn find<'q>(_: &'q Session<'q>, _: &Scope<'q>, _: &'q Find) -> Result<Stream<'q>> {
    Err(Error::unsupported("operator `find`"))
}
