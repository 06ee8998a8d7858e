//! What is known of the name under the cursor, and of what was found there.

use super::completion;
use super::document::Document;
use super::document::InQuery;
use crate::kql::Schema;
use crate::kql::functions::BuiltInFunction;
use crate::kql::functions::FunctionKind;
use crate::kql::functions::aggregate_function;
use crate::kql::functions::scalar_function;

/// Most columns of a table that are listed.
const MOST: usize = 40;

/// Markdown about a byte of the text; none where there is nothing to say.
pub(crate) fn hover(document: &Document, byte: usize, schema: &Schema) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(at) = document.in_query(byte) {
        parts.extend(name(at, schema));
    }
    for finding in document.findings(byte..byte) {
        let code = finding.code;
        parts.push(format!(
            "**{}**: {}\n\n{}",
            code.id,
            code.title,
            code.text().trim_end()
        ));
    }
    (!parts.is_empty()).then(|| parts.join("\n\n---\n\n"))
}

/// What the name at a place of a query stands for.
fn name(at: InQuery<'_>, schema: &Schema) -> Option<String> {
    let query = &at.rule.query.value;
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let start = query.get(..at.offset)?.trim_end_matches(is_word).len();
    let rest = query.get(start..)?;
    let word = &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())];
    if word.is_empty() {
        return None;
    }
    let called = rest[word.len()..].trim_start().starts_with('(');
    if called && let Some(function) = scalar_function(word).or_else(|| aggregate_function(word)) {
        return Some(function_text(function));
    }
    if let Some((_, ty)) = completion::given(at)
        .into_iter()
        .find(|(name, _)| *name == word)
    {
        return Some(format!("`{word}`: `{ty}`, a parameter of the rule"));
    }
    let here = InQuery {
        offset: start,
        ..at
    };
    if let Some(column) = completion::columns(here, schema)
        .into_iter()
        .find(|c| *c.name == *word)
    {
        return Some(format!("`{word}`: `{}`, a column", column.ty));
    }
    if let Some(table) = schema.table(word) {
        return Some(table_text(word, "table", &table.columns));
    }
    if let Some(function) = schema.asim_function(word) {
        return Some(table_text(word, "ASIM function", &function.table.columns));
    }
    schema
        .function(word)
        .map(|_| format!("`{word}`: a function of the workspace"))
}

fn function_text(function: &BuiltInFunction) -> String {
    let kind = match function.kind {
        FunctionKind::Scalar => "scalar function",
        FunctionKind::Aggregate => "aggregate",
    };
    let takes: Vec<&str> = function.parameters.iter().map(|one| one.phrase()).collect();
    let takes = if takes.is_empty() {
        String::new()
    } else {
        format!(": {}", takes.join(", "))
    };
    format!(
        "`{}()`: {kind}, {}{takes}",
        function.name,
        function.arguments.phrase()
    )
}

fn table_text(name: &str, what: &str, columns: &[crate::kql::Column]) -> String {
    let listed = columns
        .iter()
        .take(MOST)
        .map(|c| format!("\n{}: {}", &*c.name, c.ty));
    let mut text = format!(
        "`{name}`: {what} with {} columns\n```text{}\n",
        columns.len(),
        listed.collect::<String>()
    );
    if columns.len() > MOST {
        text.push_str("…\n");
    }
    text + "```"
}
