//! Operators that name other tables: union, join, lookup, find, search.

use std::sync::Arc;

use super::Checker;
use super::env::Value;
use crate::kql::ast::BinaryOp;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::Find;
use crate::kql::ast::FindColumn;
use crate::kql::ast::FindProject;
use crate::kql::ast::Join;
use crate::kql::ast::JoinKind;
use crate::kql::ast::LogicalOp;
use crate::kql::ast::Operator;
use crate::kql::diagnostic::Diagnostic;
use crate::kql::diagnostic::Severity;
use crate::kql::literal::Literal;
use crate::kql::span::TextSpan;
use crate::kql::table::Column;
use crate::kql::table::Name;
use crate::kql::table::Table;
use crate::kql::types::Type;

impl<'a> Checker<'a> {
    /// The tables of a list, names with `*` in them spread out.
    fn tables(&mut self, tables: &'a [Expr], fuzzy: bool) -> Vec<Table> {
        let mut found = Vec::new();
        for table in tables {
            match &table.kind {
                ExprKind::Wildcard(pattern) => {
                    let all = self.tables_like(&pattern.text);
                    let views = self
                        .env
                        .names()
                        .any(|name| Table::matches(&pattern.text, name));
                    if all.is_empty() && !views {
                        self.report(Diagnostic::error(
                            "kql-unknown-table",
                            pattern.span,
                            format!("no known table matches `{}`", pattern.text),
                        ));
                    }
                    found.extend(all);
                }
                ExprKind::Path { target, selector }
                    if matches!(selector.kind, ExprKind::Wildcard(_)) =>
                {
                    self.without_rows(|c| c.expr(target));
                    found.push(Table::unknown());
                }
                _ => {
                    let reported = self.diagnostics.len();
                    let value = self.table(table);
                    if fuzzy {
                        for finding in &mut self.diagnostics[reported..] {
                            if finding.code == "kql-unknown-table" && finding.span == head(table) {
                                finding.severity = Severity::Warning;
                            }
                        }
                    }
                    found.push(value);
                }
            }
        }
        found
    }

    fn tables_like(&mut self, pattern: &str) -> Vec<Table> {
        let schema = self.schema;
        let mut names: Vec<&str> = schema
            .table_names()
            .filter(|name| Table::matches(pattern, name))
            .collect();
        names.sort_unstable_by_key(|name| name.to_ascii_lowercase());
        names.dedup();
        names
            .into_iter()
            .filter_map(|name| {
                self.tables.insert(Arc::from(name));
                schema.table(name)
            })
            .collect()
    }

    pub(super) fn union(
        &mut self,
        operator: &'a Operator,
        tables: &'a [Expr],
        input: Option<Table>,
    ) -> Table {
        let fuzzy = operator.parameter_text("isfuzzy") == Some("true");
        let mut all: Vec<Table> = input.into_iter().collect();
        all.extend(self.tables(tables, fuzzy));
        let mut result = merged(&all);
        let source = operator
            .parameter("withsource")
            .or(operator.parameter("with_source"));
        if let Some(source) = source {
            let name = match &source.kind {
                ExprKind::Name(name) => Some(Arc::clone(&name.text)),
                ExprKind::Literal(Literal::String(text)) => Some(Arc::clone(text)),
                _ => None,
            };
            if let Some(name) = name {
                let name = result.free_name(Name::from(name));
                let mut columns = vec![Column {
                    name,
                    ty: Type::String,
                }];
                columns.extend(result.columns.iter().cloned());
                result.columns = Arc::new(columns);
            }
        }
        result
    }

    pub(super) fn join(&mut self, join: &'a Join, left: Table, lookup: bool) -> Table {
        let right = self.table(&join.right);
        let mut rows = left;
        let outer_right = self.right.replace(right);
        let outer_in_join = std::mem::replace(&mut self.in_join, true);
        let mut keys = Vec::new();
        self.with_rows(&mut rows, |c| {
            for condition in &join.on {
                c.join_condition(condition, &mut keys);
            }
            if let Some(predicate) = &join.predicate {
                // It sees the columns of both sides.
                let right = c.right.clone().unwrap_or_default();
                let mut both = joined(&c.rows.clone().unwrap_or_default(), &right, &[]);
                c.with_rows(&mut both, |c| c.scalar(predicate));
            }
        });
        self.in_join = outer_in_join;
        let right = std::mem::replace(&mut self.right, outer_right).unwrap_or_default();
        if join.kind == JoinKind::Unknown {
            self.error(
                "kql-join-kind",
                join.right.span,
                "the kind of a join is one of `innerunique`, `inner`, `leftouter`, `rightouter`, `fullouter`, `leftsemi`, `rightsemi`, `leftanti` and `rightanti`",
            );
        }
        match join.kind {
            JoinKind::LeftSemi | JoinKind::LeftAnti => rows,
            JoinKind::RightSemi | JoinKind::RightAnti => right,
            _ => {
                let skipped: &[Name] = if lookup { &keys } else { &[] };
                joined(&rows, &right, skipped)
            }
        }
    }

    /// One condition of `on`; `keys` gets the columns of the right side that it names.
    fn join_condition(&mut self, condition: &'a Expr, keys: &mut Vec<Name>) {
        match &condition.kind {
            ExprKind::Name(name) => {
                if name.text.is_empty() {
                    return;
                }
                let left = self
                    .rows
                    .as_ref()
                    .map(|t| (t.column(&name.text).is_some(), t.open));
                let right = self
                    .right
                    .as_ref()
                    .map(|t| (t.column(&name.text).is_some(), t.open));
                let (in_left, left_open) = left.unwrap_or((false, true));
                let (in_right, right_open) = right.unwrap_or((false, true));
                keys.push(Name::from(Arc::clone(&name.text)));
                if !in_left && !in_right && !left_open {
                    let constant = self.env.get(&name.text).is_some();
                    if !constant {
                        self.unknown_column(&name.text, name.span);
                        return;
                    }
                }
                if !in_left
                    && left_open
                    && let Some(rows) = &mut self.rows
                {
                    rows.push(Column::new(Arc::clone(&name.text), Type::Unknown));
                }
                if !in_right
                    && right_open
                    && let Some(rows) = &mut self.right
                {
                    rows.push(Column::new(Arc::clone(&name.text), Type::Unknown));
                }
                if (!in_left && !left_open) || (!in_right && !right_open) {
                    let side = if in_left || left_open {
                        "right"
                    } else {
                        "left"
                    };
                    let lacking = if side == "right" {
                        &self.right
                    } else {
                        &self.rows
                    };
                    let cascade = lacking.as_ref().is_some_and(Table::is_hollow);
                    let mut finding = Diagnostic::error(
                        "kql-join-column",
                        name.span,
                        format!(
                            "the column `{}` is missing on the {side} side of the join",
                            name.text
                        ),
                    )
                    .with_help("columns with different names are joined as `$left.a == $right.b`");
                    finding.cascade = cascade;
                    self.report(finding);
                }
            }
            ExprKind::Paren(inner) => self.join_condition(inner, keys),
            ExprKind::Logical {
                op: LogicalOp::And,
                operands,
                ..
            } => {
                for operand in operands {
                    self.join_condition(operand, keys);
                }
            }
            ExprKind::Binary {
                op: BinaryOp::Equal,
                left,
                right,
                ..
            } => {
                for (side, word) in [(left, "$left"), (right, "$right")] {
                    let given = match &side.kind {
                        ExprKind::Path { target, selector } => match (&target.kind, &selector.kind)
                        {
                            (ExprKind::Name(target), ExprKind::Name(column))
                                if &*target.text == word =>
                            {
                                Some(Arc::clone(&column.text))
                            }
                            _ => None,
                        },
                        _ => None,
                    };
                    if let Some(column) = given {
                        let value = self.expr(side);
                        if matches!(value, Value::Scalar(ty) if ty.is_dynamic()) {
                            self.report(
                                Diagnostic::error(
                                    "kql-type",
                                    side.span,
                                    "rows are not joined by a `dynamic` value",
                                )
                                .with_help(
                                    "`extend` a column with `tostring()` of it, and join by that",
                                ),
                            );
                        }
                        if word == "$right" {
                            keys.push(Name::from(column));
                        }
                    } else {
                        self.expr(side);
                        if !matches!(side.kind, ExprKind::Missing) {
                            self.error(
                                "kql-join-condition",
                                side.span,
                                format!("this side of a join condition is written `{word}.column`"),
                            );
                        }
                    }
                }
            }
            ExprKind::Missing => {}
            _ => {
                let value = self.expr(condition);
                if !matches!(value, Value::Unknown) {
                    self.report(Diagnostic::error(
                        "kql-join-condition",
                        condition.span,
                        "a join condition is a column or `$left.a == $right.b`",
                    ));
                }
            }
        }
    }

    pub(super) fn find(
        &mut self,
        operator: &'a Operator,
        find: &'a Find,
        input: Option<Table>,
    ) -> Table {
        let mut all: Vec<Table> = input.into_iter().collect();
        if find.tables.is_empty() && all.is_empty() {
            all = self.tables_like("*");
        } else {
            all.extend(self.tables(&find.tables, true));
        }
        let mut rows = merged(&all);
        let mut named = Vec::new();
        columns_in(&find.predicate, &mut named);
        self.with_rows(&mut rows, |c| {
            c.scalar(&find.predicate);
        });
        let source = match operator
            .parameter("withsource")
            .or(operator.parameter("with_source"))
            .map(|e| &e.kind)
        {
            Some(ExprKind::Name(name)) => Name::from(Arc::clone(&name.text)),
            _ => Name::Static("source_"),
        };
        let mut result = Table {
            columns: Arc::new(vec![Column {
                name: source,
                ty: Type::String,
            }]),
            open: false,
            ..Table::default()
        };
        match &find.project {
            FindProject::Columns(columns) => {
                for column in columns {
                    match column {
                        FindColumn::Column(expr, type_name) => {
                            let given = self.with_rows(&mut rows, |c| c.scalar(expr));
                            let ty = match type_name {
                                Some(name) => self.declared_type(name),
                                None => given,
                            };
                            if let Some(name) = self.argument_column(expr) {
                                result.set(name, ty);
                            }
                        }
                        FindColumn::PackAll(_) => result.set(Name::Static("pack_"), Type::Dynamic),
                    }
                }
            }
            FindProject::Default | FindProject::Smart => {
                // Columns that all tables have, and those that the predicate names.
                for column in rows.columns.iter() {
                    let everywhere = all
                        .iter()
                        .all(|t| t.column(&column.name).is_some_and(|c| c.ty == column.ty));
                    if everywhere || named.iter().any(|n| **n == *column.name) {
                        result.set(column.name.clone(), column.ty);
                    }
                }
                result.set(Name::Static("pack_"), Type::Dynamic);
            }
        }
        result
    }

    pub(super) fn search(
        &mut self,
        _operator: &'a Operator,
        tables: &'a [Expr],
        predicate: &'a Expr,
        input: Option<Table>,
    ) -> Table {
        let mut all: Vec<Table> = input.into_iter().collect();
        if tables.is_empty() && all.is_empty() {
            all = self.tables_like("*");
        } else {
            all.extend(self.tables(tables, false));
        }
        let mut rows = merged(&all);
        self.with_rows(&mut rows, |c| {
            c.search_predicate(predicate);
        });
        let mut columns = vec![Column::fixed("$table", Type::String)];
        columns.extend(rows.columns.iter().cloned());
        Table {
            columns: Arc::new(columns),
            open: rows.open,
            more: rows.more,
            ..Table::default()
        }
    }

    /// A predicate of `search`, in which a string alone looks through all columns.
    fn search_predicate(&mut self, predicate: &'a Expr) {
        match &predicate.kind {
            ExprKind::Literal(Literal::String(_)) | ExprKind::Star | ExprKind::Missing => {}
            ExprKind::Paren(inner) => self.search_predicate(inner),
            ExprKind::Logical { operands, .. } => {
                for operand in operands {
                    self.search_predicate(operand);
                }
            }
            ExprKind::Call(call) if &*call.name.text == "not" => {
                for argument in &call.arguments {
                    self.search_predicate(&argument.value);
                }
            }
            _ => {
                self.scalar(predicate);
            }
        }
    }
}

/// The columns of all tables: those of one name and type once, those of one name and several types with the type behind.
pub(super) fn merged(tables: &[Table]) -> Table {
    let open = tables.iter().any(|t| t.open);
    let more = tables.iter().any(|t| t.more);
    let [first, rest @ ..] = tables else {
        return Table::unknown();
    };
    if rest.is_empty() {
        return first.clone();
    }
    // Once the second table has a column with the type of the first, the type is settled; so does the service see it.
    let mut order: Vec<(Name, Vec<Type>, bool)> = Vec::new();
    let mut index: std::collections::HashMap<&str, usize> = std::collections::HashMap::new();
    for table in tables {
        for (at, column) in table.columns.iter().enumerate() {
            if table.may_repeat && table.position(&column.name) != Some(at) {
                continue;
            }
            let ty = if column.ty.is_dynamic() {
                Type::Dynamic
            } else {
                column.ty
            };
            if let Some(at) = index.get(&*column.name) {
                let (_, types, settled) = &mut order[*at];
                if !types.contains(&ty) && !*settled {
                    types.push(ty);
                }
                *settled |= types.len() == 1;
            } else {
                index.insert(&column.name, order.len());
                order.push((column.name.clone(), vec![ty], false));
            }
        }
    }
    let mut merged = Table {
        open,
        more,
        ..Table::default()
    };
    for (name, types, _) in order {
        match types.as_slice() {
            [ty] => {
                // A column of two types may have taken the name.
                let name = merged.free_name(name);
                merged.push(Column { name, ty: *ty });
            }
            types => {
                for ty in types {
                    let name = merged.free_name(Name::from(format!("{}_{ty}", &*name)));
                    merged.push(Column { name, ty: *ty });
                }
            }
        }
    }
    merged
}

/// The columns of both sides, those of the right renamed where the left has the name, `skipped` left out.
pub(super) fn joined(left: &Table, right: &Table, skipped: &[Name]) -> Table {
    let mut columns = Vec::with_capacity(left.columns.len() + right.columns.len());
    columns.extend(left.columns.iter().cloned());
    let mut taken: std::collections::HashSet<String> = std::collections::HashSet::new();
    for column in right.columns.iter() {
        if skipped.contains(&column.name) {
            continue;
        }
        let clashes = left.column(&column.name).is_some() || taken.contains(&*column.name);
        let name = if clashes {
            let mut number = 1_usize;
            let mut name = format!("{}{number}", &*column.name);
            while left.column(&name).is_some()
                || right.column(&name).is_some()
                || taken.contains(&name)
            {
                number += 1;
                name = format!("{}{number}", &*column.name);
            }
            Name::from(name)
        } else {
            column.name.clone()
        };
        taken.insert(name.to_string());
        columns.push(Column {
            name,
            ty: column.ty,
        });
    }
    Table {
        columns: Arc::new(columns),
        open: left.open || right.open,
        more: left.more || right.more,
        ..Table::default()
    }
}

/// The names in an expression, in order, each once.
fn columns_in(expr: &Expr, into: &mut Vec<Arc<str>>) {
    match &expr.kind {
        ExprKind::Name(name) if !into.contains(&name.text) => {
            into.push(Arc::clone(&name.text));
        }
        ExprKind::Paren(inner) | ExprKind::Unary { operand: inner, .. } => columns_in(inner, into),
        ExprKind::Path { target, .. } | ExprKind::Index { target, .. } => columns_in(target, into),
        ExprKind::Binary { left, right, .. } => {
            columns_in(left, into);
            columns_in(right, into);
        }
        ExprKind::Logical { operands, .. } => operands.iter().for_each(|o| columns_in(o, into)),
        ExprKind::In { left, list, .. } => {
            columns_in(left, into);
            for item in list {
                columns_in(item, into);
            }
        }
        ExprKind::Between {
            value, low, high, ..
        } => {
            for part in [value, low, high] {
                columns_in(part, into);
            }
        }
        ExprKind::Call(call) => call
            .arguments
            .iter()
            .for_each(|a| columns_in(&a.value, into)),
        _ => {}
    }
}

/// The place of the table that an operand of `union` starts with.
fn head(expr: &Expr) -> TextSpan {
    match &expr.kind {
        ExprKind::Paren(inner) => head(inner),
        ExprKind::Pipeline(pipeline) => pipeline.source.as_ref().map_or(expr.span, head),
        _ => expr.span,
    }
}
