//! The built-in tables are whole, and schema files are read in both spellings.

use super::*;

#[test]
fn every_built_in_row_is_read_whole() {
    let schema = Schema::built_in();
    let mut tables = 0;
    let mut columns = 0;
    for (name, text) in rows(TABLES) {
        let table = schema.table(name).unwrap();
        assert_eq!(table.columns.len(), text.split(',').count(), "{name}");
        tables += 1;
        columns += table.columns.len();
    }
    assert_eq!((tables, columns), (898, 25_825));
    let mut functions = 0;
    for (name, _) in rows(ASIM_FUNCTIONS) {
        assert!(
            schema
                .asim_function(name)
                .unwrap()
                .table
                .column("TimeGenerated")
                .is_some(),
            "{name}"
        );
        functions += 1;
    }
    assert_eq!(functions, 432);
}

#[test]
fn the_data_is_sorted_and_without_doubles() {
    for data in [TABLES, ASIM_FUNCTIONS, ASIM_SCHEMAS] {
        let names: Vec<_> = rows(data).map(|(name, _)| name).collect();
        assert!(names.is_sorted_by(|a, b| a < b));
    }
}

#[test]
fn schema_files_are_read_in_both_spellings() {
    let schema = Schema::from_json(
        r#"{"tables": {"A_CL": {"x": "string", "y": "long"}, "B_CL": "(x:datetime, y : real)"},
            "functions": [{"name": "f", "parameters": "(n:long)", "body": "{ A_CL | where y == n }"}]}"#,
    )
    .unwrap();
    assert_eq!(
        schema.table("A_CL").unwrap().column("y").unwrap().ty,
        Type::Long
    );
    assert_eq!(
        schema.table("B_CL").unwrap().column("x").unwrap().ty,
        Type::Datetime
    );
    assert_eq!(schema.function("f").unwrap().parsed().diagnostics, []);
    assert!(schema.table("SigninLogs").is_none());
}

#[test]
fn a_schema_that_cannot_be_used_says_where_and_what_would_be_accepted() {
    let cases = [
        (
            r#"{"tables": {"A": {"x": "text"}}}"#,
            "column `x` of `A` has the type `text`; types are `bool`",
        ),
        (
            r#"{"tables": {"A": "(x:long, y)"}}"#,
            "column `y` of `A` has the type ``",
        ),
        (
            r#"{"addedColumns": {"A_CL": {"x": "long"}}}"#,
            "`addedColumns` names `A_CL`",
        ),
        (
            r#"{"functions": [{"name": "f", "parameters": "(x:)", "body": "T"}]}"#,
            "the parameters of function `f` cannot be read",
        ),
        (r#"{"version": 7}"#, "it has version 7 of the form"),
    ];
    for (text, told) in cases {
        let error = Schema::from_json(text).expect_err(text).to_string();
        assert!(error.starts_with(told), "{text}: {error}");
    }
}

#[test]
fn a_schema_file_is_read_as_it_is_written() {
    let text = r#"{"complete": true, "builtIn": {"tables": ["SigninLogs"], "functions": []},
        "tables": {"A_CL": {"a b": "string"}}, "addedColumns": {"SigninLogs": {"x_CF": "long"}},
        "functions": [{"name": "g", "columns": {"a b": "long", "it's": "string"}}, {"name": "f", "parameters": "(x:long = 1)", "body": ["T", "| take x"]}],
        "watchlists": {"vip": ["User"]}}"#;
    let file: SchemaFile = serde_json::from_str(text).unwrap();
    let written = file.to_text();
    let read: SchemaFile = serde_json::from_str(&written).unwrap();
    assert_eq!(read.to_text(), written);
    let mut schema = Schema::built_in();
    schema.add(&read).unwrap();
    let quiet = |query: &str| crate::kql::check(query, &schema).diagnostics;
    assert_eq!(quiet("g() | where ['a b'] == 1 and ['it\\'s'] == ''"), []);
    assert_eq!(quiet("SigninLogs | where x_CF == 1"), []);
    assert_eq!(quiet("_GetWatchlist('VIP') | where User == SearchKey"), []);
    assert_eq!(quiet("_GetWatchlist('vip') | where Usr == ''").len(), 1);
    assert_eq!(
        quiet("_GetWatchlist('vap')")[0].help.as_deref(),
        Some("there is `vip`")
    );
    assert_eq!(quiet("AuditLogs | count")[0].code, "kql-unknown-table");
    assert_eq!(
        schema.declarations("f(2) | join g() on x"),
        "let f = (x:long = 1) { T\n| take x\n};\n"
    );
}

#[test]
fn standard_columns_are_there_when_they_are_asked_for_and_stand_once() {
    let names = |schema: &Schema, table: &str| -> Vec<String> {
        let table = schema.table(table).expect("a built-in table");
        let names = table.columns.iter().map(|column| column.name.to_string());
        names.collect()
    };
    let (plain, whole) = (
        Schema::built_in(),
        Schema::built_in().with_standard_columns(),
    );
    let has = |names: &[String], name: &str| names.iter().filter(|one| *one == name).count();
    let (before, after) = (names(&plain, "AuditLogs"), names(&whole, "AuditLogs"));
    assert_eq!((has(&before, "TenantId"), has(&after, "TenantId")), (0, 1));
    assert_eq!(has(&after, "TimeGenerated"), 1);
    assert!(after.starts_with(&before));
    assert!(whole.table("NoSuchTable").is_none());
}
