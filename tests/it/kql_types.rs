//! Comparisons across types, held against Microsoft's own parser: the recorded answers list them.
//!
//! The answers are not part of the repository: `RULEPOST_SHARED` names the folder that holds `kql/`. Without it the
//! test says that it was skipped.

#![allow(
    clippy::print_stdout,
    reason = "the counts are what a reader of the log looks for"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rulepost::door::kql::{Schema, check};
use serde_json::Value;

/// First UTF-16 unit, length, the two types.
type Mismatches = BTreeSet<(usize, usize, String, String)>;

fn recorded(line: &Value) -> Mismatches {
    let number = |one: &Value, key: &str| {
        let number = one[key].as_u64().expect("a number");
        usize::try_from(number).expect("a query is short")
    };
    let text = |one: &Value, key: &str| one[key].as_str().expect("a text").to_owned();
    // An answer of the parser that failed has no list.
    let list = line["mismatches"].as_array();
    list.into_iter()
        .flatten()
        .map(|one| {
            (
                number(one, "start"),
                number(one, "length"),
                text(one, "left"),
                text(one, "right"),
            )
        })
        .collect()
}

#[test]
fn comparisons_across_types_are_those_that_microsofts_parser_lets_pass() {
    let Some(folder) =
        std::env::var_os("RULEPOST_SHARED").map(|shared| Path::new(&shared).join("kql"))
    else {
        println!("skipped: RULEPOST_SHARED names no folder with kql/");
        return;
    };
    let lines = |name: &str| -> Vec<Value> {
        let text = std::fs::read_to_string(folder.join(name)).expect("it is there");
        text.lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    };
    let schema = std::fs::read_to_string(folder.join("schema.json")).expect("it is there");
    let schema = Schema::from_json(&schema).expect("a schema");
    let (mut queries, mut theirs, mut ours, mut both) = (0, 0, 0, 0);
    let mut wrong = Vec::new();
    for set in ["rule-queries", "doc-queries"] {
        let answers: BTreeMap<String, Value> = lines(&format!("{set}.official.jsonl"))
            .into_iter()
            .map(|line| (line["id"].to_string(), line))
            .collect();
        for line in lines(&format!("{set}.jsonl")) {
            let id = line["id"].to_string();
            let Some(answer) = answers.get(&id) else {
                continue;
            };
            let wanted = recorded(answer);
            let query = line["query"].as_str().expect("a query");
            let found: Mismatches = check(&schema, query).mismatches.into_iter().collect();
            queries += 1;
            theirs += wanted.len();
            ours += found.len();
            both += wanted.intersection(&found).count();
            if wanted != found {
                wrong.push(format!("{id}: wanted {wanted:?}, found {found:?}"));
            }
        }
    }
    println!("{queries} queries: {theirs} recorded, {ours} found, {both} the same");
    println!("{}", wrong.join("\n"));
    assert!(theirs > 50, "{theirs} recorded");
    // Where the queries themselves are refused the types behind the error may differ.
    assert!(both * 100 >= theirs * 97, "{both} of {theirs}");
    assert!(both * 100 >= ours * 97, "{both} of {ours}");
}
