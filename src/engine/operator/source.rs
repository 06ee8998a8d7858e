//! Where rows come from: tables, variables, functions, `datatable`, `externaldata`.

use std::cell::OnceCell;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::pipeline;
use crate::engine::code::Code;
use crate::engine::compile::Cx;
use crate::engine::convert;
use crate::engine::error::Error;
use crate::engine::error::Result;
use crate::engine::session::Binding;
use crate::engine::session::Scope;
use crate::engine::session::Session;
use crate::engine::table::ARRIVAL;
use crate::engine::table::Column;
use crate::engine::table::Filter;
use crate::engine::table::Row;
use crate::engine::table::Source;
use crate::engine::table::Stream;
use crate::engine::table::Table;
use crate::engine::value::Type;
use crate::engine::value::Value;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::Function;
use crate::kql::ast::NamedExpr;
use crate::kql::ast::OperatorKind;
use crate::kql::ast::ParameterKind;
use crate::kql::ast::Pipeline;
use crate::kql::ast::RowSchema;
use crate::kql::ast::StatementKind;

/// Whether `expr` gives rows rather than a value.
pub(crate) fn is_tabular<'q>(
    session: &Session<'q>,
    scope: &Scope<'q>,
    expr: &Expr,
    columns: &[Column],
) -> bool {
    match &expr.kind {
        ExprKind::Paren(inner) => is_tabular(session, scope, inner, columns),
        ExprKind::Pipeline(_)
        | ExprKind::Datatable(_)
        | ExprKind::ExternalData(_)
        | ExprKind::Wildcard(_)
        | ExprKind::ToTable(_) => true,
        ExprKind::Materialize(inner) => is_tabular(session, scope, inner, columns),
        ExprKind::Name(ident) => {
            if columns.iter().any(|c| c.name == ident.text) {
                return false;
            }
            match scope.get(&ident.text) {
                Some(Binding::Table(_) | Binding::Query(..) | Binding::Cached(..)) => true,
                Some(Binding::Function(function, scope)) => {
                    function_is_tabular(session, scope, function)
                }
                Some(Binding::Scalar(_)) => false,
                None => session.env.tables.contains_key(&*ident.text),
            }
        }
        ExprKind::Call(call) => match scope.get(&call.name.text) {
            Some(Binding::Function(function, scope)) => {
                function_is_tabular(session, scope, function)
            }
            Some(_) => false,
            None => {
                matches!(
                    &*call.name.text,
                    "_GetWatchlist" | "table" | "database" | "workspace" | "app"
                ) || session.env.tables.contains_key(&*call.name.text)
            }
        },
        ExprKind::Path { target, .. } => is_tabular(session, scope, target, columns),
        _ => false,
    }
}

fn function_is_tabular<'q>(session: &Session<'q>, scope: &Scope<'q>, function: &Function) -> bool {
    let Some(StatementKind::Expression(value)) = function.body.statements.last().map(|s| &s.kind)
    else {
        return false;
    };
    match &value.kind {
        // The body's own names are not known here; a bare name is a table where a `let` of it is one.
        ExprKind::Name(ident) => {
            for statement in &function.body.statements {
                if let StatementKind::Let { name, value } = &statement.kind
                    && name.text == ident.text
                {
                    return is_tabular(session, scope, value, &[]);
                }
            }
            if let Some(parameter) = function
                .parameters
                .iter()
                .find(|p| p.name.text == ident.text)
            {
                return matches!(parameter.kind, ParameterKind::Table(_));
            }
            is_tabular(session, scope, value, &[])
        }
        _ => is_tabular(session, scope, value, &[]),
    }
}

/// What `let` binds its name to.
pub(crate) fn bind<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    value: &'q Expr,
) -> Result<Binding<'q>> {
    match &value.kind {
        ExprKind::Paren(inner) => bind(session, scope, inner),
        ExprKind::Function(function) => Ok(Binding::Function(function, scope.clone())),
        ExprKind::Materialize(inner) if is_tabular(session, scope, inner, &[]) => Ok(
            Binding::Cached(inner, scope.clone(), Rc::new(OnceCell::new())),
        ),
        ExprKind::EntityGroup(_) => Err(Error::unsupported("`entity_group`")),
        _ if is_tabular(session, scope, value, &[]) => Ok(Binding::Query(value, scope.clone())),
        _ => Ok(Binding::Scalar(Cx::new(session, scope, &[]).scalar(value)?)),
    }
}

/// A table's rows, shared.
pub(crate) fn stream_of_table<'q>(table: &Rc<Table>) -> Stream<'q> {
    let held = Rc::clone(table);
    let rows = (0..held.rows.len()).map(move |i| Ok(held.rows[i].clone()));
    Stream::new(table.columns.clone(), Box::new(rows))
}

/// The rows of `expr`.
pub(crate) fn stream_of<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    expr: &'q Expr,
) -> Result<Stream<'q>> {
    session.deeper(|| match &expr.kind {
        ExprKind::Paren(inner) | ExprKind::ToTable(inner) | ExprKind::Materialize(inner) => {
            stream_of(session, scope, inner)
        }
        ExprKind::Pipeline(query) => query_stream(session, scope, query),
        ExprKind::Name(ident) => named(session, scope, &ident.text),
        ExprKind::Datatable(table) => datatable(session, scope, &table.schema, &table.values),
        ExprKind::ExternalData(data) => external(session, scope, data),
        ExprKind::Call(call) => {
            if let Some(Binding::Function(function, inner)) = scope.get(&call.name.text) {
                call_function(
                    session,
                    scope,
                    inner,
                    function,
                    &call.arguments,
                    None,
                    &call.name.text,
                )
            } else {
                let name = &*call.name.text;
                let first = || -> Result<Arc<str>> {
                    let argument = call
                        .arguments
                        .first()
                        .ok_or_else(|| Error::invalid(format!("`{name}()` lacks an argument")))?;
                    Ok(Cx::new(session, scope, &[])
                        .scalar(&argument.value)?
                        .eval(&[])
                        .to_text())
                };
                match name {
                    "_GetWatchlist" => {
                        let alias = first()?;
                        let table = session.env.watchlists.get(&*alias).ok_or_else(|| {
                            Error::Data(format!("there are no rows for the watchlist `{alias}`"))
                        })?;
                        Ok(scan(session, table, None))
                    }
                    "table" => {
                        let table = first()?;
                        named(session, scope, &table)
                    }
                    _ => match session.env.tables.get(name) {
                        Some(table) => Ok(scan(session, table.as_ref(), None)),
                        None => Err(Error::unsupported(format!("function `{name}()`"))),
                    },
                }
            }
        }
        ExprKind::Path { target, selector } => {
            // `workspace("w").Table`, `database("d").Table`: the table of that name.
            match &target.kind {
                ExprKind::Call(_) | ExprKind::Path { .. } => stream_of(session, scope, selector),
                _ => Err(Error::invalid("this path names no table")),
            }
        }
        ExprKind::Wildcard(_) => Err(Error::invalid(
            "a name with `*` means something in `union` only",
        )),
        _ => Err(Error::invalid("a value stands where a table is expected")),
    })
}

/// The rows of a pipeline; conditions right behind a table are handed to its scan.
pub(crate) fn query_stream<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    query: &'q Pipeline,
) -> Result<Stream<'q>> {
    let Some(source) = &query.source else {
        return pipeline(session, scope, None, &query.operators);
    };
    if let ExprKind::Name(ident) = &source.kind
        && scope.get(&ident.text).is_none()
        && let Some(table) = session.env.tables.get(&*ident.text)
    {
        return scan_first(session, scope, table.as_ref(), query);
    }
    let stream = stream_of(session, scope, source)?;
    pipeline(session, scope, Some(stream), &query.operators)
}

fn scan_first<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    table: &'q dyn Source,
    query: &'q Pipeline,
) -> Result<Stream<'q>> {
    let narrow = closes_schema(query);
    let wanted = wanted_columns(session, table.columns(), narrow);
    let columns: Vec<Column> = wanted.iter().map(|i| table.columns()[*i].clone()).collect();
    let leading = query
        .operators
        .iter()
        .take_while(|o| matches!(o.kind, OperatorKind::Where(_)))
        .count();
    let reads = RefCell::default();
    let mut conditions = Vec::new();
    for operator in &query.operators[..leading] {
        if let OperatorKind::Where(predicate) = &operator.kind {
            let mut cx = Cx::new(session, scope, &columns);
            cx.reads = Some(&reads);
            conditions.extend(super::conditions(&cx, predicate)?);
        }
    }
    let keep = (!conditions.is_empty()).then(|| Filter {
        reads: reads.take().into_iter().collect(),
        holds: Arc::new(move |row: &[Value]| conditions.iter().all(|c| c.holds(row))),
    });
    let stream = Stream::new(columns, table.scan(wanted, keep));
    pipeline(session, scope, Some(stream), &query.operators[leading..])
}

/// Whether the pipeline names the columns it keeps, so that others need not be read.
fn closes_schema(query: &Pipeline) -> bool {
    for operator in &query.operators {
        match &operator.kind {
            OperatorKind::Where(_)
            | OperatorKind::Extend(_)
            | OperatorKind::Sort(_)
            | OperatorKind::Take(_)
            | OperatorKind::Top { .. }
            | OperatorKind::Serialize(_) => {}
            OperatorKind::Project(_) | OperatorKind::Count(_) | OperatorKind::Summarize { .. } => {
                return true;
            }
            _ => return false,
        }
    }
    false
}

fn wanted_columns(session: &Session<'_>, columns: &[Column], narrow: bool) -> Vec<usize> {
    let text = session.text;
    let arrival = text.contains("ingestion_time");
    // Where a function sees all columns at once, all are read.
    let all =
        !narrow || text.contains('*') || text.contains("pack_all") || text.contains("isfuzzy");
    columns
        .iter()
        .enumerate()
        .filter(|(_, c)| {
            if &*c.name == ARRIVAL {
                arrival
            } else {
                all || text.contains(&*c.name)
            }
        })
        .map(|(i, _)| i)
        .collect()
}

fn scan<'q>(session: &Session<'q>, table: &'q dyn Source, keep: Option<Filter>) -> Stream<'q> {
    let wanted = wanted_columns(session, table.columns(), false);
    let columns = wanted.iter().map(|i| table.columns()[*i].clone()).collect();
    Stream::new(columns, table.scan(wanted, keep))
}

/// The rows of what `name` stands for.
pub(crate) fn named<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    name: &str,
) -> Result<Stream<'q>> {
    match scope.get(name) {
        Some(Binding::Table(table)) => Ok(stream_of_table(table)),
        Some(Binding::Query(expr, inner)) => stream_of(session, inner, expr),
        Some(Binding::Cached(expr, inner, cell)) => {
            if cell.get().is_none() {
                let table = Rc::new(
                    stream_of(session, inner, expr)?.collect(session.held("`materialize()`"))?,
                );
                let _ = cell.set(table);
            }
            Ok(stream_of_table(cell.get().expect("it was set just now")))
        }
        Some(Binding::Function(function, inner)) => {
            call_function(session, scope, inner, function, &[], None, name)
        }
        Some(Binding::Scalar(_)) => Err(Error::invalid(format!(
            "`{name}` is a value, but a table is expected"
        ))),
        None => match session.env.tables.get(name) {
            Some(table) => Ok(scan(session, table.as_ref(), None)),
            None => Err(Error::invalid(format!(
                "no table or variable is called `{name}`"
            ))),
        },
    }
}

/// Calls a function of the query's own that gives rows. `piped` is what `invoke` hands over as first argument.
pub(crate) fn call_function<'q>(
    session: &'q Session<'q>,
    caller: &Scope<'q>,
    scope: &Scope<'q>,
    function: &'q Function,
    arguments: &'q [NamedExpr],
    piped: Option<Rc<Table>>,
    name: &str,
) -> Result<Stream<'q>> {
    let mut inner = scope.clone();
    let shift = usize::from(piped.is_some());
    for (index, parameter) in function.parameters.iter().enumerate() {
        let binding = if index == 0 && piped.is_some() {
            Binding::Table(piped.clone().expect("it was just seen"))
        } else {
            let given = index
                .checked_sub(shift)
                .and_then(|i| argument(arguments, i, &parameter.name.text));
            let value = given.or(parameter.default.as_ref()).ok_or_else(|| {
                Error::invalid(format!(
                    "`{name}()` lacks its argument `{}`",
                    parameter.name.text
                ))
            })?;
            match &parameter.kind {
                ParameterKind::Table(_) => Binding::Query(value, caller.clone()),
                ParameterKind::Scalar(type_name) => {
                    let code = Cx::new(session, caller, &[]).scalar(value)?;
                    let ty = Type::parse(&type_name.text).ok_or_else(|| {
                        Error::invalid(format!("`{}` is no type", type_name.text))
                    })?;
                    let value = convert::cast(ty, code.eval(&[]));
                    Binding::Scalar(Code::constant(ty, value))
                }
            }
        };
        inner = inner.with(&parameter.name.text, binding);
    }
    session.deeper(|| {
        for statement in &function.body.statements {
            match &statement.kind {
                StatementKind::Let { name, value } => {
                    let binding = bind(session, &inner, value)?;
                    inner = inner.with(&name.text, binding);
                }
                StatementKind::Expression(value) => return stream_of(session, &inner, value),
                _ => return Err(Error::unsupported("this statement inside a function")),
            }
        }
        Err(Error::invalid(format!("`{name}()` has no value")))
    })
}

fn argument<'q>(arguments: &'q [NamedExpr], index: usize, parameter: &str) -> Option<&'q Expr> {
    arguments
        .iter()
        .find(|a| a.name().is_some_and(|n| &*n.text == parameter))
        .or_else(|| arguments.get(index).filter(|a| a.name().is_none()))
        .map(|a| &a.value)
}

/// `invoke function(…)`
pub(crate) fn invoke<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    call: &'q Expr,
) -> Result<Stream<'q>> {
    let ExprKind::Call(call) = &call.kind else {
        return Err(Error::invalid("`invoke` takes the call of a function"));
    };
    let Some(Binding::Function(function, inner)) = scope.get(&call.name.text) else {
        return Err(Error::unsupported(format!(
            "function `{}()`",
            call.name.text
        )));
    };
    let table = Rc::new(input.collect(session.held("`invoke`"))?);
    call_function(
        session,
        scope,
        inner,
        function,
        &call.arguments,
        Some(table),
        &call.name.text,
    )
}

/// The columns that a schema declares.
pub(crate) fn declared(schema: &RowSchema) -> Result<Vec<Column>> {
    schema
        .columns
        .iter()
        .map(|c| {
            let ty = Type::parse(&c.type_name.text)
                .ok_or_else(|| Error::invalid(format!("`{}` is no type", c.type_name.text)))?;
            Ok(Column::new(Arc::clone(&c.name.text), ty))
        })
        .collect()
}

fn datatable<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    schema: &'q RowSchema,
    values: &'q [Expr],
) -> Result<Stream<'q>> {
    let columns = declared(schema)?;
    if columns.is_empty() || !values.len().is_multiple_of(columns.len()) {
        return Err(Error::invalid(format!(
            "`datatable` has {} values, which do not fill rows of {} columns",
            values.len(),
            columns.len()
        )));
    }
    let cx = Cx::new(session, scope, &[]);
    let mut rows: Vec<Row> = Vec::with_capacity(values.len() / columns.len());
    for cells in values.chunks(columns.len()) {
        let mut row = Vec::with_capacity(columns.len());
        for (cell, column) in cells.iter().zip(&columns) {
            let value = cx.scalar(cell)?.eval(&[]);
            row.push(convert::cast(column.ty, value));
        }
        rows.push(row);
    }
    Ok(Stream::of(columns, rows))
}

fn external<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    data: &'q crate::kql::ast::ExternalData,
) -> Result<Stream<'q>> {
    let columns = declared(&data.schema)?;
    let fetch = session
        .env
        .fetch
        .as_ref()
        .ok_or_else(|| Error::unsupported("`externaldata` without a file for its address"))?;
    let property = |name: &str| -> Option<String> {
        let found = data
            .properties
            .iter()
            .find(|p| p.name.text.eq_ignore_ascii_case(name))?;
        Some(match &found.value.kind {
            ExprKind::Name(ident) => ident.text.to_string(),
            _ => Cx::new(session, scope, &[])
                .scalar(&found.value)
                .ok()?
                .eval(&[])
                .to_text()
                .to_string(),
        })
    };
    let skip = property("ignoreFirstRecord").is_some_and(|v| v == "true" || v == "1");
    let mut rows: Vec<Row> = Vec::new();
    for url in &data.urls {
        let url = Cx::new(session, scope, &[])
            .scalar(url)?
            .eval(&[])
            .to_text();
        let text = fetch(&url).map_err(Error::Data)?;
        let path = url.split(['?', ';']).next().unwrap_or("");
        let extension = path.rsplit_once('.').map_or("csv", |(_, e)| e).to_owned();
        let format = property("format").unwrap_or(extension);
        match format.as_str() {
            "csv" => rows.extend(
                crate::engine::function::csv_records(&text)
                    .into_iter()
                    .skip(usize::from(skip))
                    .map(|record| fields(&columns, record.iter().map(String::as_str))),
            ),
            "tsv" | "psv" | "scsv" => {
                let separator = match format.as_str() {
                    "tsv" => '\t',
                    "psv" => '|',
                    _ => ';',
                };
                rows.extend(
                    text.lines()
                        .skip(usize::from(skip))
                        .map(|line| fields(&columns, line.split(separator))),
                );
            }
            "txt" | "raw" => rows.extend(
                text.lines()
                    .skip(usize::from(skip))
                    .map(|line| fields(&columns, std::iter::once(line))),
            ),
            "json" | "multijson" => {
                let mut records = Vec::new();
                match crate::engine::json::parse(&text) {
                    Some(Value::Array(items)) => records.extend(items.iter().cloned()),
                    Some(one) => records.push(one),
                    None => records.extend(text.lines().filter_map(crate::engine::json::parse)),
                }
                rows.extend(records.iter().map(|record| {
                    columns
                        .iter()
                        .map(|c| {
                            convert::cast(c.ty, record.member(&c.name).cloned().unwrap_or_default())
                        })
                        .collect::<Row>()
                }));
            }
            other => {
                return Err(Error::unsupported(format!(
                    "`externaldata` in the format `{other}`"
                )));
            }
        }
    }
    Ok(Stream::of(columns, rows))
}

fn fields<'a>(columns: &[Column], mut record: impl Iterator<Item = &'a str>) -> Row {
    columns
        .iter()
        .map(|c| {
            record
                .next()
                .map_or(Value::Null, |text| convert::to(c.ty, &text.into()))
        })
        .collect()
}

/// A query that runs over rows handed to it, such as those inside `mv-apply` and `partition`.
pub(crate) fn inner_query<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    query: &'q Pipeline,
) -> Result<Stream<'q>> {
    pipeline(session, scope, Some(input), &query.operators)
}
