//! The tables and functions that a query may name.
//!
//! The built-in ones come from tables of data that are part of the program; a table's columns are read when a query
//! first names it. [`Schema::from_json`] reads others.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::OnceLock;

use super::parser::Parsed;
use super::parser::parse;
use super::table::Column;
use super::table::Name;
use super::table::Table;
use super::types::Type;

/// Table, tab, `column:type` pairs with commas; source: the Azure Monitor table reference.
const TABLES: &str = include_str!("data/tables.tsv");
/// ASIM function, tab, its schema, tab, its optional parameters; source: the ASIM parser list.
const ASIM_FUNCTIONS: &str = include_str!("data/asim-functions.tsv");
/// ASIM schema, tab, `column:type` pairs with commas.
const ASIM_SCHEMAS: &str = include_str!("data/asim-schemas.tsv");

/// Tables and functions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Schema {
    /// Whether the built-in tables and functions are there as well.
    built_in: bool,
    tables: BTreeMap<Arc<str>, Table>,
    functions: BTreeMap<Arc<str>, Arc<Function>>,
}

/// A function that is stored in the workspace.
#[derive(Debug)]
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: Arc<str>,
    /// `let name = (parameters) { body }` as text, read when first called.
    source: String,
    parsed: OnceLock<Parsed>,
}

impl Function {
    /// The function's declaration, a single `let`.
    pub(crate) fn parsed(&self) -> &Parsed {
        self.parsed.get_or_init(|| parse(&self.source))
    }
}

/// What an ASIM function gives.
#[derive(Debug, Clone)]
pub(crate) struct AsimFunction {
    /// Its optional parameters, `name:type` with commas.
    pub(crate) parameters: &'static str,
    /// Its result.
    pub(crate) table: Table,
}

impl Schema {
    /// The tables of Log Analytics and the functions of ASIM.
    pub(crate) fn built_in() -> Self {
        let mut schema = Self {
            built_in: true,
            ..Self::default()
        };
        // The columns of a watchlist are those of its file, which nothing here knows.
        schema.add_function(
            "_GetWatchlist",
            "(watchlistAlias:string, keys:dynamic=dynamic([]))",
            "datatable(_DTItemId:string, LastUpdatedTimeUTC:datetime, SearchKey:string, WatchlistItem:dynamic)[]
            | evaluate bag_unpack(WatchlistItem)",
        );
        schema
    }

    /// Adds or replaces a table.
    pub(crate) fn add_table(&mut self, name: impl Into<Arc<str>>, columns: Vec<Column>) {
        self.tables.insert(name.into(), Table::closed(columns));
    }

    /// Adds or replaces a function; `parameters` is `(name:type, …)`, `body` `{ … }` or its inside.
    pub(crate) fn add_function(&mut self, name: impl Into<Arc<str>>, parameters: &str, body: &str) {
        let name = name.into();
        let parameters = match parameters.trim() {
            "" => "()",
            given => given,
        };
        let body = body.trim();
        let source = if body.starts_with('{') {
            format!("let f = {parameters} {body}")
        } else {
            format!("let f = {parameters} {{ {body}\n}}")
        };
        self.functions.insert(
            Arc::clone(&name),
            Arc::new(Function {
                name,
                source,
                parsed: OnceLock::new(),
            }),
        );
    }

    /// Reads `{"tables": {name: {column: type} | "(column:type, …)"}, "functions": [{name, parameters, body}]}`.
    pub(crate) fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        let file: SchemaFile = serde_json::from_str(text)?;
        let mut schema = Self::default();
        for (name, columns) in file.tables {
            let columns = match &columns {
                serde_json::Value::String(text) => text
                    .trim()
                    .trim_start_matches('(')
                    .trim_end_matches(')')
                    .split(',')
                    .filter_map(|pair| {
                        let (name, ty) = pair.rsplit_once(':')?;
                        Some(Column::new(
                            name.trim().to_owned(),
                            Type::from_name(ty.trim())?,
                        ))
                    })
                    .collect(),
                other => other
                    .as_object()
                    .into_iter()
                    .flatten()
                    .filter_map(|(name, ty)| {
                        Some(Column::new(name.clone(), Type::from_name(ty.as_str()?)?))
                    })
                    .collect(),
            };
            schema.add_table(name, columns);
        }
        for function in file.functions {
            schema.add_function(
                function.name,
                function.parameters.as_deref().unwrap_or("()"),
                &function.body,
            );
        }
        Ok(schema)
    }

    /// The table called `name`.
    pub(crate) fn table(&self, name: &str) -> Option<Table> {
        if let Some(table) = self.tables.get(name) {
            return Some(table.clone());
        }
        if self.built_in {
            built_in().table(name)
        } else {
            None
        }
    }

    /// The stored function called `name`.
    pub(crate) fn function(&self, name: &str) -> Option<&Function> {
        self.functions.get(name).map(|f| &**f)
    }

    /// The ASIM function called `name`.
    pub(crate) fn asim_function(&self, name: &str) -> Option<AsimFunction> {
        if self.built_in {
            built_in().asim_function(name)
        } else {
            None
        }
    }

    /// The names of all tables, the built-in ones last; not sorted.
    pub(crate) fn table_names(&self) -> impl Iterator<Item = &str> {
        let stored = self.built_in.then(|| built_in().order.iter().copied());
        self.tables
            .keys()
            .map(|k| &**k)
            .chain(stored.into_iter().flatten())
    }

    /// The names of all stored and ASIM functions; not sorted.
    pub(crate) fn function_names(&self) -> impl Iterator<Item = &str> {
        let stored = self.built_in.then(|| built_in().asim_order.iter().copied());
        self.functions
            .keys()
            .map(|k| &**k)
            .chain(stored.into_iter().flatten())
    }
}

#[derive(serde::Deserialize)]
struct SchemaFile {
    #[serde(default)]
    tables: serde_json::Map<String, serde_json::Value>,
    #[serde(default)]
    functions: Vec<FunctionFile>,
}

#[derive(serde::Deserialize)]
struct FunctionFile {
    name: String,
    parameters: Option<String>,
    body: String,
}

/// One row of a data file whose columns are read when first asked for.
#[derive(Debug)]
struct Row {
    columns: &'static str,
    table: OnceLock<Table>,
}

impl Row {
    fn table(&self) -> Table {
        self.table
            .get_or_init(|| Table::closed(columns(self.columns)))
            .clone()
    }
}

#[derive(Debug)]
struct BuiltIn {
    tables: HashMap<&'static str, Row>,
    order: Vec<&'static str>,
    functions: HashMap<&'static str, (&'static str, &'static str)>,
    asim_order: Vec<&'static str>,
    schemas: HashMap<&'static str, Row>,
}

impl BuiltIn {
    fn table(&self, name: &str) -> Option<Table> {
        self.tables.get(name).map(Row::table)
    }

    fn asim_function(&self, name: &str) -> Option<AsimFunction> {
        let (schema, parameters) = self.functions.get(name)?;
        Some(AsimFunction {
            parameters,
            table: self.schemas.get(schema)?.table(),
        })
    }
}

fn rows(data: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    data.lines()
        .skip(1)
        .filter_map(|line| line.split_once('\t'))
}

fn built_in() -> &'static BuiltIn {
    static BUILT_IN: OnceLock<BuiltIn> = OnceLock::new();
    BUILT_IN.get_or_init(|| {
        let by_name = |data| {
            rows(data)
                .map(|(name, columns)| {
                    let row = Row {
                        columns,
                        table: OnceLock::new(),
                    };
                    (name, row)
                })
                .collect::<HashMap<_, _>>()
        };
        BuiltIn {
            tables: by_name(TABLES),
            order: rows(TABLES).map(|(name, _)| name).collect(),
            functions: rows(ASIM_FUNCTIONS)
                .filter_map(|(name, rest)| Some((name, rest.split_once('\t')?)))
                .collect(),
            asim_order: rows(ASIM_FUNCTIONS).map(|(name, _)| name).collect(),
            schemas: by_name(ASIM_SCHEMAS),
        }
    })
}

/// `name:type` pairs with commas.
fn columns(text: &'static str) -> Vec<Column> {
    text.split(',')
        .filter_map(|pair| {
            let (name, ty) = pair.split_once(':')?;
            Some(Column {
                name: Name::Static(name),
                ty: Type::from_name(ty)?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
