//! Operators that pick, rename, expand and parse columns.

use std::sync::Arc;

use super::Checker;
use super::env::Local;
use super::env::Value;
use crate::kql::ast::ColumnDecl;
use crate::kql::ast::ExpandItem;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::Ident;
use crate::kql::ast::NamedExpr;
use crate::kql::ast::Operator;
use crate::kql::ast::Ordered;
use crate::kql::ast::ParsePart;
use crate::kql::ast::Pipeline;
use crate::kql::ast::Scan;
use crate::kql::diagnostic::Diagnostic;
use crate::kql::table::Column;
use crate::kql::table::Name;
use crate::kql::table::Table;
use crate::kql::types::Type;

impl<'a> Checker<'a> {
    /// The columns that `patterns` name; reports a name that is none.
    pub(super) fn columns_named(&mut self, patterns: &'a [Expr], table: &Table) -> Vec<usize> {
        let mut found = Vec::new();
        for pattern in patterns {
            let before = found.len();
            match &pattern.kind {
                ExprKind::Name(name) => found.extend(table.position(&name.text)),
                ExprKind::Wildcard(name) => found.extend(
                    table
                        .columns
                        .iter()
                        .enumerate()
                        .filter(|(_, c)| Table::matches(&name.text, &c.name))
                        .map(|(at, _)| at),
                ),
                ExprKind::Missing => continue,
                _ => {
                    let mut rows = table.clone();
                    self.with_rows(&mut rows, |c| c.scalar(pattern));
                    continue;
                }
            }
            if found.len() == before
                && !table.open
                && let ExprKind::Name(name) | ExprKind::Wildcard(name) = &pattern.kind
            {
                let mut rows = table.clone();
                self.with_rows(&mut rows, |c| c.unknown_column(&name.text, name.span));
            }
        }
        found
    }

    pub(super) fn project_away(&mut self, patterns: &'a [Expr], table: &Table) -> Table {
        let gone = self.columns_named(patterns, table);
        let columns = table
            .columns
            .iter()
            .enumerate()
            .filter(|(at, _)| !gone.contains(at))
            .map(|(_, c)| c.clone())
            .collect();
        Table {
            columns: Arc::new(columns),
            open: table.open,
            more: table.more,
            ..Table::default()
        }
    }

    pub(super) fn project_keep(&mut self, patterns: &'a [Expr], table: &Table) -> Table {
        let kept = self.columns_named(patterns, table);
        let columns: Vec<Column> = table
            .columns
            .iter()
            .enumerate()
            .filter(|(at, _)| kept.contains(at))
            .map(|(_, c)| c.clone())
            .collect();
        Table {
            columns: Arc::new(columns),
            open: table.open,
            more: table.more,
            ..Table::default()
        }
    }

    pub(super) fn project_rename(&mut self, items: &'a [NamedExpr], table: Table) -> Table {
        let mut table = table;
        for item in items {
            let (Some(new), ExprKind::Name(old)) = (item.name(), &item.value.kind) else {
                let mut rows = table.clone();
                self.with_rows(&mut rows, |c| c.scalar(&item.value));
                continue;
            };
            match table.position(&old.text) {
                Some(at) => {
                    Arc::make_mut(&mut table.columns)[at].name = Name::from(Arc::clone(&new.text));
                }
                None if table.open => {
                    table.push(Column::new(Arc::clone(&new.text), Type::Unknown));
                }
                None => {
                    let mut rows = table.clone();
                    self.with_rows(&mut rows, |c| c.unknown_column(&old.text, old.span));
                }
            }
        }
        table
    }

    pub(super) fn project_reorder(&mut self, keys: &'a [Ordered], table: Table) -> Table {
        let mut table = table.with_unique_names();
        let mut order: Vec<usize> = Vec::new();
        for key in keys {
            match &key.value.kind {
                ExprKind::Wildcard(pattern) => {
                    for (at, column) in table.columns.iter().enumerate() {
                        if Table::matches(&pattern.text, &column.name) && !order.contains(&at) {
                            order.push(at);
                        }
                    }
                }
                ExprKind::Name(name) => match table.position(&name.text) {
                    Some(at) if !order.contains(&at) => order.push(at),
                    Some(_) => {}
                    None if table.open => {
                        order.push(table.columns.len());
                        table.push(Column::new(Arc::clone(&name.text), Type::Unknown));
                    }
                    None => {
                        let mut rows = table.clone();
                        self.with_rows(&mut rows, |c| c.unknown_column(&name.text, name.span));
                        order.push(table.columns.len());
                        table.push(Column::new(Arc::clone(&name.text), Type::Unknown));
                    }
                },
                _ => {}
            }
        }
        for at in 0..table.columns.len() {
            if !order.contains(&at) {
                order.push(at);
            }
        }
        Table {
            columns: Arc::new(
                order
                    .into_iter()
                    .map(|at| table.columns[at].clone())
                    .collect(),
            ),
            open: table.open,
            more: table.more,
            ..Table::default()
        }
    }

    /// The table after expansion, and which columns were expanded in place.
    pub(super) fn expand(
        &mut self,
        items: &'a [ExpandItem],
        table: Table,
    ) -> (Table, Vec<Name>, Vec<Column>) {
        let mut rows = table;
        let mut expanded = Vec::new();
        self.with_rows(&mut rows, |c| {
            for item in items {
                let given = c.expr(&item.value.value).ty();
                let ty = match &item.to {
                    Some(to) => c.declared_type(&to.type_name),
                    None if given.is_unknown() => Type::Unknown,
                    None => Type::Dynamic,
                };
                if !(given.is_dynamic() || given.is_unknown()) {
                    c.report(
                        Diagnostic::error(
                            "kql-type",
                            item.value.value.span,
                            format!("`dynamic` is expected here, not `{given}`"),
                        )
                        .with_help(
                            "`parse_json()` or `todynamic()` makes a `dynamic` value of a string",
                        ),
                    );
                }
                let name = match item.value.name() {
                    Some(name) => Some(Name::from(Arc::clone(&name.text))),
                    None => c.argument_column(&item.value.value),
                };
                expanded.push((name, ty, item));
            }
        });
        let mut in_place = Vec::new();
        let mut columns = Vec::new();
        for (name, ty, item) in expanded {
            let name = name.unwrap_or_else(|| rows.numbered_name("Column"));
            if item.value.name().is_none() {
                in_place.push(name.clone());
            }
            rows.set(name.clone(), ty);
            columns.push(Column { name, ty });
        }
        (rows, in_place, columns)
    }

    pub(super) fn item_index(operator: &'a Operator, table: &mut Table) {
        if let Some(Expr {
            kind: ExprKind::Name(name),
            ..
        }) = operator.parameter("with_itemindex")
        {
            table.set(Name::from(Arc::clone(&name.text)), Type::Long);
        }
    }

    pub(super) fn mv_apply(
        &mut self,
        items: &'a [ExpandItem],
        query: &'a Pipeline,
        operator: &'a Operator,
        table: Table,
    ) -> Table {
        let before = table.clone();
        let (mut rows, in_place, _) = self.expand(items, table);
        Self::item_index(operator, &mut rows);
        let inner = match self.sub_pipeline(query, rows) {
            Value::Table(table) => table,
            _ => Table::unknown(),
        };
        // The columns outside stay, but for those that were expanded, and take on what the query made of them.
        let columns = before
            .columns
            .iter()
            .filter(|c| !in_place.contains(&c.name))
            .cloned()
            .collect();
        let mut result = Table {
            columns: Arc::new(columns),
            open: before.open || inner.open,
            more: before.more || inner.more,
            ..Table::default()
        };
        for column in inner.columns.iter() {
            result.set(column.name.clone(), column.ty);
        }
        result
    }

    pub(super) fn parse_columns(
        &mut self,
        text: &'a Expr,
        pattern: &'a [ParsePart],
        mut table: Table,
    ) -> Table {
        self.with_rows(&mut table, |c| c.text(text));
        self.parse_order(pattern);
        let mut declared: Vec<&str> = Vec::new();
        for part in pattern {
            if let ParsePart::Column(column) = part {
                self.append_declared(column, &mut declared, &mut table);
            }
        }
        table
    }

    /// Reports parts of a pattern of which nothing says where they begin.
    fn parse_order(&mut self, pattern: &'a [ParsePart]) {
        for (at, part) in pattern.iter().enumerate() {
            let before = at.checked_sub(1).map(|at| &pattern[at]);
            match part {
                ParsePart::Star(span) => {
                    if matches!(before, Some(ParsePart::Column(column)) if &*column.type_name.text == "string")
                    {
                        self.error(
                            "kql-parse-pattern",
                            *span,
                            "where a text ends that is followed by `*` cannot be told; a string stands between them",
                        );
                    }
                    if matches!(
                        pattern.get(at + 1),
                        Some(ParsePart::Star(_) | ParsePart::Column(_))
                    ) {
                        self.error(
                            "kql-parse-pattern",
                            *span,
                            "a string follows `*` in a pattern",
                        );
                    }
                }
                ParsePart::Column(column)
                    if matches!(before, Some(ParsePart::Star(_) | ParsePart::Column(_))) =>
                {
                    self.error(
                        "kql-parse-pattern",
                        column.name.span,
                        "a column follows a string in a pattern",
                    );
                }
                _ => {}
            }
        }
    }

    /// Adds a declared column behind the others, which may have one of that name already.
    pub(super) fn append_declared(
        &mut self,
        column: &'a ColumnDecl,
        declared: &mut Vec<&'a str>,
        table: &mut Table,
    ) {
        let ty = self.declared_type(&column.type_name);
        if declared.contains(&&*column.name.text) {
            self.error(
                "kql-duplicate-column",
                column.name.span,
                format!("the column `{}` is declared already", column.name.text),
            );
            return;
        }
        declared.push(&column.name.text);
        table.may_repeat |= table.column(&column.name.text).is_some();
        table.push(Column::new(Arc::clone(&column.name.text), ty));
    }

    pub(super) fn scan(&mut self, scan: &'a Scan, operator: &'a Operator, table: Table) -> Table {
        let mut rows = table;
        for parameter in &scan.declare {
            if let crate::kql::ast::ParameterKind::Scalar(type_name) = &parameter.kind {
                let ty = self.declared_type(type_name);
                rows.set(Name::from(Arc::clone(&parameter.name.text)), ty);
            }
        }
        let outer = self.env.clone();
        for step in &scan.steps {
            self.env.define(
                Arc::clone(&step.name.text),
                Local::Value(Value::Record(rows.clone())),
            );
        }
        self.with_rows(&mut rows, |c| {
            for column in &scan.partition_by {
                c.scalar(column);
            }
            for step in &scan.steps {
                c.predicate(&step.condition);
                for assignment in &step.assignments {
                    c.scan_target(&assignment.name);
                    c.scalar(&assignment.value);
                }
            }
        });
        self.env = outer;
        let id = match operator.parameter("with_match_id").map(|e| &e.kind) {
            Some(ExprKind::Name(name)) => Name::from(Arc::clone(&name.text)),
            _ => Name::Static("match_id"),
        };
        rows.set(id, Type::Long);
        rows
    }

    pub(super) fn scan_target(&mut self, name: &'a Ident) {
        let known = self
            .rows
            .as_ref()
            .is_none_or(|rows| rows.open || rows.column(&name.text).is_some());
        if !known && !name.text.is_empty() {
            self.unknown_column(&name.text, name.span);
        }
    }
}
