//! Whole queries: the laws of the language, simple models, and the recorded cases of the detection pack.

#![allow(
    clippy::disallowed_methods,
    reason = "a test reads recorded cases from a folder that the environment names"
)]

mod geo;
mod graph;
mod memory;
mod pages;
mod reference;
mod scalars;
mod steps;

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::data;
use super::*;

/// Noon of a day on which the tests run.
fn noon() -> i64 {
    crate::kql::literal::parse_datetime("2026-05-04T12:00:00Z").expect("it is a time")
}

fn env() -> Environment {
    Environment {
        now: noon(),
        ..Environment::default()
    }
}

/// The rows of a query as JSON text.
fn rows(query: &str) -> String {
    let table = run(query, &env()).unwrap_or_else(|error| panic!("{query}: {error}"));
    output::document(&table)["rows"].to_string()
}

#[test]
fn null_logic_is_the_documented_one() {
    assert_eq!(
        rows(
            "print int(null) == int(null), 1 == int(null), 1 != int(null), int(null) > 1, isnull(int(null))"
        ),
        "[[null,false,true,null,true]]"
    );
    assert_eq!(rows("print x = iff(int(null) > 1, 'a', 'b')"), r#"[["b"]]"#);
    assert_eq!(
        rows("datatable(x:int)[1, int(null)] | where not(x > 1) | count"),
        "[[1]]"
    );
    assert_eq!(
        rows("datatable(s:string)['a', ''] | where isnull(s) or isempty(s) | count"),
        "[[1]]"
    );
}

#[test]
fn case_counts_where_the_language_says_so() {
    assert_eq!(
        rows(
            "print 'A' == 'a', 'A' =~ 'a', 'Ab' contains 'aB', 'Ab' contains_cs 'aB', 'x Ab' has 'ab', 'x Ab' has_cs 'ab', 'A' in ('a'), 'A' in~ ('a')"
        ),
        "[[false,true,true,false,true,false,false,true]]"
    );
}

#[test]
fn join_is_innerunique_where_no_kind_is_given() {
    let data = "let L = datatable(k:string, a:int)['x',1,'x',2,'y',3]; let R = datatable(k:string, b:int)['x',10,'x',20,'z',30]; ";
    let count = |rest: &str| rows(&format!("{data} L | {rest} | count"));
    assert_eq!(count("join R on k"), "[[2]]");
    assert_eq!(count("join kind=inner R on k"), "[[4]]");
    assert_eq!(count("join kind=leftouter R on k"), "[[5]]");
    assert_eq!(count("join kind=rightouter R on k"), "[[5]]");
    assert_eq!(count("join kind=fullouter R on k"), "[[6]]");
    assert_eq!(count("join kind=leftanti R on k"), "[[1]]");
    assert_eq!(count("join kind=rightanti R on k"), "[[1]]");
    assert_eq!(count("join kind=leftsemi R on k"), "[[2]]");
    assert_eq!(count("join kind=rightsemi R on k"), "[[2]]");
    assert_eq!(count("lookup R on k"), "[[5]]");
}

#[test]
fn what_is_not_known_is_said() {
    for query in [
        "print current_principal()",
        "print x = 1 | evaluate autocluster()",
        "print x = 1 | fork (count) (take 1)",
    ] {
        let error = run(query, &env()).expect_err(query);
        assert_eq!(error.kind(), "unsupported", "{query}: {error}");
        assert!(
            error
                .to_string()
                .starts_with("not supported by the test engine: ")
        );
    }
    for query in [
        "T",
        "print 1 | where y > 1",
        "print strlen()",
        "print 'a' + 1",
        "let x = 1;",
    ] {
        let error = run(query, &env()).expect_err(query);
        assert_eq!(error.kind(), "invalid", "{query}: {error}");
    }
}

#[test]
fn distances_are_those_of_the_documented_sphere() {
    assert_eq!(
        rows(
            "print round(geo_distance_2points(-122.407628, 47.578557, -118.275287, 34.019056), 6)"
        ),
        "[[1546754.351974]]"
    );
    assert_eq!(
        rows("print geo_point_to_geohash(-80.195829, 25.802215, 8)"),
        r#"[["dhwfz15h"]]"#
    );
}

#[test]
fn nesting_without_end_is_refused() {
    let nested = |depth: usize| format!("print {}1{}", "(".repeat(depth), ")".repeat(depth));
    assert!(run(&nested(20), &env()).is_ok());
    assert!(run(&nested(5_000), &env()).is_err());
}

/// A table of small whole numbers, some null, as a query writes it.
fn datatable(values: &[Option<i64>]) -> String {
    let cells: Vec<String> = values
        .iter()
        .map(|v| v.map_or("long(null)".to_owned(), |n| format!("long({n})")))
        .collect();
    format!(
        "datatable(x:long)[{}]",
        if cells.is_empty() {
            "long(null)".to_owned()
        } else {
            cells.join(",")
        }
    )
}

/// A condition on `x`.
fn condition() -> impl Strategy<Value = String> {
    prop_oneof![
        (-5_i64..5).prop_map(|n| format!("x > {n}")),
        (-5_i64..5).prop_map(|n| format!("x == {n}")),
        (-5_i64..5).prop_map(|n| format!("x != {n}")),
        (2_i64..4).prop_map(|n| format!("x % {n} == 0")),
        Just("isnull(x)".to_owned()),
    ]
}

fn numbers() -> impl Strategy<Value = Vec<Option<i64>>> {
    prop::collection::vec(prop::option::weighted(0.8, -5_i64..5), 1..20)
}

proptest! {
    #[test]
    fn where_twice_is_and(values in numbers(), a in condition(), b in condition()) {
        let t = datatable(&values);
        prop_assert_eq!(rows(&format!("{t} | where {a} | where {b}")), rows(&format!("{t} | where {a} and {b}")));
    }

    #[test]
    fn and_or_not_follow_de_morgan(values in numbers(), a in condition(), b in condition()) {
        let t = datatable(&values);
        prop_assert_eq!(
            rows(&format!("{t} | where not({a} and {b})")),
            rows(&format!("{t} | where not({a}) or not({b})"))
        );
    }

    #[test]
    fn summarize_counts_as_a_map_does(values in numbers()) {
        let mut model: BTreeMap<Option<i64>, i64> = BTreeMap::new();
        for value in &values {
            *model.entry(*value).or_default() += 1;
        }
        let expected: Vec<serde_json::Value> = model.iter().map(|(k, n)| serde_json::json!([k, n])).collect();
        let t = datatable(&values);
        prop_assert_eq!(
            rows(&format!("{t} | summarize count() by x | sort by x asc")),
            serde_json::Value::Array(expected).to_string()
        );
    }

    #[test]
    fn inner_join_is_the_filtered_product(left in numbers(), right in numbers()) {
        let expected = left
            .iter()
            .flat_map(|a| right.iter().map(move |b| (a, b)))
            .filter(|(a, b)| a.is_some() && a == b)
            .count();
        let (l, r) = (datatable(&left), datatable(&right));
        prop_assert_eq!(
            rows(&format!("{l} | join kind=inner ({r}) on x | count")),
            format!("[[{expected}]]")
        );
    }

    #[test]
    fn sort_then_take_is_top(values in numbers(), n in 0_usize..10) {
        let t = datatable(&values);
        prop_assert_eq!(
            rows(&format!("{t} | sort by x desc | take {n}")),
            rows(&format!("{t} | top {n} by x desc"))
        );
    }

    #[test]
    fn no_text_makes_the_engine_panic(text in "\\PC{0,60}") {
        let _ = run(&text, &env());
    }
}

/// The folder with recorded cases, or a note that they are skipped.
fn shared() -> Option<std::path::PathBuf> {
    let folder = std::env::var_os("RULEPOST_SHARED").map(std::path::PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: RULEPOST_SHARED names no folder");
    }
    folder
}

#[test]
fn the_recorded_sftp_cases_give_the_expected_number_of_rows() {
    let Some(folder) = shared() else {
        return;
    };
    let cases =
        std::fs::read_to_string(folder.join("sftp/cases.jsonl")).expect("the cases can be read");
    let minute = 60.0 * 1e7;
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in cases.lines() {
        let case = json::parse(line).expect("a case is JSON");
        let field = |name: &str| case.member(name).cloned().unwrap_or_default();
        let rule = field("rule").to_text();
        let query = std::fs::read_to_string(folder.join(format!("sftp/{rule}.kql")))
            .expect("the query can be read");
        let mut env = env();
        let country = |name: &str| Value::bag(vec![("country".into(), name.into())]);
        env.geo = Some(std::sync::Arc::new(vec![
            ("203.0.113.0/24".to_owned(), country("Germany")),
            ("198.51.100.0/24".to_owned(), country("Brazil")),
        ]));
        for name in ["StorageBlobLogs", "AzureActivity"] {
            env.tables.insert(
                name.to_owned(),
                Box::new(Table {
                    columns: data::known_columns(name, &crate::kql::Schema::built_in()),
                    rows: Vec::new(),
                }),
            );
        }
        if let Value::Bag(tables) = field("tables") {
            for (name, records) in tables.iter() {
                let mut columns = data::known_columns(name, &crate::kql::Schema::built_in());
                columns.push(Column::new(ARRIVAL, Type::Datetime));
                let rows = records.as_array().unwrap_or_default().iter().map(|record| {
                    let number =
                        |name: &str| record.member(name).and_then(Value::as_real).unwrap_or(0.0);
                    let at = env.now - (number("minutesBeforeRun") * minute) as i64;
                    let mut row = data::row_of(&columns, record);
                    for (cell, column) in row.iter_mut().zip(&columns) {
                        match &*column.name {
                            "TimeGenerated" if cell.is_null() => *cell = Value::Datetime(at),
                            ARRIVAL => {
                                *cell = Value::Datetime(
                                    at + (number("ingestLagMinutes") * minute) as i64,
                                );
                            }
                            _ => {}
                        }
                    }
                    row
                });
                let rows = rows.collect();
                env.tables
                    .insert(name.to_string(), Box::new(Table { columns, rows }));
            }
        }
        count += 1;
        let expected = field("expectRows").as_long().unwrap_or(-1);
        let found = run(&query, &env).map(|table| table.rows.len() as i64);
        if found != Ok(expected) {
            wrong.push(format!(
                "{rule} {}: expected {expected}, found {found:?}",
                field("case").to_text()
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(count >= 78, "only {count} cases were there");
}

#[test]
fn a_text_equals_the_number_whose_text_it_is() {
    let status = "datatable(s:string)['200', '200.0', '']";
    for (test, count) in [
        ("s == 200", 1),
        ("200 == s", 1),
        ("s != 200", 2),
        ("s in (200, 201)", 1),
        ("s !in (200)", 2),
        ("s in (dynamic([200]))", 1),
        ("s == 200.0", 1),
    ] {
        let found = rows(&format!("{status} | where {test} | count"));
        assert_eq!(found, format!("[[{count}]]"), "{test}");
    }
    // Which of the two is bigger is no question.
    assert!(run("print '1' < 2", &env()).is_err());
}
