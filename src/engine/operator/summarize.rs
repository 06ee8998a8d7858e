//! `summarize`, `make-series`, `top-hitters`, `top-nested`.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use super::count_of;
use crate::engine::aggregate;
use crate::engine::aggregate::Aggregate;
use crate::engine::aggregate::State;
use crate::engine::arith;
use crate::engine::code::Code;
use crate::engine::compile::Aggregates;
use crate::engine::compile::Cx;
use crate::engine::compile::column_name;
use crate::engine::compile::unique;
use crate::engine::convert;
use crate::engine::error::Error;
use crate::engine::error::Result;
use crate::engine::memory::Held;
use crate::engine::session::Scope;
use crate::engine::session::Session;
use crate::engine::table::Column;
use crate::engine::table::Row;
use crate::engine::table::Rows;
use crate::engine::table::Stream;
use crate::engine::table::all;
use crate::engine::value::Type;
use crate::engine::value::Value;
use crate::kql::ast::BinaryOp;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::MakeSeries;
use crate::kql::ast::NamedExpr;
use crate::kql::ast::Names;
use crate::kql::ast::Operator;
use crate::kql::ast::SeriesRange;
use crate::kql::ast::SortOrder;
use crate::kql::ast::TopNested;

/// The groups' columns with their codes.
fn groups<'q>(cx: &Cx<'_, 'q>, by: &'q [NamedExpr]) -> Result<(Vec<Column>, Vec<Code>)> {
    let mut columns: Vec<Column> = Vec::new();
    let mut codes = Vec::new();
    let mut unnamed = 0;
    for item in by {
        let code = cx.scalar(&item.value)?;
        let name = match item.name() {
            Some(name) => Arc::clone(&name.text),
            None => column_name(&item.value).unwrap_or_else(|| {
                unnamed += 1;
                format!("Column{unnamed}").into()
            }),
        };
        let name = unique(&name, |n| columns.iter().any(|c| &*c.name == n));
        columns.push(Column::new(name, code.ty));
        codes.push(code);
    }
    Ok((columns, codes))
}

/// Groups rows and runs the aggregates; groups come in the order of their first row.
fn run(
    rows: Rows<'_>,
    by: &[Code],
    aggregates: &[Aggregate],
    mut held: Held,
) -> Result<Vec<(Row, Vec<Value>)>> {
    let mut index: HashMap<Row, usize> = HashMap::new();
    let mut groups: Vec<Vec<State>> = Vec::new();
    let fresh = || aggregates.iter().map(State::new).collect::<Vec<_>>();
    let mut key = Row::with_capacity(by.len());
    for row in rows {
        let row = row?;
        key.clear();
        key.extend(by.iter().map(|c| c.eval(&row)));
        let place = if let Some(place) = index.get(&key) {
            *place
        } else {
            held.row(&key)?;
            held.bytes((aggregates.len() * size_of::<State>()) as u64)?;
            index.insert(key.clone(), groups.len());
            groups.push(fresh());
            groups.len() - 1
        };
        for (state, aggregate) in groups[place].iter_mut().zip(aggregates) {
            let before = state.kept();
            state.add(aggregate, &row);
            if state.kept() > before
                && let Some(input) = aggregate.inputs.first()
            {
                held.value(&input.get(&row))?;
            }
        }
    }
    if by.is_empty() && groups.is_empty() {
        index.insert(Row::new(), 0);
        groups.push(fresh());
    }
    let mut keys: Vec<(usize, Row)> = index.into_iter().map(|(key, place)| (place, key)).collect();
    keys.sort_by_key(|(place, _)| *place);
    Ok(keys
        .into_iter()
        .zip(groups)
        .map(|((_, key), states)| {
            let values = states
                .into_iter()
                .zip(aggregates)
                .flat_map(|(state, aggregate)| state.finish(aggregate))
                .collect();
            (key, values)
        })
        .collect())
}

/// `summarize`
pub(super) fn summarize<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    values: &'q [NamedExpr],
    by: &'q [NamedExpr],
) -> Result<Stream<'q>> {
    let input_columns = input.columns.clone();
    let cx = Cx::new(session, scope, &input_columns);
    let (mut columns, by_codes) = groups(&cx, by)?;
    let base = columns.len();
    let by_columns = columns.clone();
    let aggregates = Aggregates {
        input: cx,
        base,
        list: RefCell::new(Vec::new()),
    };
    // Each value: where it lies, or what computes it from groups and aggregates.
    let mut codes: Vec<Code> = (0..base).map(|i| Code::column(columns[i].ty, i)).collect();
    let mut unnamed = 0;
    for item in values {
        if let ExprKind::Call(call) = &item.value.kind
            && aggregate::is_aggregate(call)
        {
            let compiled = aggregate::compile(&aggregates.input, call)?;
            let outputs = compiled.outputs.clone();
            let at = aggregates.add(compiled);
            let given: Vec<Arc<str>> = match &item.names {
                Names::None => Vec::new(),
                Names::One(name) => vec![Arc::clone(&name.text)],
                Names::Tuple(names, _) => names.iter().map(|n| Arc::clone(&n.text)).collect(),
            };
            for (index, (name, ty)) in outputs.into_iter().enumerate() {
                let name = given.get(index).cloned().unwrap_or(name);
                // `arg_max(x, *)` gives no group column a second time.
                if index > 0
                    && given.len() <= index
                    && columns[..base].iter().any(|c| c.name == name)
                {
                    continue;
                }
                let name = unique(&name, |n| columns.iter().any(|c| &*c.name == n));
                columns.push(Column::new(name, ty));
                codes.push(Code::column(ty, at + index));
            }
            continue;
        }
        let mut after = Cx::new(session, scope, &by_columns);
        after.aggregates = Some(&aggregates);
        let code = after.scalar(&item.value)?;
        let name = match item.name() {
            Some(name) => Arc::clone(&name.text),
            None => inner_name(&item.value).unwrap_or_else(|| {
                unnamed += 1;
                format!("Column{unnamed}").into()
            }),
        };
        let name = unique(&name, |n| columns.iter().any(|c| &*c.name == n));
        columns.push(Column::new(name, code.ty));
        codes.push(code);
    }
    let list = aggregates.list.into_inner();
    let found = run(input.rows, &by_codes, &list, session.held("`summarize`"))?;
    let rows = found
        .into_iter()
        .map(|(mut key, values)| {
            key.extend(values);
            codes.iter().map(|c| c.eval(&key)).collect()
        })
        .collect();
    Ok(Stream::of(columns, rows))
}

/// The name of a value around an aggregate: `round(avg(x))` is called as `avg(x)` is.
fn inner_name(expr: &Expr) -> Option<Arc<str>> {
    let ExprKind::Call(call) = &expr.kind else {
        return column_name(expr);
    };
    let first = call.arguments.first().map(|a| &a.value)?;
    let ExprKind::Call(inner) = &first.kind else {
        return column_name(expr);
    };
    let as_argument = matches!(
        &*call.name.text,
        "round"
            | "bin"
            | "floor"
            | "tostring"
            | "toint"
            | "tolong"
            | "toreal"
            | "todouble"
            | "abs"
            | "ceiling"
            | "sqrt"
    );
    if !as_argument || !aggregate::is_aggregate(inner) {
        return None;
    }
    let argument = inner
        .arguments
        .first()
        .and_then(|a| column_name(&a.value))
        .unwrap_or_else(|| "".into());
    let prefix = match &*inner.name.text {
        "make_set" => "set",
        "make_list" => "list",
        other => other,
    };
    Some(format!("{prefix}_{argument}").into())
}

/// `make-series`
pub(super) fn make_series<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    operator: &Operator,
    series: &'q MakeSeries,
) -> Result<Stream<'q>> {
    let input_columns = input.columns.clone();
    let cx = Cx::new(session, scope, &input_columns);
    let (mut columns, mut by) = groups(&cx, &series.by)?;
    let width = columns.len();
    let axis = cx.scalar(&series.on.value)?;
    let axis_name = match series.on.name() {
        Some(name) => Arc::clone(&name.text),
        None => column_name(&series.on.value).unwrap_or_else(|| "Column1".into()),
    };
    let constant = |expr: &'q Expr| -> Result<Value> {
        Ok(Cx::new(session, scope, &[]).scalar(expr)?.eval(&[]))
    };
    let (from, to, step, inclusive) = match &series.range {
        SeriesRange::FromToStep { from, to, step } => (
            from.as_deref().map(constant).transpose()?,
            to.as_deref().map(constant).transpose()?,
            constant(step)?,
            false,
        ),
        SeriesRange::InRange(values) => match values.as_slice() {
            [from, to, step] => (
                Some(constant(from)?),
                Some(constant(to)?),
                constant(step)?,
                true,
            ),
            _ => return Err(Error::invalid("`in range()` takes three values")),
        },
    };
    let mut aggregates = Vec::new();
    let mut defaults = Vec::new();
    for item in &series.aggregates {
        let ExprKind::Call(call) = &item.value.value.kind else {
            return Err(Error::unsupported(
                "`make-series` of a value around an aggregate",
            ));
        };
        let compiled = aggregate::compile(&cx, call)?;
        let (name, ty) = compiled
            .outputs
            .first()
            .cloned()
            .filter(|_| compiled.outputs.len() == 1)
            .ok_or_else(|| Error::unsupported("`make-series` of an aggregate of several values"))?;
        let name = item.value.name().map_or(name, |n| Arc::clone(&n.text));
        columns.push(Column::new(
            unique(&name, |n| columns.iter().any(|c| &*c.name == n)),
            Type::Dynamic,
        ));
        let default = match &item.default {
            Some(default) => constant(default)?,
            None => convert::cast(
                if ty.is_numeric() { ty } else { Type::Long },
                Value::Long(0),
            ),
        };
        defaults.push(default);
        aggregates.push(compiled);
    }
    columns.push(Column::new(
        unique(&axis_name, |n| columns.iter().any(|c| &*c.name == n)),
        Type::Dynamic,
    ));
    let rows = all(input.rows, session.held("`make-series`"))?;
    // No rows give no series, unless one of defaults is asked for.
    if rows.is_empty() && operator.parameter_text("kind") != Some("nonempty") {
        return Ok(Stream::of(columns, Vec::new()));
    }
    let present = || rows.iter().map(|r| axis.eval(r)).filter(|v| !v.is_null());
    let from = match from {
        Some(from) => from,
        None => match present().min_by(Value::total_order) {
            Some(least) => arith::bin(&least, &step),
            None => return Ok(Stream::of(columns, Vec::new())),
        },
    };
    let (to, inclusive) = match to {
        Some(to) => (to, inclusive),
        None => match present().max_by(Value::total_order) {
            Some(most) => (most, true),
            None => return Ok(Stream::of(columns, Vec::new())),
        },
    };
    let mut ticks = Vec::new();
    let mut at = from.clone();
    loop {
        let order = at.compare(&to);
        if !(order == Some(Ordering::Less) || (inclusive && order == Some(Ordering::Equal))) {
            break;
        }
        ticks.push(at.clone());
        at = arith::compute(BinaryOp::Add, &at, &step);
        if ticks.len() > 1_048_576 || ticks.last() == Some(&at) {
            return Err(Error::invalid("`make-series` has no end with this step"));
        }
    }
    let (axis_code, first, size) = (axis.clone(), from.clone(), step);
    by.push(Code::new(axis.ty, move |row| {
        arith::bin_at(&axis_code.get(row), &size, &first)
    }));
    let inside = rows.into_iter().filter(|row| {
        let v = axis.eval(row);
        v.compare(&from).is_some_and(|o| o != Ordering::Less)
            && v.compare(&to)
                .is_some_and(|o| o == Ordering::Less || (inclusive && o == Ordering::Equal))
    });
    let inside: Rows<'_> = Box::new(inside.map(Ok));
    let found = run(inside, &by, &aggregates, session.held("`make-series`"))?;
    let mut order: Vec<Row> = Vec::new();
    let mut cells: HashMap<Row, Vec<Value>> = HashMap::new();
    let mut seen: std::collections::HashSet<Row> = std::collections::HashSet::new();
    for (key, values) in found {
        let group = key[..width].to_vec();
        if seen.insert(group.clone()) {
            order.push(group);
        }
        cells.insert(key, values);
    }
    if width == 0 && order.is_empty() {
        order.push(Row::new());
    }
    let out = order
        .into_iter()
        .map(|group| {
            let mut series: Vec<Vec<Value>> =
                vec![Vec::with_capacity(ticks.len()); aggregates.len()];
            for tick in &ticks {
                let mut key = group.clone();
                key.push(tick.clone());
                let values = cells.get(&key);
                for (index, one) in series.iter_mut().enumerate() {
                    one.push(values.map_or_else(|| defaults[index].clone(), |v| v[index].clone()));
                }
            }
            let mut row = group;
            row.extend(series.into_iter().map(Value::array));
            row.push(Value::array(ticks.clone()));
            row
        })
        .collect();
    Ok(Stream::of(columns, out))
}

/// `top-hitters`, exactly.
pub(super) fn top_hitters<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    count: &'q Expr,
    of: &'q NamedExpr,
    by: Option<&'q Expr>,
) -> Result<Stream<'q>> {
    let columns = input.columns.clone();
    let cx = Cx::new(session, scope, &columns);
    let count = count_of(session, scope, count)?;
    let (mut columns, codes) = groups(&cx, std::slice::from_ref(of))?;
    let weight = by.map(|by| cx.scalar(by)).transpose()?;
    let name = match by.and_then(column_name) {
        Some(by) => format!("approximate_sum_{by}"),
        None => format!("approximate_count_{}", columns[0].name),
    };
    columns.push(Column::new(name, Type::Long));
    let aggregate = Aggregate {
        kind: if weight.is_some() {
            aggregate::Kind::Sum
        } else {
            aggregate::Kind::Count
        },
        inputs: weight.into_iter().collect(),
        condition: None,
        outputs: vec![("n".into(), Type::Long)],
    };
    let mut found = run(
        input.rows,
        &codes,
        &[aggregate],
        session.held("`summarize`"),
    )?;
    found.sort_by(|a, b| b.1[0].total_order(&a.1[0]));
    found.truncate(count);
    let mut out = Stream::of(
        columns,
        found
            .into_iter()
            .map(|(mut key, values)| {
                key.extend(values);
                key
            })
            .collect(),
    );
    out.serialized = true;
    Ok(out)
}

/// `top-nested`, level by level.
pub(super) fn top_nested<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    levels: &'q [TopNested],
) -> Result<Stream<'q>> {
    let input_columns = input.columns.clone();
    let cx = Cx::new(session, scope, &input_columns);
    let mut columns: Vec<Column> = Vec::new();
    let mut compiled = Vec::new();
    for level in levels {
        if level.others.is_some() {
            return Err(Error::unsupported("`with others` of `top-nested`"));
        }
        let (of, codes) = groups(&cx, std::slice::from_ref(&level.of))?;
        let ExprKind::Call(call) = &level.by.value.kind else {
            return Err(Error::unsupported(
                "`top-nested` by a value around an aggregate",
            ));
        };
        let aggregate = aggregate::compile(&cx, call)?;
        let ty = aggregate
            .outputs
            .first()
            .map_or(Type::Dynamic, |(_, ty)| *ty);
        let name: Arc<str> = match level.by.name() {
            Some(name) => Arc::clone(&name.text),
            None => format!("aggregated_{}", of[0].name).into(),
        };
        columns.push(of[0].clone());
        columns.push(Column::new(name, ty));
        let count = level
            .count
            .as_ref()
            .map(|c| count_of(session, scope, c))
            .transpose()?;
        let ascending = level.order == Some(SortOrder::Asc);
        compiled.push((codes, aggregate, count, ascending));
    }
    let rows = all(input.rows, session.held("`top-nested`"))?;
    let mut partial: Vec<(Row, Vec<Row>)> = vec![(Row::new(), rows)];
    for (codes, aggregate, count, ascending) in &compiled {
        let mut next = Vec::new();
        for (prefix, rows) in partial {
            let stream: Rows<'_> = Box::new(rows.iter().cloned().map(Ok));
            let mut found = run(
                stream,
                codes,
                std::slice::from_ref(aggregate),
                session.held("`top-nested`"),
            )?;
            found.sort_by(|a, b| {
                let order = a.1[0].total_order(&b.1[0]);
                if *ascending { order } else { order.reverse() }
            });
            if let Some(count) = count {
                found.truncate(*count);
            }
            for (key, values) in found {
                let inner = rows
                    .iter()
                    .filter(|r| codes[0].eval(r) == key[0])
                    .cloned()
                    .collect();
                let mut row = prefix.clone();
                row.push(key[0].clone());
                row.push(values[0].clone());
                next.push((row, inner));
            }
        }
        partial = next;
    }
    Ok(Stream::of(
        columns,
        partial.into_iter().map(|(row, _)| row).collect(),
    ))
}
