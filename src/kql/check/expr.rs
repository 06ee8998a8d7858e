//! Expressions: names, members, operators.

use std::sync::Arc;

use super::Aggregates;
use super::Checker;
use super::env::Local;
use super::env::Value;
use super::types;
use crate::kql::ast::BinaryOp;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::Ident;
use crate::kql::ast::InOp;
use crate::kql::ast::UnaryOp;
use crate::kql::diagnostic::Diagnostic;
use crate::kql::literal::Json;
use crate::kql::literal::Literal;
use crate::kql::span::TextSpan;
use crate::kql::suggest::nearest;
use crate::kql::table::Column;
use crate::kql::table::Name;
use crate::kql::table::Table;
use crate::kql::types::Type;

/// The type of a constant.
pub(super) fn literal_type(literal: &Literal) -> Type {
    match literal {
        Literal::Bool(_) => Type::Bool,
        Literal::Int(_) => Type::Int,
        Literal::Long(_) => Type::Long,
        Literal::Real(_) => Type::Real,
        Literal::Decimal(_) => Type::Decimal,
        Literal::String(_) => Type::String,
        Literal::Datetime(_) => Type::Datetime,
        Literal::Timespan(_) => Type::Timespan,
        Literal::Guid(_) => Type::Guid,
        Literal::Dynamic(json) => match **json {
            Json::Array(_) => Type::Array,
            Json::Object(_) => Type::Bag,
            _ => Type::Dynamic,
        },
    }
}

impl<'a> Checker<'a> {
    /// The value of an expression that has to be a scalar.
    pub(super) fn scalar(&mut self, expr: &'a Expr) -> Type {
        let value = self.expr(expr);
        self.scalar_of(value, expr.span)
    }

    fn scalar_of(&mut self, value: Value<'a>, span: TextSpan) -> Type {
        match self.invoked(value, span) {
            Value::Table(table) => {
                if !table.open || !table.columns.is_empty() {
                    self.error(
                        "kql-scalar-expected",
                        span,
                        "a scalar is expected here, not a table",
                    );
                }
                Type::Unknown
            }
            value => value.ty(),
        }
    }

    /// The value of an expression that has to be a table.
    pub(super) fn table(&mut self, expr: &'a Expr) -> Table {
        let value = self.without_rows(|c| c.tabular(expr));
        match self.invoked(value, expr.span) {
            Value::Table(table) => table,
            Value::Scalar(ty) if !ty.is_unknown() => {
                self.error(
                    "kql-table-expected",
                    expr.span,
                    format!("a table is expected here, not `{ty}`"),
                );
                Table::default()
            }
            value => value.into_table(),
        }
    }

    /// Whether `expr` is a name that means nothing, so that rows of an unknown table are taken to have it as a column;
    /// then they have it from here on.
    pub(super) fn is_taken_for_column(&mut self, expr: &Expr) -> bool {
        let name = match &expr.kind {
            ExprKind::Paren(inner) => return self.is_taken_for_column(inner),
            ExprKind::Name(name) if !name.text.is_empty() => name,
            _ => return false,
        };
        let text = &*name.text;
        let means_something = self.env.get(text).is_some()
            || self.schema.table(text).is_some()
            || self.schema.function(text).is_some()
            || self.schema.asim_function(text).is_some();
        match &mut self.rows {
            Some(rows) if rows.open && !means_something => {
                if rows.column(text).is_none() {
                    rows.push(Column::new(Arc::clone(&name.text), Type::Unknown));
                }
                self.tables.insert(Arc::clone(&name.text));
                true
            }
            _ => false,
        }
    }

    /// An expression where a name means a table first.
    fn tabular(&mut self, expr: &'a Expr) -> Value<'a> {
        match &expr.kind {
            ExprKind::Name(name) => self.table_name(name),
            ExprKind::Paren(inner) => self.tabular(inner),
            _ => self.expr(expr),
        }
    }

    fn table_name(&mut self, name: &'a Ident) -> Value<'a> {
        if name.text.is_empty() {
            return Value::Unknown;
        }
        if let Some(value) = self.local(name) {
            return value;
        }
        if let Some(value) = self.schema_name(name) {
            return value;
        }
        if crate::kql::functions::scalar_function(&name.text).is_some()
            || super::call::is_special(&name.text)
        {
            self.without_arguments(name);
            return Value::Table(Table::default());
        }
        self.unknown_table(name);
        Value::Table(Table::unknown())
    }

    fn local(&self, name: &Ident) -> Option<Value<'a>> {
        Some(match self.env.get(&name.text)? {
            Local::Scalar { ty, .. } => Value::Scalar(*ty),
            Local::Function(function) => Value::Function(std::rc::Rc::clone(function)),
            Local::Value(value) => value.clone(),
            Local::Unknown => Value::Unknown,
        })
    }

    /// What the schema has under `name`: a table, or a function that needs no arguments.
    pub(super) fn schema_name(&mut self, name: &Ident) -> Option<Value<'a>> {
        if let Some(table) = self.schema.table(&name.text) {
            self.tables.insert(Arc::clone(&name.text));
            return Some(Value::Table(table));
        }
        if let Some(function) = self.schema.function(&name.text) {
            return Some(Value::Stored(&function.name));
        }
        if let Some(function) = self.schema.asim_function(&name.text) {
            return Some(Value::Table(function.table));
        }
        None
    }

    pub(super) fn expr(&mut self, expr: &'a Expr) -> Value<'a> {
        if !self.step() {
            return Value::Unknown;
        }
        match &expr.kind {
            ExprKind::Missing => Value::Nothing,
            ExprKind::Name(name) => self.name(name),
            ExprKind::Wildcard(name) => {
                self.error(
                    "kql-unknown-column",
                    name.span,
                    format!("`{}` is not a known column or `let` name", name.text),
                );
                Value::Unknown
            }
            ExprKind::Star => Value::Unknown,
            ExprKind::Literal(literal) => Value::Scalar(literal_type(literal)),
            ExprKind::TypeOf(columns) => {
                for column in columns {
                    self.declared_type(&column.type_name);
                }
                Value::Unknown
            }
            ExprKind::Call(call) => self.call(call, None),
            ExprKind::Path { target, selector } => self.path(target, selector),
            ExprKind::Index { target, index } => self.index(target, index),
            ExprKind::Unary { op, operand } => self.unary(*op, operand, expr.span),
            ExprKind::Binary {
                op,
                op_span,
                left,
                right,
            } => self.binary(*op, *op_span, left, right),
            ExprKind::Logical {
                operands,
                op_spans,
                op,
            } => {
                let word = match op {
                    crate::kql::ast::LogicalOp::And => "and",
                    crate::kql::ast::LogicalOp::Or => "or",
                };
                let mut before = None;
                for (at, operand) in operands.iter().enumerate() {
                    let ty = self.scalar(operand);
                    if let Some(before) = before.replace(Type::Bool) {
                        self.logical(word, before, ty, op_spans[at - 1]);
                    } else {
                        before = Some(ty);
                    }
                }
                Value::Scalar(Type::Bool)
            }
            ExprKind::In { op, left, list, .. } => self.membership(*op, left, list),
            ExprKind::Between {
                value, low, high, ..
            } => self.between(value, low, high),
            ExprKind::Assign(item) => self.expr(&item.value),
            ExprKind::Paren(inner) => self.expr(inner),
            ExprKind::ToScalar(inner) => {
                let value = self.without_rows(|c| {
                    let value = c.expr(inner);
                    c.invoked(value, inner.span)
                });
                Value::Scalar(match value {
                    Value::Table(table) => table.columns.first().map_or(Type::Unknown, |c| c.ty),
                    value => value.ty(),
                })
            }
            ExprKind::ToTable(inner) => Value::Table(self.table(inner)),
            ExprKind::Materialize(inner) => self.without_rows(|c| {
                let value = c.tabular(inner);
                c.invoked(value, inner.span)
            }),
            ExprKind::Datatable(datatable) => Value::Table(self.row_schema(&datatable.schema)),
            ExprKind::ExternalData(data) => {
                for url in &data.urls {
                    self.expr(url);
                }
                Value::Table(self.row_schema(&data.schema))
            }
            ExprKind::Pipeline(pipeline) => self.pipeline(pipeline, expr.span),
            ExprKind::Function(_) => Value::Unknown,
            ExprKind::EntityGroup(members) => {
                for member in members {
                    self.expr(member);
                }
                Value::OtherDatabase
            }
        }
    }

    fn name(&mut self, name: &'a Ident) -> Value<'a> {
        let text = &*name.text;
        if text.is_empty() {
            return Value::Unknown;
        }
        if self.in_join {
            // A side of which the checker knows that it has no columns is none.
            let side = match text {
                "$left" => self.rows.as_ref(),
                "$right" => self.right.as_ref(),
                _ => None,
            };
            if side.is_some_and(|rows| !rows.open && rows.columns.is_empty()) {
                self.unknown_name(name);
                return Value::Unknown;
            }
            if text == "$left" {
                return Value::Record(self.rows.clone().unwrap_or_default());
            }
            if text == "$right" {
                return Value::Record(self.right.clone().unwrap_or_default());
            }
        }
        if let Some(column) = self.rows.as_ref().and_then(|rows| rows.column(text)) {
            let ty = column.ty;
            if self.aggregates == Aggregates::Wanted {
                self.error(
                    "kql-not-aggregated",
                    name.span,
                    format!("`{text}` is a column, but an aggregate is expected here"),
                );
                return Value::Unknown;
            }
            return Value::Scalar(ty);
        }
        if let Some(value) = self.local(name) {
            return value;
        }
        let open = self.rows.as_ref().is_some_and(|rows| rows.open);
        if let Some(value) = self.schema_name(name) {
            return value;
        }
        let function = crate::kql::functions::scalar_function(text).is_some()
            || super::call::is_special(text)
            || (self.aggregates == Aggregates::Wanted
                && crate::kql::functions::aggregate_function(text).is_some());
        // `count` alone is rather meant as the column that `count()` makes.
        if function && !(text == "count" && self.aggregates == Aggregates::Refused) && !open {
            self.without_arguments(name);
            return Value::Unknown;
        }
        if open {
            if let Some(rows) = &mut self.rows {
                // An open table may have the column; from here on it has it.
                rows.push(Column::new(Arc::clone(&name.text), Type::Unknown));
            }
            return Value::Scalar(Type::Unknown);
        }
        if self.rows.is_none() && self.right.is_none() {
            self.unknown_name(name);
            return Value::Nothing;
        }
        self.unknown_column(text, name.span);
        Value::Unknown
    }

    fn path(&mut self, target: &'a Expr, selector: &'a Expr) -> Value<'a> {
        let target_value = self.expr(target);
        match target_value {
            Value::Record(table) => self.member(&table, selector),
            Value::OtherDatabase => match &selector.kind {
                ExprKind::Call(call) if matches!(&*call.name.text, "database" | "cluster") => {
                    Value::OtherDatabase
                }
                _ => Value::Table(Table::unknown()),
            },
            Value::Scalar(ty) if ty.is_dynamic() => Value::Scalar(Type::Dynamic),
            Value::Scalar(ty) if !ty.is_unknown() => {
                if let ExprKind::Name(name) = &selector.kind {
                    self.report(
                        Diagnostic::error(
                            "kql-unknown-column",
                            name.span,
                            format!("`{}` is not a known column or `let` name: a value of type `{ty}` has no members", name.text),
                        )
                        .with_help("members are taken from `dynamic` values; `parse_json()` makes one of a string"),
                    );
                }
                Value::Unknown
            }
            Value::Table(_) => {
                if let ExprKind::Name(name) = &selector.kind {
                    self.unknown_column(&name.text, name.span);
                }
                Value::Unknown
            }
            _ => Value::Scalar(Type::Unknown),
        }
    }

    fn member(&mut self, table: &Table, selector: &'a Expr) -> Value<'a> {
        let ExprKind::Name(name) = &selector.kind else {
            return Value::Unknown;
        };
        match table.column(&name.text) {
            Some(column) => Value::Scalar(column.ty),
            None if table.open => {
                // Whichever side it is of, the column is one of the rows that come out.
                if let (true, Some(rows)) = (self.in_join, &mut self.rows)
                    && rows.open
                    && rows.column(&name.text).is_none()
                {
                    rows.push(Column::new(Arc::clone(&name.text), Type::Unknown));
                }
                Value::Scalar(Type::Unknown)
            }
            None => {
                let finding = Diagnostic::error(
                    "kql-unknown-column",
                    name.span,
                    format!("`{}` is not a known column of this side", name.text),
                );
                let mut finding = match nearest(&name.text, table.columns.iter().map(|c| &*c.name))
                {
                    Some(near) => finding.with_help(format!("there is `{near}`")),
                    None => finding,
                };
                finding.cascade = table.is_hollow();
                self.report(finding);
                Value::Unknown
            }
        }
    }

    fn index(&mut self, target: &'a Expr, index: &'a Expr) -> Value<'a> {
        if matches!(target.kind, ExprKind::Missing) {
            if let ExprKind::Literal(Literal::String(name)) = &index.kind {
                // Reached only where the bracket is not closed: the name is taken for what it is.
                self.unknown_column(name, index.span);
                return Value::Unknown;
            }
            self.scalar(index);
            self.error(
                "kql-name-in-brackets",
                index.span,
                "a name in brackets is written as a string: `['name']`",
            );
            return Value::Unknown;
        }
        let ty = self.scalar(target);
        let index_ty = self.scalar(index);
        if ty.is_unknown() {
            return Value::Unknown;
        }
        let whole = matches!(index_ty, Type::Int | Type::Long);
        let (fits, wanted) = match ty {
            Type::Array => (whole, "`int` or `long`"),
            Type::Bag => (index_ty == Type::String, "`string`"),
            _ => (
                whole || index_ty == Type::String,
                "`int`, `long` or `string`",
            ),
        };
        if ty.is_dynamic() && !fits && !index_ty.is_unknown() && !index_ty.is_dynamic() {
            self.error(
                "kql-type",
                index.span,
                format!("an element of this value is named by {wanted}, not by `{index_ty}`"),
            );
        }
        if !ty.is_dynamic() {
            self.report(
                Diagnostic::error(
                    "kql-type",
                    target.span,
                    format!("elements are taken from `dynamic` values, not from `{ty}`"),
                )
                .with_help("`parse_json()` makes a `dynamic` value of a string"),
            );
        }
        Value::Scalar(Type::Dynamic)
    }

    fn unary(&mut self, op: UnaryOp, operand: &'a Expr, span: TextSpan) -> Value<'a> {
        let ty = self.scalar(operand);
        if ty.is_number() {
            return Value::Scalar(types::widened(ty));
        }
        if ty == Type::Timespan || ty.is_unknown() || ty.is_dynamic() {
            return Value::Scalar(ty);
        }
        let sign = match op {
            UnaryOp::Minus => "-",
            UnaryOp::Plus => "+",
        };
        let sign_span = TextSpan {
            start: span.start,
            end: span.start + 1,
        };
        self.error(
            "kql-operator-types",
            sign_span,
            format!("`{sign}` is not defined for `{ty}`"),
        );
        Value::Unknown
    }

    fn logical(&mut self, word: &str, left: Type, right: Type, span: TextSpan) {
        let fits = |ty: Type| ty == Type::Bool || ty.is_unknown() || ty.is_dynamic();
        if !fits(left) || !fits(right) {
            self.error(
                "kql-operator-types",
                span,
                format!("`{word}` is not defined for `{left}` and `{right}`"),
            );
        }
    }

    fn binary(
        &mut self,
        op: BinaryOp,
        op_span: TextSpan,
        left: &'a Expr,
        right: &'a Expr,
    ) -> Value<'a> {
        // Chains such as `a + b + c` lean to the left; they are walked without recursion.
        let mut chain = vec![(op, op_span, right)];
        let mut first = left;
        while let ExprKind::Binary {
            op,
            op_span,
            left,
            right,
        } = &first.kind
        {
            chain.push((*op, *op_span, right));
            first = left;
        }
        let mut ty = self.scalar(first);
        for (op, op_span, right) in chain.into_iter().rev() {
            let right_ty = self.scalar(right);
            self.compared(op, [first.span, right.span], ty, right_ty);
            if let Some(result) = types::binary(op, ty, right_ty) {
                ty = result;
            } else {
                let sign = types::op_text(op);
                let finding = Diagnostic::error(
                    "kql-operator-types",
                    op_span,
                    format!("`{sign}` is not defined for `{ty}` and `{right_ty}`"),
                );
                self.report(match types::type_help(op, ty, right_ty) {
                    Some(help) => finding.with_help(help),
                    None => finding,
                });
                ty = match op {
                    BinaryOp::Add
                    | BinaryOp::Subtract
                    | BinaryOp::Multiply
                    | BinaryOp::Divide
                    | BinaryOp::Modulo => Type::Unknown,
                    _ => Type::Bool,
                };
            }
        }
        Value::Scalar(ty)
    }

    fn membership(&mut self, op: InOp, left: &'a Expr, list: &'a [Expr]) -> Value<'a> {
        if !matches!(left.kind, ExprKind::Star) {
            let ty = self.scalar(left);
            if !matches!(op, InOp::In | InOp::NotIn) && !types::is_text(ty) {
                self.error(
                    "kql-type",
                    left.span,
                    format!("`string` or `dynamic` is expected here, not `{ty}`"),
                );
            }
        }
        // What is looked for may be of any type: it is turned into text.
        for item in list {
            let value = self.expr(item);
            self.invoked(value, item.span);
        }
        Value::Scalar(Type::Bool)
    }

    fn between(&mut self, value: &'a Expr, low: &'a Expr, high: &'a Expr) -> Value<'a> {
        let ty = self.scalar(value);
        let low_ty = self.scalar(low);
        let high_ty = self.scalar(high);
        let span = TextSpan {
            start: value.span.end,
            end: low.span.start,
        };
        let fits: fn(Type, Type, bool) -> bool = |ty, bound, is_high| match ty {
            _ if bound.is_unknown() || bound.is_dynamic() => true,
            Type::Datetime => bound == Type::Datetime || (is_high && bound == Type::Timespan),
            Type::Timespan => bound == Type::Timespan,
            _ => bound.is_number(),
        };
        if ty.is_unknown() || ty.is_dynamic() {
            return Value::Scalar(Type::Bool);
        }
        if !(ty.is_number() || matches!(ty, Type::Datetime | Type::Timespan)) {
            self.error(
                "kql-operator-types",
                span,
                format!("`between` is not defined for `{ty}`"),
            );
            return Value::Scalar(Type::Bool);
        }
        for (bound, bound_ty, is_high) in [(low, low_ty, false), (high, high_ty, true)] {
            if !fits(ty, bound_ty, is_high) {
                self.error(
                    "kql-type",
                    bound.span,
                    format!("a bound that compares with `{ty}` is expected here, not `{bound_ty}`"),
                );
            }
        }
        Value::Scalar(Type::Bool)
    }

    /// The table that a schema in parentheses declares.
    pub(super) fn row_schema(&mut self, schema: &'a crate::kql::ast::RowSchema) -> Table {
        let mut columns: Vec<Column> = Vec::with_capacity(schema.columns.len());
        for column in &schema.columns {
            let ty = self.declared_type(&column.type_name);
            columns.push(Column {
                name: Name::from(Arc::clone(&column.name.text)),
                ty,
            });
        }
        Table {
            columns: Arc::new(columns),
            open: false,
            ..Table::default()
        }
    }

    /// Whether the value is known when the query is read.
    pub(super) fn is_constant(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Literal(_)
            | ExprKind::ToScalar(_)
            | ExprKind::TypeOf(_)
            | ExprKind::Missing => true,
            ExprKind::Paren(inner) | ExprKind::Unary { operand: inner, .. } => {
                self.is_constant(inner)
            }
            ExprKind::Binary { left, right, .. } => {
                self.is_constant(left) && self.is_constant(right)
            }
            ExprKind::Logical { operands, .. } => operands.iter().all(|o| self.is_constant(o)),
            ExprKind::Index { target, .. } => self.is_constant(target),
            ExprKind::Path { target, .. } => self.is_constant(target),
            ExprKind::Call(call) => call.arguments.iter().all(|a| self.is_constant(&a.value)),
            ExprKind::Name(name) => {
                self.rows
                    .as_ref()
                    .is_none_or(|rows| rows.column(&name.text).is_none())
                    && matches!(
                        self.env.get(&name.text),
                        Some(Local::Scalar { constant: true, .. } | Local::Unknown)
                    )
            }
            _ => false,
        }
    }
}
