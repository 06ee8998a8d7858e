//! `summarize`, `make-series`, `top-nested` and their aggregates of several columns.

use std::sync::Arc;

use super::Aggregates;
use super::Checker;
use super::env::Value;
use super::naming::ColumnName;
use super::naming::percentile_text;
use super::types;
use crate::kql::ast::Call;
use crate::kql::ast::ExprKind;
use crate::kql::ast::MakeSeries;
use crate::kql::ast::NamedExpr;
use crate::kql::ast::Names;
use crate::kql::ast::SeriesRange;
use crate::kql::ast::TopNested;
use crate::kql::diagnostic::Diagnostic;
use crate::kql::functions::BuiltInFunction;
use crate::kql::functions::Gives;
use crate::kql::table::Column;
use crate::kql::table::Name;
use crate::kql::table::Table;
use crate::kql::types::Type;

/// The columns that an operator puts together, one after the other.
#[derive(Debug, Default)]
pub(super) struct Projection {
    /// The columns so far.
    pub(super) table: Table,
    /// The columns that were named in so many words, so that naming one again is an error.
    declared: Vec<Name>,
}

impl Projection {
    /// Starts from the columns that `extend` keeps.
    pub(super) fn on(table: Table) -> Self {
        Self {
            table: table.with_unique_names(),
            declared: Vec::new(),
        }
    }
}

impl<'a> Checker<'a> {
    /// The columns of one item of `project`, `extend`, `summarize`, `by` or `print`.
    pub(super) fn item(&mut self, item: &'a NamedExpr, into: &mut Projection, replaces: bool) {
        let value = self.expr(&item.value);
        let value = self.invoked(value, item.value.span);
        let columns = match value {
            Value::Columns(columns) => columns,
            // A node or edge under a name is its columns, the first of them by that name.
            Value::Record(table) if !matches!(item.names, Names::None) => table.columns.to_vec(),
            Value::Table(table) => {
                if !(table.open && table.columns.is_empty()) {
                    self.error(
                        "kql-scalar-expected",
                        item.value.span,
                        "a scalar is expected here, not a table",
                    );
                }
                vec![Column {
                    name: Name::Static(""),
                    ty: Type::Unknown,
                }]
            }
            value => vec![Column {
                name: Name::Static(""),
                ty: value.ty(),
            }],
        };
        self.add_columns(item, columns, into, replaces);
    }

    fn add_columns(
        &mut self,
        item: &'a NamedExpr,
        columns: Vec<Column>,
        into: &mut Projection,
        replaces: bool,
    ) {
        let several = columns.len() > 1 || columns.first().is_some_and(|c| !c.name.is_empty());
        let given: &[crate::kql::ast::Ident] = match &item.names {
            Names::None => &[],
            Names::One(name) => std::slice::from_ref(name),
            Names::Tuple(names, _) => names,
        };
        for (at, column) in columns.into_iter().enumerate() {
            if let Some(name) = given.get(at) {
                self.declare(
                    Name::from(Arc::clone(&name.text)),
                    name.span,
                    column.ty,
                    into,
                    replaces,
                );
                continue;
            }
            if several {
                Self::add_derived(column.name, column.ty, into, replaces);
                continue;
            }
            match self.column_name(&item.value) {
                ColumnName::Own(name) => {
                    self.declare(name, item.value.span, column.ty, into, replaces);
                }
                ColumnName::Derived(name) => Self::add_derived(name, column.ty, into, replaces),
                ColumnName::None => {
                    let name = into.table.numbered_name("Column");
                    into.table.push(Column {
                        name,
                        ty: column.ty,
                    });
                }
            }
        }
    }

    fn declare(
        &mut self,
        name: Name,
        span: crate::kql::span::TextSpan,
        ty: Type,
        into: &mut Projection,
        replaces: bool,
    ) {
        if into.declared.contains(&name) {
            self.error(
                "kql-duplicate-column",
                span,
                format!("the column `{}` is declared already", &*name),
            );
            return;
        }
        into.declared.push(name.clone());
        if replaces {
            into.table.set(name, ty);
        } else {
            let name = into.table.free_name(name);
            into.table.push(Column { name, ty });
        }
    }

    fn add_derived(name: Name, ty: Type, into: &mut Projection, replaces: bool) {
        if replaces && !into.declared.contains(&name) {
            into.declared.push(name.clone());
            into.table.set(name, ty);
            return;
        }
        let name = into.table.free_name(name);
        into.table.push(Column { name, ty });
    }

    pub(super) fn summarize(
        &mut self,
        aggregates: &'a [NamedExpr],
        by: &'a [NamedExpr],
        table: Table,
    ) -> Table {
        let mut rows = table;
        let mut into = Projection::default();
        self.group_keys(by, &mut rows.clone());
        self.with_rows(&mut rows, |c| {
            for item in by {
                c.item(item, &mut into, false);
            }
            let grouped = Self::grouped_columns(by, c.rows.as_ref().unwrap_or(&Table::default()));
            let outer = std::mem::replace(&mut c.grouped, grouped);
            for item in aggregates {
                c.aggregate_item(item, &mut into);
            }
            c.grouped = outer;
        });
        Table {
            open: rows.open,
            // `*` takes over what the rows have, known or not.
            more: rows.more && aggregates.iter().any(|item| takes_star(&item.value)),
            ..into.table
        }
    }

    fn aggregate_item(&mut self, item: &'a NamedExpr, into: &mut Projection) {
        let outer = std::mem::replace(&mut self.aggregates, Aggregates::Wanted);
        self.item(item, into, false);
        self.aggregates = outer;
    }

    /// The columns that the groups take over as they are, which `*` leaves out therefore.
    fn grouped_columns(by: &[NamedExpr], rows: &Table) -> Vec<Name> {
        by.iter()
            .filter_map(|item| match &item.value.kind {
                ExprKind::Name(name) => Some(Name::from(Arc::clone(&name.text))),
                // A conversion that changes nothing is the column itself.
                ExprKind::Call(call) => {
                    let to = match &*call.name.text {
                        "tostring" => Type::String,
                        "toint" => Type::Int,
                        "tolong" => Type::Long,
                        "toreal" | "todouble" => Type::Real,
                        "todecimal" => Type::Decimal,
                        "todatetime" => Type::Datetime,
                        "totimespan" => Type::Timespan,
                        "toguid" => Type::Guid,
                        "tobool" | "toboolean" => Type::Bool,
                        _ => return None,
                    };
                    let ExprKind::Name(name) = &call.arguments.first()?.value.kind else {
                        return None;
                    };
                    (rows.column(&name.text)?.ty == to).then(|| Name::from(Arc::clone(&name.text)))
                }
                _ => None,
            })
            .collect()
    }

    /// The columns of aggregates that give several.
    pub(super) fn aggregate_columns(
        &mut self,
        function: &'static BuiltInFunction,
        call: &'a Call,
        types: &[Type],
        first_name: &str,
    ) -> Vec<Column> {
        let rows = self.rows.clone().unwrap_or_default();
        match function.result {
            Gives::Percentiles => {
                let from = if function.name == "percentilesw" {
                    2
                } else {
                    1
                };
                let ty = types::widened(types.first().copied().unwrap_or(Type::Unknown));
                call.arguments
                    .iter()
                    .skip(from)
                    .map(|rank| {
                        Column::new(
                            format!("percentile_{first_name}_{}", percentile_text(&rank.value)),
                            ty,
                        )
                    })
                    .collect()
            }
            Gives::TakeAny => {
                let prefix = if function.name == "any" { "any_" } else { "" };
                let mut columns = Vec::new();
                for (argument, ty) in call.arguments.iter().zip(types) {
                    if matches!(argument.value.kind, ExprKind::Star) {
                        let kept = rows
                            .columns
                            .iter()
                            .filter(|c| !self.grouped.contains(&c.name));
                        columns.extend(kept.map(|c| prefixed(prefix, c)));
                    } else {
                        let name = self.argument_column(&argument.value);
                        columns.push(named(prefix, name, *ty));
                    }
                }
                columns
            }
            _ => self.arg_max_columns(function, call, types, &rows),
        }
    }

    fn arg_max_columns(
        &mut self,
        function: &'static BuiltInFunction,
        call: &'a Call,
        types: &[Type],
        rows: &Table,
    ) -> Vec<Column> {
        // The old spellings put the name of the first column before all others.
        let old = matches!(function.name, "argmax" | "argmin");
        let (word, prefix) = match function.name {
            "argmax" => ("max_", true),
            "argmin" => ("min_", true),
            "arg_max" => ("max_", false),
            _ => ("min_", false),
        };
        let mut columns: Vec<Column> = Vec::new();
        let mut first = String::new();
        for (at, (argument, ty)) in call.arguments.iter().zip(types).enumerate() {
            let own = match argument.name() {
                Some(name) => Some(Name::from(Arc::clone(&name.text))),
                None => self.argument_column(&argument.value),
            };
            if at == 0 {
                let column = match (own, prefix) {
                    (Some(name), false) => Column { name, ty: *ty },
                    (Some(name), true) => Column::new(format!("{word}{}", &*name), *ty),
                    (None, _) => Column::fixed(word, *ty),
                };
                first = column.name.to_string();
                columns.push(column);
            } else if matches!(argument.value.kind, ExprKind::Star) {
                let taken: Vec<&str> = call
                    .arguments
                    .iter()
                    .filter_map(|a| match &a.value.kind {
                        ExprKind::Name(name) => Some(&*name.text),
                        _ => None,
                    })
                    .collect();
                for column in rows.columns.iter() {
                    let has = taken.contains(&&*column.name) || self.grouped.contains(&column.name);
                    if !has {
                        columns.push(if old {
                            prefixed(&format!("{first}_"), column)
                        } else {
                            column.clone()
                        });
                    }
                }
            } else {
                columns.push(match (own, old) {
                    (Some(name), false) => Column { name, ty: *ty },
                    (Some(name), true) => Column::new(format!("{first}_{}", &*name), *ty),
                    (None, true) => Column::new(format!("{first}_arg{at}"), *ty),
                    (None, false) => {
                        let of = first.strip_prefix(word).unwrap_or(&first);
                        Column::new(format!("{word}{of}_arg{at}"), *ty)
                    }
                });
            }
        }
        columns
    }

    pub(super) fn make_series(&mut self, series: &'a MakeSeries, table: Table) -> Table {
        let mut rows = table;
        let mut into = Projection::default();
        self.with_rows(&mut rows, |c| {
            for item in &series.by {
                c.item(item, &mut into, false);
            }
            for item in &series.aggregates {
                let mut one = Projection::default();
                c.aggregate_item(&item.value, &mut one);
                for column in one.table.columns.iter() {
                    let name = into.table.free_name(column.name.clone());
                    into.table.push(Column {
                        name,
                        ty: Type::Array,
                    });
                }
                if let Some(default) = &item.default {
                    c.scalar(default);
                }
            }
            let mut axis = Projection::default();
            c.item(&series.on, &mut axis, false);
            for column in axis.table.columns.iter() {
                let name = into.table.free_name(column.name.clone());
                into.table.push(Column {
                    name,
                    ty: Type::Array,
                });
            }
            match &series.range {
                SeriesRange::FromToStep { from, to, step } => {
                    for bound in [from.as_deref(), to.as_deref(), Some(&**step)]
                        .into_iter()
                        .flatten()
                    {
                        c.scalar(bound);
                    }
                }
                SeriesRange::InRange(bounds) => {
                    for bound in bounds {
                        c.scalar(bound);
                    }
                }
            }
        });
        Table {
            open: rows.open,
            ..into.table
        }
    }

    pub(super) fn top_nested(&mut self, levels: &'a [TopNested], table: Table) -> Table {
        let mut rows = table;
        let mut into = Projection::default();
        self.with_rows(&mut rows, |c| {
            for level in levels {
                if let Some(count) = &level.count {
                    c.integer(count);
                }
                let before = into.table.columns.len();
                c.item(&level.of, &mut into, false);
                let of = into
                    .table
                    .columns
                    .get(before)
                    .map(|column| column.name.to_string())
                    .unwrap_or_default();
                if let Some(others) = &level.others {
                    c.scalar(others);
                }
                let outer = std::mem::replace(&mut c.aggregates, Aggregates::Wanted);
                let value = c.expr(&level.by.value);
                c.aggregates = outer;
                let name = match level.by.name() {
                    Some(name) => Name::from(Arc::clone(&name.text)),
                    None => format!("aggregated_{of}").into(),
                };
                let name = into.table.free_name(name);
                into.table.push(Column {
                    name,
                    ty: value.ty(),
                });
            }
        });
        Table {
            open: rows.open,
            ..into.table
        }
    }

    /// Reports a count that is no integer.
    pub(super) fn integer(&mut self, count: &'a crate::kql::ast::Expr) {
        let ty = self.scalar(count);
        if !(ty.is_integer() || ty.is_unknown()) {
            self.report(Diagnostic::error(
                "kql-type",
                count.span,
                format!("a whole number is expected here, not `{ty}`"),
            ));
        }
    }
}

/// Whether an aggregate is given all columns.
fn takes_star(aggregate: &crate::kql::ast::Expr) -> bool {
    matches!(&aggregate.kind, ExprKind::Call(call)
        if call.arguments.iter().any(|a| matches!(a.value.kind, ExprKind::Star)))
}

fn prefixed(prefix: &str, column: &Column) -> Column {
    if prefix.is_empty() {
        return column.clone();
    }
    Column::new(format!("{prefix}{}", &*column.name), column.ty)
}

fn named(prefix: &str, name: Option<Name>, ty: Type) -> Column {
    match (prefix, name) {
        ("", Some(name)) => Column { name, ty },
        (prefix, Some(name)) => Column::new(format!("{prefix}{}", &*name), ty),
        (prefix, None) => Column::new(prefix.to_owned(), ty),
    }
}
