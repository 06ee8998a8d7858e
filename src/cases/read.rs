//! A test file as a [`Suite`]. The first fault ends the reading; it names the case and the key.

mod rows;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::alert::TICKS_PER_SECOND;
use crate::cases::read::rows::Maker;
use crate::cases::sample::Around;
use crate::cases::{Case, Equivalent, Expect, Fault, Row, Suite};
use crate::diag::{SourceId, Span, Spanned};
use crate::kql::literal;
use crate::rule::yaml::{self, Node};

/// Most runs of a case.
const MOST_RUNS: u64 = 10_000;

/// Reads the text of a test file.
pub(crate) fn suite(source: SourceId, text: &str, around: &mut Around<'_>) -> Result<Suite, Fault> {
    let stream = yaml::read(source, text);
    let start = Span::new(source, 0, 0);
    if let Some(problem) = stream.problem {
        let problem = problem.diagnostic();
        return Err(Fault::new(problem.primary.span, problem.message));
    }
    let file = stream
        .documents
        .first()
        .ok_or_else(|| Fault::new(start, "the file is empty; `now` and `cases` are expected"))?;
    let keys = ["now", "arrives", "defaults", "geo", "equivalents", "cases"];
    only(file, &keys, "the file")?;
    let now = string(file, "now")?.ok_or_else(|| {
        let message = "`now` is missing: a time such as `2026-05-04T12:00:00Z`";
        Fault::new(start, message)
    })?;
    let now = literal::parse_datetime(&now.value).ok_or_else(|| {
        let message = format!(
            "`now: {}` is no time; one such as `2026-05-04T12:00:00Z` is accepted",
            now.value
        );
        Fault::new(now.span, message)
    })?;
    let arrives = span(file, "arrives")?.unwrap_or(0);
    let mut defaults = BTreeMap::new();
    for (table, columns) in members(file, "defaults")? {
        defaults.insert(table, mapping(columns, "defaults")?);
    }
    let mut cases = Vec::new();
    let mut names = BTreeSet::new();
    let list = get(file, "cases")
        .ok_or_else(|| Fault::new(start, "`cases` is missing: a list of cases with a `name`"))?;
    for entry in items(list, "cases")? {
        let keys = ["name", "parameters", "runs", "close", "rows", "expect"];
        only(entry, &keys, "a case")?;
        let name = string(entry, "name")?.ok_or_else(|| {
            Fault::new(first_line(source, text, entry.span), "a case has no `name`")
        })?;
        if !names.insert(name.value.clone()) {
            let message = format!("two cases are named `{}`", name.value);
            return Err(Fault::new(name.span, message));
        }
        let case = case(entry, name.clone(), arrives, &defaults, around, now);
        cases.push(case.map_err(|fault| {
            Fault::new(
                first_line(source, text, fault.span),
                format!("case `{}`: {}", name.value, fault.message),
            )
        })?);
    }
    let mut known: BTreeSet<String> = defaults.keys().cloned().collect();
    known.extend(cases.iter().flat_map(|case| case.rows.keys().cloned()));
    let geo = members(file, "geo")?
        .into_iter()
        .map(|(range, place)| (range, place.to_json()))
        .collect();
    Ok(Suite {
        now,
        geo,
        tables: known.into_iter().collect(),
        cases,
        equivalents: equivalents(file)?,
    })
}

/// Mutants that are declared to mean the same, each with its reason.
fn equivalents(file: &Node) -> Result<Vec<Equivalent>, Fault> {
    let Some(list) = get(file, "equivalents") else {
        return Ok(Vec::new());
    };
    let mut equivalents = Vec::new();
    for entry in items(list, "equivalents")? {
        only(entry, &["mutant", "reason"], "an equivalent mutant")?;
        let mutant = string(entry, "mutant")?.ok_or_else(|| {
            let message = "an equivalent mutant has no `mutant`: its name, as `--mutate` tells it";
            Fault::new(entry.span, message)
        })?;
        let reason = string(entry, "reason")?;
        if reason.is_none_or(|reason| reason.value.trim().is_empty()) {
            let message = "an equivalent mutant has no `reason`: why it means the same";
            return Err(Fault::new(mutant.span, message));
        }
        equivalents.push(Equivalent { mutant });
    }
    Ok(equivalents)
}

/// The part of a place that stands on its first line.
fn first_line(source: SourceId, text: &str, span: Span) -> Span {
    if span.source != source {
        return span;
    }
    let written = text.get(span.range()).unwrap_or_default();
    let length = written.lines().next().unwrap_or_default().len();
    let start = span.start as usize;
    Span::new(span.source, start, start + length)
}

fn case(
    entry: &Node,
    name: Spanned<String>,
    arrives: i64,
    defaults: &BTreeMap<String, Map<String, Value>>,
    around: &mut Around<'_>,
    now: i64,
) -> Result<Case, Fault> {
    let mut rows: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for (table, groups) in members(entry, "rows")? {
        let mut maker = Maker {
            table: &table,
            now,
            arrives,
            shared: defaults.get(&table).cloned().unwrap_or_default(),
            around: &mut *around,
            made: Vec::new(),
        };
        maker.groups(groups)?;
        let made = maker.made;
        rows.insert(table, made);
    }
    let parameters = get(entry, "parameters");
    let expected = get(entry, "expect").ok_or_else(|| {
        Fault::new(
            name.span,
            "`expect` is missing: what the rule makes of the rows",
        )
    })?;
    Ok(Case {
        parameters: parameters
            .map(|node| mapping(node, "parameters"))
            .transpose()?
            .unwrap_or_default()
            .into_iter()
            .collect(),
        parameters_span: parameters.map_or(name.span, |node| node.span),
        rows,
        runs: u32::try_from(number(entry, "runs", MOST_RUNS)?).unwrap_or(1),
        close: span(entry, "close")?,
        expect: expect(expected)?,
        name,
    })
}

fn expect(node: &Node) -> Result<Expect, Fault> {
    let keys = [
        "results",
        "rows",
        "contains",
        "alerts",
        "title",
        "description",
        "severity",
        "tactics",
        "entities",
        "customDetails",
        "incidents",
    ];
    only(node, &keys, "`expect`")?;
    let rows = maps(node, "rows")?;
    let results = count(node, "results")?;
    let results = match (results, &rows) {
        (Some(results), _) => results,
        (None, Some(rows)) => Spanned::new(rows.value.len(), rows.span),
        (None, None) => {
            let message = "`expect` has no number of `results`";
            return Err(Fault::new(node.span, message));
        }
    };
    let mut contains = Vec::new();
    if let Some(list) = get(node, "contains") {
        for item in items(list, "contains")? {
            contains.push(Spanned::new(mapping(item, "contains")?, item.span));
        }
    }
    let incidents = maps(node, "incidents")?;
    for incident in incidents.iter().flat_map(|list| &list.value) {
        let keys = ["alerts", "title", "severity", "closed"];
        if let Some(key) = incident.keys().find(|key| !keys.contains(&key.as_str())) {
            let message = format!(
                "an incident has the key `{key}`; `{}` are accepted",
                keys.join("`, `")
            );
            let span = incidents.as_ref().map_or(node.span, |list| list.span);
            return Err(Fault::new(span, message));
        }
    }
    let tactics = get(node, "tactics")
        .map(|list| {
            let tactics = items(list, "tactics")?.iter().map(Node::to_json).collect();
            Ok(Spanned::new(tactics, list.span))
        })
        .transpose()?;
    let yaml::Value::Mapping(entries) = &node.value else {
        return Err(Fault::new(node.span, "`expect` must be a mapping"));
    };
    Ok(Expect {
        nodes: entries
            .iter()
            .map(|entry| (entry.key.value.clone(), entry.value.clone()))
            .collect(),
        results,
        rows,
        contains,
        alerts: count(node, "alerts")?,
        title: string(node, "title")?,
        description: string(node, "description")?,
        severity: string(node, "severity")?,
        tactics,
        entities: maps(node, "entities")?,
        custom_details: get(node, "customDetails")
            .map(|details| {
                Ok(Spanned::new(
                    mapping(details, "customDetails")?,
                    details.span,
                ))
            })
            .transpose()?,
        incidents,
    })
}

/// The value of a key; a null is no value.
pub(super) fn get<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let yaml::Value::Mapping(entries) = &node.value else {
        return None;
    };
    let entry = entries.iter().find(|entry| entry.key.value == key)?;
    (entry.value.value != yaml::Value::Null).then_some(&entry.value)
}

/// The members of a mapping under a key; absent is none.
fn members<'n>(node: &'n Node, key: &str) -> Result<Vec<(String, &'n Node)>, Fault> {
    match get(node, key) {
        None => Ok(Vec::new()),
        Some(Node {
            value: yaml::Value::Mapping(entries),
            ..
        }) => Ok(entries
            .iter()
            .map(|entry| (entry.key.value.clone(), &entry.value))
            .collect()),
        Some(other) => Err(Fault::new(other.span, format!("`{key}` must be a mapping"))),
    }
}

/// A mapping as JSON.
fn mapping(node: &Node, key: &str) -> Result<Map<String, Value>, Fault> {
    match node.to_json() {
        Value::Null => Ok(Map::new()),
        Value::Object(map) => Ok(map),
        _ => Err(Fault::new(node.span, format!("`{key}` must be a mapping"))),
    }
}

/// The items of a list.
pub(super) fn items<'n>(node: &'n Node, key: &str) -> Result<&'n [Node], Fault> {
    match &node.value {
        yaml::Value::Sequence(items) => Ok(items),
        _ => Err(Fault::new(node.span, format!("`{key}` must be a list"))),
    }
}

/// A list of mappings.
#[allow(
    clippy::type_complexity,
    reason = "a list of rows, if it is there, if it is one"
)]
fn maps(node: &Node, key: &str) -> Result<Option<Spanned<Vec<Map<String, Value>>>>, Fault> {
    let Some(list) = get(node, key) else {
        return Ok(None);
    };
    let maps: Result<_, Fault> = items(list, key)?
        .iter()
        .map(|item| mapping(item, key))
        .collect();
    Ok(Some(Spanned::new(maps?, list.span)))
}

/// A text; a number that stands for one is taken too.
fn string(node: &Node, key: &str) -> Result<Option<Spanned<String>>, Fault> {
    match get(node, key) {
        None => Ok(None),
        Some(Node {
            value: yaml::Value::Scalar(text, _),
            span,
        }) => Ok(Some(Spanned::new(text.clone(), *span))),
        Some(other) => Err(Fault::new(other.span, format!("`{key}` must be a text"))),
    }
}

/// How many of something are expected.
fn count(node: &Node, key: &str) -> Result<Option<Spanned<usize>>, Fault> {
    let Some(found) = get(node, key) else {
        return Ok(None);
    };
    let number = found
        .to_json()
        .as_u64()
        .and_then(|number| number.try_into().ok());
    number
        .map(|number| Some(Spanned::new(number, found.span)))
        .ok_or_else(|| Fault::new(found.span, format!("`{key}` must be a number of them")))
}

/// How often something is done: once where nothing is said.
fn number(node: &Node, key: &str, most: u64) -> Result<u64, Fault> {
    let Some(found) = get(node, key) else {
        return Ok(1);
    };
    let value = found.to_json();
    value
        .as_u64()
        .filter(|times| (1..=most).contains(times))
        .ok_or_else(|| {
            let message = format!("`{key}: {value}` is no number from 1 to {most}");
            Fault::new(found.span, message)
        })
}

/// A time span such as `90s`, `20m`, `3h` or `14d`, in ticks.
fn span(node: &Node, key: &str) -> Result<Option<i64>, Fault> {
    let Some(text) = string(node, key)? else {
        return Ok(None);
    };
    let fault = || {
        let message = format!(
            "`{key}: {}` is no time span; `90s`, `20m`, `3h` and `14d` are",
            text.value
        );
        Fault::new(text.span, message)
    };
    let unit = match text.value.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3_600,
        Some('d') => 86_400,
        _ => return Err(fault()),
    };
    let digits = &text.value[..text.value.len() - 1];
    let number: i64 = digits.parse().map_err(|_ignored| fault())?;
    number
        .checked_mul(unit * TICKS_PER_SECOND)
        .filter(|ticks| *ticks >= 0)
        .map(Some)
        .ok_or_else(fault)
}

/// No key but these, and none twice: a key that is not understood is a check that is not made.
fn only(node: &Node, keys: &[&str], of: &str) -> Result<(), Fault> {
    let yaml::Value::Mapping(entries) = &node.value else {
        return Err(Fault::new(node.span, format!("{of} must be a mapping")));
    };
    for (index, entry) in entries.iter().enumerate() {
        let key = &entry.key;
        if !keys.contains(&key.value.as_str()) {
            let accepted = keys.join("`, `");
            let message = format!(
                "{of} has the key `{}`; `{accepted}` are accepted",
                key.value
            );
            return Err(Fault::new(key.span, message));
        }
        if entries[..index]
            .iter()
            .any(|before| before.key.value == key.value)
        {
            return Err(Fault::new(
                key.span,
                format!("{of} has the key `{}` twice", key.value),
            ));
        }
    }
    Ok(())
}
