//! What a column is called that an expression makes.

use crate::kql::ast::Call;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::functions::ColumnRule;
use crate::kql::functions::FunctionKind;
use crate::kql::functions::aggregate_function;
use crate::kql::functions::scalar_function;
use crate::kql::literal::Literal;
use crate::kql::table::Name;

use super::Checker;

/// The name that an expression gives to its column, and whether it is just a column's own name.
#[derive(Debug, Clone)]
pub(super) enum ColumnName {
    /// A name that was written: another column of that name is an error.
    Own(Name),
    /// A name that was made up: another column of that name makes it `name1`.
    Derived(Name),
    /// `Column1` and so on.
    None,
}

impl Checker<'_> {
    /// The name that `expr` gives to its column.
    pub(super) fn column_name(&self, expr: &Expr) -> ColumnName {
        match &expr.kind {
            ExprKind::Name(name) => ColumnName::Own(Name::from(name.text.clone())),
            ExprKind::Paren(inner) => self.column_name(inner),
            _ => match self.derived_name(expr) {
                Some(name) if !name.is_empty() => ColumnName::Derived(name.into()),
                _ => ColumnName::None,
            },
        }
    }

    /// Whether `expr` is a name that no column, and nothing else in reach, has.
    fn means_nothing(&self, expr: &Expr) -> bool {
        let ExprKind::Name(name) = &expr.kind else {
            return false;
        };
        let rows = self.rows.as_ref();
        rows.is_some_and(|rows| !rows.open && rows.column(&name.text).is_none())
            && self.env.get(&name.text).is_none()
            && !name.text.starts_with('$')
    }

    fn derived_name(&self, expr: &Expr) -> Option<String> {
        match &expr.kind {
            ExprKind::Name(name) => Some(name.text.as_ref().to_owned()),
            ExprKind::Paren(inner) => self.derived_name(inner),
            ExprKind::Path { target, selector } => {
                let right = match &selector.kind {
                    ExprKind::Name(name) => name.text.as_ref().to_owned(),
                    _ => self.derived_name(selector)?,
                };
                Some(match self.derived_name(target) {
                    Some(left) if !left.is_empty() && !self.means_nothing(target) => {
                        format!("{left}_{right}")
                    }
                    _ => right,
                })
            }
            ExprKind::Index { target, index } => {
                let left = self.derived_name(target);
                let right = match &index.kind {
                    ExprKind::Literal(Literal::String(text)) => text.as_ref().to_owned(),
                    ExprKind::Literal(Literal::Long(Some(number))) => number.to_string(),
                    _ => String::new(),
                };
                Some(match left {
                    Some(left) if !left.is_empty() => format!("{left}_{right}"),
                    _ => right,
                })
            }
            ExprKind::Call(call) => self.call_name(call),
            _ => None,
        }
    }

    fn call_name(&self, call: &Call) -> Option<String> {
        let function = match (self.aggregates, aggregate_function(&call.name.text)) {
            (super::Aggregates::Wanted, Some(aggregate)) => aggregate,
            (_, aggregate) => scalar_function(&call.name.text).or(aggregate)?,
        };
        if self.env.get(&call.name.text).is_some() {
            return None;
        }
        let first = call.arguments.first();
        match function.column {
            ColumnRule::Unnamed => None,
            ColumnRule::Fixed(name) => Some(name.to_owned()),
            ColumnRule::Argument => self.derived_name(&first?.value),
            ColumnRule::Literal => match &first?.value.kind {
                ExprKind::Literal(Literal::String(name))
                    if self
                        .rows
                        .as_ref()
                        .is_some_and(|rows| rows.column(name).is_some()) =>
                {
                    Some(name.as_ref().to_owned())
                }
                _ => None,
            },
            ColumnRule::Prefix(prefix) => {
                let name = first
                    .and_then(|a| self.derived_name(&a.value))
                    .unwrap_or_default();
                if prefix == "percentile_" && function.kind == FunctionKind::Aggregate {
                    let at = if matches!(function.name, "percentilew" | "percentilesw") {
                        2
                    } else {
                        1
                    };
                    let rank = call
                        .arguments
                        .get(at)
                        .map(|a| percentile_text(&a.value))
                        .unwrap_or_default();
                    return Some(format!("percentile_{name}_{rank}"));
                }
                Some(format!("{prefix}{name}"))
            }
        }
    }
}

/// A percentile as part of a name: `99.9` is `99_9`.
pub(super) fn percentile_text(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Literal(Literal::Long(Some(number))) => number.to_string(),
        ExprKind::Literal(Literal::Int(Some(number))) => number.to_string(),
        ExprKind::Literal(Literal::Real(Some(number))) => number.to_string().replace('.', "_"),
        ExprKind::Paren(inner) => percentile_text(inner),
        _ => String::new(),
    }
}
