//! `partition` and `scan`.

use std::collections::HashMap;

use super::source::inner_query;
use crate::engine::code::Code;
use crate::engine::compile::Cx;
use crate::engine::error::Error;
use crate::engine::error::Result;
use crate::engine::session::Scope;
use crate::engine::session::Session;
use crate::engine::table::Row;
use crate::engine::table::Stream;
use crate::engine::value::Value;
use crate::kql::ast::Expr;
use crate::kql::ast::PartitionQuery;
use crate::kql::ast::Scan;

/// `partition by column (query)`
pub(super) fn partition<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    by: &'q Expr,
    query: &'q PartitionQuery,
) -> Result<Stream<'q>> {
    let PartitionQuery::Rows(query) = query else {
        return Err(Error::unsupported("`partition` with a query in braces"));
    };
    let columns = input.columns.clone();
    let code = Cx::new(session, scope, &columns).scalar(by)?;
    let mut index: HashMap<Value, usize> = HashMap::new();
    let mut groups: Vec<Vec<Row>> = Vec::new();
    for row in input.rows {
        let row = row?;
        let place = *index.entry(code.eval(&row)).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[place].push(row);
    }
    let mut legs = Vec::new();
    for rows in groups {
        let mut stream = Stream::of(columns.clone(), rows);
        stream.serialized = true;
        legs.push(("".into(), inner_query(session, scope, stream, query)?));
    }
    if legs.is_empty() {
        return inner_query(session, scope, Stream::of(columns, Vec::new()), query);
    }
    super::union::join_legs(legs, false, None)
}

/// `scan`: the form with one step, which runs through the rows with a state.
pub(super) fn scan<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    scan: &'q Scan,
) -> Result<Stream<'q>> {
    let [step] = scan.steps.as_slice() else {
        return Err(Error::unsupported("`scan` with several steps"));
    };
    if !scan.partition_by.is_empty() {
        return Err(Error::unsupported("`scan … partition by`"));
    }
    if !input.serialized {
        return Err(Error::invalid(
            "`scan` needs rows in order: `sort` or `serialize` them first",
        ));
    }
    let mut columns = input.columns.clone();
    let width = columns.len();
    let constants = Cx::new(session, scope, &[]);
    let mut initial: Vec<Value> = Vec::new();
    for declared in &scan.declare {
        let crate::kql::ast::ParameterKind::Scalar(type_name) = &declared.kind else {
            return Err(Error::invalid("`declare` of `scan` takes values"));
        };
        let ty = crate::engine::value::Type::parse(&type_name.text)
            .ok_or_else(|| Error::invalid(format!("`{}` is no type", type_name.text)))?;
        let value = match &declared.default {
            Some(default) => constants.scalar(default)?.eval(&[]),
            None => Value::Null,
        };
        initial.push(crate::engine::convert::cast(ty, value));
        columns.push(crate::engine::table::Column::new(
            std::sync::Arc::clone(&declared.name.text),
            ty,
        ));
    }
    // A row of the compilation: the row with its declared columns, then the step's last state.
    let total = columns.len();
    let mut wide = columns.clone();
    for column in &columns {
        let name = format!("{}.{}", step.name.text, column.name);
        wide.push(crate::engine::table::Column::new(name, column.ty));
    }
    let compile = |expr: &'q Expr| -> Result<Code> {
        let mut cx = Cx::new(session, scope, &wide);
        cx.state = Some(&step.name.text);
        cx.scalar(expr)
    };
    let condition = compile(&step.condition)?;
    let mut assignments = Vec::new();
    for assignment in &step.assignments {
        let place = columns
            .iter()
            .position(|c| c.name == assignment.name.text)
            .ok_or_else(|| {
                Error::invalid(format!("no column is called `{}`", assignment.name.text))
            })?;
        assignments.push((place, compile(&assignment.value)?));
    }
    let mut state: Vec<Value> = vec![Value::Null; width];
    state.extend(initial.iter().cloned());
    let rows = input.rows.filter_map(move |row| {
        let mut row = match row {
            Ok(row) => row,
            Err(error) => return Some(Err(error)),
        };
        row.extend(initial.iter().cloned());
        row.extend(state.iter().cloned());
        if !condition.is_true(&row) {
            return None;
        }
        for (place, code) in &assignments {
            row[*place] = code.eval(&row);
        }
        row.truncate(total);
        state.clone_from(&row);
        Some(Ok(row))
    });
    let mut out = Stream::new(columns, Box::new(rows));
    out.serialized = true;
    Ok(out)
}
