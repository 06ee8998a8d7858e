//! Whether the query of an enabled rule would run, and whether it gives the columns that the rule names.
//!
//! The service runs the query when an enabled rule is written and refuses the rule when it fails; disabled rules
//! are taken as they are, as reported. Tables are those of the built-in schema, those a seed makes known, and those
//! that were made in the workspace; of the last the columns are known too. [`run`] evaluates queries on rows.

mod fault;
pub(crate) mod run;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::emulator::answer::{self, ServiceError, bad_request};
use crate::emulator::logs;
use crate::emulator::state::Facts;
use crate::kql::schema::SchemaFile;
use crate::kql::{self, Checked, Diagnostic, Schema, Severity};

pub(crate) use crate::emulator::query::fault::{Fault, bad_argument};

static SCHEMA: LazyLock<Schema> = LazyLock::new(Schema::built_in);

/// Names of the built-in tables, and of those of the workspace, sorted.
pub(crate) fn tables(facts: &Facts) -> BTreeSet<&str> {
    let known = facts.tables.iter().chain(facts.schemas.keys());
    SCHEMA
        .table_names()
        .chain(known.map(String::as_str))
        .collect()
}

/// Whether a table is there.
pub(crate) fn has_table(facts: &Facts, name: &str) -> bool {
    facts.tables.contains(name) || facts.schemas.contains_key(name) || SCHEMA.table(name).is_some()
}

/// What comes with the program.
pub(crate) fn built_in() -> &'static Schema {
    &SCHEMA
}

/// The built-in schema with what the workspace has beside it.
pub(crate) fn schema(facts: &Facts) -> Cow<'static, Schema> {
    if facts.schemas.is_empty() && facts.schema == SchemaFile::default() {
        return Cow::Borrowed(&SCHEMA);
    }
    let mut schema = SCHEMA.clone();
    for (name, columns) in &facts.schemas {
        let (columns, _) = logs::schema(name, Some(columns));
        let columns = columns.iter().filter_map(|column| {
            let ty = kql::Type::from_name(column.ty.name())?;
            Some(kql::Column::new(column.name.to_string(), ty))
        });
        schema.add_table(name.as_str(), columns.collect());
    }
    // A seed is refused when this cannot be read, so there is nothing to say here.
    let _ = schema.add(&facts.schema);
    Cow::Owned(schema)
}

/// A query that was read, and the first thing that keeps it from running in the workspace.
pub(crate) fn read(query: &str, facts: &Facts) -> (Checked, Option<Fault>) {
    let checked = kql::check(query, &schema(facts));
    let fault = checked
        .diagnostics
        .iter()
        .filter(|finding| finding.severity == Severity::Error && !finding.cascade)
        .find(|error| !is_known_table(query, error, facts))
        .map(|error| Fault::of(query, error));
    (checked, fault)
}

/// Judges a rule's properties in a workspace.
pub(crate) fn check(properties: &Map<String, Value>, facts: &Facts) -> Result<(), ServiceError> {
    let enabled = properties.get("enabled") == Some(&Value::Bool(true));
    let Some(query) = properties.get("query").and_then(Value::as_str) else {
        return Ok(());
    };
    if !enabled {
        return Ok(());
    }
    let (checked, fault) = read(query, facts);
    match fault {
        Some(fault) if fault.table => Err(answer::table_missing()),
        Some(fault) => Err(bad_request(format!(
            "Failed to run the analytics rule query. {fault}"
        ))),
        None => columns(properties, &checked),
    }
}

/// Whether a finding is that a table is unknown which was made known.
fn is_known_table(query: &str, finding: &Diagnostic, facts: &Facts) -> bool {
    finding.code == "kql-unknown-table"
        && facts
            .tables
            .contains(query.get(finding.span.range()).unwrap_or_default())
}

/// Refuses columns that the rule names and the query does not give. Case matters.
fn columns(properties: &Map<String, Value>, checked: &Checked) -> Result<(), ServiceError> {
    if checked.open || !checked.tabular {
        return Ok(());
    }
    for (section, column) in named(properties) {
        if !checked.columns.iter().any(|one| *one.name == *column) {
            return Err(bad_request(format!(
                "Error in {section}: The given column '{column}' does not exist."
            )));
        }
    }
    Ok(())
}

/// Every column that a rule names, with the section that names it.
fn named(properties: &Map<String, Value>) -> Vec<(&'static str, &str)> {
    let mut named = Vec::new();
    let items = |name: &str| {
        let items = properties.get(name).and_then(Value::as_array);
        items.into_iter().flatten()
    };
    for mapping in items("entityMappings") {
        let fields = mapping.get("fieldMappings").and_then(Value::as_array);
        for field in fields.into_iter().flatten() {
            named.extend(text(field, "columnName").map(|column| ("EntityMappings", column)));
        }
    }
    for mapping in items("sentinelEntitiesMappings") {
        named
            .extend(text(mapping, "columnName").map(|column| ("SentinelEntitiesMappings", column)));
    }
    let details = properties.get("customDetails").and_then(Value::as_object);
    for (_, column) in details.into_iter().flatten() {
        named.extend(column.as_str().map(|column| ("CustomDetails", column)));
    }
    let Some(overrides) = properties.get("alertDetailsOverride") else {
        return named;
    };
    let section = "AlertDetailsOverride";
    for member in ["alertDisplayNameFormat", "alertDescriptionFormat"] {
        let columns = text(overrides, member).map(super::validate::placeholders);
        named.extend(
            columns
                .into_iter()
                .flatten()
                .map(|column| (section, column.trim())),
        );
    }
    for member in ["alertTacticsColumnName", "alertSeverityColumnName"] {
        named.extend(text(overrides, member).map(|column| (section, column)));
    }
    let dynamic = overrides
        .get("alertDynamicProperties")
        .and_then(Value::as_array);
    for property in dynamic.into_iter().flatten() {
        named.extend(text(property, "value").map(|column| (section, column)));
    }
    named
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}
