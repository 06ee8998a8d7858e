//! Functions on strings.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::Regex;

use super::Def;
use super::MANY;
use super::Out;
use super::arg;
use super::def;
use super::def_as;
use crate::engine::text::text;
use crate::engine::value::Type;
use crate::engine::value::Value;

thread_local! {
    /// Patterns that were compiled before; a bad pattern is none.
    static REGEXES: RefCell<HashMap<String, Option<Regex>>> = RefCell::new(HashMap::new());
}

/// The compiled `pattern`; none where it is no regular expression.
pub(crate) fn cached_regex(pattern: &str) -> Option<Regex> {
    REGEXES.with_borrow_mut(|known| {
        if let Some(regex) = known.get(pattern) {
            return regex.clone();
        }
        if known.len() > 1000 {
            known.clear();
        }
        let regex = Regex::new(pattern).ok();
        known.insert(pattern.to_owned(), regex.clone());
        regex
    })
}

/// A replacement with `\1` as the library writes it: `${1}`.
pub(crate) fn expand_template(template: &str) -> String {
    let mut out = String::new();
    let mut chars = template.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '$' => out.push_str("$$"),
            '\\' => match chars.peek() {
                Some(d) if d.is_ascii_digit() => {
                    out.push_str(&format!("${{{d}}}"));
                    chars.next();
                }
                Some('\\') => {
                    out.push('\\');
                    chars.next();
                }
                _ => out.push('\\'),
            },
            c => out.push(c),
        }
    }
    out
}

pub(super) fn lookup(name: &str) -> Option<Def> {
    use Type::{Bool, Dynamic, Long, String};
    match name {
        "strlen" => def(1, 1, Long, |a| {
            Value::Long(text(&a[0]).chars().count() as i64)
        }),
        "string_size" => def(1, 1, Long, |a| Value::Long(text(&a[0]).len() as i64)),
        "strcat" => def(1, MANY, String, |a| {
            let mut out = std::string::String::new();
            for value in a {
                value.write_text(&mut out);
            }
            out.into()
        }),
        "strcat_delim" => def(2, MANY, String, |a| {
            let parts: Vec<_> = a[1..].iter().map(text).collect();
            parts.join(&text(&a[0])).into()
        }),
        "strcat_array" | "array_strcat" => def(2, 2, String, |a| {
            let parts: Vec<_> = a[0]
                .as_array()
                .unwrap_or_default()
                .iter()
                .map(text)
                .collect();
            parts.join(&text(&a[1])).into()
        }),
        "strcmp" => def(2, 2, Type::Int, |a| {
            Value::Int(text(&a[0]).cmp(&text(&a[1])) as i32)
        }),
        "strrep" => def(2, 3, String, |a| {
            let count = usize::try_from(a[1].as_long().unwrap_or(0))
                .unwrap_or(0)
                .min(1024);
            let part = text(&a[0]);
            vec![part.as_ref(); count].join(&text(arg(a, 2))).into()
        }),
        "tolower" => def(1, 1, String, |a| text(&a[0]).to_lowercase().into()),
        "toupper" => def(1, 1, String, |a| text(&a[0]).to_uppercase().into()),
        "reverse" => def(1, 1, String, |a| {
            text(&a[0])
                .chars()
                .rev()
                .collect::<std::string::String>()
                .into()
        }),
        "substring" => def(2, 3, String, substring),
        "trim" => def(2, 2, String, |a| trim(a, true, true)),
        "trim_start" => def(2, 2, String, |a| trim(a, true, false)),
        "trim_end" => def(2, 2, String, |a| trim(a, false, true)),
        "split" => def(2, 3, Dynamic, split),
        "replace_string" => def(3, 3, String, |a| {
            let from = text(&a[1]);
            if from.is_empty() {
                return a[0].clone();
            }
            text(&a[0]).replace(from.as_ref(), &text(&a[2])).into()
        }),
        "replace_strings" => def(3, 3, String, replace_strings),
        "replace_regex" | "replace" => def(3, 3, String, |a| {
            // `replace` is the old name, with the text as its last argument.
            replace_regex(&a[0], &a[1], &a[2])
        }),
        "indexof" => def(2, 5, Long, indexof),
        "indexof_regex" => def(2, 5, Long, indexof_regex),
        "countof" => def(2, 3, Long, countof),
        "extract" => def(3, 4, String, |a| {
            let Some(regex) = cached_regex(&text(&a[0])) else {
                return Value::text("");
            };
            extract(&regex, &a[1], &text(&a[2]))
        }),
        "extract_all" | "extractall" => def(2, 3, Dynamic, extract_all),
        "has_any_index" => def(2, 2, Long, |a| {
            let source = crate::engine::text::fold(&text(&a[0])).into_owned();
            let Some(words) = a[1].as_array() else {
                return Value::Null;
            };
            let at = words.iter().position(|w| {
                let word = text(w).to_lowercase();
                crate::engine::text::has(&source, &word, crate::engine::text::Bounds::Both)
            });
            Value::Long(at.map_or(-1, |n| n as i64))
        }),
        "translate" => def(3, 3, String, |a| {
            let (from, to) = (text(&a[0]), text(&a[1]));
            let to: Vec<char> = to.chars().collect();
            let from: Vec<char> = from.chars().collect();
            text(&a[2])
                .chars()
                .filter_map(|c| match from.iter().position(|f| *f == c) {
                    Some(at) => to.get(at).or(to.last()).copied(),
                    None => Some(c),
                })
                .collect::<std::string::String>()
                .into()
        }),
        "unicode_codepoints_from_string" | "to_utf8" => def(1, 1, Dynamic, |a| {
            Value::array(
                text(&a[0])
                    .chars()
                    .map(|c| Value::Long(i64::from(u32::from(c))))
                    .collect(),
            )
        }),
        "unicode_codepoints_to_string" | "make_string" => def(1, MANY, String, |a| {
            let mut out = std::string::String::new();
            for value in a {
                let one = std::slice::from_ref(value);
                for code in value.as_array().unwrap_or(one) {
                    let code = code.as_long().and_then(|n| u32::try_from(n).ok());
                    let Some(c) = code.and_then(char::from_u32) else {
                        return Value::text("");
                    };
                    out.push(c);
                }
            }
            out.into()
        }),
        "regex_quote" => def(1, 1, String, |a| {
            let mut out = std::string::String::new();
            for c in text(&a[0]).chars() {
                if c.is_ascii() && !c.is_ascii_alphanumeric() && c != '_' && c != ' ' {
                    out.push('\\');
                }
                out.push(c);
            }
            out.into()
        }),
        "isempty" => def(1, 1, Bool, |a| Value::Bool(is_empty(&a[0]))),
        "isnotempty" | "notempty" => def(1, 1, Bool, |a| Value::Bool(!is_empty(&a[0]))),
        "isnull" => def(1, 1, Bool, |a| Value::Bool(a[0].is_null())),
        "isnotnull" | "notnull" => def(1, 1, Bool, |a| Value::Bool(!a[0].is_null())),
        "isascii" => def(1, 1, Bool, |a| Value::Bool(text(&a[0]).is_ascii())),
        "isutf8" => def(1, 1, Bool, |_| Value::Bool(true)),
        "tostring" => def(1, 1, String, |a| Value::String(a[0].to_text())),
        "coalesce" => def_as(1, MANY, Out::Common(0), |a| {
            a.iter().find(|v| !is_empty(v)).cloned().unwrap_or_default()
        }),
        "punycode_from_string" => def(1, 1, String, |a| {
            idna::punycode::encode_str(&text(&a[0]))
                .unwrap_or_default()
                .into()
        }),
        "punycode_to_string" => def(1, 1, String, |a| {
            idna::punycode::decode_to_string(&text(&a[0]))
                .unwrap_or_default()
                .into()
        }),
        // As documented, it is the one from a string that decodes a domain.
        "punycode_domain_from_string" => def(1, 1, String, |a| {
            labels(&text(&a[0]), |label| match label.strip_prefix("xn--") {
                Some(code) => idna::punycode::decode_to_string(code),
                None => Some(label.to_owned()),
            })
        }),
        "punycode_domain_to_string" => def(1, 1, String, |a| {
            labels(&text(&a[0]), |label| {
                if label.is_ascii() {
                    return Some(label.to_owned());
                }
                idna::punycode::encode_str(label).map(|code| format!("xn--{code}"))
            })
        }),
        _ => None,
    }
}

/// A domain with each label changed; empty where one cannot be.
fn labels(domain: &str, change: impl Fn(&str) -> Option<String>) -> Value {
    let changed: Option<Vec<String>> = domain.split('.').map(change).collect();
    changed.map(|l| l.join(".")).unwrap_or_default().into()
}

/// Null or an empty text.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

fn substring(a: &[Value]) -> Value {
    let source = text(&a[0]);
    let Some(start) = a[1].as_long() else {
        return Value::text("");
    };
    let count = source.chars().count() as i64;
    let start = if start < 0 {
        (count + start).max(0)
    } else {
        start
    };
    let take = match a.get(2) {
        None => usize::MAX,
        Some(n) => match n.as_long() {
            Some(n) if n >= 0 => n as usize,
            _ => usize::MAX,
        },
    };
    source
        .chars()
        .skip(start as usize)
        .take(take)
        .collect::<String>()
        .into()
}

fn trim(a: &[Value], start: bool, end: bool) -> Value {
    let pattern = text(&a[0]);
    let source = text(&a[1]);
    let mut rest: &str = &source;
    if start && let Some(m) = cached_regex(&format!("^(?:{pattern})")).and_then(|r| r.find(rest)) {
        rest = &rest[m.end()..];
    }
    if end && let Some(m) = cached_regex(&format!("(?:{pattern})$")).and_then(|r| r.find(rest)) {
        rest = &rest[..m.start()];
    }
    rest.into()
}

fn split(a: &[Value]) -> Value {
    let source = text(&a[0]);
    let delimiter = text(&a[1]);
    let parts: Vec<Value> = if delimiter.is_empty() {
        vec![source.as_ref().into()]
    } else {
        source.split(delimiter.as_ref()).map(Value::from).collect()
    };
    match a.get(2).and_then(Value::as_long) {
        None => Value::array(parts),
        Some(index) => {
            let index = if index < 0 {
                parts.len() as i64 + index
            } else {
                index
            };
            Value::array(
                usize::try_from(index)
                    .ok()
                    .and_then(|i| parts.get(i).cloned())
                    .into_iter()
                    .collect(),
            )
        }
    }
}

/// Each text of the list by its rewrite, an earlier one of the list before a later one wherever it stands.
///
/// What an earlier text matched is done with: neither it nor its rewrite is looked at again. A lookup that is no text
/// is passed over; one whose rewrite is none keeps what it matched.
fn replace_strings(a: &[Value]) -> Value {
    /// A stretch of the result.
    enum Piece<'a> {
        /// Still to be looked through.
        Open(&'a str),
        /// Matched.
        Done(&'a str),
    }
    let source = text(&a[0]);
    let words = a[1].as_array().unwrap_or_default();
    let rewrites = a[2].as_array().unwrap_or_default();
    let mut pieces = vec![Piece::Open(source.as_ref())];
    for (index, word) in words.iter().enumerate() {
        let Value::String(word) = word else {
            continue;
        };
        if word.is_empty() {
            continue;
        }
        let mut next = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let Piece::Open(open) = piece else {
                next.push(piece);
                continue;
            };
            let mut from = 0;
            for (at, found) in open.match_indices(word.as_ref()) {
                next.push(Piece::Open(&open[from..at]));
                next.push(Piece::Done(match rewrites.get(index) {
                    Some(Value::String(rewrite)) => rewrite.as_ref(),
                    _ => found,
                }));
                from = at + found.len();
            }
            next.push(Piece::Open(&open[from..]));
        }
        pieces = next;
    }
    let mut out = String::with_capacity(source.len());
    for piece in &pieces {
        let (Piece::Open(part) | Piece::Done(part)) = piece;
        out.push_str(part);
    }
    out.into()
}

/// `replace_regex(source, pattern, rewrite)`
pub(crate) fn replace_regex(source: &Value, pattern: &Value, rewrite: &Value) -> Value {
    let source = text(source);
    match cached_regex(&text(pattern)) {
        Some(regex) => regex
            .replace_all(&source, expand_template(&text(rewrite)))
            .as_ref()
            .into(),
        None => source.as_ref().into(),
    }
}

/// The window of characters that `start` and `length` name, as byte offsets.
fn window(source: &str, start: i64, length: i64) -> Option<(usize, usize)> {
    let count = source.chars().count() as i64;
    let start = if start < 0 { count + start } else { start };
    if start < 0 || start > count {
        return None;
    }
    let end = if length < 0 {
        count
    } else {
        (start + length).min(count)
    };
    let byte = |n: i64| {
        source
            .char_indices()
            .nth(n as usize)
            .map_or(source.len(), |(at, _)| at)
    };
    Some((byte(start), byte(end)))
}

fn indexof(a: &[Value]) -> Value {
    let source = text(&a[0]);
    let needle = text(&a[1]);
    let start = arg(a, 2).as_long().unwrap_or(0);
    let length = arg(a, 3).as_long().unwrap_or(-1);
    let occurrence = arg(a, 4).as_long().unwrap_or(1);
    if occurrence < 1 || length < -1 {
        return Value::Null;
    }
    let count = source.chars().count() as i64;
    // A start before the beginning is the beginning; one after the end finds nothing.
    let start = if start < 0 {
        (count + start).max(0)
    } else {
        start
    };
    let Some((from, mut to)) = window(&source, start, length) else {
        return Value::Long(-1);
    };
    // The length holds for each search: the next occurrence is looked for in as many characters again, as the
    // reference's example shows, which finds one that begins within the window and ends after it.
    let mut ahead = source[to..].char_indices().map(|(i, c)| (i, c.len_utf8()));
    let behind = to;
    let mut at = from;
    let mut left = occurrence;
    while let Some(found) = source[at..to].find(needle.as_ref()) {
        left -= 1;
        if left == 0 {
            return Value::Long(source[..at + found].chars().count() as i64);
        }
        let next = at
            + found
            + source[at + found..]
                .chars()
                .next()
                .map_or(1, char::len_utf8);
        if next > source.len() {
            break;
        }
        // The end moves on by as many characters as the start does.
        for _ in source[at..next].chars() {
            match ahead.next() {
                Some((i, size)) => to = behind + i + size,
                None => break,
            }
        }
        at = next;
        if at > to {
            break;
        }
    }
    Value::Long(-1)
}

fn indexof_regex(a: &[Value]) -> Value {
    let source = text(&a[0]);
    let start = arg(a, 2).as_long().unwrap_or(0);
    let length = arg(a, 3).as_long().unwrap_or(-1);
    let occurrence = arg(a, 4).as_long().unwrap_or(1);
    if start < 0 || occurrence < 1 || length < -1 {
        return Value::Null;
    }
    let Some(regex) = cached_regex(&text(&a[1])) else {
        return Value::Null;
    };
    let Some((from, to)) = window(&source, start, length) else {
        return Value::Long(-1);
    };
    regex
        .find_iter(&source[from..to])
        .nth(occurrence as usize - 1)
        .map_or(Value::Long(-1), |m| {
            Value::Long(source[..from + m.start()].chars().count() as i64)
        })
}

fn countof(a: &[Value]) -> Value {
    let source = text(&a[0]);
    let needle = text(&a[1]);
    if text(arg(a, 2)) == "regex" {
        return cached_regex(&needle).map_or(Value::Null, |r| {
            Value::Long(r.find_iter(&source).count() as i64)
        });
    }
    if needle.is_empty() {
        return Value::Long(0);
    }
    // Plain occurrences may overlap.
    let mut count = 0;
    let mut at = 0;
    while let Some(found) = source[at..].find(needle.as_ref()) {
        count += 1;
        at += found
            + source[at + found..]
                .chars()
                .next()
                .map_or(1, char::len_utf8);
    }
    Value::Long(count)
}

/// The group `group` of the first match; an empty text where there is none.
pub(crate) fn extract(regex: &Regex, group: &Value, source: &str) -> Value {
    let found = match group {
        Value::String(name) => regex
            .captures(source)
            .and_then(|c| c.name(name).map(|m| m.as_str())),
        number => {
            let index = usize::try_from(number.as_long().unwrap_or(0)).unwrap_or(usize::MAX);
            if index == 0 {
                regex.find(source).map(|m| m.as_str())
            } else {
                regex
                    .captures(source)
                    .and_then(|c| c.get(index).map(|m| m.as_str()))
            }
        }
    };
    found.unwrap_or_default().into()
}

fn extract_all(a: &[Value]) -> Value {
    let Some(regex) = cached_regex(&text(&a[0])) else {
        return Value::Null;
    };
    let (groups, source) = match a.get(2) {
        Some(source) => (a[1].as_array(), text(source)),
        None => (None, text(&a[1])),
    };
    let all: Vec<usize> = match groups {
        Some(wanted) => wanted
            .iter()
            .filter_map(|g| match g {
                Value::String(name) => regex.capture_names().position(|n| n == Some(name.as_ref())),
                number => usize::try_from(number.as_long()?).ok(),
            })
            .collect(),
        None => (1..regex.captures_len()).collect(),
    };
    let all = if all.is_empty() { vec![0] } else { all };
    let matches: Vec<Value> = regex
        .captures_iter(&source)
        .map(|c| {
            let mut items = all
                .iter()
                .map(|g| c.get(*g).map_or("", |m| m.as_str()).into());
            if all.len() == 1 {
                items.next().unwrap_or_default()
            } else {
                Value::array(items.collect())
            }
        })
        .collect();
    if matches.is_empty() {
        return Value::Null;
    }
    Value::array(matches)
}
