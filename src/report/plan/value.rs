//! One field that differs, for people.

use serde_json::Value;
use similar::ChangeTag;
use similar::TextDiff;

use crate::plan::diff::FieldChange;
use crate::plan::diff::Moved;
use crate::report::plan::ADDED;
use crate::report::plan::ASIDE;
use crate::report::plan::REMOVED;

/// Lines of context around a changed line.
const CONTEXT: usize = 2;

/// `severity: Medium -> High`; texts of several lines as a line diff, lists by what comes and goes.
pub(crate) fn difference(text: &mut String, change: &FieldChange) {
    let path = change.field.path();
    let moved = match change.moved {
        Moved::Live => format!(" {ASIDE}(changed in the workspace){ASIDE:#}"),
        Moved::Both => format!(" {ASIDE}(changed in the workspace and in the file){ASIDE:#}"),
        Moved::File | Moved::Unknown => String::new(),
    };
    match (&change.live, &change.desired) {
        (Some(Value::String(live)), Some(Value::String(desired)))
            if live.contains('\n') || desired.contains('\n') =>
        {
            text.push_str(&format!("    {path}:{moved}\n"));
            lines(text, live, desired);
        }
        (Some(Value::Array(live)), Some(Value::Array(desired))) => {
            text.push_str(&format!("    {path}:{moved}\n"));
            for gone in live.iter().filter(|item| !desired.contains(item)) {
                text.push_str(&format!("      {REMOVED}- {}{REMOVED:#}\n", plain(gone)));
            }
            for new in desired.iter().filter(|item| !live.contains(item)) {
                text.push_str(&format!("      {ADDED}+ {}{ADDED:#}\n", plain(new)));
            }
        }
        (live, desired) => {
            let side = |value: &Option<Value>| value.as_ref().map_or("(none)".to_owned(), plain);
            text.push_str(&format!(
                "    {path}: {REMOVED}{}{REMOVED:#} -> {ADDED}{}{ADDED:#}{moved}\n",
                side(live),
                side(desired)
            ));
        }
    }
}

/// The lines that differ, with some around them.
fn lines(text: &mut String, live: &str, desired: &str) {
    // Without a line end, a last line would differ from the same line in the middle.
    let (live, desired) = (format!("{live}\n"), format!("{desired}\n"));
    let diff = TextDiff::from_lines(&live, &desired);
    for (index, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if index > 0 {
            text.push_str(&format!("      {ASIDE}…{ASIDE:#}\n"));
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let line = printable(change.value().trim_end_matches(['\n', '\r']));
            match change.tag() {
                ChangeTag::Equal => text.push_str(&format!("        {ASIDE}{line}{ASIDE:#}\n")),
                ChangeTag::Delete => {
                    text.push_str(&format!("      {REMOVED}- {line}{REMOVED:#}\n"));
                }
                ChangeTag::Insert => text.push_str(&format!("      {ADDED}+ {line}{ADDED:#}\n")),
            }
        }
    }
}

/// A value without quotes, on one line.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => printable(&text.replace('\n', "⏎")),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => printable(&other.to_string()),
    }
}

/// Text from the service without what a terminal would obey.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\t' => ' ',
            control if control.is_control() => '\u{fffd}',
            other => other,
        })
        .collect()
}
