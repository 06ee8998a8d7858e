//! The `id` of a rule: a GUID, and what often stands in its place.

use uuid::Uuid;

use crate::diag::{Diagnostic, Span, Spanned};
use crate::rule::RuleId;
use crate::rule::codes;
use crate::rule::lower::missing;
use crate::rule::read::{Fields, Reader, first_line, write_fix};
use crate::rule::yaml::Value;

/// The id of a rule; the nil GUID stands in for one that cannot be read.
pub(super) fn lower(reader: &mut Reader<'_>, fields: &Fields<'_>, here: Span) -> Spanned<RuleId> {
    let Some(node) = fields.get("id") else {
        missing(
            reader,
            "id",
            here,
            "a GUID that no other rule has; `rulepost new` writes a rule with a fresh one",
        );
        return Spanned::new(RuleId(Uuid::nil()), here);
    };
    let written = reader.text.get(node.span.range()).unwrap_or_default();
    if matches!(&node.value, Value::Mapping(_)) && written.starts_with('{') {
        // In braces, as .NET writes GUIDs, which is a mapping to YAML.
        if let Ok(id) = Uuid::parse_str(written) {
            let message = format!("`{written}` is spelled `{id}`");
            reader.report(
                Diagnostic::new(&codes::VALUE_SPELLING, node.span, message)
                    .fix(write_fix(node.span, id.to_string())),
            );
            return Spanned::new(RuleId(id), node.span);
        }
        placeholder_id(reader, node.span, written);
        return Spanned::new(RuleId(Uuid::nil()), here);
    }
    let Some(text) = reader.text(node, "`id`") else {
        return Spanned::new(RuleId(Uuid::nil()), here);
    };
    if let Ok(id) = Uuid::parse_str(text.value.trim()) {
        let id = RuleId(id);
        if !text.value.trim().eq_ignore_ascii_case(&id.to_string()) {
            reader.spelling(node, &text.value, &id.to_string());
        }
        return Spanned::new(id, text.span);
    }
    if is_placeholder(text.value.trim()) {
        placeholder_id(reader, text.span, text.value.trim());
        return Spanned::new(RuleId(Uuid::nil()), here);
    }
    let message = format!("`{}` is not a GUID", text.value.trim());
    reader.fail(
        Diagnostic::new(&codes::INVALID_ID, text.span, message)
            .label("32 hexadecimal digits in groups of 8-4-4-4-12 are accepted")
            .help(
                "the id names the rule in the workspace and must never change once it is deployed",
            )
            .help("`rulepost new` writes a rule with a fresh one"),
    );
    Spanned::new(RuleId(Uuid::nil()), here)
}

/// Whether a text stands where a template wants a GUID: `{{GUID}}`, `<guid>`, `${ID}`, `[newGuid()]`, `__ID__`.
fn is_placeholder(text: &str) -> bool {
    [("{", "}"), ("<", ">"), ("$", ""), ("[", "]"), ("__", "__")]
        .iter()
        .any(|(start, end)| text.starts_with(start) && text.ends_with(end))
}

/// An id that a template leaves to whoever uses it.
fn placeholder_id(reader: &mut Reader<'_>, span: Span, written: &str) {
    let line = written.lines().next().unwrap_or_default();
    reader.fail(
        Diagnostic::new(
            &codes::INVALID_ID,
            first_line(reader.text, span),
            format!("`{line}` is a template's placeholder, not a GUID"),
        )
        .label("32 hexadecimal digits in groups of 8-4-4-4-12 are accepted")
        .help("write a GUID that no other rule has; `rulepost new` writes a rule with a fresh one"),
    );
}
