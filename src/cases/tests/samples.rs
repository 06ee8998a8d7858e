//! Rows from files beside a test file.

use serde_json::{Value, json};

use super::{FILE, rule, run, suite_beside};
use crate::cases::Row;
use crate::engine::time::SECOND;

/// Minutes in ticks.
const MINUTE: i64 = 60 * SECOND;

/// A test file whose only case has these rows of `SigninLogs`.
fn with(rows: &str) -> String {
    format!(
        "now: 2026-11-20T12:00:00Z\narrives: 90s\ndefaults:\n  SigninLogs: {{ ResultType: '1', Identity: d }}\n\
         cases:\n  - name: a\n    rows: {{ SigninLogs: {rows} }}\n    expect: {{ results: 0 }}\n"
    )
}

/// The rows that come of a file of that name and text.
fn rows(rows: &str, name: &str, text: &str) -> Vec<Row> {
    let mut suite = suite_beside(&with(rows), &[(name, text)]).expect("a test file");
    let rows = suite.cases[0].rows.remove("SigninLogs");
    rows.expect("rows of the table")
}

/// Minutes before `now`.
fn ages(rows: &[Row]) -> Vec<i64> {
    rows.iter().map(|row| row.age / MINUTE).collect()
}

const LINES: &str = r#"{"TimeGenerated":"2026-11-20T10:00:00Z","ResultType":"50126","LocationDetails":{"city":"Bonn"}}

{"TimeGenerated":"2026-11-20T09:30:00Z","ResultType":50126,"Extra":7}
"#;

#[test]
fn a_file_of_json_lines_gives_its_rows_over_the_defaults() {
    let rows = rows("{ file: a.jsonl, row: { Identity: r } }", "a.jsonl", LINES);
    assert_eq!(ages(&rows), [120, 150]);
    assert_eq!(rows[0].delay, 90 * SECOND);
    assert_eq!(
        Value::Object(rows[0].columns.clone()),
        json!({"ResultType": "50126", "Identity": "r", "LocationDetails": {"city": "Bonn"}})
    );
    assert_eq!(rows[1].columns["Extra"], json!(7));
}

#[test]
fn at_moves_the_newest_row_there_and_the_others_with_it() {
    let text = "[{ file: a.jsonl, at: 20m, arrives: 5s }, { at: 1m }]";
    let rows = rows(text, "a.jsonl", LINES);
    assert_eq!(ages(&rows), [20, 50, 1]);
    assert_eq!((rows[0].delay, rows[2].delay), (5 * SECOND, 90 * SECOND));
}

#[test]
fn rows_without_a_time_stand_at_the_place_that_is_given() {
    let rows = rows(
        "{ file: a.csv, at: 20m, every: 5m }",
        "a.csv",
        "ResultType\n1\n2\n3\n",
    );
    assert_eq!(ages(&rows), [20, 15, 10]);
}

#[test]
fn a_file_that_the_portal_saved_is_understood() {
    let text = "\u{feff}\"TimeGenerated [UTC]\",ResultType,IsInteractive,AutonomousSystemNumber,Extra,LocationDetails,Identity\r\n\
                \"11/20/2026, 11:00:00.000 AM\",50126,True,64500,7,\"{\"\"city\"\":\"\"Bonn, Rhein\"\"}\",\r\n";
    let rows = rows("{ file: a.csv }", "a.csv", text);
    assert_eq!(ages(&rows), [60]);
    assert_eq!(
        Value::Object(rows[0].columns.clone()),
        json!({
            "ResultType": "50126", "IsInteractive": true, "AutonomousSystemNumber": "64500", "Extra": 7,
            "LocationDetails": {"city": "Bonn, Rhein"}, "Identity": "d"
        })
    );
}

#[test]
fn an_array_of_objects_may_span_lines() {
    let text = "[\n  {\n    \"ResultType\": \"5\"\n  },\n  { \"ResultType\": \"6\" }\n]\n";
    let rows = rows("{ file: a.json, at: 1m }", "a.json", text);
    assert_eq!(rows.len(), 2);
}

#[test]
fn a_rule_runs_on_rows_of_a_file() {
    let line = r#"{"ResultType":"50126","UserPrincipalName":"a@contoso.com"}"#;
    let text = FILE.replace(
        "[{ at: 30m, repeat: 2 }]\n    expect: { results: 0 }",
        "{ file: a.jsonl, at: 30m }\n    expect: { results: 1 }",
    );
    let file = format!("{line}\n{line}\n{line}\n");
    let (rule, suite) = (
        rule(),
        suite_beside(&text, &[("a.jsonl", &file)]).expect("a test file"),
    );
    assert_eq!(run(&rule, &suite, &suite.cases[1]), [""; 0]);
}

#[test]
fn what_is_wrong_with_a_file_is_told_at_its_place() {
    let good = "{\"ResultType\":\"1\"}\n";
    for (rows, text, place, message) in [
        (
            "{ file: a.jsonl }",
            good,
            "a.jsonl",
            "no row of the file has a `TimeGenerated`: `at`",
        ),
        (
            "{ file: a.jsonl, at: 1m }",
            "",
            "",
            "the file holds no rows",
        ),
        (
            "{ file: a.jsonl, at: 1m }",
            "[]",
            "[]",
            "the file holds no rows",
        ),
        (
            "{ file: a.jsonl, at: 1m }",
            "{\"A\":1}\n{\"A\":x}\n",
            "x}",
            "this is no JSON object; CSV",
        ),
        (
            "{ file: a.jsonl, at: 1m }",
            "{\"A\":1}\n{\"A\":\"é",
            "",
            "this is no JSON object; CSV",
        ),
        (
            "{ file: a.jsonl, at: 1m }",
            "[{\"A\":1} {\"A\":1}]",
            "{\"A\":1}]",
            "a `,` or the `]` of the array is missing",
        ),
        (
            "{ file: a.jsonl, at: 1m }",
            "[{\"A\":1},",
            "",
            "the `]` of the array is missing",
        ),
        (
            "{ file: a.jsonl, at: 1m }",
            "{\"CreatedDateTime\":\"soon\"}",
            "\"CreatedDateTime\":\"soon\"}",
            "`CreatedDateTime: \"soon\"` is no datetime, the type of the column",
        ),
        (
            "{ file: a.jsonl, at: 1m }",
            "{\"TimeGenerated\":\"soon\"}",
            "\"TimeGenerated\":\"soon\"}",
            "`TimeGenerated: soon` is no time; one such as",
        ),
        (
            "{ file: a.jsonl, at: 1m }",
            "ResultType,IsInteractive\n1,\n\n2,perhaps\n",
            "perhaps",
            "`IsInteractive: \"perhaps\"` is no bool, the type of the column",
        ),
        (
            "{ file: a.jsonl, at: 1m }",
            "A,B\n1,2\n1,2,3\n",
            "1,2,3",
            "the line has 3 cells and the header has 2;",
        ),
        (
            "{ file: a.jsonl, at: 1m }",
            "A,A\n1,2\n",
            "A",
            "the header has the column `A` twice",
        ),
        (
            "{ file: a.jsonl, at: 1m }",
            "A,\n1,2\n",
            "",
            "a column of the header has no name",
        ),
        (
            "{ file: a.jsonl, at: 1m }",
            "{\"TimeGenerated\":\"2026-11-20\"}\n{}\n",
            "a.jsonl",
            "some rows of the file have a `TimeGenerated` and some have none",
        ),
        (
            "{ file: a.jsonl, every: 1m }",
            "{\"TimeGenerated\":\"2026-11-20\"}\n",
            "a.jsonl",
            "`every` is for a file without `TimeGenerated`",
        ),
        (
            "{ file: b.jsonl, at: 1m }",
            good,
            "b.jsonl",
            "cannot read `b.jsonl`",
        ),
        (
            "{ file: a.jsonl, repeat: 2 }",
            good,
            "repeat",
            "a row of `SigninLogs` has the key `repeat`; `file`, `at`",
        ),
    ] {
        let test = with(rows);
        let fault = suite_beside(&test, &[("a.jsonl", text)]).expect_err(text);
        let within = if fault.span.source.0 == 0 {
            &test
        } else {
            text
        };
        assert!(
            fault.message.starts_with(&format!("case `a`: {message}")),
            "{}",
            fault.message
        );
        assert_eq!(within.get(fault.span.range()), Some(place), "{message}");
    }
}
