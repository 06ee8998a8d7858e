//! Names, types and columns: what a query reads and what it gives.
//!
//! The checker walks the tree once, with the columns of the rows at hand, the `let` names in reach and the schema.
//! Where a schema is open (an unknown table, `evaluate bag_unpack`), it says nothing against columns it does not know.
//! Start at [`check`]; one file per concern below.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use super::ast::BinaryOp;
use super::ast::Body;
use super::ast::Expr;
use super::ast::ExprKind;
use super::ast::Ident;
use super::ast::Parameter;
use super::ast::ParameterKind;
use super::ast::Statement;
use super::ast::StatementKind;
use super::diagnostic::Diagnostic;
use super::parser::Parsed;
use super::schema::Schema;
use super::span::TextSpan;
use super::table::Column;
use super::table::Name;
use super::table::Table;
use super::types::Type;
use env::Env;
use env::Local;
use env::LocalFunction;
use env::Value;

mod aggregate;
mod call;
mod env;
mod expr;
mod graph;
mod naming;
mod operator;
mod plugin;
mod relation;
mod shape;
mod types;
mod unknown;

/// How many nodes are looked at before the checker stops, functions called again and again included.
const MAX_STEPS: u32 = 200_000;

/// What checking gives.
#[derive(Debug, Clone)]
pub(crate) struct Checked {
    /// Syntax errors and what the checker found, in the order of their places.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The result's columns; empty when the result is no table.
    pub(crate) columns: Vec<Column>,
    /// Whether the result may have more columns.
    pub(crate) open: bool,
    /// Whether the result really may have more: not after `project` or `summarize` of an unknown table.
    pub(crate) more: bool,
    /// Whether the result is a table.
    pub(crate) tabular: bool,
    /// The tables of the schema, and unknown ones, that the query reads.
    pub(crate) tables: BTreeSet<Arc<str>>,
    /// Comparisons by `==` or `!=` of values of types that have nothing in common, which the service lets pass.
    pub(crate) mismatches: Vec<Mismatch>,
}

/// Two values that are compared and are of different types: a text and a number, a number and a truth value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// The two sides.
    pub(crate) sides: [TextSpan; 2],
    /// The type of the left side.
    pub(crate) left: Type,
    /// The type of the right side.
    pub(crate) right: Type,
}

/// Checks a query that was parsed; `given` are scalars that are declared outside of it.
pub(crate) fn check(parsed: &Parsed, schema: &Schema, given: &[(&str, Type)]) -> Checked {
    let mut checker = Checker {
        schema,
        env: Env::default(),
        rows: None,
        right: None,
        in_join: false,
        aggregates: Aggregates::Refused,
        diagnostics: Vec::new(),
        quiet: 0,
        depth: 0,
        steps: 0,
        reads_named_table: false,
        grouped: Vec::new(),
        graph: None,
        tables: BTreeSet::new(),
        mismatches: Vec::new(),
    };
    for (name, ty) in given {
        let local = Local::Scalar {
            ty: *ty,
            constant: true,
            text: None,
        };
        checker.env.define(Arc::from(*name), local);
    }
    let value = checker.statements(&parsed.query.statements);
    let mut diagnostics = checker.diagnostics;
    if let Some(first) = parsed.diagnostics.first() {
        // An operator behind a mistake begins a query only because of it.
        for diagnostic in &mut diagnostics {
            diagnostic.cascade |=
                diagnostic.is_syntax() && diagnostic.span.start >= first.span.start;
        }
    }
    diagnostics.extend(parsed.diagnostics.iter().cloned());
    diagnostics.sort_by_key(|d| (d.span.start, d.span.end));
    let table = match value {
        Some(Value::Table(table)) => Some(table),
        _ => None,
    };
    Checked {
        diagnostics,
        open: table.as_ref().is_some_and(|t| t.open),
        more: table.as_ref().is_some_and(|t| t.more),
        tabular: table.is_some(),
        columns: table.map(|t| t.columns.to_vec()).unwrap_or_default(),
        tables: checker.tables,
        mismatches: checker.mismatches,
    }
}

/// Whether aggregates may be called, and columns be named outside of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aggregates {
    /// Aggregates are an error.
    Refused,
    /// Aggregates are called here, columns outside of them are an error.
    Wanted,
}

struct Checker<'a> {
    schema: &'a Schema,
    env: Env<'a>,
    /// The row at hand; None outside of operators.
    rows: Option<Table>,
    /// The right row of a join.
    right: Option<Table>,
    /// Whether `$left` and `$right` mean the rows of a join.
    in_join: bool,
    aggregates: Aggregates,
    diagnostics: Vec<Diagnostic>,
    /// Above 0, findings are not reported: the same code is looked at a second time.
    quiet: u32,
    depth: u32,
    steps: u32,
    /// Whether the function at hand reads a table whose name is an argument.
    reads_named_table: bool,
    /// The columns that `*` leaves out, because the groups have them.
    grouped: Vec<Name>,
    /// The nodes of the graph that is matched.
    graph: Option<Table>,
    tables: BTreeSet<Arc<str>>,
    mismatches: Vec<Mismatch>,
}

impl<'a> Checker<'a> {
    fn report(&mut self, diagnostic: Diagnostic) {
        if self.quiet == 0 {
            self.diagnostics.push(diagnostic);
        }
    }

    fn error(&mut self, code: &'static str, span: TextSpan, message: impl Into<String>) {
        self.report(Diagnostic::error(code, span, message));
    }

    /// Keeps a comparison of types that have nothing in common. A type that is not known is left alone, and so is
    /// `dynamic`, which may hold anything.
    fn compared(&mut self, op: BinaryOp, sides: [TextSpan; 2], left: Type, right: Type) {
        let quiet = |ty: Type| ty.is_unknown() || ty.is_dynamic();
        let alike = left == right || (left.is_number() && right.is_number());
        let equality = matches!(op, BinaryOp::Equal | BinaryOp::NotEqual);
        if self.quiet > 0 || !equality || alike || quiet(left) || quiet(right) {
            return;
        }
        let found = Mismatch { sides, left, right };
        if !self.mismatches.contains(&found) {
            self.mismatches.push(found);
        }
    }

    /// Counts one step; false when the query takes too many.
    fn step(&mut self) -> bool {
        self.steps += 1;
        self.steps < MAX_STEPS
    }

    /// Runs `inner` with `rows` as the row at hand; returns the columns it named in an open table, too.
    fn with_rows<T>(&mut self, rows: &mut Table, inner: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.rows.replace(std::mem::take(rows));
        let value = inner(self);
        *rows = std::mem::replace(&mut self.rows, outer).unwrap_or_default();
        value
    }

    /// Runs `inner` without a row at hand.
    fn without_rows<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        let rows = self.rows.take();
        let right = self.right.take();
        let in_join = std::mem::replace(&mut self.in_join, false);
        let aggregates = std::mem::replace(&mut self.aggregates, Aggregates::Refused);
        let value = inner(self);
        self.rows = rows;
        self.right = right;
        self.in_join = in_join;
        self.aggregates = aggregates;
        value
    }

    /// The statements of a query; the value of the last expression.
    fn statements(&mut self, statements: &'a [Statement]) -> Option<Value<'a>> {
        let mut value = None;
        for statement in statements {
            if let Some(last) = self.statement(statement) {
                value = Some(last);
            }
        }
        value
    }

    fn statement(&mut self, statement: &'a Statement) -> Option<Value<'a>> {
        match &statement.kind {
            StatementKind::Expression(expr) => {
                let value = self.expr(expr);
                return Some(self.invoked(value, expr.span));
            }
            StatementKind::Let { name, value } => self.let_statement(name, value),
            StatementKind::QueryParameters(parameters) => {
                for parameter in parameters {
                    let local = self.parameter_local(parameter);
                    self.env.define(Arc::clone(&parameter.name.text), local);
                }
            }
            StatementKind::Pattern(pattern) => {
                self.env
                    .define(Arc::clone(&pattern.name.text), Local::Unknown);
            }
            StatementKind::Alias { name, value } => {
                self.expr(value);
                self.env
                    .define(Arc::clone(&name.text), Local::Value(Value::OtherDatabase));
            }
            StatementKind::Set { .. } | StatementKind::Restrict(_) => {}
        }
        None
    }

    fn let_statement(&mut self, name: &'a Ident, value: &'a Expr) {
        let local = if let ExprKind::Function(function) = &value.kind {
            let function = Rc::new(LocalFunction {
                parameters: &function.parameters,
                body: &function.body,
                env: self.env.clone(),
                result: std::cell::OnceCell::new(),
            });
            // The body is checked where it is declared; calls look at it again, quietly, for their own tables.
            let outer = std::mem::replace(&mut self.reads_named_table, false);
            let result = self.function_declaration(&function);
            let named_table = std::mem::replace(&mut self.reads_named_table, outer);
            if function
                .parameters
                .iter()
                .all(|p| matches!(p.kind, ParameterKind::Scalar(_)))
                && !named_table
                && let Some(result) = result
            {
                // The result of a function that takes no table is the same for every call.
                let _ = function.result.set(result);
            }
            Local::Function(function)
        } else {
            let checked = self.expr(value);
            let checked = self.invoked(checked, value.span);
            let constant = self.is_constant(value);
            match checked {
                Value::Scalar(ty) => Local::Scalar {
                    ty,
                    constant: constant || !ty.is_unknown(),
                    text: self.constant_text(value),
                },
                value => Local::Value(value),
            }
        };
        self.env.define(Arc::clone(&name.text), local);
    }

    /// Checks the body of a function with its parameters as declared.
    fn function_declaration(&mut self, function: &LocalFunction<'a>) -> Option<Value<'a>> {
        let outer = self.env.clone();
        for parameter in function.parameters {
            let local = self.parameter_local(parameter);
            self.env.define(Arc::clone(&parameter.name.text), local);
        }
        let value = self.without_rows(|c| c.body(function.body));
        self.env = outer;
        value
    }

    /// What a parameter stands for inside its function, as far as its declaration tells.
    fn parameter_local(&mut self, parameter: &'a Parameter) -> Local<'a> {
        match &parameter.kind {
            ParameterKind::Scalar(type_name) => Local::Scalar {
                ty: self.declared_type(type_name),
                constant: true,
                text: None,
            },
            ParameterKind::Table(schema) => {
                // Of the table of `(*)` no column may be named, whatever it has.
                let mut table = Table {
                    open: schema.star.is_none() && schema.columns.is_empty(),
                    ..Table::default()
                };
                for column in &schema.columns {
                    let ty = self.declared_type(&column.type_name);
                    table.set(Name::from(Arc::clone(&column.name.text)), ty);
                }
                Local::Value(Value::Table(table))
            }
        }
    }

    fn body(&mut self, body: &'a Body) -> Option<Value<'a>> {
        if self.depth > 60 || !self.step() {
            return Some(Value::Unknown);
        }
        self.depth += 1;
        let value = self.statements(&body.statements);
        self.depth -= 1;
        value
    }

    /// The type that a declaration names; reports a name that is none.
    fn declared_type(&mut self, name: &Ident) -> Type {
        if let Some(ty) = Type::from_name(&name.text) {
            return ty;
        }
        if !name.text.is_empty() {
            self.report(
                Diagnostic::error(
                    "kql-type-name",
                    name.span,
                    format!("`{}` is not a type", name.text),
                )
                .with_help(
                    "the types are `bool`, `int`, `long`, `real`, `decimal`, `string`, `datetime`, `timespan`, `guid` and `dynamic`",
                ),
            );
        }
        Type::Unknown
    }

    /// A function that stands without parentheses is called, as the service does.
    fn invoked(&mut self, value: Value<'a>, span: TextSpan) -> Value<'a> {
        match value {
            Value::Function(function) => self.call_local(&function, &[], span, None),
            Value::Stored(name) => self.call_stored(name, &[], span, None),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests;
