//! `search` and `find`.

use std::sync::Arc;

use super::source::named;
use super::stream_of;
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
use crate::kql::ast::BinaryOp;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::Find;
use crate::kql::ast::LogicalOp;
use crate::kql::literal::Literal;

/// `search`
pub(super) fn search<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Option<Stream<'q>>,
    tables: &'q [Expr],
    predicate: &'q Expr,
) -> Result<Stream<'q>> {
    if let Some(input) = input {
        return matching(session, scope, input, predicate);
    }
    let mut legs: Vec<(Arc<str>, Stream<'q>)> = Vec::new();
    if tables.is_empty() {
        for name in session.env.tables.keys() {
            legs.push((name.as_str().into(), named(session, scope, name)?));
        }
    }
    for table in tables {
        let name = match &table.kind {
            ExprKind::Name(ident) => Arc::clone(&ident.text),
            _ => return Err(Error::unsupported("`search in` anything but names")),
        };
        legs.push((name, stream_of(session, scope, table)?));
    }
    let mut found = Vec::new();
    for (name, stream) in legs {
        found.push((name, matching(session, scope, stream, predicate)?));
    }
    super::union::join_legs(found, false, Some("$table".into()))
}

fn matching<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    predicate: &'q Expr,
) -> Result<Stream<'q>> {
    let code = condition(&Cx::new(session, scope, &input.columns), predicate)?;
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
fn condition<'q>(cx: &Cx<'_, 'q>, predicate: &'q Expr) -> Result<Code> {
    match &predicate.kind {
        ExprKind::Paren(inner) => condition(cx, inner),
        ExprKind::Logical { op, operands, .. } => {
            let codes = operands
                .iter()
                .map(|o| condition(cx, o))
                .collect::<Result<_>>()?;
            Ok(logical(*op, codes))
        }
        ExprKind::Literal(Literal::String(text)) => {
            if text.contains('*') {
                return Err(Error::unsupported("`search` with `*` in its text"));
            }
            let needle = cx.scalar(predicate)?;
            let columns = cx.columns.iter().enumerate().filter(|(_, c)| {
                c.is_visible() && matches!(c.ty, Type::String | Type::Dynamic | Type::Guid)
            });
            let tests = columns
                .map(|(i, c)| binary(BinaryOp::Search, Code::column(c.ty, i), needle.clone()))
                .collect::<Result<_>>()?;
            Ok(logical(LogicalOp::Or, tests))
        }
        _ => cx.condition(predicate),
    }
}

/// `find`
pub(super) fn find<'q>(_: &'q Session<'q>, _: &Scope<'q>, _: &'q Find) -> Result<Stream<'q>> {
    Err(Error::unsupported("operator `find`"))
}
