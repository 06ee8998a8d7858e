//! Whether the query of an enabled rule would run, and whether it gives the columns that the rule names.
//!
//! The service runs the query when an enabled rule is written and refuses the rule when it fails; disabled rules
//! are taken as they are, as reported. Tables are those of the built-in schema and those a seed makes known.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::emulator::answer::{self, ServiceError, bad_request};
use crate::kql::{self, Checked, Diagnostic, Schema, Severity};

static SCHEMA: LazyLock<Schema> = LazyLock::new(Schema::built_in);

/// Names of the built-in tables, and of those made known, sorted.
pub(crate) fn tables(known: &BTreeSet<String>) -> BTreeSet<&str> {
    let known = known.iter().map(String::as_str);
    SCHEMA.table_names().chain(known).collect()
}

/// Judges a rule's properties in a workspace where these tables are known beside the built-in ones.
pub(crate) fn check(
    properties: &Map<String, Value>,
    known: &BTreeSet<String>,
) -> Result<(), ServiceError> {
    let enabled = properties.get("enabled") == Some(&Value::Bool(true));
    let Some(query) = properties.get("query").and_then(Value::as_str) else {
        return Ok(());
    };
    if !enabled {
        return Ok(());
    }
    let checked = kql::check(query, &SCHEMA);
    let mut errors = checked
        .diagnostics
        .iter()
        .filter(|finding| finding.severity == Severity::Error && !finding.cascade);
    if let Some(error) = errors.find(|error| !is_known_table(query, error, known)) {
        return Err(refusal(query, error));
    }
    columns(properties, &checked)
}

/// The part of the query that a finding is about.
fn spot<'a>(query: &'a str, finding: &Diagnostic) -> &'a str {
    query.get(finding.span.range()).unwrap_or_default()
}

/// Whether a finding is that a table is unknown which was made known.
fn is_known_table(query: &str, finding: &Diagnostic, known: &BTreeSet<String>) -> bool {
    finding.code == "kql-unknown-table" && known.contains(spot(query, finding))
}

/// What the service says of a query that fails.
fn refusal(query: &str, error: &Diagnostic) -> ServiceError {
    let spot = spot(query, error);
    let reason = match error.code {
        "kql-unknown-table" => return answer::table_missing(),
        "kql-unknown-column" | "kql-unknown-name" => {
            let named = format!("Failed to resolve scalar expression named '{spot}'");
            match operator(query, error.span.range().start) {
                Some(operator) => format!("SEM0100: '{operator}' operator: {named}"),
                None => format!("SEM0100: {named}"),
            }
        }
        "kql-unknown-function" => format!("SEM0260: Unknown function: '{spot}'."),
        code if code.starts_with("kql-syntax") => {
            let before = query.get(..error.span.range().start).unwrap_or(query);
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
            format!("SYN0002: Query could not be parsed at '{spot}' on line [{line},{column}]")
        }
        _ => format!("Semantic error: {}", error.message),
    };
    bad_request(format!("Failed to run the analytics rule query. {reason}"))
}

/// The operator that an offset stands in: the word after the last pipe before it.
fn operator(query: &str, offset: usize) -> Option<&str> {
    let (_, rest) = query.get(..offset)?.rsplit_once('|')?;
    let rest = rest.trim_start();
    let end = rest.find(|c: char| !c.is_ascii_alphabetic() && c != '-')?;
    rest.get(..end).filter(|word| !word.is_empty())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operator_is_the_word_after_the_last_pipe() {
        let query = "T | where a == 1\n| project-away b, c";
        let at = |what: &str| operator(query, query.find(what).expect("in the query"));
        assert_eq!(at("a =="), Some("where"));
        assert_eq!(at(", c"), Some("project-away"));
        assert_eq!(operator(query, 0), None);
    }
}
