//! Tabular expressions: where rows come from, and what each operator does to them.
//!
//! An operator takes a [`Stream`] and gives one. Rows are pulled through one by one; only what must see all rows
//! (sort, summarize, the right side of a join) holds them.

mod by_names;
mod expand;
mod graph;
mod join;
mod parse;
mod plugin;
mod scan;
mod search;
mod shape;
mod source;
mod summarize;
mod union;

pub(crate) use graph::is_graph;
pub(crate) use source::bind;
pub(crate) use source::is_tabular;
pub(crate) use source::stream_of;

use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use crate::engine::code::Code;
use crate::engine::compile::Cx;
use crate::engine::coverage::Seen;
use crate::engine::error::Error;
use crate::engine::error::Result;
use crate::engine::memory::Held;
use crate::engine::session::Binding;
use crate::engine::session::Scope;
use crate::engine::session::Session;
use crate::engine::table::Column;
use crate::engine::table::Row;
use crate::engine::table::Stream;
use crate::engine::table::Table;
use crate::engine::value::Type;
use crate::engine::value::Value;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::LogicalOp;
use crate::kql::ast::NullsOrder;
use crate::kql::ast::Operator;
use crate::kql::ast::OperatorKind;
use crate::kql::ast::Ordered;
use crate::kql::ast::SortOrder;

/// Runs the operators on `input`.
pub(crate) fn pipeline<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Option<Stream<'q>>,
    operators: &'q [Operator],
) -> Result<Stream<'q>> {
    let mut stream = input;
    let mut scope = scope.clone();
    for (index, operator) in operators.iter().enumerate() {
        if let OperatorKind::Union(tables) = &operator.kind {
            let given = union::named_as(&operators[..index]);
            stream = Some(union::union(
                session, &scope, stream, given, operator, tables,
            )?);
            continue;
        }
        if let OperatorKind::As(name) = &operator.kind {
            let input = stream.take().ok_or_else(no_input)?;
            let serialized = input.serialized;
            let table = Rc::new(input.collect(session.held("`as`"))?);
            scope = scope.with(&name.text, Binding::Table(Rc::clone(&table)));
            let mut out = source::stream_of_table(&table);
            out.serialized = serialized;
            stream = Some(out);
            continue;
        }
        stream = Some(step(session, &scope, stream, operator)?);
    }
    stream.ok_or_else(|| Error::invalid("there is no query"))
}

fn no_input() -> Error {
    Error::invalid("this operator needs rows before it")
}

fn step<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Option<Stream<'q>>,
    operator: &'q Operator,
) -> Result<Stream<'q>> {
    match &operator.kind {
        OperatorKind::Print(items) => return shape::print(session, scope, items),
        OperatorKind::Range {
            name,
            from,
            to,
            step,
        } => {
            return shape::range(session, scope, &name.text, from, to, step);
        }
        OperatorKind::Search { tables, predicate } => {
            return search::search(session, scope, input, operator, tables, predicate);
        }
        OperatorKind::Find(find) => return search::find(session, scope, find),
        _ => {}
    }
    let input = input.ok_or_else(no_input)?;
    if is_graph(&input.columns) {
        return graph::run(session, scope, input, operator);
    }
    let keyword = || {
        let range = operator.keyword.range();
        session.text.get(range).unwrap_or("an operator").to_owned()
    };
    match &operator.kind {
        OperatorKind::Where(predicate) => filter(session, scope, input, predicate),
        OperatorKind::Extend(items) => shape::extend(session, scope, input, items, true),
        OperatorKind::Serialize(items) => {
            let mut input = input;
            input.serialized = true;
            shape::extend(session, scope, input, items, true)
        }
        OperatorKind::Project(items) => shape::extend(session, scope, input, items, false),
        OperatorKind::ProjectAway(items) => shape::project_away(input, items),
        OperatorKind::ProjectKeep(items) => shape::project_keep(input, items),
        OperatorKind::ProjectByNames(items) => by_names::project(session, scope, input, items),
        OperatorKind::ProjectRename(items) => shape::project_rename(input, items),
        OperatorKind::ProjectReorder(items) => shape::project_reorder(input, items),
        OperatorKind::Count(name) => {
            let name: Arc<str> = name
                .as_ref()
                .map_or_else(|| "Count".into(), |n| Arc::clone(&n.text));
            let mut count = 0;
            for row in input.rows {
                row?;
                count += 1;
            }
            Ok(Stream::of(
                vec![Column::new(name, Type::Long)],
                vec![vec![Value::Long(count)]],
            ))
        }
        OperatorKind::Distinct(items) => distinct(session, scope, input, items),
        OperatorKind::Take(count) | OperatorKind::Sample(count) => {
            let count = count_of(session, scope, count)?;
            let mut input = input;
            input.rows = Box::new(input.rows.take(count));
            Ok(input)
        }
        OperatorKind::SampleDistinct { count, of } => {
            let code = Cx::new(session, scope, &input.columns).scalar(of)?;
            let name = crate::engine::compile::column_name(of).unwrap_or_else(|| "Column1".into());
            let column = Column::new(name, code.ty);
            let mut seen = HashSet::new();
            let count = count_of(session, scope, count)?;
            let rows = input
                .rows
                .map(move |row| Ok(vec![code.eval(&row?)]))
                .filter(move |row: &Result<Row>| {
                    row.as_ref().map_or(true, |r| seen.insert(r.clone()))
                })
                .take(count);
            Ok(Stream::new(vec![column], Box::new(rows)))
        }
        OperatorKind::Sort(keys) => sort(session, scope, input, keys, None),
        OperatorKind::Top { count, by } => {
            let count = count_of(session, scope, count)?;
            sort(session, scope, input, std::slice::from_ref(by), Some(count))
        }
        OperatorKind::Summarize { aggregates, by } => {
            summarize::summarize(session, scope, input, aggregates, by)
        }
        OperatorKind::MakeSeries(series) => {
            summarize::make_series(session, scope, input, operator, series)
        }
        OperatorKind::TopHitters { count, of, by } => {
            summarize::top_hitters(session, scope, input, count, of, by.as_ref())
        }
        OperatorKind::TopNested(levels) => summarize::top_nested(session, scope, input, levels),
        OperatorKind::Join(join) => join::join(session, scope, input, join, false),
        OperatorKind::Lookup(join) => join::join(session, scope, input, join, true),
        OperatorKind::MvExpand { items, limit } => {
            expand::mv_expand(session, scope, input, operator, items, limit.as_ref())
        }
        OperatorKind::MvApply {
            items,
            limit,
            query,
            ..
        } => expand::mv_apply(
            session,
            scope,
            input,
            operator,
            items,
            limit.as_ref(),
            query,
        ),
        OperatorKind::Parse {
            only_matching,
            text,
            pattern,
        } => parse::parse(
            session,
            scope,
            input,
            operator,
            *only_matching,
            text,
            pattern,
        ),
        OperatorKind::ParseKv { text, schema, with } => {
            parse::parse_kv(session, scope, input, text, schema, with)
        }
        OperatorKind::GetSchema => shape::get_schema(&input),
        OperatorKind::Evaluate { call, schema } => {
            plugin::evaluate(session, scope, input, call, schema.as_ref())
        }
        OperatorKind::Invoke(call) => source::invoke(session, scope, input, call),
        OperatorKind::Partition {
            by,
            scope: None,
            query,
        } => scan::partition(session, scope, input, by, query),
        OperatorKind::MakeGraph(make) => graph::make(session, scope, input, make),
        OperatorKind::Scan(scan) => scan::scan(session, scope, input, operator, scan),
        OperatorKind::Render { .. } | OperatorKind::AssertSchema(_) => Ok(input),
        OperatorKind::Consume => {
            for row in input.rows {
                row?;
            }
            Ok(Stream::of(Vec::new(), Vec::new()))
        }
        OperatorKind::Unknown(name) => {
            Err(Error::invalid(format!("`{}` is no operator", name.text)))
        }
        _ => Err(Error::unsupported(format!("operator `{}`", keyword()))),
    }
}

/// A whole number that is the same for all rows.
pub(super) fn count_of<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    expr: &'q Expr,
) -> Result<usize> {
    Cx::new(session, scope, &[])
        .scalar(expr)?
        .as_const()
        .and_then(Value::as_long)
        .and_then(|n| usize::try_from(n).ok())
        .ok_or_else(|| {
            Error::invalid("a count must be a constant whole number that is not negative")
        })
}

/// The conditions that `and` joins.
fn conjuncts<'q>(expr: &'q Expr, out: &mut Vec<&'q Expr>) {
    match &expr.kind {
        ExprKind::Paren(inner) => conjuncts(inner, out),
        ExprKind::Logical {
            op: LogicalOp::And,
            operands,
            ..
        } => {
            for operand in operands {
                conjuncts(operand, out);
            }
        }
        _ => out.push(expr),
    }
}

/// One compiled condition, with the place where its outcomes are noted.
pub(super) struct Condition {
    code: Code,
    seen: Option<Arc<Seen>>,
}

impl Condition {
    /// Whether it holds.
    pub(super) fn holds(&self, row: &[Value]) -> bool {
        let held = self.code.is_true(row);
        if let Some(seen) = &self.seen {
            seen.note(held);
        }
        held
    }
}

/// Compiles a predicate to its conditions.
pub(super) fn conditions<'q>(cx: &Cx<'_, 'q>, predicate: &'q Expr) -> Result<Vec<Condition>> {
    let mut parts = Vec::new();
    conjuncts(predicate, &mut parts);
    parts
        .into_iter()
        .map(|part| {
            let code = cx.condition(part)?;
            let seen = cx.session.env.coverage.as_ref().map(|coverage| {
                let key = (part.span.start, part.span.end);
                Arc::clone(coverage.borrow_mut().conditions.entry(key).or_default())
            });
            Ok(Condition { code, seen })
        })
        .collect()
}

fn filter<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    predicate: &'q Expr,
) -> Result<Stream<'q>> {
    let (input, windows, conditions) = with_windows(
        input,
        session.held("a function over rows in order"),
        |columns, windows| {
            let mut cx = Cx::new(session, scope, columns);
            cx.windows = windows;
            conditions(&cx, predicate)
        },
    )?;
    let width = input.columns.len();
    let rows = input.rows.filter_map(move |row| match row {
        Err(error) => Some(Err(error)),
        Ok(mut row) => conditions.iter().all(|c| c.holds(&row)).then(|| {
            if windows {
                row.truncate(width);
            }
            Ok(row)
        }),
    });
    Ok(Stream {
        columns: input.columns,
        rows: Box::new(rows),
        serialized: input.serialized,
    })
}

/// Compiles against `input`; where a function looks at other rows, the rows get its hidden columns.
///
/// Gives the stream, whether its rows have hidden columns behind their own, and what was compiled.
pub(super) fn with_windows<T>(
    input: Stream<'_>,
    held: Held,
    compile: impl FnOnce(&[Column], Option<&crate::engine::compile::Windows>) -> Result<T>,
) -> Result<(Stream<'_>, bool, T)> {
    let windows = crate::engine::compile::Windows::default();
    let compiled = compile(&input.columns, input.serialized.then_some(&windows))?;
    if windows.is_empty() {
        return Ok((input, false, compiled));
    }
    let mut rows = crate::engine::table::all(input.rows, held)?;
    windows.compute(&mut rows);
    let stream = Stream {
        columns: input.columns,
        rows: Box::new(rows.into_iter().map(Ok)),
        serialized: true,
    };
    Ok((stream, true, compiled))
}

fn distinct<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    items: &'q [crate::kql::ast::NamedExpr],
) -> Result<Stream<'q>> {
    let star = items.is_empty() || items.iter().any(|i| matches!(i.value.kind, ExprKind::Star));
    let shaped = if star {
        shape::visible(input)
    } else {
        let mut shaped = shape::extend(session, scope, input, items, false)?;
        shaped = shape::visible(shaped);
        shaped
    };
    let mut seen = HashSet::new();
    let mut held = session.held("`distinct`");
    let rows = shaped.rows.filter_map(move |row| {
        let row = match row {
            Ok(row) => row,
            Err(error) => return Some(Err(error)),
        };
        if !seen.insert(row.clone()) {
            return None;
        }
        Some(held.row(&row).map(|()| row))
    });
    Ok(Stream::new(shaped.columns, Box::new(rows)))
}

/// Sorts, keeping at most `most` rows.
fn sort<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    keys: &'q [Ordered],
    most: Option<usize>,
) -> Result<Stream<'q>> {
    let cx = Cx::new(session, scope, &input.columns);
    let mut codes = Vec::new();
    for key in keys {
        let code = cx.scalar(&key.value)?;
        let ascending = matches!(key.order, Some(SortOrder::Asc | SortOrder::GrannyAsc));
        if matches!(
            key.order,
            Some(SortOrder::GrannyAsc | SortOrder::GrannyDesc)
        ) {
            return Err(Error::unsupported("`granny-asc` and `granny-desc`"));
        }
        let nulls_first = match key.nulls {
            Some(nulls) => nulls == NullsOrder::First,
            None => ascending,
        };
        codes.push((code, ascending, nulls_first));
    }
    let columns = input.columns.clone();
    let mut keyed = Vec::new();
    let mut held = session.held("`sort`");
    for row in input.rows {
        let row = row?;
        let key: Vec<Value> = codes.iter().map(|(c, ..)| c.eval(&row)).collect();
        held.row(&key)?;
        held.row(&row)?;
        keyed.push((key, row));
    }
    let compare = |a: &(Vec<Value>, Row), b: &(Vec<Value>, Row)| {
        for (index, (_, ascending, nulls_first)) in codes.iter().enumerate() {
            let (x, y) = (&a.0[index], &b.0[index]);
            let null = |v: &Value| v.is_null() || matches!(v, Value::Real(n) if n.is_nan());
            let order = match (null(x), null(y)) {
                (true, true) => x.is_null().cmp(&y.is_null()).reverse(),
                (true, false) if *nulls_first => std::cmp::Ordering::Less,
                (true, false) => std::cmp::Ordering::Greater,
                (false, true) if *nulls_first => std::cmp::Ordering::Greater,
                (false, true) => std::cmp::Ordering::Less,
                _ if *ascending => x.total_order(y),
                _ => y.total_order(x),
            };
            if order.is_ne() {
                return order;
            }
        }
        std::cmp::Ordering::Equal
    };
    keyed.sort_by(compare);
    if let Some(most) = most {
        keyed.truncate(most);
    }
    let mut out = Stream::of(columns, keyed.into_iter().map(|(_, row)| row).collect());
    out.serialized = true;
    Ok(out)
}

/// The rows of a tabular expression, in memory.
pub(crate) fn table_of<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    expr: &'q Expr,
) -> Result<Table> {
    let stream = stream_of(session, scope, expr)?;
    shape::visible(stream).collect(session.held("the result"))
}

/// The first cell of a tabular expression, or the value of a scalar one.
pub(crate) fn to_scalar<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    expr: &'q Expr,
) -> Result<(Type, Value)> {
    if !is_tabular(session, scope, expr, &[]) {
        let code = Cx::new(session, scope, &[]).scalar(expr)?;
        return Ok((code.ty, code.eval(&[])));
    }
    let stream = shape::visible(stream_of(session, scope, expr)?);
    let ty = stream.columns.first().map_or(Type::Dynamic, |c| c.ty);
    let mut rows = stream.rows;
    let value = match rows.next() {
        Some(row) => row?.into_iter().next().unwrap_or_default(),
        None => Value::Null,
    };
    Ok((ty, value))
}
