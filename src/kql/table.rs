//! Columns and tables.

use std::ops::Deref;
use std::sync::Arc;

use super::types::Type;

/// A name that is cheap to copy: one of the built-in schema, or one made while checking.
#[derive(Debug, Clone)]
pub(crate) enum Name {
    /// Part of the program.
    Static(&'static str),
    /// From the query or a schema that was read.
    Shared(Arc<str>),
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Static(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Name {}

impl From<String> for Name {
    fn from(text: String) -> Self {
        Self::Shared(text.into())
    }
}

impl From<Arc<str>> for Name {
    fn from(text: Arc<str>) -> Self {
        Self::Shared(text)
    }
}

/// A column: its name, as spelled, and its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// The name.
    pub(crate) name: Name,
    /// The type.
    pub(crate) ty: Type,
}

impl Column {
    /// A column.
    pub(crate) fn new(name: impl Into<Name>, ty: Type) -> Self {
        Self {
            name: name.into(),
            ty,
        }
    }

    /// A column whose name is part of the program.
    pub(crate) fn fixed(name: &'static str, ty: Type) -> Self {
        Self {
            name: Name::Static(name),
            ty,
        }
    }
}

/// A table's columns; shared until changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Table {
    /// The columns in order.
    pub(crate) columns: Arc<Vec<Column>>,
    /// Whether there may be more columns than these.
    pub(crate) open: bool,
    /// Whether the result really may have more columns. The service's parser takes a table for open for ever once it
    /// was; after `project` or `summarize`, though, the columns are those listed.
    pub(crate) more: bool,
    /// Whether two columns may have the same name, of which the first one counts.
    pub(crate) may_repeat: bool,
}

impl Table {
    /// A table with these columns and no others.
    pub(crate) fn closed(columns: Vec<Column>) -> Self {
        Self {
            columns: Arc::new(columns),
            ..Self::default()
        }
    }

    /// A table of which nothing is known.
    pub(crate) fn unknown() -> Self {
        Self {
            open: true,
            more: true,
            ..Self::default()
        }
    }

    /// What the service's parser makes of a name that means nothing: rows of which it knows that they have no columns.
    /// What is said against their columns is no news to a person.
    pub(crate) fn hollow() -> Self {
        Self {
            more: true,
            ..Self::default()
        }
    }

    /// Whether that there are no more columns only follows from a mistake before.
    pub(crate) fn is_hollow(&self) -> bool {
        self.more && !self.open
    }

    /// The column called `name`.
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| *c.name == *name)
    }

    /// The position of the column called `name`.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| *c.name == *name)
    }

    /// Sets the type of the column `name`, adding it when there is none.
    pub(crate) fn set(&mut self, name: Name, ty: Type) {
        match self.position(&name) {
            Some(at) => {
                if self.columns[at].ty != ty {
                    Arc::make_mut(&mut self.columns)[at].ty = ty;
                }
            }
            None => self.push(Column { name, ty }),
        }
    }

    /// Adds a column, whether or not there is one of that name.
    pub(crate) fn push(&mut self, column: Column) {
        Arc::make_mut(&mut self.columns).push(column);
    }

    /// The same columns, those whose name an earlier one has renamed.
    pub(crate) fn with_unique_names(self) -> Self {
        // Only `parse` makes doubles, and it does so rarely.
        let double =
            |at: usize, column: &Column| self.columns[..at].iter().any(|c| c.name == column.name);
        if !self.may_repeat || !self.columns.iter().enumerate().any(|(at, c)| double(at, c)) {
            return self;
        }
        let mut unique = Self {
            columns: Arc::default(),
            ..self.clone()
        };
        for column in self.columns.iter() {
            let name = unique.free_name(column.name.clone());
            unique.push(Column {
                name,
                ty: column.ty,
            });
        }
        unique.may_repeat = false;
        unique
    }

    /// `base`, or `base` with the first number that makes it a new name.
    pub(crate) fn free_name(&self, base: Name) -> Name {
        if self.column(&base).is_none() {
            return base;
        }
        self.numbered_name(&base)
    }

    /// `base1`, or the first number after that which makes it a new name.
    pub(crate) fn numbered_name(&self, base: &str) -> Name {
        let mut number = 1_usize;
        loop {
            let name = format!("{base}{number}");
            if self.column(&name).is_none() {
                return Name::from(name);
            }
            number += 1;
        }
    }

    /// Whether `pattern`, in which `*` stands for any text, takes in `name`.
    pub(crate) fn matches(pattern: &str, name: &str) -> bool {
        let mut parts = pattern.split('*');
        let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else {
            return false;
        };
        let mut parts = parts.peekable();
        if parts.peek().is_none() {
            return rest.is_empty();
        }
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                return rest.ends_with(part);
            }
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        true
    }
}
