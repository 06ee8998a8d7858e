//! The tables and functions that a query may name.
//!
//! The built-in ones come from tables of data that are part of the program; a table's columns are read when a query
//! first names it. A project or a workspace adds its own, see `file`.

mod file;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::OnceLock;

use super::parser::Parsed;
use super::parser::parse;
use super::table::Column;
use super::table::Name;
use super::table::Table;
use super::types::Type;

pub(crate) use file::BuiltInNames;
pub(crate) use file::Columns;
pub(crate) use file::FunctionFile;
pub(crate) use file::Lines;
pub(crate) use file::SchemaError;
pub(crate) use file::SchemaFile;

/// Table, tab, `column:type` pairs with commas; source: the Azure Monitor table reference.
const TABLES: &str = include_str!("data/tables.tsv");
/// ASIM function, tab, its schema, tab, its optional parameters; source: the ASIM parser list.
const ASIM_FUNCTIONS: &str = include_str!("data/asim-functions.tsv");
/// ASIM schema, tab, `column:type` pairs with commas.
const ASIM_SCHEMAS: &str = include_str!("data/asim-schemas.tsv");

/// Columns that every table of a workspace has, though the table reference leaves some out; source: "Standard columns
/// in Azure Monitor Logs".
pub(crate) const STANDARD_COLUMNS: &str = "TenantId:string,TimeGenerated:datetime,Type:string,_BilledSize:real,\
    _IsBillable:string,_ItemId:string,_ResourceId:string,_SubscriptionId:string,_TimeReceived:datetime";

/// Tables and functions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Schema {
    /// Whether the built-in tables and functions are there as well.
    built_in: bool,
    /// Whether the built-in tables have all standard columns.
    standard: bool,
    /// The built-in names that a workspace really has, once all that it has is known.
    only: Option<BTreeSet<Arc<str>>>,
    tables: BTreeMap<Arc<str>, Table>,
    functions: BTreeMap<Arc<str>, Arc<Function>>,
    /// What `_GetWatchlist` gives by alias, once watchlists are known.
    watchlists: Option<Watchlists>,
}

/// The columns of watchlists by lower-case alias.
type Watchlists = BTreeMap<Arc<str>, Table>;

/// A function that is stored in the workspace.
#[derive(Debug)]
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: Arc<str>,
    /// `let f = (parameters) { body }` as text, read when first called.
    source: String,
    /// Whether the body is what it computes, not only what columns that has.
    computes: bool,
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
            false,
        );
        schema
    }

    /// The same with the standard columns in every built-in table, also where the table reference leaves them out.
    pub(crate) fn with_standard_columns(mut self) -> Self {
        self.standard = true;
        self
    }

    /// Adds or replaces a table.
    pub(crate) fn add_table(&mut self, name: impl Into<Arc<str>>, columns: Vec<Column>) {
        self.tables.insert(name.into(), Table::closed(columns));
    }

    /// Adds or replaces a function; `parameters` is `(name:type, …)`, `body` `{ … }` or its inside, `computes` whether
    /// that is its query, not only something with the same columns.
    pub(crate) fn add_function(
        &mut self,
        name: impl Into<Arc<str>>,
        parameters: &str,
        body: &str,
        computes: bool,
    ) {
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
        self.insert_function(name, source, computes);
    }

    /// Adds a function of which the name is known and nothing else.
    fn add_unknown_function(&mut self, name: impl Into<Arc<str>>) {
        self.insert_function(name.into(), "let f = dynamic(null)".to_owned(), false);
    }

    fn insert_function(&mut self, name: Arc<str>, source: String, computes: bool) {
        self.functions.insert(
            Arc::clone(&name),
            Arc::new(Function {
                name,
                source,
                computes,
                parsed: OnceLock::new(),
            }),
        );
    }

    /// Whether all that the workspace has is known, so that any other name is wrong.
    pub(crate) fn is_complete(&self) -> bool {
        self.only.is_some()
    }

    /// Whether a built-in name is there. Names that begin with `_` belong to the service: no list of a workspace has
    /// them, and they are always there.
    fn offers(&self, name: &str) -> bool {
        let listed = |only: &BTreeSet<Arc<str>>| only.contains(name) || name.starts_with('_');
        self.built_in && self.only.as_ref().is_none_or(listed)
    }

    /// The table called `name`.
    pub(crate) fn table(&self, name: &str) -> Option<Table> {
        if let Some(table) = self.tables.get(name) {
            return Some(table.clone());
        }
        if !self.offers(name) {
            return None;
        }
        let row = built_in().tables.get(name)?;
        Some(if self.standard {
            row.with_standard_columns()
        } else {
            row.table()
        })
    }

    /// The stored function called `name`.
    pub(crate) fn function(&self, name: &str) -> Option<&Function> {
        self.functions.get(name).map(|f| &**f)
    }

    /// The ASIM function called `name`.
    pub(crate) fn asim_function(&self, name: &str) -> Option<AsimFunction> {
        let known = || built_in().asim_function(name);
        self.offers(name).then(known).flatten()
    }

    /// `let` statements for the stored functions that a query calls, and that these call; those whose query is not
    /// known are left out.
    pub(crate) fn declarations(&self, query: &str) -> String {
        let mut text = String::new();
        self.declare(query, &mut BTreeSet::new(), &mut text);
        text
    }

    fn declare<'s>(&'s self, query: &str, seen: &mut BTreeSet<&'s str>, text: &mut String) {
        for token in &parse(query).tokens {
            let name = query.get(token.span.range()).unwrap_or_default();
            let Some(function) = self.function(name).filter(|f| f.computes) else {
                continue;
            };
            if seen.insert(&function.name) {
                self.declare(&function.source, seen, text);
                let rest = function.source.trim_start_matches("let f");
                text.push_str(&format!("let {}{rest};\n", function.name));
            }
        }
    }

    /// What the watchlist gives; `Err` when all are known and it is none of them.
    pub(crate) fn watchlist(&self, alias: &str) -> Result<Option<&Table>, Vec<&str>> {
        let Some(known) = &self.watchlists else {
            return Ok(None);
        };
        match known.get(alias.to_lowercase().as_str()) {
            None if self.is_complete() => Err(known.keys().map(|alias| &**alias).collect()),
            found => Ok(found),
        }
    }

    /// The names of all tables, the built-in ones last; not sorted.
    pub(crate) fn table_names(&self) -> impl Iterator<Item = &str> {
        let stored = built_in().order.iter().copied();
        let own = self.tables.keys().map(|k| &**k);
        own.chain(stored.filter(|name| self.offers(name)))
    }

    /// The names of all stored and ASIM functions; not sorted.
    pub(crate) fn function_names(&self) -> impl Iterator<Item = &str> {
        let stored = built_in().asim_order.iter().copied();
        let own = self.functions.keys().map(|k| &**k);
        own.chain(stored.filter(|name| self.offers(name)))
    }
}

/// The columns of a built-in table, whatever a workspace has.
pub(crate) fn built_in_columns(table: &str) -> Option<Table> {
    built_in().table(table)
}

/// Whether ASIM has a function of this name.
pub(crate) fn is_asim_function(name: &str) -> bool {
    built_in().functions.contains_key(name)
}

/// One row of a data file whose columns are read when first asked for.
#[derive(Debug)]
struct Row {
    columns: &'static str,
    table: OnceLock<Table>,
    with_standard_columns: OnceLock<Table>,
}

impl Row {
    fn table(&self) -> Table {
        self.table
            .get_or_init(|| Table::closed(columns(self.columns)))
            .clone()
    }

    fn with_standard_columns(&self) -> Table {
        let whole = self.with_standard_columns.get_or_init(|| {
            let mut all = columns(self.columns);
            for column in columns(STANDARD_COLUMNS) {
                if !all.iter().any(|listed| *listed.name == *column.name) {
                    all.push(column);
                }
            }
            Table::closed(all)
        });
        whole.clone()
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
                        with_standard_columns: OnceLock::new(),
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
