//! JSON as template editors take it: comments, line ends inside strings, a comma too many, a byte-order mark.
//!
//! Lines stay where they are, so that the places in errors are those of the file, unless a string spans lines.

use serde_json::Value;

/// Reads the text.
pub(super) fn parse(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(&plain(text))
}

/// What the scanner stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Value,
    String,
    LineComment,
    BlockComment,
}

/// The text with everything blanked that plain JSON does not know.
fn plain(text: &str) -> String {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut out = String::with_capacity(text.len());
    let mut place = Place::Value;
    let mut characters = text.chars().peekable();
    // Where the last comma stands, while only white space and comments came after it.
    let mut comma: Option<usize> = None;
    while let Some(character) = characters.next() {
        match place {
            Place::Value => match character {
                '"' => {
                    comma = None;
                    place = Place::String;
                    out.push('"');
                }
                '/' if characters.peek() == Some(&'/') => {
                    place = Place::LineComment;
                    out.push(' ');
                }
                '/' if characters.peek() == Some(&'*') => {
                    characters.next();
                    place = Place::BlockComment;
                    out.push_str("  ");
                }
                ',' => {
                    comma = Some(out.len());
                    out.push(',');
                }
                '}' | ']' => {
                    if let Some(index) = comma.take() {
                        out.replace_range(index..=index, " ");
                    }
                    out.push(character);
                }
                other => {
                    if !other.is_whitespace() {
                        comma = None;
                    }
                    out.push(other);
                }
            },
            Place::String => match character {
                '\\' => {
                    out.push('\\');
                    out.extend(characters.next());
                }
                '"' => {
                    place = Place::Value;
                    out.push('"');
                }
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                other => out.push(other),
            },
            Place::LineComment => {
                if character == '\n' {
                    place = Place::Value;
                    out.push('\n');
                } else {
                    out.push(' ');
                }
            }
            Place::BlockComment => {
                if character == '*' && characters.peek() == Some(&'/') {
                    characters.next();
                    place = Place::Value;
                    out.push_str("  ");
                } else {
                    out.push(if character == '\n' { '\n' } else { ' ' });
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn comments_line_ends_and_a_comma_too_many_are_taken() {
        let text =
            "\u{FEFF}{ // what\n \"a\": \"x // no\ty\n z\", /* one\n two */ \"b\": [1, 2, ], }\n";
        assert_eq!(
            parse(text).expect("relaxed JSON"),
            json!({"a": "x // no\ty\n z", "b": [1, 2]})
        );
    }

    #[test]
    fn a_fault_is_reported_where_it_stands() {
        let error = parse("{\n  // note\n  \"a\": nope\n}").expect_err("no JSON");
        assert_eq!(error.line(), 3);
        for text in ["", "{", "\"abc", "/*", "{\"a\":}", "[1,,2]", "\"\\"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
