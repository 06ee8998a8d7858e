//! Queries held against what Microsoft's own parser answers about them, and against themselves laid out anew.
//!
//! `conformance/floors.tsv` has what share must agree, by set of queries and figure. Two sets are in the reference
//! data, which `RULEPOST_SHARED` names: queries of real rules and of the language reference. Two are part of the
//! repository: this pack's own queries with a mistake or two made in each, and queries that use what rules seldom do
//! (`tests/conformance/record` makes the answers anew).

#![allow(
    clippy::print_stdout,
    reason = "the figures are what a reader of the log looks for"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rulepost::door::kql::{format, tokens};
use rulepost::door::rule::judge;
use serde_json::Value;

use crate::support::Rulepost;
use compare::{Figures, compare};

#[path = "../../examples/conformance/compare.rs"]
mod compare;

/// Shares in percent that must not be fallen below: set, figure, share.
const FLOORS: &str = include_str!("conformance/floors.tsv");

/// What is recorded of queries: questions and official answers, line by line.
struct Recorded {
    questions: String,
    answers: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn shared(set: &str) -> Option<Recorded> {
    let Some(shared) = std::env::var_os("RULEPOST_SHARED") else {
        println!("skipped: RULEPOST_SHARED names no folder with recorded queries");
        return None;
    };
    let read = |name: &str| {
        let path = Path::new(&shared).join("kql").join(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    Some(Recorded {
        questions: read(&format!("{set}-queries.jsonl")),
        answers: read(&format!("{set}-queries.official.jsonl")),
    })
}

fn own(set: &str) -> Recorded {
    let read = |name: &str| {
        std::fs::read_to_string(root().join("tests/fixtures/kql").join(name)).expect("a fixture")
    };
    Recorded {
        questions: read(&format!("{set}.jsonl")),
        answers: read(&format!("{set}.official.jsonl")),
    }
}

fn by_id(lines: &str) -> BTreeMap<String, Value> {
    lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"))
        .map(|value| (value["id"].as_str().unwrap_or_default().to_owned(), value))
        .collect()
}

/// Compares the program's answers with the recorded ones, and the shares with the floors.
fn hold(set: &str, recorded: Recorded) {
    let questions = by_id(&recorded.questions);
    let official = by_id(&recorded.answers);
    let out = Rulepost::new()
        .args(["kql", "check", "--jsonl"])
        .stdin(recorded.questions)
        .run();
    let ours = by_id(&out.stdout);
    assert_eq!(ours.len(), questions.len(), "every query is answered");
    let mut figures = Figures::new();
    let mut disagreements = Vec::new();
    for (id, official) in &official {
        if official["diagnostics"].is_array() {
            let query = questions[id]["query"].as_str().unwrap_or_default();
            disagreements.extend(compare(id, query, official, &ours[id], &mut figures));
        }
    }
    let mut low = Vec::new();
    for (figure, counted) in &figures {
        println!(
            "{set} {figure}: {} of {}, {} %",
            counted.agree,
            counted.of,
            counted.percent()
        );
    }
    let mut floors = 0;
    for line in FLOORS
        .lines()
        .filter(|line| line.starts_with(&format!("{set}\t")))
    {
        let mut cells = line.split('\t').skip(1);
        let figure = cells.next().expect("a figure");
        let floor: f64 = cells.next().and_then(|c| c.parse().ok()).expect("a share");
        let share = figures
            .get(figure)
            .unwrap_or_else(|| panic!("no figure is called `{figure}`"))
            .percent();
        if share < floor {
            low.push(format!("{set} {figure}: {share} % agree, {floor} % must\n"));
        }
        floors += 1;
    }
    assert!(floors >= 6, "the floors of `{set}` are missing");
    assert!(
        low.is_empty(),
        "{}{}",
        low.concat(),
        disagreements.join("\n")
    );
}

#[test]
fn queries_of_real_rules_are_answered_as_officially() {
    if let Some(recorded) = shared("rule") {
        hold("rule", recorded);
    }
}

#[test]
fn queries_of_the_language_reference_are_answered_as_officially() {
    if let Some(recorded) = shared("doc") {
        hold("doc", recorded);
    }
}

#[test]
fn queries_with_mistakes_are_answered_as_officially() {
    hold("mutated", own("mutated"));
}

#[test]
fn queries_that_use_what_rules_seldom_do_are_answered_as_officially() {
    hold("rare", own("rare"));
}

/// Lays a query out, and the layout again; tells what is wrong with that.
fn fixpoint(id: &str, query: &str) -> Option<String> {
    let laid_out = format(query)?;
    if tokens(query) != tokens(&laid_out) {
        return Some(format!("{id}: the layout has other tokens:\n{laid_out}"));
    }
    match format(&laid_out) {
        Some(again) if again == laid_out => None,
        again => Some(format!("{id}: {laid_out}\nis laid out as\n{again:?}")),
    }
}

#[test]
fn the_layout_of_every_recorded_query_is_a_fixpoint() {
    let mut wrong = Vec::new();
    let (mut seen, mut laid_out) = (0, 0);
    let mut sets = vec![own("mutated"), own("rare")];
    sets.extend(["rule", "doc"].into_iter().filter_map(shared));
    for recorded in sets {
        for (id, case) in by_id(&recorded.questions) {
            let query = case["query"].as_str().unwrap_or_default();
            seen += 1;
            laid_out += usize::from(format(query).is_some());
            wrong.extend(fixpoint(&id, query));
        }
    }
    println!("{laid_out} of {seen} queries are laid out");
    assert!(laid_out > 20);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_layout_of_the_packs_queries_is_a_fixpoint() {
    let mut queries = 0;
    for folder in std::fs::read_dir(root().join("rules")).expect("the pack") {
        let folder = folder.expect("a folder").path();
        for file in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = file.expect("a file").path();
            if path.extension().is_none_or(|ending| ending != "yaml") {
                continue;
            }
            let bytes = std::fs::read(&path).expect("a rule");
            for (name, value) in judge(&bytes).plain_values().into_iter().flatten() {
                if name == "query" {
                    let query = value.as_str().unwrap_or_default().to_owned();
                    assert!(format(&query).is_some(), "{}", path.display());
                    assert_eq!(fixpoint(&path.display().to_string(), &query), None);
                    queries += 1;
                }
            }
        }
    }
    assert!(queries > 20, "only {queries} queries");
}
