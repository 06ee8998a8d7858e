//! `geo_polygon_lookup` and `geo_line_lookup`: the rows of a table whose shapes are at or near a place.

use super::column_of;
use super::looked_up;
use super::lookup_columns;
use crate::engine::compile::Cx;
use crate::engine::error::Error;
use crate::engine::error::Result;
use crate::engine::function;
use crate::engine::operator::shape::visible;
use crate::engine::operator::stream_of;
use crate::engine::session::Scope;
use crate::engine::session::Session;
use crate::engine::table::Row;
use crate::engine::table::Stream;
use crate::engine::table::Table;
use crate::engine::value::Type;
use crate::engine::value::Value;
use crate::kql::ast::Call;
use crate::kql::ast::Expr;

/// Tells the metres from a place to a shape.
type Distance = Box<dyn Fn(&Value, &Value) -> Option<f64>>;

/// `geo_polygon_lookup(table, longitude, latitude, polygon, radius, return_unmatched, join_hint)`, and the same with
/// lines. Documented examples name the column of shapes before the longitude as well.
pub(super) fn lookup<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    call: &'q Call,
    lines: bool,
) -> Result<Stream<'q>> {
    let constant = |expr: &'q Expr| -> Result<Value> {
        Ok(Cx::new(session, scope, &[]).scalar(expr)?.eval(&[]))
    };
    let mut plain: Vec<&'q Expr> = Vec::new();
    let mut radius = None;
    let mut unmatched = false;
    for argument in &call.arguments {
        match argument.name().map(|n| &*n.text) {
            None if plain.len() < 4 => plain.push(&argument.value),
            // What follows is told apart by its type; the hint comes after the radius and changes no result.
            None => match constant(&argument.value)? {
                Value::Bool(flag) => unmatched = flag,
                number => radius = radius.or(number.as_real()),
            },
            Some("radius") => radius = constant(&argument.value)?.as_real(),
            Some("return_unmatched") => {
                unmatched = constant(&argument.value)?.as_bool().unwrap_or(false);
            }
            Some("join_hint") => {}
            Some(other) => {
                return Err(Error::invalid(format!(
                    "the lookup has no argument `{other}`; it has `radius`, `return_unmatched` and `join_hint`"
                )));
            }
        }
    }
    let [table, first, second, third] = plain.as_slice() else {
        return Err(Error::invalid(
            "the lookup takes a table, a longitude, a latitude and the table's column of shapes",
        ));
    };
    if lines && radius.is_none() {
        return Err(Error::invalid("`geo_line_lookup` takes a radius in metres"));
    }
    let table: Table =
        visible(stream_of(session, scope, table)?).collect(session.held("the lookup table"))?;
    // The column of shapes is the one that is `dynamic`.
    let shape_in = |expr: &Expr| {
        let place = column_of(&table.columns, expr)?;
        if table.columns[place].ty == Type::Dynamic {
            return Ok(place);
        }
        Err(Error::invalid(format!(
            "`{}` holds no shapes: they are `dynamic`",
            table.columns[place].name
        )))
    };
    let (longitude, latitude, shape) = match shape_in(third) {
        Ok(shape) => (first, second, shape),
        Err(error) => match shape_in(first) {
            Ok(shape) => (second, third, shape),
            Err(_) => return Err(error),
        },
    };
    let cx = Cx::new(session, scope, &input.columns);
    let (longitude, latitude) = (cx.scalar(longitude)?, cx.scalar(latitude)?);
    let distances: Vec<Option<Distance>> = table
        .rows
        .iter()
        .map(|row| Some(Box::new(function::distance_from(&row[shape])?) as Distance))
        .collect();
    let near = radius.unwrap_or(0.0);
    let columns = lookup_columns(&input.columns, &table.columns);
    let rows = input.rows.flat_map(move |row| -> Vec<Result<Row>> {
        let row = match row {
            Ok(row) => row,
            Err(error) => return vec![Err(error)],
        };
        let (x, y) = (longitude.eval(&row), latitude.eval(&row));
        let is_near = |distance: &Option<Distance>| {
            let metres = distance.as_ref().and_then(|d| d(&x, &y));
            metres.is_some_and(|metres| metres <= near)
        };
        let found = table
            .rows
            .iter()
            .zip(&distances)
            .filter(|(_, distance)| is_near(distance))
            .map(|(found, _)| found);
        looked_up(&row, found, &table.columns, unmatched)
    });
    Ok(Stream::new(columns, Box::new(rows)))
}
