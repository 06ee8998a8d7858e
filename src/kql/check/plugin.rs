//! The plug-ins of `evaluate`.

use std::sync::Arc;

use super::Aggregates;
use super::Checker;
use super::env::Value;
use super::relation::joined;
use crate::kql::ast::Call;
use crate::kql::ast::ExprKind;
use crate::kql::ast::NamedExpr;
use crate::kql::ast::RowSchema;
use crate::kql::diagnostic::Diagnostic;
use crate::kql::functions::plugin;
use crate::kql::functions::plugin_names;
use crate::kql::literal::Literal;
use crate::kql::suggest::nearest;
use crate::kql::table::Column;
use crate::kql::table::Name;
use crate::kql::table::Table;
use crate::kql::types::Type;

/// Whether `name` is that of a plug-in.
pub(super) fn is_plugin(name: &str) -> bool {
    plugin(name).is_some()
}

impl<'a> Checker<'a> {
    pub(super) fn evaluate(
        &mut self,
        call: &'a Call,
        schema: Option<&'a RowSchema>,
        table: Table,
    ) -> Value<'a> {
        let name = &*call.name.text;
        let Some(known) = plugin(name) else {
            if crate::kql::functions::scalar_function(name).is_some()
                || crate::kql::functions::aggregate_function(name).is_some()
            {
                self.report(
                    Diagnostic::error(
                        "kql-plugin-expected",
                        call.name.span,
                        format!("`{name}` is a function, and `evaluate` takes a plug-in"),
                    )
                    .with_help(
                        "functions of rows are called in `extend` and `project`, aggregates in `summarize`",
                    ),
                );
            } else if !name.is_empty() {
                let finding = Diagnostic::error(
                    "kql-unknown-plugin",
                    call.name.span,
                    format!("`{name}` is not a known plug-in"),
                );
                self.report(match nearest(name, plugin_names()) {
                    Some(near) => finding.with_help(format!("there is `{near}`")),
                    None => finding,
                });
            }
            let mut rows = table;
            self.with_rows(&mut rows, |c| c.plugin_arguments(call, false));
            return match schema {
                Some(schema) => Value::Table(self.row_schema(schema)),
                None => Value::Table(Table::default()),
            };
        };
        if !known.arguments.takes(call.arguments.len()) {
            self.error(
                "kql-argument-count",
                call.name.span,
                format!("`{name}` takes {}", known.arguments.phrase()),
            );
        }
        let mut rows = table;
        let types = self.with_rows(&mut rows, |c| {
            c.plugin_arguments(call, known.columns == "lookup")
        });
        let result = self.plugin_columns(known.columns, call, &rows, &types);
        let Some(schema) = schema else {
            return result;
        };
        let declared = self.row_schema(schema);
        let (Some(_), Value::Table(mut table)) = (schema.star, result) else {
            return Value::Table(declared);
        };
        for column in declared.columns.iter() {
            table.set(column.name.clone(), column.ty);
        }
        Value::Table(Table {
            open: false,
            ..table
        })
    }

    /// The types of the arguments; with `lookup`, the first one is a table and the second a column of it.
    fn plugin_arguments(&mut self, call: &'a Call, lookup: bool) -> Vec<Value<'a>> {
        let outer = std::mem::replace(&mut self.aggregates, Aggregates::Refused);
        let mut values = Vec::new();
        let mut other: Option<Table> = None;
        for (at, argument) in call.arguments.iter().enumerate() {
            if matches!(argument.value.kind, ExprKind::Star) {
                values.push(Value::Unknown);
                continue;
            }
            if lookup && at == 0 {
                let table = if self.is_taken_for_column(&argument.value) {
                    Table::hollow()
                } else {
                    let found = self.diagnostics.len();
                    let table = self.table(&argument.value);
                    let unknown = self.diagnostics[found..]
                        .iter()
                        .any(|d| d.code == "kql-unknown-table" && d.span == argument.value.span);
                    if unknown { Table::hollow() } else { table }
                };
                other = Some(table.clone());
                values.push(Value::Table(table));
                continue;
            }
            // `pivot` takes an aggregate.
            let aggregates = matches!(&argument.value.kind, ExprKind::Call(inner)
                if crate::kql::functions::aggregate_function(&inner.name.text).is_some());
            if aggregates {
                self.aggregates = Aggregates::Wanted;
            }
            let of_other = lookup
                && at >= 1
                && matches!(&argument.value.kind, ExprKind::Name(name)
                    if other.as_ref().is_some_and(|t| t.column(&name.text).is_some()));
            values.push(match (&other, of_other) {
                (Some(table), true) => {
                    let mut rows = table.clone();
                    self.with_rows(&mut rows, |c| c.expr(&argument.value))
                }
                _ => self.expr(&argument.value),
            });
            self.aggregates = Aggregates::Refused;
        }
        self.aggregates = outer;
        values
    }

    fn plugin_columns(
        &mut self,
        rule: &'static str,
        call: &'a Call,
        rows: &Table,
        values: &[Value<'a>],
    ) -> Value<'a> {
        let arguments = &call.arguments;
        let table = match rule {
            "open" => Table::unknown(),
            "group" => return Value::Group,
            "unpack" => without(rows, named(arguments.first()).as_slice(), true),
            "pivot" => pivoted(rows, arguments),
            "lookup" => {
                let Some(Value::Table(other)) = values.first() else {
                    return Value::Table(Table::unknown());
                };
                let keys: Vec<Name> = arguments
                    .iter()
                    .skip(3)
                    .flat_map(|a| named(Some(a)))
                    .collect();
                joined(rows, other, &keys)
            }
            "typeof" => self.type_of_table(arguments.first(), rows),
            "intersect" => {
                let mut table = rows.clone();
                for at in 0..arguments.len() {
                    table.push(Column::new(format!("s{at}"), Type::Long));
                }
                table
            }
            "rolling" => {
                let rank = arguments
                    .get(1)
                    .map(|a| super::naming::percentile_text(&a.value))
                    .unwrap_or_default();
                let bins = arguments
                    .get(4)
                    .map(|a| super::naming::percentile_text(&a.value))
                    .unwrap_or_default();
                let name = |at| {
                    named(arguments.get(at))
                        .first()
                        .map(|n| n.to_string())
                        .unwrap_or_default()
                };
                let ty = |at: usize| values.get(at).map_or(Type::Unknown, Value::ty);
                let mut columns = vec![Column::new(name(2), ty(2))];
                for at in 5..arguments.len() {
                    columns.push(Column::new(name(at), ty(at)));
                }
                columns.push(Column::new(
                    format!("rolling_{bins}_percentile_{}_{rank}", name(0)),
                    ty(0),
                ));
                Table::closed(columns)
            }
            "sequence" => {
                let time = named(arguments.first())
                    .first()
                    .map(|n| n.to_string())
                    .unwrap_or_default();
                let mut columns: Vec<Column> = arguments
                    .iter()
                    .filter_map(NamedExpr::name)
                    .map(|step| Column::new(format!("{}_{time}", step.text), Type::Datetime))
                    .collect();
                columns.push(Column::fixed("Duration", Type::Timespan));
                Table::closed(columns)
            }
            list => listed(list, rows, arguments, values),
        };
        Value::Table(table)
    }

    /// `typeof(*, name:type, …)`: the columns of the rows and those declared.
    fn type_of_table(&mut self, argument: Option<&'a NamedExpr>, rows: &Table) -> Table {
        let Some(ExprKind::TypeOf(columns)) = argument.map(|a| &a.value.kind) else {
            return Table::unknown();
        };
        let mut table = Table::default();
        for column in columns {
            if &*column.type_name.text == "*" {
                table.columns = Arc::clone(&rows.columns);
                table.open |= rows.open;
                table.more |= rows.more;
                continue;
            }
            let ty = self.declared_type(&column.type_name);
            table.set(Name::from(Arc::clone(&column.name.text)), ty);
        }
        table
    }
}

/// The name of the column that an argument is, if it is one.
fn named(argument: Option<&NamedExpr>) -> Vec<Name> {
    match argument.map(|a| &a.value.kind) {
        Some(ExprKind::Name(name)) => vec![Name::from(Arc::clone(&name.text))],
        Some(ExprKind::Literal(Literal::String(text))) => vec![Name::from(Arc::clone(text))],
        _ => Vec::new(),
    }
}

fn without(rows: &Table, names: &[Name], open: bool) -> Table {
    Table {
        columns: Arc::new(
            rows.columns
                .iter()
                .filter(|c| !names.contains(&c.name))
                .cloned()
                .collect(),
        ),
        open,
        more: open,
        ..Table::default()
    }
}

/// The columns that `pivot` keeps: those named, or all but the one that is spread out and the one aggregated.
fn pivoted(rows: &Table, arguments: &[NamedExpr]) -> Table {
    let kept: Vec<Name> = arguments
        .iter()
        .skip(2)
        .flat_map(|a| named(Some(a)))
        .collect();
    if !kept.is_empty() {
        let columns = kept
            .iter()
            .filter_map(|n| rows.column(n).cloned())
            .collect();
        return Table {
            columns: Arc::new(columns),
            open: true,
            more: true,
            ..Table::default()
        };
    }
    let mut gone = named(arguments.first());
    if let Some(ExprKind::Call(call)) = arguments.get(1).map(|a| &a.value.kind) {
        for argument in &call.arguments {
            gone.extend(named(Some(argument)));
        }
    }
    without(rows, &gone, true)
}

/// Columns as the data lists them: `name:type`, `*` for all of the rows, `{2}` for the column that argument 2 is.
fn listed(list: &str, rows: &Table, arguments: &[NamedExpr], values: &[Value<'_>]) -> Table {
    let mut table = Table {
        open: list.contains('*') && rows.open,
        more: list.contains('*') && rows.more,
        ..Table::default()
    };
    for entry in list.split(',') {
        if entry == "*" {
            for column in rows.columns.iter() {
                let name = table.free_name(column.name.clone());
                table.push(Column {
                    name,
                    ty: column.ty,
                });
            }
            continue;
        }
        let (name, ty) = match entry.split_once(':') {
            Some((name, ty)) => (name, Type::from_name(ty)),
            None => (entry, None),
        };
        let (name, from) = match name.split_once('{') {
            Some((before, rest)) => {
                let (digits, after) = rest.split_once('}').unwrap_or((rest, ""));
                let at = digits.parse::<usize>().unwrap_or(1).saturating_sub(1);
                let column = named(arguments.get(at))
                    .first()
                    .map(|n| n.to_string())
                    .unwrap_or_default();
                (
                    format!("{before}{column}{after}"),
                    values.get(at).map(Value::ty),
                )
            }
            None => (name.to_owned(), None),
        };
        let name = table.free_name(Name::from(name));
        table.push(Column {
            name,
            ty: ty.or(from).unwrap_or(Type::Unknown),
        });
    }
    table
}
