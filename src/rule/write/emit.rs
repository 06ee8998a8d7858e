//! Values to YAML text: block style, two blanks a level, quotes only where they are needed.
//!
//! What is written is read back the same by YAML 1.1 and 1.2 readers, so words and numbers that either of them would
//! take for something else are quoted.

use std::fmt::Write as _;

/// A value to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Out {
    /// A number, a truth value, a duration: written as it is.
    Plain(String),
    /// A text, in the style that suits it.
    Text(String),
    /// A text that is always a literal block, such as a query; its end is one line end.
    Block(String),
    /// Items, one a line.
    List(Vec<Self>),
    /// Keys with values, one a line.
    Map(Vec<(String, Self)>),
}

/// Texts on one line may be this long, their key included, before they are folded.
const WIDTH: usize = 110;

/// A whole document.
pub(crate) fn document(entries: &[(String, Out)]) -> String {
    let mut text = String::new();
    mapping(&mut text, entries, 0);
    text
}

/// One entry of a document.
pub(crate) fn entry(key: &str, value: &Out) -> String {
    let mut text = String::new();
    write_entry(&mut text, key, value, 0);
    text
}

fn mapping(text: &mut String, entries: &[(String, Out)], depth: usize) {
    for (index, (key, value)) in entries.iter().enumerate() {
        // The first key of a list's item stands on the line of its dash.
        if index > 0 || text.is_empty() || text.ends_with('\n') {
            indent(text, depth);
        }
        write_entry(text, key, value, depth);
    }
}

fn write_entry(text: &mut String, key: &str, value: &Out, depth: usize) {
    let key = scalar(key);
    text.push_str(&key);
    text.push(':');
    match value {
        Out::List(items) if items.is_empty() => text.push_str(" []\n"),
        Out::Map(entries) if entries.is_empty() => text.push_str(" {}\n"),
        Out::List(items) => {
            text.push('\n');
            list(text, items, depth + 2);
        }
        Out::Map(entries) => {
            text.push('\n');
            mapping(text, entries, depth + 2);
        }
        _ => {
            text.push(' ');
            leaf(text, value, depth + 2, depth + key.len() + 2);
        }
    }
}

fn list(text: &mut String, items: &[Out], depth: usize) {
    for item in items {
        indent(text, depth);
        text.push_str("- ");
        match item {
            Out::List(items) if items.is_empty() => text.push_str("[]\n"),
            Out::Map(entries) if entries.is_empty() => text.push_str("{}\n"),
            Out::List(items) => {
                // A list in a list begins on a line of its own.
                text.truncate(text.trim_end_matches(' ').len());
                text.push('\n');
                list(text, items, depth + 2);
            }
            Out::Map(entries) => mapping(text, entries, depth + 2),
            _ => leaf(text, item, depth + 2, depth + 2),
        }
    }
}

fn indent(text: &mut String, depth: usize) {
    text.extend(std::iter::repeat_n(' ', depth));
}

/// A scalar; `depth` is the indentation of a block, `column` where the line is now.
fn leaf(text: &mut String, value: &Out, depth: usize, column: usize) {
    match value {
        Out::Plain(word) => text.push_str(word),
        Out::Block(block) => {
            let block = block.trim_end();
            if !literal(text, &format!("{block}\n"), depth) {
                text.push_str(&double_quoted(block));
            }
        }
        Out::Text(words) => {
            let folds = words.chars().count() + column > WIDTH && can_fold(words);
            let multiline = words.contains('\n');
            if folds {
                fold(text, words, depth);
            } else if !multiline || !literal(text, words, depth) {
                text.push_str(&scalar(words));
            }
        }
        Out::List(_) | Out::Map(_) => {}
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
}

/// Writes a literal block, when a block can hold the text.
fn literal(text: &mut String, value: &str, depth: usize) -> bool {
    let body = value.trim_end_matches('\n');
    let printable = |c: char| c == '\n' || c == '\t' || is_printable(c);
    // A reader built on libyaml takes a tab at the beginning for indentation.
    let starts_well = !body.starts_with(['\t', '\n']);
    if body.is_empty() || !starts_well || !value.chars().all(printable) {
        return false;
    }
    text.push('|');
    if body.starts_with(' ') {
        text.push('2');
    }
    match value.len() - body.len() {
        0 => text.push('-'),
        1 => {}
        _ => text.push('+'),
    }
    text.push('\n');
    for line in value.split_inclusive('\n') {
        if line != "\n" {
            indent(text, depth);
        }
        text.push_str(line);
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    true
}

/// Whether folding at blanks gives the same text back.
fn can_fold(words: &str) -> bool {
    let plain = words
        .chars()
        .all(|c| c == ' ' || (is_printable(c) && c != '\n'));
    plain && !words.contains("  ") && words.trim() == words && words.contains(' ')
}

fn fold(text: &mut String, words: &str, depth: usize) {
    text.push_str(">-\n");
    indent(text, depth);
    let mut column = depth;
    for (index, word) in words.split(' ').enumerate() {
        let length = word.chars().count();
        if index > 0 {
            if column + 1 + length > WIDTH {
                text.push('\n');
                indent(text, depth);
                column = depth;
            } else {
                text.push(' ');
                column += 1;
            }
        }
        text.push_str(word);
        column += length;
    }
    text.push('\n');
}

/// A text on one line: plain, in single quotes, or in double quotes.
fn scalar(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    if text.chars().all(|c| is_printable(c) && c != '\n') {
        return format!("'{}'", text.replace('\'', "''"));
    }
    double_quoted(text)
}

fn double_quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if is_printable(c) => quoted.push(c),
            c if (c as u32) <= 0xff => {
                let _ = write!(quoted, "\\x{:02x}", c as u32);
            }
            c if (c as u32) <= 0xffff => {
                let _ = write!(quoted, "\\u{:04x}", c as u32);
            }
            c => {
                let _ = write!(quoted, "\\U{:08x}", c as u32);
            }
        }
    }
    quoted.push('"');
    quoted
}

/// Whether YAML lets a character stand as it is; line ends of other alphabets and marks are not among them.
fn is_printable(c: char) -> bool {
    !c.is_control()
        && !matches!(
            c,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
}

/// Whether a text can stand without quotes and is read as a text by every reader.
fn is_plain(text: &str) -> bool {
    let first = text.chars().next();
    let begins = first
        .is_some_and(|c| c.is_alphanumeric() || matches!(c, '/' | '_' | '.' | '(' | '$' | '+'));
    let ends = text.chars().last().is_some_and(|c| c != ':' && c != ' ');
    begins
        && ends
        && text.chars().all(|c| is_printable(c) && c != '\n')
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.starts_with("...")
        && !is_other_type(text)
}

/// Whether a reader could take a plain text for a number, a truth value, a null or a date.
fn is_other_type(text: &str) -> bool {
    const WORDS: [&str; 14] = [
        "true", "false", "yes", "no", "on", "off", "null", "y", "n", ".nan", ".inf", "+.inf",
        "nan", "inf",
    ];
    let lower = text.to_ascii_lowercase();
    if WORDS.contains(&lower.as_str()) {
        return true;
    }
    // Numbers in all their spellings, sexagesimal ones and dates have only these characters.
    let numeric = |c: char| {
        c.is_ascii_hexdigit()
            || matches!(c, '.' | '+' | '-' | ':' | '_' | 'x' | 'o' | 't' | 'z' | ' ')
    };
    let starts = lower.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | '+'));
    starts && lower.chars().all(numeric) && !is_known_text(&lower)
}

/// Texts of digits that no reader takes for anything else: versions, GUIDs and short durations.
fn is_known_text(lower: &str) -> bool {
    let parts: Vec<&str> = lower.split('.').collect();
    let number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let version = parts.len() == 3 && parts.iter().all(number);
    let guid = uuid::Uuid::parse_str(lower).is_ok() && lower.len() == 36;
    let duration = lower.len() > 1
        && lower.ends_with('d')
        && lower[..lower.len() - 1]
            .bytes()
            .all(|byte| byte.is_ascii_digit());
    version || guid || duration
}
