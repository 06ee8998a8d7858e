//! A test file as a [`Suite`]. The first fault ends the reading; it names the case and the key.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::cases::{Case, Expect, Row, Suite, TICKS_PER_SECOND};
use crate::diag::SourceId;
use crate::kql::literal;
use crate::rule::yaml;

/// Most rows a group may be repeated to.
const MOST: u64 = 1_000_000;

/// Reads the text of a test file.
pub(crate) fn suite(text: &str) -> Result<Suite, String> {
    let stream = yaml::read(SourceId(0), text);
    if let Some(problem) = stream.problem {
        return Err(problem.diagnostic().message);
    }
    let file = stream
        .documents
        .first()
        .map(yaml::Node::to_json)
        .unwrap_or_default();
    only(
        &file,
        &["now", "arrives", "defaults", "geo", "cases"],
        "the file",
    )?;
    let now =
        string(&file, "now")?.ok_or("`now` is missing: a time such as `2026-05-04T12:00:00Z`")?;
    let now = literal::parse_datetime(&now).ok_or_else(|| {
        format!("`now: {now}` is no time; one such as `2026-05-04T12:00:00Z` is accepted")
    })?;
    let arrives = span(&file, "arrives")?.unwrap_or(0);
    let defaults = tables(&file["defaults"], "defaults")?;
    let list = file["cases"].as_array().ok_or("`cases` must be a list")?;
    let mut cases = Vec::new();
    let mut names = BTreeSet::new();
    for entry in list {
        let name = string(entry, "name")?.ok_or("a case has no `name`")?;
        if !names.insert(name.clone()) {
            return Err(format!("two cases are named `{name}`"));
        }
        let case = case(entry, name.clone(), arrives, &defaults);
        cases.push(case.map_err(|fault| format!("case `{name}`: {fault}"))?);
    }
    let mut known: BTreeSet<String> = defaults.keys().cloned().collect();
    known.extend(cases.iter().flat_map(|case| case.rows.keys().cloned()));
    let geo = mapping(&file["geo"], "geo")?.into_iter().collect();
    Ok(Suite {
        now,
        geo,
        tables: known.into_iter().collect(),
        cases,
    })
}

fn case(
    entry: &Value,
    name: String,
    arrives: i64,
    defaults: &BTreeMap<String, Map<String, Value>>,
) -> Result<Case, String> {
    only(entry, &["name", "parameters", "rows", "expect"], "a case")?;
    let mut rows: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for (table, groups) in mapping(&entry["rows"], "rows")? {
        let groups = groups
            .as_array()
            .ok_or_else(|| format!("rows of `{table}` must be a list"))?;
        let shared = defaults.get(&table).cloned().unwrap_or_default();
        let mut made = Vec::new();
        for group in groups {
            let of = format!("a row of `{table}`");
            only(
                group,
                &["at", "arrives", "repeat", "every", "row", "vary"],
                &of,
            )?;
            repeat(group, arrives, &shared, &mut made)?;
        }
        rows.insert(table, made);
    }
    Ok(Case {
        name,
        parameters: mapping(&entry["parameters"], "parameters")?
            .into_iter()
            .collect(),
        rows,
        expect: expect(&entry["expect"])?,
    })
}

/// Makes out the rows of a group.
fn repeat(
    group: &Value,
    arrives: i64,
    shared: &Map<String, Value>,
    made: &mut Vec<Row>,
) -> Result<(), String> {
    let age =
        span(group, "at")?.ok_or("a row has no `at`: how long before `now` it was generated")?;
    let delay = span(group, "arrives")?.unwrap_or(arrives);
    let every = span(group, "every")?.unwrap_or(0);
    let times = match &group["repeat"] {
        Value::Null => 1,
        value => value
            .as_u64()
            .filter(|times| (1..=MOST).contains(times))
            .ok_or_else(|| format!("`repeat: {value}` is no number from 1 to {MOST}"))?,
    };
    let mut columns = shared.clone();
    columns.append(&mut mapping(&group["row"], "row")?);
    let vary = mapping(&group["vary"], "vary")?;
    let mut age = age;
    for number in 1..=times {
        let mut columns = columns.clone();
        for (column, value) in &vary {
            let text = value
                .as_str()
                .ok_or_else(|| format!("`vary` of `{column}` must be a text"))?;
            columns.insert(
                column.clone(),
                text.replace("{n}", &number.to_string()).into(),
            );
        }
        made.push(Row {
            age,
            delay,
            columns,
        });
        age = age.saturating_sub(every);
    }
    Ok(())
}

fn expect(value: &Value) -> Result<Expect, String> {
    only(
        value,
        &["results", "contains", "title", "severity", "entities"],
        "`expect`",
    )?;
    let results = value["results"]
        .as_u64()
        .ok_or("`expect` has no number of `results`")?;
    let list = |key: &str| -> Result<Option<Vec<Map<String, Value>>>, String> {
        let Some(items) = value[key].as_array() else {
            return if value[key].is_null() {
                Ok(None)
            } else {
                Err(format!("`{key}` must be a list"))
            };
        };
        items
            .iter()
            .map(|item| mapping(item, key))
            .collect::<Result<_, _>>()
            .map(Some)
    };
    Ok(Expect {
        results: usize::try_from(results).unwrap_or(usize::MAX),
        contains: list("contains")?.unwrap_or_default(),
        title: string(value, "title")?,
        severity: string(value, "severity")?,
        entities: list("entities")?,
    })
}

fn tables(value: &Value, key: &str) -> Result<BTreeMap<String, Map<String, Value>>, String> {
    mapping(value, key)?
        .into_iter()
        .map(|(table, columns)| Ok((table, mapping(&columns, key)?)))
        .collect()
}

/// A mapping; absent is empty.
fn mapping(value: &Value, key: &str) -> Result<Map<String, Value>, String> {
    match value {
        Value::Null => Ok(Map::new()),
        Value::Object(map) => Ok(map.clone()),
        _ => Err(format!("`{key}` must be a mapping")),
    }
}

/// A text; a number that stands for one is taken too.
fn string(value: &Value, key: &str) -> Result<Option<String>, String> {
    match &value[key] {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        Value::Number(number) => Ok(Some(number.to_string())),
        _ => Err(format!("`{key}` must be a text")),
    }
}

/// A time span such as `90s`, `20m`, `3h` or `14d`, in ticks.
fn span(value: &Value, key: &str) -> Result<Option<i64>, String> {
    let Some(text) = string(value, key)? else {
        return Ok(None);
    };
    let fault = || format!("`{key}: {text}` is no time span; `90s`, `20m`, `3h` and `14d` are");
    let unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3_600,
        Some('d') => 86_400,
        _ => return Err(fault()),
    };
    let number: i64 = text[..text.len() - 1].parse().map_err(|_ignored| fault())?;
    number
        .checked_mul(unit * TICKS_PER_SECOND)
        .filter(|ticks| *ticks >= 0)
        .map(Some)
        .ok_or_else(fault)
}

/// No key but these: a key that is not understood is a check that is not made.
fn only(value: &Value, keys: &[&str], of: &str) -> Result<(), String> {
    let Some(map) = value.as_object() else {
        return Err(format!("{of} must be a mapping"));
    };
    match map.keys().find(|key| !keys.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(format!(
            "{of} has the key `{key}`; `{}` are accepted",
            keys.join("`, `")
        )),
    }
}
