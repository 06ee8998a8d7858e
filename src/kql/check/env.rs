//! The names in reach, and what expressions stand for.

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

use crate::kql::ast::Body;
use crate::kql::ast::Parameter;
use crate::kql::table::Column;
use crate::kql::table::Table;
use crate::kql::types::Type;

/// What an expression stands for.
#[derive(Debug, Clone)]
pub(super) enum Value<'a> {
    /// One value of a type.
    Scalar(Type),
    /// Rows.
    Table(Table),
    /// Several columns at once: the result of `arg_max`, `series_stats` and their kin.
    Columns(Vec<Column>),
    /// Several tables: the result of `facet` and `fork`.
    Group,
    /// A graph with its nodes and edges.
    Graph {
        /// Columns of the nodes.
        nodes: Table,
        /// Columns of the edges.
        edges: Table,
    },
    /// A row with columns: a node or edge of a graph pattern, a step of `scan`.
    Record(Table),
    /// A database of which nothing is known.
    OtherDatabase,
    /// A `let` function without its arguments.
    Function(Rc<LocalFunction<'a>>),
    /// A function of the schema without its arguments.
    Stored(&'a str),
    /// A name that was reported because it means nothing: a scalar of which nothing is known, or hollow rows.
    Nothing,
    /// Not known; nothing is to be said about it.
    Unknown,
}

impl Value<'_> {
    /// The type as a scalar; unknown for anything else.
    pub(super) fn ty(&self) -> Type {
        match self {
            Self::Scalar(ty) => *ty,
            Self::Columns(columns) => columns.first().map_or(Type::Unknown, |c| c.ty),
            _ => Type::Unknown,
        }
    }

    /// The rows; open and without columns for anything but a table.
    pub(super) fn into_table(self) -> Table {
        match self {
            Self::Table(table) => table,
            Self::Nothing => Table::hollow(),
            _ => Table::unknown(),
        }
    }
}

/// A function declared by `let`, with the names that were in reach there.
#[derive(Debug)]
pub(super) struct LocalFunction<'a> {
    /// Its parameters.
    pub(super) parameters: &'a [Parameter],
    /// What it computes.
    pub(super) body: &'a Body,
    /// The names in reach of the body.
    pub(super) env: Env<'a>,
    /// Its result, when that is the same for every call.
    pub(super) result: OnceCell<Value<'a>>,
}

/// What a name in reach stands for.
#[derive(Debug, Clone)]
pub(super) enum Local<'a> {
    /// A scalar.
    Scalar {
        /// Its type.
        ty: Type,
        /// Whether it is known when the query is read.
        constant: bool,
        /// Its value, when that is a string that is written in the query.
        text: Option<Arc<str>>,
    },
    /// A function.
    Function(Rc<LocalFunction<'a>>),
    /// A table, or anything else.
    Value(Value<'a>),
    /// Something that the checker does not look into.
    Unknown,
}

/// The names in reach, the latest first; cheap to keep a copy of.
#[derive(Debug, Clone, Default)]
pub(super) struct Env<'a>(Option<Rc<Binding<'a>>>);

#[derive(Debug)]
struct Binding<'a> {
    name: Arc<str>,
    local: Local<'a>,
    before: Env<'a>,
}

impl<'a> Env<'a> {
    /// Adds a name, which hides an earlier one.
    pub(super) fn define(&mut self, name: Arc<str>, local: Local<'a>) {
        let before = std::mem::take(self);
        self.0 = Some(Rc::new(Binding {
            name,
            local,
            before,
        }));
    }

    /// What `name` stands for.
    pub(super) fn get(&self, name: &str) -> Option<&Local<'a>> {
        let mut at = self.0.as_deref();
        while let Some(binding) = at {
            if *binding.name == *name {
                return Some(&binding.local);
            }
            at = binding.before.0.as_deref();
        }
        None
    }

    /// All names, the latest first.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let mut at = self.0.as_deref();
        std::iter::from_fn(move || {
            let binding = at?;
            at = binding.before.0.as_deref();
            Some(&*binding.name)
        })
    }
}

impl Drop for Env<'_> {
    /// Takes the chain apart link by link: a query of many `let`s must not nest the drops.
    fn drop(&mut self) {
        let mut next = self.0.take();
        while let Some(binding) = next {
            next = match Rc::try_unwrap(binding) {
                Ok(mut last) => last.before.0.take(),
                Err(_) => None,
            };
        }
    }
}
