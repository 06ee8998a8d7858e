//! `mv-expand` and `mv-apply`.

use std::collections::HashMap;
use std::sync::Arc;

use super::count_of;
use super::source::inner_query;
use crate::engine::code::Code;
use crate::engine::compile::Cx;
use crate::engine::compile::column_name;
use crate::engine::compile::unique;
use crate::engine::convert;
use crate::engine::error::Error;
use crate::engine::error::Result;
use crate::engine::session::Scope;
use crate::engine::session::Session;
use crate::engine::table::Column;
use crate::engine::table::Row;
use crate::engine::table::Stream;
use crate::engine::value::Type;
use crate::engine::value::Value;
use crate::kql::ast::ExpandItem;
use crate::kql::ast::Expr;
use crate::kql::ast::Operator;
use crate::kql::ast::Pipeline;

/// One item: what is expanded, where it goes, the type it gets.
struct Item {
    code: Code,
    place: usize,
    ty: Type,
}

/// What both operators do to one row.
struct Expansion {
    items: Vec<Item>,
    columns: Vec<Column>,
    arrays: bool,
    index: Option<usize>,
    limit: usize,
}

impl Expansion {
    fn compile<'q>(
        session: &'q Session<'q>,
        scope: &Scope<'q>,
        input: &[Column],
        operator: &'q Operator,
        items: &'q [ExpandItem],
        limit: Option<&'q Expr>,
    ) -> Result<Self> {
        let cx = Cx::new(session, scope, input);
        let mut columns = input.to_vec();
        let mut out = Vec::new();
        for item in items {
            let code = cx.scalar(&item.value.value)?;
            let ty = match &item.to {
                Some(decl) => Type::parse(&decl.type_name.text).ok_or_else(|| {
                    Error::invalid(format!("`{}` is no type", decl.type_name.text))
                })?,
                None => Type::Dynamic,
            };
            let name = match item.value.name() {
                Some(name) => Arc::clone(&name.text),
                None => column_name(&item.value.value).unwrap_or_else(|| "Column1".into()),
            };
            let place = if let Some(place) = columns.iter().position(|c| c.name == name) {
                columns[place].ty = ty;
                place
            } else {
                columns.push(Column::new(name, ty));
                columns.len() - 1
            };
            out.push(Item { code, place, ty });
        }
        let index = operator.parameter_text("with_itemindex").map(|name| {
            let name = unique(name, |n| columns.iter().any(|c| &*c.name == n));
            columns.push(Column::new(name, Type::Long));
            columns.len() - 1
        });
        let kind = operator
            .parameter_text("bagexpansion")
            .or_else(|| operator.parameter_text("kind"));
        Ok(Self {
            items: out,
            columns,
            arrays: kind == Some("array"),
            index,
            limit: limit.map_or(Ok(usize::MAX), |l| count_of(session, scope, l))?,
        })
    }

    /// The rows that one row becomes; `outer` keeps one without elements.
    fn expand(&self, row: &Row, outer: bool) -> Vec<Row> {
        let series: Vec<Vec<Value>> = self
            .items
            .iter()
            .map(|item| match item.code.get(row).as_ref() {
                Value::Array(items) => items.as_ref().clone(),
                Value::Bag(bag) => bag
                    .iter()
                    .map(|(k, v)| {
                        if self.arrays {
                            Value::array(vec![Value::String(Arc::clone(k)), v.clone()])
                        } else {
                            Value::bag(vec![(Arc::clone(k), v.clone())])
                        }
                    })
                    .collect(),
                Value::Null => Vec::new(),
                scalar => vec![scalar.clone()],
            })
            .collect();
        let mut count = series
            .iter()
            .map(Vec::len)
            .max()
            .unwrap_or(0)
            .min(self.limit);
        if count == 0 && outer {
            count = 1;
        }
        (0..count)
            .map(|index| {
                let mut out = row.clone();
                out.resize(self.columns.len(), Value::Null);
                for (item, values) in self.items.iter().zip(&series) {
                    let value = values.get(index).cloned().unwrap_or_default();
                    out[item.place] = convert::cast(item.ty, value);
                }
                if let Some(place) = self.index {
                    out[place] = Value::Long(index as i64);
                }
                out
            })
            .collect()
    }
}

/// `mv-expand`
pub(super) fn mv_expand<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    operator: &'q Operator,
    items: &'q [ExpandItem],
    limit: Option<&'q Expr>,
) -> Result<Stream<'q>> {
    let expansion = Expansion::compile(session, scope, &input.columns, operator, items, limit)?;
    let columns = expansion.columns.clone();
    let rows = input.rows.flat_map(move |row| match row {
        Ok(row) => expansion
            .expand(&row, true)
            .into_iter()
            .map(Ok)
            .collect::<Vec<_>>(),
        Err(error) => vec![Err(error)],
    });
    Ok(Stream {
        columns,
        rows: Box::new(rows),
        serialized: input.serialized,
    })
}

/// `mv-apply`
pub(super) fn mv_apply<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    operator: &'q Operator,
    items: &'q [ExpandItem],
    limit: Option<&'q Expr>,
    query: &'q Pipeline,
) -> Result<Stream<'q>> {
    let expansion = Expansion::compile(session, scope, &input.columns, operator, items, limit)?;
    // Run once on no rows, to know the columns.
    let probe = inner_query(
        session,
        scope,
        Stream::of(expansion.columns.clone(), Vec::new()),
        query,
    )?;
    let inner_columns = probe.columns;
    let mut columns = input.columns.clone();
    let mut places: HashMap<usize, usize> = HashMap::new();
    for (index, column) in inner_columns.iter().enumerate() {
        let place = if let Some(place) = columns.iter().position(|c| c.name == column.name) {
            columns[place].ty = column.ty;
            place
        } else {
            columns.push(column.clone());
            columns.len() - 1
        };
        places.insert(index, place);
    }
    let width = columns.len();
    let scope = scope.clone();
    let inner_width = inner_columns.len();
    let rows = input.rows.flat_map(move |row| {
        let apply = |row: Row| -> Result<Vec<Row>> {
            let expanded = expansion.expand(&row, false);
            let mut stream = Stream::of(expansion.columns.clone(), expanded);
            stream.serialized = true;
            let inner = inner_query(session, &scope, stream, query)?;
            inner
                .rows
                .map(|found| {
                    let found = found?;
                    let mut out = row.clone();
                    out.resize(width, Value::Null);
                    for (index, value) in found.into_iter().enumerate().take(inner_width) {
                        if let Some(place) = places.get(&index) {
                            out[*place] = value;
                        }
                    }
                    Ok(out)
                })
                .collect()
        };
        match row.and_then(apply) {
            Ok(rows) => rows.into_iter().map(Ok).collect::<Vec<_>>(),
            Err(error) => vec![Err(error)],
        }
    });
    Ok(Stream::new(columns, Box::new(rows)))
}
