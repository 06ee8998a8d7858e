//! A schema as JSON: what `schema pull` writes and what a person may write by hand.
//!
//! Lists are sorted and every name has a line of its own, so that a change in the workspace is a change of few lines.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Serialize;

use super::Schema;
use super::Watchlists;
use crate::kql::table::Column;
use crate::kql::table::Table;
use crate::kql::types::Type;

/// The version of the form that is written.
const VERSION: u32 = 1;

/// Tables, functions and watchlists of a workspace or a project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SchemaFile {
    /// Version of this form; a file without one is of the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<u32>,
    /// Whether it lists all that there is, so that a name it does not hold is wrong.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) complete: bool,
    /// What is there of the built-in tables and functions; counts when the file is complete.
    #[serde(default, skip_serializing_if = "BuiltInNames::is_empty")]
    pub(crate) built_in: BuiltInNames,
    /// Tables by name.
    #[serde(default)]
    pub(crate) tables: BTreeMap<String, Columns>,
    /// Columns that built-in tables have beside their own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) added_columns: BTreeMap<String, Columns>,
    /// Saved functions.
    #[serde(default)]
    pub(crate) functions: Vec<FunctionFile>,
    /// The columns of watchlists by alias.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) watchlists: BTreeMap<String, Vec<String>>,
}

/// Names of what the program knows by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BuiltInNames {
    /// Tables of Log Analytics.
    #[serde(default)]
    pub(crate) tables: BTreeSet<String>,
    /// Functions of ASIM.
    #[serde(default)]
    pub(crate) functions: BTreeSet<String>,
}

impl BuiltInNames {
    fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.functions.is_empty()
    }
}

/// Columns with their types: `{name: type}`, or `(name:type, …)` as the language writes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Columns {
    /// A member for each column.
    Named(serde_json::Map<String, serde_json::Value>),
    /// As in the declaration of a table.
    Declared(String),
}

impl FromIterator<(String, String)> for Columns {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(columns: T) -> Self {
        let named = columns.into_iter().map(|(name, ty)| (name, ty.into()));
        Self::Named(named.collect())
    }
}

impl Columns {
    /// The names and types; `of` is whose they are, for the error.
    pub(crate) fn pairs(&self, of: &str) -> Result<Vec<(String, Type)>, SchemaError> {
        let pair = |name: &str, ty: &str| {
            let known = Type::from_name(ty).ok_or_else(|| SchemaError::Type {
                of: of.to_owned(),
                column: name.to_owned(),
                ty: ty.to_owned(),
            })?;
            Ok((name.to_owned(), known))
        };
        match self {
            Self::Named(named) => named
                .iter()
                .map(|(name, ty)| match ty.as_str() {
                    Some(ty) => pair(name, ty),
                    None => pair(name, &ty.to_string()),
                })
                .collect(),
            Self::Declared(text) => {
                let inside = text.trim().trim_start_matches('(').trim_end_matches(')');
                let each = inside
                    .split(',')
                    .map(str::trim)
                    .filter(|one| !one.is_empty());
                each.map(|one| {
                    let (name, ty) = one.rsplit_once(':').unwrap_or((one, ""));
                    pair(name.trim(), ty.trim())
                })
                .collect()
            }
        }
    }
}

/// A saved function: what it computes, or at least what it gives; with neither, its result is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FunctionFile {
    /// Its name.
    pub(crate) name: String,
    /// `(name:type = default, …)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) parameters: Option<String>,
    /// Its query, one text or a list of lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<Lines>,
    /// The columns of its result, where the query is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) columns: Option<Columns>,
}

/// A text, or its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Lines {
    /// One text.
    Text(String),
    /// Its lines.
    List(Vec<String>),
}

impl Lines {
    /// The whole text.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::List(lines) => lines.join("\n"),
        }
    }
}

/// Why a schema cannot be used; the texts name the table, the function or the watchlist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SchemaError {
    /// The file was written by a later version of the program.
    #[error("it has version {0} of the form, and this program knows version {VERSION}")]
    Version(u32),
    /// A type that the language does not have.
    #[error(
        "column `{column}` of `{of}` has the type `{ty}`; types are `bool`, `int`, `long`, `real`, `decimal`, `string`, `datetime`, `timespan`, `guid` and `dynamic`"
    )]
    Type {
        /// The table or function.
        of: String,
        /// The column.
        column: String,
        /// What stands there as its type.
        ty: String,
    },
    /// Parameters that the language cannot read.
    #[error(
        "the parameters of function `{of}` cannot be read: {why}; they are written `(name:type = default, …)`"
    )]
    Parameters {
        /// The function.
        of: String,
        /// The first syntax error.
        why: String,
    },
    /// Columns were added to a table that is not built in.
    #[error("`addedColumns` names `{0}`, which is no built-in table; list it under `tables`")]
    NotBuiltIn(String),
}

impl SchemaFile {
    /// Adds what another file holds; where both have a name, the other's counts.
    pub(crate) fn extend(&mut self, other: Self) {
        self.complete |= other.complete;
        self.built_in.tables.extend(other.built_in.tables);
        self.built_in.functions.extend(other.built_in.functions);
        self.tables.extend(other.tables);
        self.added_columns.extend(other.added_columns);
        self.functions
            .retain(|own| !other.functions.iter().any(|one| one.name == own.name));
        self.functions.extend(other.functions);
        self.watchlists.extend(other.watchlists);
    }

    /// The file as text: keys in order, a line for every name.
    pub(crate) fn to_text(&self) -> String {
        let mut file = self.clone();
        file.version = Some(VERSION);
        file.functions.sort_by(|a, b| a.name.cmp(&b.name));
        let text = serde_json::to_string_pretty(&file).expect("maps with text keys are JSON");
        text + "\n"
    }
}

impl Schema {
    /// Reads the text of a schema file; nothing is built in.
    pub(crate) fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        let file: SchemaFile = serde_json::from_str(text)?;
        let mut schema = Self::default();
        schema.add(&file).map_err(serde::de::Error::custom)?;
        Ok(schema)
    }

    /// Adds all that a file holds; where both have a name, the file's counts.
    pub(crate) fn add(&mut self, file: &SchemaFile) -> Result<(), SchemaError> {
        if let Some(version) = file.version.filter(|version| *version != VERSION) {
            return Err(SchemaError::Version(version));
        }
        if file.complete {
            let names = file.built_in.tables.iter().chain(&file.built_in.functions);
            self.only = Some(names.map(|name| name.as_str().into()).collect());
        }
        for (name, columns) in &file.tables {
            self.add_table(name.as_str(), read_columns(name, columns)?);
        }
        for (name, columns) in &file.added_columns {
            let Some(mut table) = super::built_in().table(name) else {
                return Err(SchemaError::NotBuiltIn(name.clone()));
            };
            for column in read_columns(name, columns)? {
                table.set(column.name, column.ty);
            }
            self.tables.insert(name.as_str().into(), table);
        }
        for function in &file.functions {
            self.add_file_function(function)?;
        }
        if !file.watchlists.is_empty() || file.complete {
            let known = self.watchlists.get_or_insert_with(Watchlists::default);
            for (alias, columns) in &file.watchlists {
                known.insert(alias.to_lowercase().into(), watchlist(columns));
            }
        }
        Ok(())
    }

    fn add_file_function(&mut self, function: &FunctionFile) -> Result<(), SchemaError> {
        let parameters = match function.parameters.as_deref().map(str::trim) {
            None | Some("") => "()".to_owned(),
            Some(text) if text.starts_with('(') => text.to_owned(),
            Some(text) => format!("({text})"),
        };
        if let Some(why) = first_fault(&format!("let f = {parameters} {{ 1 }}; f()")) {
            let of = function.name.clone();
            return Err(SchemaError::Parameters { of, why });
        }
        let body = match (&function.body, &function.columns) {
            (Some(body), _) => body.text(),
            (None, Some(columns)) => {
                let columns = read_columns(&function.name, columns)?;
                let declared: Vec<String> = columns
                    .iter()
                    .map(|c| format!("{}:{}", quoted(&c.name), c.ty))
                    .collect();
                format!("datatable({})[]", declared.join(", "))
            }
            (None, None) => {
                self.add_unknown_function(function.name.as_str());
                return Ok(());
            }
        };
        self.add_function(
            function.name.as_str(),
            &parameters,
            &body,
            function.body.is_some(),
        );
        Ok(())
    }
}

/// The first syntax error of a text.
fn first_fault(text: &str) -> Option<String> {
    let parsed = crate::kql::parse(text);
    let fault = parsed
        .diagnostics
        .into_iter()
        .find(crate::kql::Diagnostic::is_syntax)?;
    Some(fault.message)
}

/// A name as the language writes it where it is declared.
fn quoted(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain && !name.starts_with(|c: char| c.is_ascii_digit()) {
        return name.to_owned();
    }
    format!("['{}']", name.replace('\\', "\\\\").replace('\'', "\\'"))
}

fn read_columns(of: &str, columns: &Columns) -> Result<Vec<Column>, SchemaError> {
    let pairs = columns.pairs(of)?.into_iter();
    Ok(pairs.map(|(name, ty)| Column::new(name, ty)).collect())
}

/// What `_GetWatchlist` gives for a watchlist with these columns: its own, then those of the watchlist, all texts.
fn watchlist(columns: &[String]) -> Table {
    let mut table = Table::closed(vec![
        Column::fixed("_DTItemId", Type::String),
        Column::fixed("LastUpdatedTimeUTC", Type::Datetime),
        Column::fixed("SearchKey", Type::String),
    ]);
    for name in columns {
        if table.column(name).is_none() {
            table.push(Column::new(name.clone(), Type::String));
        }
    }
    table
}
