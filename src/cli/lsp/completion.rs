//! What may stand at a place of a query.

use std::collections::BTreeSet;

use lsp_types::CompletionItem;
use lsp_types::CompletionItemKind;

use super::document::InQuery;
use crate::kql;
use crate::kql::Schema;
use crate::kql::Type;
use crate::kql::ast::StatementKind;
use crate::kql::functions::aggregate_function;
use crate::kql::functions::function_names;

/// The operators, as they are written after `|`.
const OPERATORS: &[&str] = &[
    "as",
    "count",
    "distinct",
    "evaluate",
    "extend",
    "getschema",
    "invoke",
    "join",
    "lookup",
    "make-series",
    "mv-apply",
    "mv-expand",
    "order by",
    "parse",
    "parse-kv",
    "parse-where",
    "partition",
    "project",
    "project-away",
    "project-keep",
    "project-rename",
    "project-reorder",
    "sample",
    "scan",
    "serialize",
    "sort by",
    "summarize",
    "take",
    "top",
    "union",
    "where",
];

/// The part of a query that ends at a place, with what it may name.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// After `|`: an operator.
    Operator,
    /// Where rows come from: a table or a function that gives one.
    Source,
    /// Inside of an operator: columns of the rows that this text gives.
    Inside(String),
}

/// What may stand at the place.
pub(crate) fn items(at: InQuery<'_>, schema: &Schema) -> Vec<CompletionItem> {
    let query = &at.rule.query.value;
    let before = query.get(..at.offset).unwrap_or(query);
    let given = given(at);
    let item = |label: &str, kind, detail: Option<String>| CompletionItem {
        label: label.to_owned(),
        kind: Some(kind),
        detail,
        ..CompletionItem::default()
    };
    let mut items = Vec::new();
    match place(before) {
        Place::Operator => {
            let operators = OPERATORS.iter();
            items.extend(operators.map(|name| item(name, CompletionItemKind::KEYWORD, None)));
            return items;
        }
        Place::Source => {
            let tables: BTreeSet<&str> = schema.table_names().collect();
            items.extend(
                tables
                    .into_iter()
                    .map(|name| item(name, CompletionItemKind::STRUCT, Some("table".to_owned()))),
            );
            let functions: BTreeSet<&str> = schema.function_names().collect();
            let detail = || Some("function of the workspace".to_owned());
            items.extend(
                functions
                    .into_iter()
                    .map(|name| item(name, CompletionItemKind::FUNCTION, detail())),
            );
        }
        Place::Inside(rows) => {
            let checked = kql::check_given(&rows, schema, &given);
            for column in &checked.columns {
                items.push(item(
                    &column.name,
                    CompletionItemKind::FIELD,
                    Some(column.ty.to_string()),
                ));
            }
            let names: BTreeSet<&str> = function_names().collect();
            for name in names {
                let kind = if aggregate_function(name).is_some() {
                    "aggregate"
                } else {
                    "function"
                };
                items.push(item(
                    name,
                    CompletionItemKind::FUNCTION,
                    Some(kind.to_owned()),
                ));
            }
        }
    }
    for statement in &kql::parse(before).query.statements {
        if let StatementKind::Let { name, .. } = &statement.kind
            && !name.text.is_empty()
        {
            items.push(item(
                &name.text,
                CompletionItemKind::VARIABLE,
                Some("let".to_owned()),
            ));
        }
    }
    for (name, ty) in given {
        items.push(item(
            name,
            CompletionItemKind::CONSTANT,
            Some(format!("parameter, {ty}")),
        ));
    }
    items
}

/// The parameters of the rule.
pub(crate) fn given(at: InQuery<'_>) -> Vec<(&str, Type)> {
    let parameters = at.rule.extension.parameters.iter();
    let typed = parameters.map(|one| {
        let ty = Type::from_name(one.kind.value.as_str());
        (one.name.value.as_str(), ty.unwrap_or(Type::Dynamic))
    });
    typed.collect()
}

/// The columns that are in reach where a text ends.
pub(crate) fn columns(at: InQuery<'_>, schema: &Schema) -> Vec<kql::Column> {
    let query = &at.rule.query.value;
    match place(query.get(..at.offset).unwrap_or(query)) {
        Place::Inside(rows) => kql::check_given(&rows, schema, &given(at)).columns,
        Place::Operator | Place::Source => Vec::new(),
    }
}

/// What kind of place the end of a text is. The word that is being written there is left aside.
fn place(before: &str) -> Place {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '-');
    let text = before.trim_end_matches(is_word);
    let parsed = kql::parse(text);
    // Where brackets are still open, and the last `|` and `;` at each depth.
    let mut levels = vec![Level {
        start: 0,
        pipe: None,
    }];
    let mut prelude = 0;
    let mut last = "";
    for token in &parsed.tokens {
        let range = token.span.range();
        let Some(word) = text.get(range.clone()).filter(|word| !word.is_empty()) else {
            continue;
        };
        match word {
            "(" | "[" | "{" => levels.push(Level {
                start: range.end,
                pipe: None,
            }),
            ")" | "]" | "}" if levels.len() > 1 => {
                levels.pop();
            }
            ";" if levels.len() == 1 => {
                prelude = range.end;
                levels = vec![Level {
                    start: range.end,
                    pipe: None,
                }];
            }
            "|" => {
                if let Some(level) = levels.last_mut() {
                    level.pipe = Some(range.start);
                }
            }
            _ => {}
        }
        last = word;
    }
    if last == "|" {
        return Place::Operator;
    }
    let rows = levels.iter().rev().find_map(|level| {
        let pipe = level.pipe?;
        // The rows of a query in brackets are its own, with the `let`s before it in reach.
        Some(format!(
            "{}\n{}",
            &text[..prelude.min(level.start)],
            &text[level.start..pipe]
        ))
    });
    let starts_rows = levels
        .last()
        .is_some_and(|level| text[level.start..].trim().is_empty());
    match rows {
        Some(_) if starts_rows && after_join(text) => Place::Source,
        Some(rows) if last != "union" => Place::Inside(rows),
        _ => Place::Source,
    }
}

/// Whether an open bracket at the end of a text is that of a `join`, a `union` or the like.
fn after_join(text: &str) -> bool {
    let operator = text.rsplit('|').next().unwrap_or_default().trim_start();
    ["join", "lookup", "union"]
        .iter()
        .any(|name| operator.starts_with(name))
        && text.trim_end().ends_with('(')
}

/// One depth of brackets.
#[derive(Debug, Clone, Copy)]
struct Level {
    start: usize,
    pipe: Option<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_apart() {
        let inside = |rows: &str| Place::Inside(format!("\n{rows}"));
        for (text, wanted) in [
            ("", Place::Source),
            ("Sig", Place::Source),
            ("let x = 1;\nSig", Place::Source),
            ("T\n| wh", Place::Operator),
            ("T | project-a", Place::Operator),
            ("T | where a == 1 and b", inside("T ")),
            (
                "T | where a == 1 | extend c = strlen(b",
                inside("T | where a == 1 "),
            ),
            ("T | join kind=inner (U", Place::Source),
            ("T | join kind=inner (U | where a", inside("U ")),
            ("T | join kind=inner (U | where a == 1) on k", inside("T ")),
            ("T | where a in (toscalar(U | project b", inside("U ")),
            ("T | where x == 'a | b' and c", inside("T ")),
        ] {
            assert_eq!(place(text), wanted, "{text}");
        }
    }
}
