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

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use rulepost::door::kql::Answer;
use rulepost::door::kql::Schema;
use rulepost::door::kql::check;
use serde_json::Value;

/// How many cases agree, of how many.
#[derive(Default)]
struct Figure {
    agree: usize,
    of: usize,
}

impl Figure {
    fn count(&mut self, agrees: bool) -> bool {
        self.of += 1;
        self.agree += usize::from(agrees);
        agrees
    }

    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    fn percent(&self) -> f64 {
        if self.of == 0 {
            return 100.0;
        }
        (self.agree as f64 * 10_000.0 / self.of as f64).round() / 100.0
    }
}

fn is_syntax(code: &str) -> bool {
    matches!(code, "KS174" | "KS176" | "KS198" | "KS214" | "KS228") || code.get(..4) == Some("KS00")
}

fn is_unknown_name(code: &str) -> bool {
    matches!(
        code,
        "KS124" | "KS142" | "KS204" | "KS205" | "KS211" | "KS210" | "KS207" | "KS260"
    )
}

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
    let mut figures: BTreeMap<&str, Figure> = BTreeMap::new();
    for line in std::fs::read_to_string(queries)?.lines() {
        let case: Value = serde_json::from_str(line)?;
        let id = case["id"].as_str().unwrap_or_default();
        let query = case["query"].as_str().unwrap_or_default();
        let Some(answer) = answers.get(id).filter(|a| a["diagnostics"].is_array()) else {
            println!("{id}: skipped, the official parser gave no answer");
            continue;
        };
        compare(id, query, answer, &check(&schema, query), &mut figures);
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

fn compare(
    id: &str,
    query: &str,
    official: &Value,
    ours: &Answer,
    figures: &mut BTreeMap<&str, Figure>,
) {
    let list = official["diagnostics"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let code = |d: &Value| d["code"].as_str().unwrap_or_default().to_owned();
    let start = |d: &Value| d["start"].as_u64().unwrap_or_default();

    let their_syntax: Vec<&Value> = list.iter().filter(|d| is_syntax(&code(d))).collect();
    let our_syntax: Vec<_> = ours
        .diagnostics
        .iter()
        .filter(|d| d.code.starts_with("kql-syntax"))
        .collect();
    if !figures
        .entry("syntax_verdict")
        .or_default()
        .count(their_syntax.is_empty() == our_syntax.is_empty())
    {
        let theirs = their_syntax
            .first()
            .map(|d| format!("{} at {}: {}", code(d), start(d), d["message"]));
        let mine = our_syntax
            .first()
            .map(|d| format!("{} at {}: {}", d.code, d.start, d.message));
        println!("{id}: syntax: official {theirs:?}, ours {mine:?}");
    }
    if let (Some(theirs), Some(mine)) = (
        their_syntax.iter().map(|d| start(d)).min(),
        our_syntax.iter().map(|d| d.start as u64).min(),
    ) && !figures
        .entry("first_syntax_position")
        .or_default()
        .count(within_one_token(query, theirs, mine))
    {
        println!("{id}: first syntax error: official at {theirs}, ours at {mine}");
    }
    let their_errors: Vec<&Value> = list.iter().filter(|d| d["severity"] == "Error").collect();
    let our_errors: Vec<_> = ours
        .diagnostics
        .iter()
        .filter(|d| d.severity == "error")
        .collect();
    if let Some(theirs) = their_errors.iter().map(|d| start(d)).min() {
        let mine = our_errors.iter().map(|d| d.start as u64).min();
        if !figures
            .entry("first_error_position")
            .or_default()
            .count(mine.is_some_and(|mine| within_one_token(query, theirs, mine)))
        {
            println!(
                "{id}: first error: official {} at {theirs}, ours {:?}",
                code(their_errors[0]),
                our_errors.first().map(|d| (&d.code, d.start))
            );
        }
    }
    if !figures
        .entry("error_verdict")
        .or_default()
        .count(their_errors.is_empty() == our_errors.is_empty())
    {
        let theirs = their_errors
            .first()
            .map(|d| format!("{} at {}: {}", code(d), start(d), d["message"]));
        let mine = our_errors
            .first()
            .map(|d| format!("{} at {}: {}", d.code, d.start, d.message));
        println!("{id}: verdict: official {theirs:?}, ours {mine:?}");
    }

    let theirs: BTreeSet<u64> = list
        .iter()
        .filter(|d| is_unknown_name(&code(d)))
        .map(start)
        .collect();
    let mine: BTreeSet<u64> = ours
        .diagnostics
        .iter()
        .filter(|d| d.code.starts_with("kql-unknown"))
        .map(|d| d.start as u64)
        .collect();
    if !theirs.is_empty() || !mine.is_empty() {
        let agrees = figures
            .entry("unknown_names_query")
            .or_default()
            .count(theirs == mine);
        if !agrees {
            println!(
                "{id}: unknown names: only official {:?}, only ours {:?}",
                theirs
                    .difference(&mine)
                    .map(|at| word_at(query, *at))
                    .collect::<Vec<_>>(),
                mine.difference(&theirs)
                    .map(|at| word_at(query, *at))
                    .collect::<Vec<_>>()
            );
        }
        for at in theirs.union(&mine) {
            figures
                .entry("unknown_names")
                .or_default()
                .count(theirs.contains(at) && mine.contains(at));
        }
    }

    if their_errors.is_empty() {
        let column = |c: &Value, key: &str| c[key].as_str().unwrap_or_default().to_owned();
        let their_columns = official["columns"].as_array().cloned().unwrap_or_default();
        let their_names: Vec<String> = their_columns.iter().map(|c| column(c, "name")).collect();
        let our_names: Vec<String> = ours.columns.iter().map(|c| c.name.clone()).collect();
        if figures
            .entry("column_names")
            .or_default()
            .count(their_names == our_names)
        {
            let their_types: Vec<String> =
                their_columns.iter().map(|c| column(c, "type")).collect();
            let our_types: Vec<String> = ours.columns.iter().map(|c| c.type_name.clone()).collect();
            if !figures
                .entry("column_types")
                .or_default()
                .count(their_types == our_types)
            {
                let different: Vec<_> = their_columns
                    .iter()
                    .zip(&ours.columns)
                    .filter(|(t, o)| column(t, "type") != o.type_name)
                    .map(|(t, o)| {
                        format!(
                            "{}: official {}, ours {}",
                            o.name,
                            column(t, "type"),
                            o.type_name
                        )
                    })
                    .collect();
                println!("{id}: types: {different:?}");
            }
        } else {
            figures.entry("column_types").or_default().count(false);
            let missing: Vec<_> = their_names
                .iter()
                .filter(|n| !our_names.contains(n))
                .take(8)
                .collect();
            let extra: Vec<_> = our_names
                .iter()
                .filter(|n| !their_names.contains(n))
                .take(8)
                .collect();
            println!(
                "{id}: columns: only official {missing:?}, only ours {extra:?}, {} and {} in all",
                their_names.len(),
                our_names.len()
            );
        }
        if !figures
            .entry("open")
            .or_default()
            .count(official["open"].as_bool() == Some(ours.open))
        {
            println!(
                "{id}: open: official {}, ours {}",
                official["open"], ours.open
            );
        }
    }
}

/// Whether at most one token lies between the two places, both in UTF-16 units.
fn within_one_token(query: &str, a: u64, b: u64) -> bool {
    let units: Vec<u16> = query.encode_utf16().collect();
    let (from, to) = (a.min(b), a.max(b));
    let from = usize::try_from(from).unwrap_or(usize::MAX).min(units.len());
    let to = usize::try_from(to).unwrap_or(usize::MAX).min(units.len());
    let between = String::from_utf16_lossy(&units[from..to]);
    let mut tokens = 0;
    let mut in_word = false;
    for c in between.chars() {
        let word = c.is_alphanumeric() || c == '_';
        if !(c.is_whitespace() || word && in_word) {
            tokens += 1;
        }
        in_word = word;
    }
    tokens <= 1
}

fn word_at(query: &str, at: u64) -> String {
    let units: Vec<u16> = query.encode_utf16().collect();
    let at = usize::try_from(at).unwrap_or(0).min(units.len());
    let text = String::from_utf16_lossy(&units[at..]);
    let word: String = text
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    format!("{word}@{at}")
}
