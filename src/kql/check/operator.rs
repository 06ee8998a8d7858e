//! Pipelines and the operators that work on one table.

use std::sync::Arc;

use super::Checker;
use super::aggregate::Projection;
use super::env::Local;
use super::env::Value;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::NamedExpr;
use crate::kql::ast::Operator;
use crate::kql::ast::OperatorKind;
use crate::kql::ast::Ordered;
use crate::kql::ast::PartitionQuery;
use crate::kql::ast::Pipeline;
use crate::kql::diagnostic::Diagnostic;
use crate::kql::span::TextSpan;
use crate::kql::table::Column;
use crate::kql::table::Name;
use crate::kql::table::Table;
use crate::kql::types::Type;

impl<'a> Checker<'a> {
    /// A pipeline with a source of its own, or one whose first operator makes the rows.
    pub(super) fn pipeline(&mut self, pipeline: &'a Pipeline, span: TextSpan) -> Value<'a> {
        let input = match &pipeline.source {
            Some(source) => match &source.kind {
                _ if self.is_taken_for_column(source) => Some(Value::Nothing),
                ExprKind::Name(_) | ExprKind::Paren(_) => Some(Value::Table(self.table(source))),
                // A condition that runs into a `|`, as behind a parenthesis left open, still has its columns.
                _ => {
                    let value = self.expr(source);
                    Some(match self.invoked(value, source.span) {
                        // The service takes a scalar for rows without columns.
                        Value::Scalar(ty) if !ty.is_unknown() => {
                            self.report(Diagnostic::warning(
                                "kql-table-expected",
                                source.span,
                                format!("a table is expected here, not `{ty}`"),
                            ));
                            Value::Table(Table::default())
                        }
                        value => value,
                    })
                }
            },
            None => None,
        };
        let input = match (&pipeline.source, input) {
            // A graph may stand under a name.
            (Some(source), Some(Value::Table(table))) if table.open && table.columns.is_empty() => {
                match &source.kind {
                    ExprKind::Name(name) => match self.env.get(&name.text) {
                        Some(Local::Value(value @ Value::Graph { .. })) => Some(value.clone()),
                        _ => Some(Value::Table(table)),
                    },
                    _ => Some(Value::Table(table)),
                }
            }
            (_, input) => input,
        };
        self.without_rows(|c| c.operators(&pipeline.operators, input, span))
    }

    /// The operators of a pipeline that gets its rows from outside.
    pub(super) fn sub_pipeline(&mut self, pipeline: &'a Pipeline, input: Table) -> Value<'a> {
        let span = TextSpan::default();
        self.without_rows(|c| c.operators(&pipeline.operators, Some(Value::Table(input)), span))
    }

    fn operators(
        &mut self,
        operators: &'a [Operator],
        input: Option<Value<'a>>,
        span: TextSpan,
    ) -> Value<'a> {
        let mut value = input;
        for operator in operators {
            value = Some(self.operator(operator, value));
        }
        let _ = span;
        value.unwrap_or(Value::Unknown)
    }

    pub(super) fn operator(
        &mut self,
        operator: &'a Operator,
        input: Option<Value<'a>>,
    ) -> Value<'a> {
        if input.is_none() && needs_input(&operator.kind) {
            self.report(
                Diagnostic::error(
                    "kql-syntax-first-operator",
                    operator.keyword,
                    "this operator needs rows to work on and cannot be the first of a query",
                )
                .with_help("a query starts with a table: `Table | …`"),
            );
        }
        let kind = &operator.kind;
        if let OperatorKind::GraphMatch(_)
        | OperatorKind::GraphShortestPaths(_)
        | OperatorKind::GraphMarkComponents
        | OperatorKind::GraphToTable(_)
        | OperatorKind::GraphWhereNodes(_)
        | OperatorKind::GraphWhereEdges(_)
        | OperatorKind::GraphMerge { .. }
        | OperatorKind::MakeGraph(_) = kind
        {
            return self.graph_operator(operator, input);
        }
        let has_input = input.is_some();
        let mut table = match input {
            Some(value) => value.into_table(),
            None => Table::default(),
        };
        match kind {
            OperatorKind::Union(tables) => {
                Value::Table(self.union(operator, tables, has_input.then_some(table)))
            }
            OperatorKind::Join(join) => Value::Table(self.join(join, table, false)),
            OperatorKind::Lookup(join) => Value::Table(self.join(join, table, true)),
            OperatorKind::Find(find) => {
                Value::Table(self.find(operator, find, has_input.then_some(table)))
            }
            OperatorKind::Search { tables, predicate } => {
                Value::Table(self.search(operator, tables, predicate, has_input.then_some(table)))
            }
            OperatorKind::Evaluate { call, schema } => self.evaluate(call, schema.as_ref(), table),
            OperatorKind::Invoke(call) => {
                let value = match &call.kind {
                    ExprKind::Call(call) => self.without_rows(|c| c.call(call, Some(table))),
                    _ => Value::Unknown,
                };
                match value {
                    Value::Unknown => Value::Table(Table::unknown()),
                    value => value,
                }
            }
            OperatorKind::Facet { by, with } => {
                let mut rows = table;
                self.with_rows(&mut rows, |c| {
                    for column in by {
                        c.scalar(column);
                    }
                });
                if let Some(with) = with {
                    self.sub_pipeline(with, rows);
                }
                Value::Group
            }
            OperatorKind::Fork(arms) => {
                for arm in arms {
                    self.sub_pipeline(&arm.query, table.clone());
                }
                Value::Group
            }
            OperatorKind::Partition { by, query, .. } => {
                let key = self.with_rows(&mut table, |c| c.scalar(by));
                match query {
                    PartitionQuery::Rows(query) => self.sub_pipeline(query, table),
                    PartitionQuery::Whole(query) => {
                        let outer = self.env.clone();
                        if let ExprKind::Name(name) = &by.kind {
                            // Inside, the column stands for the value of the partition at hand.
                            let local = Local::Scalar {
                                ty: key,
                                constant: true,
                                text: None,
                            };
                            self.env.define(Arc::clone(&name.text), local);
                        }
                        let result = self.table(query);
                        self.env = outer;
                        Value::Table(result)
                    }
                }
            }
            OperatorKind::MacroExpand {
                group,
                name,
                statements,
            } => {
                self.expr(group);
                let outer = self.env.clone();
                if let Some(name) = name {
                    self.env
                        .define(Arc::clone(&name.text), Local::Value(Value::OtherDatabase));
                }
                self.without_rows(|c| c.statements(statements));
                self.env = outer;
                Value::Table(Table::unknown())
            }
            OperatorKind::As(name) => {
                self.env.define(
                    Arc::clone(&name.text),
                    Local::Value(Value::Table(table.clone())),
                );
                Value::Table(table)
            }
            // Whatever it was meant to be, the service goes on with no columns.
            OperatorKind::Unknown(_) => Value::Table(Table::default()),
            _ => Value::Table(self.row_operator(kind, operator, table)),
        }
    }

    /// An operator that turns rows into rows with nothing but expressions on them.
    fn row_operator(
        &mut self,
        kind: &'a OperatorKind,
        operator: &'a Operator,
        mut table: Table,
    ) -> Table {
        match kind {
            OperatorKind::Where(predicate) => {
                self.with_rows(&mut table, |c| c.predicate(predicate));
                table
            }
            OperatorKind::Extend(items) | OperatorKind::Serialize(items) => {
                self.extend(items, table)
            }
            OperatorKind::Project(items) => self.project(items, table, false),
            OperatorKind::Print(items) => self.print(items),
            OperatorKind::Distinct(items) => {
                let star = items
                    .iter()
                    .find(|i| matches!(i.value.kind, ExprKind::Star));
                if let Some(star) = star {
                    if let Some(column) = table.columns.iter().find(|c| c.ty.is_dynamic()) {
                        let name = column.name.clone();
                        self.dynamic_group(star.value.span, Some(&name));
                    }
                    return table;
                }
                let mut rows = table.clone();
                self.group_keys(items, &mut rows);
                self.project(items, table, false)
            }
            OperatorKind::Summarize { aggregates, by } => self.summarize(aggregates, by, table),
            OperatorKind::MakeSeries(series) => self.make_series(series, table),
            OperatorKind::TopNested(levels) => self.top_nested(levels, table),
            OperatorKind::Sort(keys) => {
                self.with_rows(&mut table, |c| {
                    for key in keys {
                        c.sort_key(key);
                    }
                });
                table
            }
            OperatorKind::Top { count, by } => {
                self.with_rows(&mut table, |c| {
                    c.integer(count);
                    c.scalar(&by.value);
                });
                table
            }
            OperatorKind::Take(count) | OperatorKind::Sample(count) => {
                self.with_rows(&mut table, |c| c.integer(count));
                table
            }
            OperatorKind::SampleDistinct { count, of } => {
                self.with_rows(&mut table, |c| c.integer(count));
                let mut rows = table;
                let ty = self.with_rows(&mut rows, |c| c.scalar(of));
                if ty.is_dynamic() {
                    self.dynamic_group(of.span, None);
                }
                let name = self.argument_column(of).unwrap_or(Name::Static("Column1"));
                Table {
                    columns: Arc::new(vec![Column { name, ty }]),
                    open: rows.open,
                    ..Table::default()
                }
            }
            OperatorKind::TopHitters { count, of, by } => {
                self.top_hitters(count, of, by.as_ref(), table)
            }
            OperatorKind::Count(name) => {
                let name = match name {
                    Some(name) => Name::from(Arc::clone(&name.text)),
                    None => Name::Static("Count"),
                };
                Table::closed(vec![Column {
                    name,
                    ty: Type::Long,
                }])
            }
            OperatorKind::GetSchema => Table::closed(vec![
                Column::fixed("ColumnName", Type::String),
                Column::fixed("ColumnOrdinal", Type::Long),
                Column::fixed("DataType", Type::String),
                Column::fixed("ColumnType", Type::String),
            ]),
            OperatorKind::Reduce { by, with } => {
                self.with_rows(&mut table, |c| {
                    c.scalar(by);
                    for parameter in with {
                        c.expr(&parameter.value);
                    }
                });
                Table::closed(vec![
                    Column::fixed("Pattern", Type::String),
                    Column::fixed("Count", Type::Long),
                    Column::fixed("Representative", Type::String),
                ])
            }
            OperatorKind::Range {
                name,
                from,
                to,
                step,
            } => {
                let first = self.scalar(from);
                let last = self.scalar(to);
                self.scalar(step);
                let ty = super::types::widened(if first.is_number() && last.is_number() {
                    super::types::common([first, last])
                } else {
                    first
                });
                Table::closed(vec![Column::new(Arc::clone(&name.text), ty)])
            }
            OperatorKind::ProjectAway(patterns) => self.project_away(patterns, &table),
            OperatorKind::ProjectKeep(patterns) => self.project_keep(patterns, &table),
            OperatorKind::ProjectByNames(patterns) => self.project_keep(patterns, &table),
            OperatorKind::ProjectRename(items) => self.project_rename(items, table),
            OperatorKind::ProjectReorder(keys) => self.project_reorder(keys, table),
            OperatorKind::MvExpand { items, limit } => {
                if let Some(limit) = limit {
                    self.without_rows(|c| c.integer(limit));
                }
                let mut table = self.expand(items, table).0;
                Self::item_index(operator, &mut table);
                table
            }
            OperatorKind::MvApply {
                items,
                limit,
                query,
                ..
            } => {
                if let Some(limit) = limit {
                    self.without_rows(|c| c.integer(limit));
                }
                self.mv_apply(items, query, operator, table)
            }
            OperatorKind::Parse { text, pattern, .. } => self.parse_columns(text, pattern, table),
            OperatorKind::ParseKv { text, schema, .. } => {
                self.with_rows(&mut table, |c| c.text(text));
                let mut declared = Vec::new();
                for column in &schema.columns {
                    self.append_declared(column, &mut declared, &mut table);
                }
                table
            }
            OperatorKind::Scan(scan) => self.scan(scan, operator, table),
            OperatorKind::AssertSchema(schema) => {
                for column in &schema.columns {
                    self.declared_type(&column.type_name);
                }
                table
            }
            OperatorKind::Consume => Table::default(),
            _ => table,
        }
    }

    /// A condition on the row at hand.
    pub(super) fn predicate(&mut self, predicate: &'a Expr) {
        let ty = self.scalar(predicate);
        if !matches!(ty, Type::Bool | Type::Unknown) {
            let finding = Diagnostic::error(
                "kql-condition-expected",
                predicate.span,
                format!("a condition is expected here, not `{ty}`"),
            );
            self.report(match &predicate.kind {
                ExprKind::Assign(_) => finding.with_help("values are compared with `==`"),
                ExprKind::Pipeline(_) => {
                    finding.with_help("a parenthesis is not closed before the `|`")
                }
                _ if ty.is_number() => {
                    finding.with_help("a comparison such as `!= 0` makes a condition of a number")
                }
                _ if ty == Type::String => finding.with_help(
                    "a comparison such as `==`, or `isnotempty()`, makes a condition of a string",
                ),
                _ if ty.is_dynamic() => {
                    finding.with_help("`tobool()` makes a condition of a `dynamic` value")
                }
                _ => finding,
            });
        }
    }

    pub(super) fn text(&mut self, expr: &'a Expr) {
        let ty = self.scalar(expr);
        if !super::types::is_text(ty) {
            self.error(
                "kql-type",
                expr.span,
                format!("`string` is expected here, not `{ty}`"),
            );
        }
    }

    fn sort_key(&mut self, key: &'a Ordered) {
        let ty = self.scalar(&key.value);
        if ty.is_dynamic() {
            self.report(
                Diagnostic::error(
                    "kql-type",
                    key.value.span,
                    "rows are not sorted by a `dynamic` value",
                )
                .with_help("`tostring()`, `tolong()` or another conversion gives it a type"),
            );
        }
    }

    /// Reports those of the keys that rows are grouped by which are `dynamic`.
    pub(super) fn group_keys(&mut self, keys: &'a [NamedExpr], rows: &mut Table) {
        for key in keys {
            self.quiet += 1;
            let value = self.with_rows(rows, |c| c.expr(&key.value));
            self.quiet -= 1;
            if matches!(value, Value::Scalar(ty) if ty.is_dynamic()) {
                self.dynamic_group(key.value.span, None);
            }
        }
    }

    fn dynamic_group(&mut self, span: TextSpan, column: Option<&str>) {
        let message = match column {
            Some(column) => {
                format!("rows are not grouped by a `dynamic` value, as the column `{column}` is")
            }
            None => "rows are not grouped by a `dynamic` value".to_owned(),
        };
        self.report(
            Diagnostic::error("kql-type", span, message)
                .with_help("`tostring()` or another conversion gives it a type"),
        );
    }

    fn extend(&mut self, items: &'a [NamedExpr], table: Table) -> Table {
        let mut rows = table;
        // All items see the rows that come in, none the columns that another one adds.
        let known = rows.columns.len();
        let mut into = Projection::on(rows.clone());
        self.with_rows(&mut rows, |c| {
            for item in items {
                c.item(item, &mut into, true);
            }
        });
        let mut table = into.table;
        if rows.columns.len() > known {
            // Columns of an open table that the items named come before those that they add.
            let mut columns = table.columns[..known].to_vec();
            for column in &rows.columns[known..] {
                if table.column(&column.name).is_none() {
                    columns.push(column.clone());
                }
            }
            columns.extend_from_slice(&table.columns[known..]);
            table.columns = Arc::new(columns);
        }
        table
    }

    fn project(&mut self, items: &'a [NamedExpr], table: Table, replaces: bool) -> Table {
        let mut rows = table;
        let mut into = Projection::default();
        self.with_rows(&mut rows, |c| {
            for item in items {
                c.item(item, &mut into, replaces);
            }
        });
        Table {
            open: rows.open,
            ..into.table
        }
    }

    fn print(&mut self, items: &'a [NamedExpr]) -> Table {
        let mut into = Projection::default();
        for (at, item) in items.iter().enumerate() {
            let named = !matches!(item.names, crate::kql::ast::Names::None);
            let before = into.table.columns.len();
            if named {
                self.item(item, &mut into, false);
                continue;
            }
            let value = self.expr(&item.value);
            let value = self.invoked(value, item.value.span);
            match value {
                Value::Columns(columns) => {
                    for column in columns {
                        let name = into.table.free_name(column.name);
                        into.table.push(Column {
                            name,
                            ty: column.ty,
                        });
                    }
                }
                Value::Table(table) if !(table.open && table.columns.is_empty()) => {
                    self.error(
                        "kql-scalar-expected",
                        item.value.span,
                        "a scalar is expected here, not a table",
                    );
                    into.table
                        .push(Column::new(format!("print_{at}"), Type::Unknown));
                }
                value => into
                    .table
                    .push(Column::new(format!("print_{at}"), value.ty())),
            }
            debug_assert!(into.table.columns.len() > before);
        }
        into.table
    }

    fn top_hitters(
        &mut self,
        count: &'a Expr,
        of: &'a NamedExpr,
        by: Option<&'a Expr>,
        mut table: Table,
    ) -> Table {
        self.with_rows(&mut table, |c| c.integer(count));
        let mut rows = table;
        let mut into = Projection::default();
        self.with_rows(&mut rows, |c| {
            c.item(of, &mut into, false);
            let name = into
                .table
                .columns
                .first()
                .map(|c| c.name.to_string())
                .unwrap_or_default();
            match by {
                Some(by) => {
                    let ty = c.scalar(by);
                    let by = c
                        .argument_column(by)
                        .map(|n| n.to_string())
                        .unwrap_or_default();
                    into.table
                        .push(Column::new(format!("approximate_sum_{by}"), ty));
                }
                None => into
                    .table
                    .push(Column::new(format!("approximate_count_{name}"), Type::Long)),
            }
        });
        Table {
            open: rows.open,
            ..into.table
        }
    }
}

/// Whether an operator cannot be the first of a query.
fn needs_input(kind: &OperatorKind) -> bool {
    !matches!(
        kind,
        OperatorKind::Print(_)
            | OperatorKind::Range { .. }
            | OperatorKind::Union(_)
            | OperatorKind::Find(_)
            | OperatorKind::Search { .. }
            | OperatorKind::Evaluate { .. }
            | OperatorKind::MacroExpand { .. }
            | OperatorKind::Unknown(_)
    )
}
