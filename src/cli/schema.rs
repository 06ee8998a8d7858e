//! The tables, functions and watchlists that a run checks queries against: the built-in ones, those of the schema
//! file, and those that `rulepost.toml` declares, the later ones winning.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::file;
use crate::kql::Schema;
use crate::kql::schema::Columns;
use crate::kql::schema::FunctionFile;
use crate::kql::schema::Lines;
use crate::kql::schema::STANDARD_COLUMNS;
use crate::kql::schema::SchemaFile;
use crate::project::config::Config;
use crate::project::config::FILE_NAME;
use crate::project::config::SCHEMA_FILE;
use crate::project::config::SchemaConfig;

/// Everything that the project knows of its workspace.
pub(crate) fn schema(config: &Config, context: &Context) -> Result<Schema, Error> {
    let path = path(config, context);
    let path = match &config.schema.file {
        Some(_) => Some(path),
        None => path.exists().then_some(path),
    };
    from(config, path.as_deref(), context)
}

/// The same with the schema file of a target in place of the project's.
pub(crate) fn of_target(config: &Config, file: &Path, context: &Context) -> Result<Schema, Error> {
    from(config, Some(&beside(file, context)), context)
}

fn from(config: &Config, path: Option<&Path>, context: &Context) -> Result<Schema, Error> {
    let mut schema = Schema::built_in();
    if let Some(path) = path {
        let failed = |source| Error::Schema {
            path: path.to_owned(),
            source,
        };
        schema.add(&read(path)?).map_err(failed)?;
    }
    let declared = declared(&config.schema);
    schema.add(&declared).map_err(|source| Error::Schema {
        path: context.config.clone().unwrap_or(FILE_NAME.into()),
        source,
    })?;
    Ok(schema)
}

/// Reads a schema file.
pub(crate) fn read(path: &Path) -> Result<SchemaFile, Error> {
    let text = file::read(path)?;
    serde_json::from_str(&text).map_err(|source| Error::Json {
        path: path.to_owned(),
        source,
    })
}

/// Where the schema file of the project is, or would be.
pub(crate) fn path(config: &Config, context: &Context) -> PathBuf {
    let named = config.schema.file.as_deref();
    beside(named.unwrap_or(Path::new(SCHEMA_FILE)), context)
}

/// A path that the configuration gives relative to itself.
pub(crate) fn beside(path: &Path, context: &Context) -> PathBuf {
    let folder = context.config.as_deref().and_then(Path::parent);
    folder.unwrap_or(Path::new("")).join(path)
}

/// The columns of a custom table with those that every table has.
pub(crate) fn with_standard(
    table: &str,
    columns: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut all = columns.clone();
    if table.ends_with("_CL") {
        for (name, ty) in STANDARD_COLUMNS
            .split(',')
            .filter_map(|pair| pair.split_once(':'))
        {
            all.entry(name.to_owned()).or_insert(ty.to_owned());
        }
    }
    all
}

/// What the configuration declares, in the form of a file.
fn declared(config: &SchemaConfig) -> SchemaFile {
    let columns = |columns: &BTreeMap<String, String>| -> Columns {
        let pairs = columns.iter().map(|(name, ty)| (name.clone(), ty.clone()));
        pairs.collect()
    };
    SchemaFile {
        tables: config
            .tables
            .iter()
            .map(|(name, table)| (name.clone(), columns(&with_standard(name, table))))
            .collect(),
        functions: config
            .functions
            .iter()
            .map(|(name, function)| FunctionFile {
                name: name.clone(),
                parameters: function.parameters.clone(),
                body: function.body.clone().map(Lines::Text),
                columns: function.columns.as_ref().map(columns),
            })
            .collect(),
        watchlists: config.watchlists.clone(),
        ..SchemaFile::default()
    }
}
