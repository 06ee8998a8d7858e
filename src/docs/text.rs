//! Markdown from plain text.

use crate::diag::Spanned;

/// One sentence per line, as the project writes its own Markdown.
pub(super) fn sentences(text: &str) -> String {
    let words = one_line(text);
    let mut lines = String::with_capacity(words.len());
    let mut rest = words.as_str();
    while let Some(end) = rest.find(". ") {
        let next = rest[end + 2..].chars().next();
        let (sentence, after) = rest.split_at(end + 1);
        lines.push_str(sentence);
        // A new line only where a sentence begins, not after an abbreviation.
        let begins = next.is_some_and(|c| c.is_uppercase() || c == '`');
        lines.push(if begins { '\n' } else { ' ' });
        rest = after.trim_start();
    }
    lines.push_str(rest);
    lines
}

/// Text as a cell of a table.
pub(super) fn cell(text: &str) -> String {
    one_line(text).replace('|', "\\|")
}

/// A list of texts as bullets.
pub(super) fn bullets(items: &[Spanned<String>]) -> String {
    let lines = items
        .iter()
        .map(|item| format!("* {}", one_line(&item.value)));
    lines.collect::<Vec<_>>().join("\n")
}

/// Text with every run of white space as one space.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text inside backticks, longer ones where the text holds some.
pub(super) fn code(text: &str) -> String {
    if text.contains('`') {
        format!("`` {text} ``")
    } else {
        format!("`{text}`")
    }
}
