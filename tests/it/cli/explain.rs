//! `explain`: every finding is explained in the same parts, and the committed page is what the program says.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::Rulepost;

/// Findings about a file as bytes, which no piece of a rule file can show.
const WITHOUT_EXAMPLE: [&str; 4] = ["not-utf8", "too-large", "trailing-tab", "unreadable-file"];

/// What `explain` prints.
fn explain(args: &[&str]) -> String {
    let out = Rulepost::new()
        .args(["explain"])
        .args(args.iter().copied())
        .run();
    assert_eq!((out.code, &*out.stderr), (0, ""), "{args:?}");
    out.stdout
}

fn codes() -> Vec<Value> {
    let mut list: Value =
        serde_json::from_str(&explain(&["--format", "json"])).expect("the list is JSON");
    let codes = list["codes"].take();
    codes.as_array().expect("a list").clone()
}

#[test]
fn every_finding_is_explained_in_all_parts() {
    let list = explain(&[]);
    let mut seen = BTreeSet::new();
    for code in codes() {
        let word = |key: &str| code[key].as_str().expect("a text").to_owned();
        let (id, level) = (word("code"), word("level"));
        assert!(seen.insert(id.clone()), "{id} is there twice");
        assert!(
            ["error", "warning", "note"].contains(&&*level),
            "{id}: {level}"
        );
        let line = list
            .lines()
            .find(|line| line.starts_with(&format!("{id} ")));
        let line = line.unwrap_or_else(|| panic!("{id} is not listed"));
        assert!(
            line.contains(&level) && line.ends_with(&word("title")),
            "{line}"
        );

        let text = explain(&[&id]);
        let mut parts = text.split("\n\n");
        let head = format!("{id}: {}\nlevel: {level}", word("title"));
        assert_eq!(parts.next(), Some(&*head));
        let what = parts.next().unwrap_or_default();
        let why = parts.next().unwrap_or_default();
        for part in [what, why] {
            let other = ["Bad:", "Good:", "Source:", "```"];
            let other = other.iter().any(|word| part.starts_with(word));
            assert!(!other && part.contains(' '), "{id}: {part:?}");
        }
        let fences = |name: &str| text.matches(&format!("\n{name}:\n```")).count();
        let expected = usize::from(!WITHOUT_EXAMPLE.contains(&&*id));
        assert_eq!(
            (fences("Bad"), fences("Good")),
            (expected, expected),
            "{id}"
        );
        let source = text.lines().filter(|line| line.starts_with("Source: "));
        assert_eq!(source.count(), 1, "{id}");
        assert_eq!(text.matches("```").count() % 2, 0, "{id}");
    }
    assert_eq!(list.lines().count(), seen.len());
}

#[test]
fn the_committed_page_is_fresh() {
    let fresh = explain(&["--format", "markdown"]);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/lints.md");
    let committed = std::fs::read_to_string(path).expect("the page is there");
    assert!(
        fresh == committed.replace("\r\n", "\n"),
        "docs/lints.md is stale: `cargo run -- explain --format markdown > docs/lints.md`"
    );
    for code in codes() {
        let id = code["code"].as_str().expect("a text");
        assert_eq!(fresh.matches(&format!("\n## {id}\n")).count(), 1, "{id}");
        assert!(fresh.contains(&format!("[`{id}`](#{id})")), "{id}");
    }
}
