//! The test engine as plain data.

/// Runs a query that needs no tables, `now` being a time as the language writes it; gives the JSON of columns and
/// rows, or kind and message of the error.
pub fn run(query: &str, now: &str) -> Result<serde_json::Value, (String, String)> {
    let env = crate::engine::Environment {
        now: crate::kql::literal::parse_datetime(now).unwrap_or(crate::engine::time::UNIX_EPOCH),
        ..crate::engine::Environment::default()
    };
    crate::engine::run(query, &env)
        .map(|table| crate::engine::output::document(&table))
        .map_err(|error| (error.kind().to_owned(), error.to_string()))
}
