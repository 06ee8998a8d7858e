//! `union`.

use std::sync::Arc;

use super::shape::fits;
use super::source::named;
use super::stream_of;
use crate::engine::compile::unique;
use crate::engine::convert;
use crate::engine::error::Error;
use crate::engine::error::Result;
use crate::engine::session::Binding;
use crate::engine::session::Scope;
use crate::engine::session::Session;
use crate::engine::table::Column;
use crate::engine::table::Row;
use crate::engine::table::Stream;
use crate::engine::value::Type;
use crate::engine::value::Value;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::Operator;
use crate::kql::ast::OperatorKind;

/// `union`
pub(super) fn union<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Option<Stream<'q>>,
    given: Option<Arc<str>>,
    operator: &Operator,
    tables: &'q [Expr],
) -> Result<Stream<'q>> {
    let fuzzy = operator
        .parameter_text("isfuzzy")
        .is_some_and(|v| v == "true");
    let inner = operator.parameter_text("kind") == Some("inner");
    let with_source: Option<Arc<str>> = operator
        .parameter_text("withsource")
        .or_else(|| operator.parameter_text("with_source"))
        .map(Arc::from);
    let mut legs: Vec<(Arc<str>, Stream<'q>)> = Vec::new();
    // What `as` called the rows is the name of their leg.
    let name = given.unwrap_or_else(|| Arc::from("union_arg0"));
    let piped = usize::from(input.is_some());
    legs.extend(input.map(|stream| (name, stream)));
    for (index, table) in tables.iter().enumerate() {
        let place = index + piped;
        match &table.kind {
            ExprKind::Wildcard(_) | ExprKind::Star => {
                let pattern = match &table.kind {
                    ExprKind::Wildcard(ident) => &*ident.text,
                    _ => "*",
                };
                for name in names_like(session, scope, pattern) {
                    legs.push((Arc::clone(&name), named(session, scope, &name)?));
                }
            }
            _ => match stream_of(session, scope, table) {
                Ok(stream) => {
                    let mut bare = table;
                    while let ExprKind::Paren(inner) = &bare.kind {
                        bare = inner;
                    }
                    let name = match &bare.kind {
                        ExprKind::Name(ident) => Arc::clone(&ident.text),
                        ExprKind::Pipeline(query) if named_as(&query.operators).is_some() => {
                            named_as(&query.operators).unwrap_or_default()
                        }
                        _ => format!("union_arg{place}").into(),
                    };
                    legs.push((name, stream));
                }
                // A fuzzy union leaves out the tables that are not there.
                Err(Error::Invalid(message)) if fuzzy && message.starts_with("no table") => {}
                Err(error) => return Err(error),
            },
        }
    }
    join_legs(legs, inner, with_source)
}

/// The views and tables whose names fit `pattern`, views first.
pub(super) fn names_like<'q>(
    session: &Session<'q>,
    scope: &Scope<'q>,
    pattern: &str,
) -> Vec<Arc<str>> {
    let mut names: Vec<Arc<str>> = Vec::new();
    for (name, binding) in scope.names() {
        let view = matches!(&binding, Binding::Function(f, _) if f.view && f.parameters.is_empty());
        if view && fits(pattern, &name) && !names.contains(&name) {
            names.push(name);
        }
    }
    names.reverse();
    let tables = session.env.tables.keys().map(|n| Arc::from(n.as_str()));
    for name in tables.filter(|n: &Arc<str>| fits(pattern, n)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The name that `as` gives the rows in the end.
pub(super) fn named_as(operators: &[Operator]) -> Option<Arc<str>> {
    match &operators.last()?.kind {
        OperatorKind::As(name) => Some(Arc::clone(&name.text)),
        _ => None,
    }
}

/// The legs one after the other, their columns brought together.
pub(super) fn join_legs(
    legs: Vec<(Arc<str>, Stream<'_>)>,
    inner: bool,
    with_source: Option<Arc<str>>,
) -> Result<Stream<'_>> {
    // Each column of the result: the name it has in the legs, its type there.
    let mut wanted: Vec<(Arc<str>, Type)> = Vec::new();
    for (_, leg) in &legs {
        for column in &leg.columns {
            if !wanted
                .iter()
                .any(|(n, t)| *n == column.name && *t == column.ty)
            {
                wanted.push((Arc::clone(&column.name), column.ty));
            }
        }
    }
    if inner {
        wanted.retain(|(name, ty)| {
            legs.iter()
                .all(|(_, leg)| leg.columns.iter().any(|c| c.name == *name && c.ty == *ty))
        });
    }
    let clashes = |name: &str| wanted.iter().filter(|(n, _)| &**n == name).count() > 1;
    let plain: Vec<Arc<str>> = wanted
        .iter()
        .filter(|(n, _)| !clashes(n))
        .map(|(n, _)| Arc::clone(n))
        .collect();
    let mut columns: Vec<Column> = Vec::new();
    columns.extend(
        with_source
            .clone()
            .map(|name| Column::new(name, Type::String)),
    );
    for (name, ty) in &wanted {
        let name = if clashes(name) {
            let typed = format!("{name}_{}", ty.name());
            unique(&typed, |n| {
                plain.iter().any(|p| &**p == n) || columns.iter().any(|c| &*c.name == n)
            })
        } else {
            unique(name, |n| columns.iter().any(|c| &*c.name == n))
        };
        columns.push(Column::new(name, *ty));
    }
    let source = with_source.is_some();
    let rows = legs.into_iter().flat_map(move |(name, leg)| {
        let places: Vec<Option<usize>> = wanted
            .iter()
            .map(|(n, t)| leg.columns.iter().position(|c| c.name == *n && c.ty == *t))
            .collect();
        let types: Vec<Type> = wanted.iter().map(|(_, t)| *t).collect();
        leg.rows.map(move |row| {
            let mut row = row?;
            let mut out = Row::with_capacity(places.len() + 1);
            if source {
                out.push(Value::String(Arc::clone(&name)));
            }
            out.extend(places.iter().zip(&types).map(|(place, ty)| match place {
                Some(index) => std::mem::take(&mut row[*index]),
                None => convert::cast(*ty, Value::Null),
            }));
            Ok(out)
        })
    });
    Ok(Stream::new(columns, Box::new(rows)))
}
