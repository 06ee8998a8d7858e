//! `join` and `lookup`.

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;

use super::stream_of;
use crate::engine::code::Code;
use crate::engine::compile::Cx;
use crate::engine::compile::unique;
use crate::engine::convert;
use crate::engine::error::Error;
use crate::engine::error::Result;
use crate::engine::session::Scope;
use crate::engine::session::Session;
use crate::engine::table::Column;
use crate::engine::table::Row;
use crate::engine::table::Stream;
use crate::engine::value::Value;
use crate::kql::ast::BinaryOp;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::Join;
use crate::kql::ast::JoinKind;
use crate::kql::ast::LogicalOp;

/// The pairs of keys, as codes on the left and on the right row.
fn keys<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    left: &[Column],
    right: &[Column],
    on: &'q [Expr],
) -> Result<Vec<(Code, Code)>> {
    let mut out = Vec::new();
    let mut pending: Vec<&'q Expr> = on.iter().rev().collect();
    while let Some(condition) = pending.pop() {
        match &condition.kind {
            ExprKind::Paren(inner) => pending.push(inner),
            ExprKind::Logical {
                op: LogicalOp::And,
                operands,
                ..
            } => pending.extend(operands.iter().rev()),
            ExprKind::Name(ident) => {
                let name = &*ident.text;
                let find = |columns: &[Column], side: &str| {
                    columns
                        .iter()
                        .position(|c| &*c.name == name)
                        .map(|i| Code::column(columns[i].ty, i))
                        .ok_or_else(|| {
                            Error::invalid(format!("the {side} side has no column `{name}`"))
                        })
                };
                out.push((find(left, "left")?, find(right, "right")?));
            }
            ExprKind::Binary {
                op: BinaryOp::Equal,
                left: a,
                right: b,
                ..
            } => {
                let (a, b) = if side_of(a) == Some("$right") {
                    (b, a)
                } else {
                    (a, b)
                };
                let (Some("$left"), Some("$right")) = (side_of(a), side_of(b)) else {
                    return Err(Error::invalid(
                        "a condition of `join` compares `$left` with `$right`",
                    ));
                };
                out.push((
                    Cx::new(session, scope, left).scalar(strip_side(a)?)?,
                    Cx::new(session, scope, right).scalar(strip_side(b)?)?,
                ));
            }
            _ => {
                return Err(Error::invalid(
                    "`join` takes column names and equalities of `$left` and `$right`",
                ));
            }
        }
    }
    Ok(out)
}

fn side_of(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Path { target, .. } => match &target.kind {
            ExprKind::Name(name) if name.text.starts_with('$') => Some(&name.text),
            _ => side_of(target),
        },
        ExprKind::Paren(inner) => side_of(inner),
        _ => None,
    }
}

/// `$left.a` as `a`; what is deeper than a column is not supported.
fn strip_side(expr: &Expr) -> Result<&Expr> {
    match &expr.kind {
        ExprKind::Paren(inner) => strip_side(inner),
        ExprKind::Path { target, selector } if matches!(target.kind, ExprKind::Name(_)) => {
            Ok(selector)
        }
        _ => Err(Error::unsupported("a `join` on a member of a bag")),
    }
}

/// A key; none where it has a null, which equals nothing.
fn key(codes: &[Code], row: &[Value]) -> Option<Row> {
    let key: Row = codes.iter().map(|c| c.eval(row)).collect();
    (!key.iter().any(Value::is_null)).then_some(key)
}

/// The right side by key.
struct Right {
    rows: Vec<Row>,
    by_key: HashMap<Row, Vec<usize>>,
}

/// `join`, or `lookup` where `lookup` holds.
pub(super) fn join<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    join: &'q Join,
    lookup: bool,
) -> Result<Stream<'q>> {
    if join.predicate.is_some() {
        return Err(Error::unsupported("`join … where`"));
    }
    let left = super::shape::visible(input);
    let right = super::shape::visible(stream_of(session, scope, &join.right)?);
    let pairs = keys(session, scope, &left.columns, &right.columns, &join.on)?;
    let (left_codes, right_codes): (Vec<Code>, Vec<Code>) = pairs.into_iter().unzip();
    let left_columns = left.columns.clone();
    let right_columns = right.columns.clone();
    let mut held = session.held(if lookup { "`lookup`" } else { "`join`" });
    let mut table = Right {
        rows: crate::engine::table::all(right.rows, held.clone())?,
        by_key: HashMap::new(),
    };
    for (index, row) in table.rows.iter().enumerate() {
        if let Some(key) = key(&right_codes, row) {
            held.row(&key)?;
            table.by_key.entry(key).or_default().push(index);
        }
    }
    // `lookup` does not repeat the keys.
    let dropped: HashSet<usize> = if lookup {
        right_codes
            .iter()
            .filter_map(|c| match c.node {
                crate::engine::code::Node::Column(i) => Some(i),
                _ => None,
            })
            .collect()
    } else {
        HashSet::new()
    };
    let kept: Vec<usize> = (0..right_columns.len())
        .filter(|i| !dropped.contains(i))
        .collect();
    let mut columns = left_columns.clone();
    for index in &kept {
        let column = &right_columns[*index];
        let name = unique(&column.name, |n| columns.iter().any(|c| &*c.name == n));
        columns.push(Column::new(name, column.ty));
    }
    let blank = |columns: &[Column]| -> Row {
        columns
            .iter()
            .map(|c| convert::cast(c.ty, Value::Null))
            .collect()
    };
    let right_blank = blank(&right_columns);
    let left_blank = blank(&left_columns);
    let joined = move |left: &[Value], right: &[Value]| -> Row {
        let mut row = left.to_vec();
        row.extend(kept.iter().map(|i| right[*i].clone()));
        row
    };
    let kind = join.kind;
    match kind {
        JoinKind::Unknown => return Err(Error::invalid("`join` has no such kind")),
        JoinKind::LeftSemi | JoinKind::LeftAnti => {
            let wanted = kind == JoinKind::LeftSemi;
            let keep = move |row: &Row| {
                let found = key(&left_codes, row).is_some_and(|k| table.by_key.contains_key(&k));
                found == wanted
            };
            let rows = left
                .rows
                .filter(move |row| row.as_ref().map_or(true, &keep));
            return Ok(Stream::new(left_columns, Box::new(rows)));
        }
        JoinKind::RightSemi | JoinKind::RightAnti => {
            let mut seen: HashSet<Row> = HashSet::new();
            for row in left.rows {
                if let Some(key) = key(&left_codes, &row?)
                    && !seen.contains(&key)
                {
                    held.row(&key)?;
                    seen.insert(key);
                }
            }
            let wanted = kind == JoinKind::RightSemi;
            let rows = table
                .rows
                .into_iter()
                .filter(|row| key(&right_codes, row).is_some_and(|k| seen.contains(&k)) == wanted)
                .collect();
            return Ok(Stream::of(right_columns, rows));
        }
        _ => {}
    }
    let outer_left = matches!(kind, JoinKind::LeftOuter | JoinKind::FullOuter);
    let outer_right = matches!(kind, JoinKind::RightOuter | JoinKind::FullOuter);
    let mut unique_keys: Option<HashSet<Row>> = (kind == JoinKind::InnerUnique).then(HashSet::new);
    if !outer_right {
        let table = Arc::new(table);
        let rows = left
            .rows
            .flat_map(move |row| -> Box<dyn Iterator<Item = Result<Row>>> {
                let row = match row {
                    Ok(row) => row,
                    Err(error) => return Box::new(std::iter::once(Err(error))),
                };
                let key = key(&left_codes, &row);
                if let Some(seen) = &mut unique_keys {
                    match &key {
                        Some(key) if seen.contains(key) => return Box::new(std::iter::empty()),
                        Some(key) => {
                            seen.insert(key.clone());
                        }
                        None => {}
                    }
                }
                let found = key.and_then(|k| table.by_key.get(&k));
                let out: Vec<Row> = match found {
                    Some(matches) => matches
                        .iter()
                        .map(|i| joined(&row, &table.rows[*i]))
                        .collect(),
                    None if outer_left => vec![joined(&row, &right_blank)],
                    None => Vec::new(),
                };
                Box::new(out.into_iter().map(Ok))
            });
        return Ok(Stream::new(columns, Box::new(rows)));
    }
    let mut out = Vec::new();
    let mut matched = vec![false; table.rows.len()];
    for row in left.rows {
        let row = row?;
        match key(&left_codes, &row).and_then(|k| table.by_key.get(&k)) {
            Some(found) => {
                for index in found {
                    matched[*index] = true;
                    let row = joined(&row, &table.rows[*index]);
                    held.row(&row)?;
                    out.push(row);
                }
            }
            None if outer_left => {
                let row = joined(&row, &right_blank);
                held.row(&row)?;
                out.push(row);
            }
            None => {}
        }
    }
    for (index, row) in table.rows.iter().enumerate() {
        if !matched[index] {
            out.push(joined(&left_blank, row));
        }
    }
    Ok(Stream::of(columns, out))
}
