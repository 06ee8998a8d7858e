//! Holds the KQL front-end against recorded answers of Microsoft's own parser.
//!
//! `cargo run --release --example conformance -- QUERIES.jsonl OFFICIAL.jsonl [--schema SCHEMA.json]`
//! lists every disagreement, then prints the figures, the last line as JSON.
//! QUERIES holds lines `{id, query}`, OFFICIAL lines `{id, diagnostics, columns, open}`.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a program of its own, which reads its arguments and prints"
)]

mod compare;

use std::collections::BTreeMap;

use compare::Figures;
use rulepost::door::kql::Answer;
use rulepost::door::kql::Schema;
use rulepost::door::kql::check;
use serde_json::Value;
use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut files = Vec::new();
    let mut schema = Schema::built_in();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--schema" {
            let file = arguments.next().ok_or("--schema takes a file")?;
            schema = Schema::from_json(&std::fs::read_to_string(file)?)?;
        } else {
            files.push(argument);
        }
    }
    let [queries, official] = files.as_slice() else {
        return Err(
            "usage: conformance QUERIES.jsonl OFFICIAL.jsonl [--schema SCHEMA.json]".into(),
        );
    };
    let mut answers = BTreeMap::new();
    for line in std::fs::read_to_string(official)?.lines() {
        let answer: Value = serde_json::from_str(line)?;
        answers.insert(answer["id"].as_str().unwrap_or_default().to_owned(), answer);
    }
    let mut figures = Figures::new();
    for line in std::fs::read_to_string(queries)?.lines() {
        let case: Value = serde_json::from_str(line)?;
        let id = case["id"].as_str().unwrap_or_default();
        let query = case["query"].as_str().unwrap_or_default();
        let Some(answer) = answers.get(id).filter(|a| a["diagnostics"].is_array()) else {
            println!("{id}: skipped, the official parser gave no answer");
            continue;
        };
        let ours = document(&check(&schema, query));
        for disagreement in compare::compare(id, query, answer, &ours, &mut figures) {
            println!("{disagreement}");
        }
    }
    let mut record = serde_json::Map::new();
    for (name, figure) in &figures {
        println!(
            "{name:<24} {:>6} of {:>6}  {:>6.2} %",
            figure.agree,
            figure.of,
            figure.percent()
        );
        record.insert((*name).to_owned(), figure.percent().into());
    }
    println!("{}", Value::Object(record));
    Ok(())
}

/// Our answer in the form of the official ones.
fn document(answer: &Answer) -> Value {
    let diagnostics: Vec<_> = answer
        .diagnostics
        .iter()
        .map(|d| {
            json!({
                "code": d.code, "severity": d.severity, "start": d.start, "message": d.message,
            })
        })
        .collect();
    let columns: Vec<_> = answer
        .columns
        .iter()
        .map(|c| json!({"name": c.name, "type": c.type_name}))
        .collect();
    json!({"diagnostics": diagnostics, "columns": columns, "open": answer.open})
}
