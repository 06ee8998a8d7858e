//! Operators that shape rows one by one: `print`, `range`, `extend`, the `project` family, `getschema`.

use std::cmp::Ordering;
use std::sync::Arc;

use super::with_windows;
use crate::engine::arith;
use crate::engine::code::Code;
use crate::engine::compile::Cx;
use crate::engine::compile::column_name;
use crate::engine::compile::multiple;
use crate::engine::compile::unique;
use crate::engine::convert;
use crate::engine::error::Error;
use crate::engine::error::Result;
use crate::engine::session::Scope;
use crate::engine::session::Session;
use crate::engine::table::ARRIVAL;
use crate::engine::table::Column;
use crate::engine::table::Row;
use crate::engine::table::Stream;
use crate::engine::value::Type;
use crate::engine::value::Value;
use crate::kql::ast::BinaryOp;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::NamedExpr;
use crate::kql::ast::Names;
use crate::kql::ast::Ordered;
use crate::kql::ast::SortOrder;

/// The stream without the engine's own columns.
pub(crate) fn visible(input: Stream<'_>) -> Stream<'_> {
    if input.columns.iter().all(Column::is_visible) {
        return input;
    }
    let keep: Vec<usize> = (0..input.columns.len())
        .filter(|i| input.columns[*i].is_visible())
        .collect();
    select(input, keep)
}

/// The columns at these positions.
pub(super) fn select(input: Stream<'_>, keep: Vec<usize>) -> Stream<'_> {
    let columns = keep.iter().map(|i| input.columns[*i].clone()).collect();
    let rows = input.rows.map(move |row| {
        let mut row = row?;
        Ok(keep
            .iter()
            .map(|i| std::mem::take(&mut row[*i]))
            .collect::<Row>())
    });
    Stream {
        columns,
        rows: Box::new(rows),
        serialized: input.serialized,
    }
}

/// One column that `extend` or `project` makes.
struct Made {
    name: Arc<str>,
    named: bool,
    code: Code,
}

/// The columns of the items; a function that gives several makes several.
fn made<'q>(
    cx: &Cx<'_, 'q>,
    items: &'q [NamedExpr],
    fallback: impl Fn(usize) -> String,
) -> Result<Vec<Made>> {
    let mut out: Vec<Made> = Vec::new();
    let mut unnamed = 0;
    for item in items {
        if let Some((fields, code)) = multiple(cx, &item.value)? {
            let given: Vec<Arc<str>> = match &item.names {
                Names::None => Vec::new(),
                Names::One(name) => vec![Arc::clone(&name.text)],
                Names::Tuple(names, _) => names.iter().map(|n| Arc::clone(&n.text)).collect(),
            };
            let single = matches!(item.names, Names::One(_));
            for (index, (name, ty)) in fields.into_iter().enumerate() {
                if single && index > 0 {
                    break;
                }
                let code = code.clone();
                out.push(Made {
                    named: index < given.len(),
                    name: given.get(index).cloned().unwrap_or_else(|| name.into()),
                    code: Code::new(ty, move |row| match code.get(row).as_ref() {
                        Value::Array(values) => values.get(index).cloned().unwrap_or_default(),
                        _ => Value::Null,
                    }),
                });
            }
            continue;
        }
        let code = cx.scalar(&item.value)?;
        let (name, named) = match &item.names {
            Names::One(name) => (Arc::clone(&name.text), true),
            Names::None => {
                if let Some(name) = column_name(&item.value) {
                    (name, matches!(item.value.kind, ExprKind::Name(_)))
                } else {
                    let name = fallback(unnamed).into();
                    unnamed += 1;
                    (name, false)
                }
            }
            Names::Tuple(names, _) => {
                for (index, name) in names.iter().enumerate() {
                    let code = code.clone();
                    out.push(Made {
                        name: Arc::clone(&name.text),
                        named: true,
                        code: Code::new(Type::Dynamic, move |row| match code.get(row).as_ref() {
                            Value::Array(values) => values.get(index).cloned().unwrap_or_default(),
                            _ => Value::Null,
                        }),
                    });
                }
                continue;
            }
        };
        out.push(Made { name, named, code });
    }
    Ok(out)
}

/// `extend` where `keep` holds, else `project`.
pub(super) fn extend<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    items: &'q [NamedExpr],
    keep: bool,
) -> Result<Stream<'q>> {
    if items.is_empty() && keep {
        return Ok(input);
    }
    let (input, _, made) = with_windows(
        input,
        session.held("a function over rows in order"),
        |columns, windows| {
            let mut cx = Cx::new(session, scope, columns);
            cx.windows = windows;
            made(&cx, items, |n| format!("Column{}", n + 1))
        },
    )?;
    let mut columns: Vec<Column> = Vec::new();
    // For each column of the result, the code that gives it; none keeps the input's.
    let mut codes: Vec<Option<Code>> = Vec::new();
    if keep {
        columns.clone_from(&input.columns);
        codes = columns.iter().map(|_| None).collect();
    }
    for item in made {
        let place = columns.iter().position(|c| c.name == item.name);
        match place {
            Some(place) if keep && item.named => {
                columns[place].ty = item.code.ty;
                codes[place] = Some(item.code);
            }
            _ => {
                let name = unique(&item.name, |n| columns.iter().any(|c| &*c.name == n));
                columns.push(Column::new(name, item.code.ty));
                codes.push(Some(item.code));
            }
        }
    }
    if !keep {
        // When a row arrived goes with the row.
        if let Some(index) = input.columns.iter().position(|c| &*c.name == ARRIVAL)
            && !columns.iter().any(|c| &*c.name == ARRIVAL)
        {
            columns.push(input.columns[index].clone());
            codes.push(Some(Code::column(Type::Datetime, index)));
        }
    }
    let rows: Box<dyn Iterator<Item = Result<Row>> + 'q> = if keep {
        let width = input.columns.len();
        Box::new(input.rows.map(move |row| {
            let mut row = row?;
            let new: Vec<Value> = codes
                .iter()
                .map(|code| code.as_ref().map_or(Value::Null, |c| c.eval(&row)))
                .collect();
            row.resize(width, Value::Null);
            for (place, value) in new.into_iter().enumerate() {
                if codes[place].is_some() {
                    if place < width {
                        row[place] = value;
                    } else {
                        row.push(value);
                    }
                }
            }
            Ok(row)
        }))
    } else {
        let codes: Vec<Code> = codes.into_iter().flatten().collect();
        Box::new(input.rows.map(move |row| {
            let row = row?;
            Ok(codes.iter().map(|c| c.eval(&row)).collect())
        }))
    };
    Ok(Stream {
        columns,
        rows,
        serialized: input.serialized,
    })
}

/// `print`
pub(super) fn print<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    items: &'q [NamedExpr],
) -> Result<Stream<'q>> {
    let cx = Cx::new(session, scope, &[]);
    let mut columns: Vec<Column> = Vec::new();
    let mut row = Row::new();
    for (place, item) in items.iter().enumerate() {
        for made in made(&cx, std::slice::from_ref(item), |_| String::new())? {
            let explicit =
                !matches!(item.names, Names::None) || multiple(&cx, &item.value)?.is_some();
            let name = if explicit {
                made.name.to_string()
            } else {
                format!("print_{place}")
            };
            let name = unique(&name, |n| columns.iter().any(|c| &*c.name == n));
            columns.push(Column::new(name, made.code.ty));
            row.push(made.code.eval(&[]));
        }
    }
    Ok(Stream::of(columns, vec![row]))
}

/// `range`
pub(super) fn range<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    name: &Arc<str>,
    from: &'q Expr,
    to: &'q Expr,
    step: &'q Expr,
) -> Result<Stream<'q>> {
    let cx = Cx::new(session, scope, &[]);
    let (from, to, step) = (cx.scalar(from)?, cx.scalar(to)?, cx.scalar(step)?);
    let ty = match (from.ty, step.ty) {
        (Type::Int, Type::Int) => Type::Int,
        (Type::Int | Type::Long, Type::Real) => Type::Real,
        (Type::Int | Type::Long, _) if to.ty == Type::Real => Type::Real,
        (Type::Int, _) => Type::Long,
        (ty, _) => ty,
    };
    let start = convert::cast(ty, from.eval(&[]));
    let (to, step) = (to.eval(&[]), step.eval(&[]));
    let ahead = match &step {
        Value::Timespan(n) => n.signum(),
        other => other
            .as_real()
            .map_or(0, |n| if n > 0.0 { 1 } else { -i64::from(n < 0.0) }),
    };
    if ahead == 0 {
        return Err(Error::invalid("the step of `range` must not be zero"));
    }
    let beyond = if ahead > 0 {
        Ordering::Greater
    } else {
        Ordering::Less
    };
    let mut next = start;
    let rows = std::iter::from_fn(move || {
        if next.compare(&to).is_none_or(|o| o == beyond) {
            return None;
        }
        let after = convert::cast(ty, arith::compute(BinaryOp::Add, &next, &step));
        Some(Ok(vec![std::mem::replace(&mut next, after)]))
    });
    let mut stream = Stream::new(vec![Column::new(Arc::clone(name), ty)], Box::new(rows));
    stream.serialized = true;
    Ok(stream)
}

/// Whether `name` fits `pattern`, in which `*` stands for anything.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// The positions that the items name, in their order.
fn positions(input: &Stream<'_>, items: &[Expr]) -> Result<Vec<usize>> {
    let mut out = Vec::new();
    for item in items {
        let pattern = match &item.kind {
            ExprKind::Name(ident) => {
                let index = input
                    .columns
                    .iter()
                    .position(|c| c.name == ident.text)
                    .ok_or_else(|| {
                        Error::invalid(format!("no column is called `{}`", ident.text))
                    })?;
                out.push(index);
                continue;
            }
            ExprKind::Wildcard(ident) => &*ident.text,
            ExprKind::Star => "*",
            _ => return Err(Error::unsupported("this way to name columns")),
        };
        for (index, column) in input.columns.iter().enumerate() {
            if column.is_visible() && fits(pattern, &column.name) && !out.contains(&index) {
                out.push(index);
            }
        }
    }
    Ok(out)
}

/// `project-away`
pub(super) fn project_away<'q>(input: Stream<'q>, items: &[Expr]) -> Result<Stream<'q>> {
    let away = positions(&input, items)?;
    let keep = (0..input.columns.len())
        .filter(|i| !away.contains(i))
        .collect();
    Ok(select(input, keep))
}

/// `project-keep`
pub(super) fn project_keep<'q>(input: Stream<'q>, items: &[Expr]) -> Result<Stream<'q>> {
    let wanted = positions(&input, items)?;
    let keep = (0..input.columns.len())
        .filter(|i| wanted.contains(i) || !input.columns[*i].is_visible())
        .collect();
    Ok(select(input, keep))
}

/// `project-rename`
pub(super) fn project_rename<'q>(mut input: Stream<'q>, items: &[NamedExpr]) -> Result<Stream<'q>> {
    for item in items {
        let (Some(new), ExprKind::Name(old)) = (item.name(), &item.value.kind) else {
            return Err(Error::invalid("`project-rename` takes `new = old`"));
        };
        let column = input
            .columns
            .iter_mut()
            .find(|c| c.name == old.text)
            .ok_or_else(|| Error::invalid(format!("no column is called `{}`", old.text)))?;
        column.name = Arc::clone(&new.text);
    }
    Ok(input)
}

/// `project-reorder`
pub(super) fn project_reorder<'q>(input: Stream<'q>, items: &[Ordered]) -> Result<Stream<'q>> {
    let mut order = Vec::new();
    for item in items {
        let mut found = positions(&input, std::slice::from_ref(&item.value))?;
        match item.order {
            Some(SortOrder::Asc) => {
                found.sort_by(|a, b| input.columns[*a].name.cmp(&input.columns[*b].name));
            }
            Some(SortOrder::Desc) => {
                found.sort_by(|a, b| input.columns[*b].name.cmp(&input.columns[*a].name));
            }
            Some(_) => return Err(Error::unsupported("`granny-asc` and `granny-desc`")),
            None => {}
        }
        order.extend(
            found
                .into_iter()
                .filter(|i| !order.contains(i))
                .collect::<Vec<_>>(),
        );
    }
    let rest: Vec<usize> = (0..input.columns.len())
        .filter(|i| !order.contains(i))
        .collect();
    order.extend(rest);
    Ok(select(input, order))
}

/// `getschema`
pub(super) fn get_schema<'q>(input: &Stream<'q>) -> Result<Stream<'q>> {
    let columns = vec![
        Column::new("ColumnName", Type::String),
        Column::new("ColumnOrdinal", Type::Int),
        Column::new("DataType", Type::String),
        Column::new("ColumnType", Type::String),
    ];
    let rows = input
        .columns
        .iter()
        .filter(|c| c.is_visible())
        .enumerate()
        .map(|(index, column)| {
            vec![
                Value::String(Arc::clone(&column.name)),
                Value::Int(index as i32),
                column.ty.system_name().into(),
                column.ty.name().into(),
            ]
        })
        .collect();
    Ok(Stream::of(columns, rows))
}
