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
