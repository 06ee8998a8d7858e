//! `docs/emulator.md` says what is.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::Emulator;

const DOCUMENT: &str = include_str!("../../../docs/emulator.md");

/// The JSON examples that hold a word.
fn example(word: &str) -> Value {
    let mut blocks = DOCUMENT.split("```json\n").skip(1);
    let text = blocks
        .find(|block| block.contains(word))
        .and_then(|block| block.split("```").next())
        .expect("the document has the example");
    serde_json::from_str(text).expect("the example is JSON")
}

/// First cells of the rows of the table under a heading, without their quotes.
fn rows(heading: &str) -> Vec<(&'static str, &'static str)> {
    let section = DOCUMENT
        .split(&format!("\n## {heading}\n"))
        .nth(1)
        .and_then(|rest| rest.split("\n## ").next())
        .expect("the document has the section");
    section
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let mut cells = line.trim_matches('|').split(" | ").map(str::trim);
            let first = cells.next().expect("a row has cells").trim_matches('`');
            (first, cells.next().unwrap_or_default())
        })
        .collect()
}

#[test]
fn its_seed_and_its_plan_of_faults_work() {
    let emulator = Emulator::seeded(&example("\"workspaces\""));
    let fusion = emulator
        .rule("BuiltInFusion")
        .replace("/resourceGroups/rulepost/", "/resourceGroups/rg-security/")
        .replace("/demo/", "/sec-prod/");
    assert_eq!(emulator.get(&fusion).body["kind"], "Fusion");
    let plan = example("\"script\"");
    let set = emulator.admin(Method::PUT, "/faults", Some(&plan));
    assert_eq!(set.status, 200, "{set:?}");
    assert_eq!(set.body["seed"], plan["seed"]);
}

#[test]
fn its_table_of_faults_is_the_emulator_s() {
    let emulator = Emulator::start();
    let rows = rows("Faults");
    assert_eq!(rows.len(), 18);
    for (name, members) in rows {
        let mut fault = json!({ "kind": name });
        for member in members.split(", ").map(|one| one.trim_matches('`')) {
            match member {
                "" => {}
                "code" | "message" => fault[member] = json!("x"),
                "item" => fault[member] = json!({}),
                "status" => fault[member] = json!(503),
                number => fault[number] = json!(1),
            }
        }
        let added = emulator.admin(Method::POST, "/faults", Some(&json!({ "fault": fault })));
        assert_eq!(added.status, 200, "{name}: {added:?}");
    }
}

#[test]
fn its_table_of_flags_is_that_of_help() {
    let help = crate::support::Rulepost::new()
        .args(["emulator", "--help"])
        .run()
        .stdout;
    let own = help
        .split("Global options:")
        .next()
        .expect("there is a part before");
    let options = own.lines().filter_map(|line| {
        let word = line
            .split_whitespace()
            .find(|word| word.starts_with("--"))?;
        (line.trim_start().starts_with('-') && word != "--help").then_some(word)
    });
    let mut options: Vec<&str> = options.collect();
    let mut documented: Vec<&str> = rows("Start it")
        .iter()
        .filter_map(|(flag, _)| flag.split_whitespace().next())
        .collect();
    options.sort_unstable();
    documented.sort_unstable();
    assert_eq!(documented, options);
}
