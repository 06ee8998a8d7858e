//! Runs the examples of the language reference through the test engine and compares the tables.
//!
//! `cargo run --release --example doc_examples -- FILE` reads lines `{file, query, columns, rows}`, whose cells are
//! the text of the documentation's tables, prints every difference, and the figures as JSON in the last line.
//! `examples/doc_examples.tsv` lists the examples whose documented output contradicts the reference, with the reason.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "an example reads a file and prints what it finds"
)]

use std::collections::BTreeMap;
use std::process::ExitCode;

use serde_json::Value;

/// The examples whose documented output is not what the reference says: file, number within it, reason.
const INCONSISTENT: &str = include_str!("doc_examples.tsv");

/// The documentation's text of a cell, freed of Markdown.
fn clean(cell: &str) -> String {
    let cell = cell
        .replace("<br>", "")
        .replace("<br />", "")
        .replace("&nbsp;", "")
        .replace("\\_", "_");
    cell.trim().trim_matches('`').trim().to_owned()
}

/// The number in a text, thousands separators allowed.
fn number(text: &str) -> Option<f64> {
    let plain = text.replace(',', "");
    match plain.as_str() {
        "NaN" => Some(f64::NAN),
        _ => plain.parse().ok(),
    }
}

/// Equal, or nearly so where both are numbers.
fn near(a: f64, b: f64) -> bool {
    (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1e-9)
}

/// Equal as JSON, numbers nearly.
fn same_json(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            near(a.as_f64().unwrap_or(0.0), b.as_f64().unwrap_or(1.0))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_json(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(k, v)| b.get(k).is_some_and(|w| same_json(v, w)))
        }
        _ => a == b,
    }
}

/// A time without `T`, `Z` and closing zeros.
fn time(text: &str) -> String {
    let text = text.replace('T', " ").trim_end_matches('Z').to_owned();
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    };
    text.strip_suffix(" 00:00:00")
        .map(str::to_owned)
        .unwrap_or(text)
}

/// Whether the documented text shows this cell.
fn same_cell(documented: &str, cell: &Value) -> bool {
    let text = clean(documented);
    let own = match cell {
        Value::Null => String::new(),
        Value::String(s) => s.clone(),
        other => other.to_string(),
    };
    if text == own || clean(&own) == text {
        return true;
    }
    if let (Some(a), Some(b)) = (number(&text), number(&own)) {
        return near(a, b);
    }
    if let Value::Bool(b) = cell {
        return text.eq_ignore_ascii_case(&own) || text == if *b { "1" } else { "0" };
    }
    // Some pages quote within arrays and bags as the language may.
    let json = |text: &str| {
        if text.contains('"') {
            serde_json::from_str::<Value>(text)
        } else {
            serde_json::from_str(&text.replace('\'', "\""))
        }
    };
    if let (Ok(a), true) = (json(&text), text.starts_with(['{', '['])) {
        let b = match cell {
            Value::String(s) => serde_json::from_str(s).unwrap_or(Value::Null),
            other => other.clone(),
        };
        return same_json(&a, &b);
    }
    let squeeze = |s: &str| {
        s.chars()
            .filter(|c| !c.is_whitespace() && *c != '"')
            .collect::<String>()
    };
    time(&text) == time(&own)
        || (matches!(cell, Value::Array(_)) && squeeze(&text) == squeeze(&own))
}

fn same_row(documented: &[String], row: &[Value]) -> bool {
    documented.len() == row.len() && documented.iter().zip(row).all(|(d, c)| same_cell(d, c))
}

/// Whether the documented rows are those of the result; in any order unless the query sorts last.
fn same_rows(documented: &[Vec<String>], rows: &[Vec<Value>]) -> bool {
    let dots = |row: &Vec<String>| row.iter().all(|c| c.trim() == "...");
    let cut = documented.iter().any(dots);
    // A lone empty cell is how the documentation writes that there are no rows.
    let none = |row: &Vec<String>| row.iter().all(|c| clean(c).is_empty()) && rows.is_empty();
    let documented: Vec<&Vec<String>> =
        documented.iter().filter(|r| !dots(r) && !none(r)).collect();
    if !cut && documented.len() != rows.len() {
        return false;
    }
    let mut used = vec![false; rows.len()];
    documented.iter().all(|d| {
        let found = (0..rows.len()).find(|i| !used[*i] && same_row(d, &rows[*i]));
        found.is_some_and(|i| {
            used[i] = true;
            true
        })
    })
}

/// The result with its columns in the documented order, where the names are the same.
fn aligned(columns: &[String], result: &Value) -> Vec<Vec<Value>> {
    let names: Vec<String> = result["columns"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|c| Some(c["name"].as_str()?.to_owned()))
        .collect();
    let order: Option<Vec<usize>> = columns
        .iter()
        .map(|c| names.iter().position(|n| *n == clean(c)))
        .collect();
    let order = order.filter(|o| o.len() == names.len());
    let rows = result["rows"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_array);
    rows.map(|row| match &order {
        Some(order) => order.iter().map(|i| row[*i].clone()).collect(),
        None => row.clone(),
    })
    .collect()
}

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: doc_examples FILE");
        return ExitCode::from(2);
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("cannot read `{path}`: {error}");
            return ExitCode::FAILURE;
        }
    };
    let excused: BTreeMap<(&str, usize), &str> = INCONSISTENT
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut fields = line.split('\t');
            Some((
                (fields.next()?, fields.next()?.parse().ok()?),
                fields.next()?,
            ))
        })
        .collect();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let (mut equal, mut unsupported, mut inconsistent, mut wrong, mut total) = (0, 0, 0, 0, 0);
    for line in text.lines() {
        let Ok(example) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        let file = example["file"].as_str().unwrap_or_default().to_owned();
        let query = example["query"].as_str().unwrap_or_default();
        let strings = |v: &Value| -> Vec<String> {
            v.as_array()
                .into_iter()
                .flatten()
                .filter_map(|c| Some(c.as_str()?.to_owned()))
                .collect()
        };
        let columns = strings(&example["columns"]);
        let rows: Vec<Vec<String>> = example["rows"]
            .as_array()
            .into_iter()
            .flatten()
            .map(strings)
            .collect();
        let number = seen.entry(file.clone()).or_default();
        *number += 1;
        total += 1;
        let outcome = rulepost::door::engine::run(query, "2022-07-11T22:18:48.467862");
        let excuse = excused.get(&(file.as_str(), *number));
        match outcome {
            Ok(result) if same_rows(&rows, &aligned(&columns, &result)) => equal += 1,
            Err((kind, message)) if kind == "unsupported" => {
                unsupported += 1;
                println!("{file} #{number}: {message}");
            }
            _ if excuse.is_some() => {
                inconsistent += 1;
                println!("{file} #{number}: documentation: {}", excuse.unwrap_or(&""));
            }
            Ok(result) => {
                wrong += 1;
                println!("{file} #{number}: DIFFERENT\n{query}\n  documented {columns:?}");
                rows.iter().take(8).for_each(|r| println!("    {r:?}"));
                println!("  engine {}", result["columns"]);
                result["rows"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .take(8)
                    .for_each(|r| println!("    {r}"));
            }
            Err((kind, message)) => {
                wrong += 1;
                println!("{file} #{number}: DIFFERENT ({kind}: {message})\n{query}");
            }
        }
    }
    println!(
        "{}",
        serde_json::json!({
            "total": total, "equal": equal, "unsupported": unsupported,
            "documentation": inconsistent, "wrong": wrong,
        })
    );
    if wrong == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
