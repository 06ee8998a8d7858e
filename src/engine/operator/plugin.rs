//! The plug-ins of `evaluate`.

mod activity;
mod geo;

use std::sync::Arc;

use super::stream_of;
use crate::engine::aggregate;
use crate::engine::aggregate::State;
use crate::engine::code::Code;
use crate::engine::compile::Cx;
use crate::engine::compile::column_name;
use crate::engine::compile::common_type;
use crate::engine::compile::unique;
use crate::engine::convert;
use crate::engine::error::Error;
use crate::engine::error::Result;
use crate::engine::function;
use crate::engine::session::Scope;
use crate::engine::session::Session;
use crate::engine::table::Column;
use crate::engine::table::Row;
use crate::engine::table::Stream;
use crate::engine::table::Table;
use crate::engine::value::Type;
use crate::engine::value::Value;
use crate::kql::ast::Call;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::RowSchema;

/// `evaluate plugin(…)`
pub(super) fn evaluate<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    call: &'q Call,
    schema: Option<&'q RowSchema>,
) -> Result<Stream<'q>> {
    let input = super::shape::visible(input);
    let before = input.columns.clone();
    let result = match &*call.name.text {
        "bag_unpack" => bag_unpack(session, scope, input, call)?,
        "pivot" => pivot(session, scope, input, call)?,
        "narrow" => narrow(session, input)?,
        "ipv4_lookup" => ip_lookup(session, scope, input, call, "ipv4_is_in_range")?,
        "ipv6_lookup" => ip_lookup(session, scope, input, call, "ipv6_is_in_range")?,
        "geo_polygon_lookup" => geo::lookup(session, scope, input, call, false)?,
        "geo_line_lookup" => geo::lookup(session, scope, input, call, true)?,
        "sliding_window_counts"
        | "active_users_count"
        | "activity_counts_metrics"
        | "activity_metrics"
        | "new_activity_metrics" => activity::run(session, scope, input, call)?,
        "rolling_percentile" => activity::rolling_percentile(session, scope, input, call)?,
        "rows_near" => activity::rows_near(session, scope, input, call)?,
        "dcount_intersect" => activity::intersections(session, scope, input, call)?,
        other => return Err(Error::unsupported(format!("plug-in `{other}`"))),
    };
    match schema {
        Some(schema) => declared_shape(result, &before, schema),
        None => Ok(result),
    }
}

/// The result with the declared columns; `*` stands for those of the input that are not declared.
fn declared_shape<'q>(
    input: Stream<'q>,
    before: &[Column],
    schema: &RowSchema,
) -> Result<Stream<'q>> {
    let declared = super::source::declared(schema)?;
    let mut columns: Vec<Column> = Vec::new();
    if schema.star.is_some() {
        let kept = input
            .columns
            .iter()
            .filter(|c| before.iter().any(|b| b.name == c.name));
        columns.extend(
            kept.filter(|c| !declared.iter().any(|d| d.name == c.name))
                .cloned(),
        );
    }
    columns.extend(declared);
    let places: Vec<Option<usize>> = columns
        .iter()
        .map(|c| input.columns.iter().position(|i| i.name == c.name))
        .collect();
    let types: Vec<Type> = columns.iter().map(|c| c.ty).collect();
    let rows = input.rows.map(move |row| {
        let row = row?;
        Ok(places
            .iter()
            .zip(&types)
            .map(|(place, ty)| convert::cast(*ty, place.map_or(Value::Null, |p| row[p].clone())))
            .collect::<Row>())
    });
    Ok(Stream::new(columns, Box::new(rows)))
}

/// The position of the column that an argument names.
fn column_of(columns: &[Column], expr: &Expr) -> Result<usize> {
    let name = column_name(expr).unwrap_or_else(|| "".into());
    columns
        .iter()
        .position(|c| c.name == name)
        .ok_or_else(|| Error::invalid(format!("no column is called `{name}`")))
}

fn bag_unpack<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    call: &'q Call,
) -> Result<Stream<'q>> {
    let mut prefix: Arc<str> = "".into();
    let mut conflict: Arc<str> = "error".into();
    let mut ignored: Vec<Value> = Vec::new();
    let mut place = None;
    for (index, argument) in call.arguments.iter().enumerate() {
        let name = argument.name().map(|n| &*n.text);
        let constant = || -> Result<Value> {
            Ok(Cx::new(session, scope, &[])
                .scalar(&argument.value)?
                .eval(&[]))
        };
        match (name, index) {
            (None, 0) => place = Some(column_of(&input.columns, &argument.value)?),
            (Some("OutputColumnPrefix"), _) | (None, 1) => prefix = constant()?.to_text(),
            (Some("columnsConflict"), _) | (None, 2) => conflict = constant()?.to_text(),
            (Some("ignoredProperties"), _) | (None, 3) => {
                ignored = constant()?.as_array().unwrap_or_default().to_vec();
            }
            _ => return Err(Error::invalid("`bag_unpack` has no such argument")),
        }
    }
    let place = place.ok_or_else(|| Error::invalid("`bag_unpack` takes a column"))?;
    let table = input.collect(session.held("`evaluate`"))?;
    let mut keys: Vec<Arc<str>> = Vec::new();
    for row in &table.rows {
        if let Value::Bag(bag) = &row[place] {
            for (key, _) in bag.iter() {
                if !keys.contains(key) && !ignored.iter().any(|i| i.as_str() == Some(key)) {
                    keys.push(Arc::clone(key));
                }
            }
        }
    }
    keys.sort();
    let rest: Vec<usize> = (0..table.columns.len()).filter(|i| *i != place).collect();
    let mut columns: Vec<Column> = rest.iter().map(|i| table.columns[*i].clone()).collect();
    // For each key, the column it goes to; none where the source keeps its own.
    let mut targets: Vec<(Arc<str>, usize)> = Vec::new();
    for key in keys {
        let types = table
            .rows
            .iter()
            .filter_map(|r| r[place].member(&key)?.runtime_type());
        let types: Vec<Type> = types.collect();
        let ty = if types.is_empty() {
            Type::Dynamic
        } else {
            common_type(types.into_iter())
        };
        let name: Arc<str> = format!("{prefix}{key}").into();
        match columns.iter().position(|c| c.name == name) {
            None => {
                columns.push(Column::new(name, ty));
                targets.push((key, columns.len() - 1));
            }
            Some(taken) => match &*conflict {
                "replace_source" => {
                    columns[taken].ty = ty;
                    targets.push((key, taken));
                }
                "keep_source" => {}
                _ => {
                    return Err(Error::invalid(format!(
                        "`bag_unpack` would give a second column `{name}`"
                    )));
                }
            },
        }
    }
    let rows = table
        .rows
        .iter()
        .map(|row| {
            let mut out: Row = rest.iter().map(|i| row[*i].clone()).collect();
            out.resize(columns.len(), Value::Null);
            for (key, target) in &targets {
                let value = row[place].member(key).cloned().unwrap_or_default();
                out[*target] = convert::cast(columns[*target].ty, value);
            }
            out
        })
        .collect();
    Ok(Stream::of(columns, rows))
}

fn pivot<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    call: &'q Call,
) -> Result<Stream<'q>> {
    let first = call
        .arguments
        .first()
        .ok_or_else(|| Error::invalid("`pivot` takes a column"))?;
    let place = column_of(&input.columns, &first.value)?;
    let columns = input.columns.clone();
    let cx = Cx::new(session, scope, &columns);
    let mut used = vec![place];
    let compiled = match call.arguments.get(1).map(|a| &a.value.kind) {
        None => aggregate::Aggregate {
            kind: aggregate::Kind::Count,
            inputs: Vec::new(),
            condition: None,
            outputs: vec![("count_".into(), Type::Long)],
        },
        Some(ExprKind::Call(call)) => {
            for argument in &call.arguments {
                used.extend(column_of(&columns, &argument.value).ok());
            }
            aggregate::compile(&cx, call)?
        }
        Some(_) => {
            return Err(Error::invalid(
                "the second argument of `pivot` is an aggregate",
            ));
        }
    };
    let groups: Vec<usize> = match call.arguments.get(2..) {
        Some(named) if !named.is_empty() => named
            .iter()
            .map(|a| column_of(&columns, &a.value))
            .collect::<Result<_>>()?,
        _ => (0..columns.len()).filter(|i| !used.contains(i)).collect(),
    };
    let table = input.collect(session.held("`evaluate`"))?;
    let mut values: Vec<Arc<str>> = table.rows.iter().map(|r| r[place].to_text()).collect();
    values.sort();
    values.dedup();
    let mut order: Vec<Row> = Vec::new();
    let mut cells: std::collections::HashMap<(Row, Arc<str>), State> =
        std::collections::HashMap::new();
    let mut seen = std::collections::HashSet::new();
    for row in &table.rows {
        let key: Row = groups.iter().map(|i| row[*i].clone()).collect();
        if seen.insert(key.clone()) {
            order.push(key.clone());
        }
        cells
            .entry((key, row[place].to_text()))
            .or_insert_with(|| State::new(&compiled))
            .add(&compiled, row);
    }
    let mut out_columns: Vec<Column> = groups.iter().map(|i| columns[*i].clone()).collect();
    let ty = compiled.outputs[0].1;
    for value in &values {
        let name = unique(value, |n| out_columns.iter().any(|c| &*c.name == n));
        out_columns.push(Column::new(name, ty));
    }
    let empty = State::new(&compiled).finish(&compiled).swap_remove(0);
    let rows = order
        .into_iter()
        .map(|key| {
            let mut row = key.clone();
            for value in &values {
                let cell = cells.remove(&(key.clone(), Arc::clone(value)));
                row.push(
                    cell.map_or_else(|| empty.clone(), |s| s.finish(&compiled).swap_remove(0)),
                );
            }
            row
        })
        .collect();
    Ok(Stream::of(out_columns, rows))
}

fn narrow<'q>(session: &'q Session<'q>, input: Stream<'q>) -> Result<Stream<'q>> {
    let columns = vec![
        Column::new("Row", Type::Long),
        Column::new("Column", Type::String),
        Column::new("Value", Type::String),
    ];
    let table = input.collect(session.held("`evaluate`"))?;
    let mut rows = Vec::new();
    for (number, row) in table.rows.iter().enumerate() {
        for (column, value) in table.columns.iter().zip(row) {
            rows.push(vec![
                Value::Long(number as i64),
                Value::String(Arc::clone(&column.name)),
                Value::String(value.to_text()),
            ]);
        }
    }
    Ok(Stream::of(columns, rows))
}

/// `ipv4_lookup(table, address, range, key…, return_unmatched = …)`
fn ip_lookup<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    call: &'q Call,
    test: &str,
) -> Result<Stream<'q>> {
    let plain: Vec<&'q Expr> = call
        .arguments
        .iter()
        .filter(|a| a.name().is_none())
        .map(|a| &a.value)
        .collect();
    let mut unmatched = false;
    for argument in &call.arguments {
        match argument.name().map(|n| &*n.text) {
            Some("return_unmatched") => {
                unmatched = Cx::new(session, scope, &[])
                    .scalar(&argument.value)?
                    .eval(&[])
                    .as_bool()
                    .unwrap_or(false);
            }
            Some(other) => {
                return Err(Error::invalid(format!(
                    "the lookup has no argument `{other}`"
                )));
            }
            None => {}
        }
    }
    let [table, address, range, keys @ ..] = plain.as_slice() else {
        return Err(Error::invalid(
            "the lookup takes a table, an address and a range",
        ));
    };
    let lookup: Table = super::shape::visible(stream_of(session, scope, table)?)
        .collect(session.held("the lookup table"))?;
    let address: Code = Cx::new(session, scope, &input.columns).scalar(address)?;
    let range = column_of(&lookup.columns, range)?;
    let mut pairs = Vec::new();
    for key in keys {
        match &key.kind {
            ExprKind::Literal(crate::kql::literal::Literal::Bool(Some(flag))) => unmatched = *flag,
            _ => pairs.push((
                column_of(&input.columns, key)?,
                column_of(&lookup.columns, key)?,
            )),
        }
    }
    let body = function::lookup(test)
        .map(|d| d.body)
        .ok_or_else(|| Error::unsupported("this lookup"))?;
    let columns = lookup_columns(&input.columns, &lookup.columns);
    let rows = input.rows.flat_map(move |row| -> Vec<Result<Row>> {
        let row = match row {
            Ok(row) => row,
            Err(error) => return vec![Err(error)],
        };
        let ip = address.eval(&row);
        let found = lookup
            .rows
            .iter()
            .filter(|r| pairs.iter().all(|(a, b)| row[*a] == r[*b]))
            .filter(|r| body(&[ip.clone(), r[range].clone()]) == Value::Bool(true));
        looked_up(&row, found, &lookup.columns, unmatched)
    });
    Ok(Stream::new(columns, Box::new(rows)))
}

/// The columns of a lookup's result: those of the rows, and those of the table under names that are still free.
fn lookup_columns(rows: &[Column], table: &[Column]) -> Vec<Column> {
    let mut columns = rows.to_vec();
    for column in table {
        let name = unique(&column.name, |n| columns.iter().any(|c| &*c.name == n));
        columns.push(Column::new(name, column.ty));
    }
    columns
}

/// The row with each of the table's rows that were found for it; with nulls where there is none and `unmatched` asks so.
fn looked_up<'r>(
    row: &Row,
    found: impl Iterator<Item = &'r Row>,
    table: &[Column],
    unmatched: bool,
) -> Vec<Result<Row>> {
    let mut out: Vec<Result<Row>> = found
        .map(|found| Ok(row.iter().chain(found).cloned().collect()))
        .collect();
    if out.is_empty() && unmatched {
        let blank = table.iter().map(|c| convert::cast(c.ty, Value::Null));
        out.push(Ok(row.iter().cloned().chain(blank).collect()));
    }
    out
}
