//! The shipped detection pack, `rules/`: what each rule must say and how the pairs stand.
//!
//! What is looked at is what the program tells of the rules (`coverage --format json`, `render --to rest`), so that
//! loader and renderer are in the test. ATT&CK is read from the table by itself.

mod arm;
mod facts;
mod guide;
mod recorded;
mod seed;
mod tests;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::Rulepost;

/// Runs a command at the root of the repository and reads its JSON.
fn json(args: &[&str]) -> Value {
    let out = Rulepost::in_dir(env!("CARGO_MANIFEST_DIR"))
        .args(args.iter().copied())
        .run();
    assert_eq!(out.code, 0, "{args:?}: {}", out.stderr);
    serde_json::from_str(&out.stdout).expect("the output is JSON")
}

/// The rules as `coverage` tells them.
fn records() -> Vec<Value> {
    let mut report = json(&["coverage", "--format", "json", "rules"]);
    let rules = report["rules"].take();
    rules.as_array().expect("a list").clone()
}

/// The request bodies, by id.
fn bodies() -> BTreeMap<String, Value> {
    let list = json(&["render", "--to", "rest", "rules"]);
    let list = list.as_array().expect("a list");
    list.iter()
        .map(|entry| (text(entry, "id"), entry["body"].clone()))
        .collect()
}

/// A member that is a text.
fn text(value: &Value, key: &str) -> String {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("no `{key}` in {value}"))
        .to_owned()
}

/// A member that is a list of texts.
fn texts(value: &Value, key: &str) -> Vec<String> {
    let list = value[key]
        .as_array()
        .unwrap_or_else(|| panic!("no `{key}` in {value}"));
    list.iter()
        .map(|item| item.as_str().expect("a text").to_owned())
        .collect()
}
