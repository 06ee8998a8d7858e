//! Just enough of KQL's lexis for the lints: what is code, what is text, what is comment.

use std::ops::Range;

use crate::diag::{Edit, SourceMap, Span};
use crate::duration::Duration;
use crate::kql::span::TextSpan;
use crate::rule::Rule;
use crate::rule::embedded::Embedded;
use crate::rule::yaml::{ScalarStyle, scalar_style};

/// A query with its strings and comments set apart.
#[derive(Debug)]
pub(crate) struct Query {
    /// The query, its strings and comments blanked out, byte for byte as long.
    pub(crate) code: String,
    /// The contents of string literals, without quotes.
    pub(crate) strings: Vec<Range<usize>>,
}

impl Query {
    /// Sets the strings and comments of a query apart.
    pub(crate) fn new(text: &str) -> Self {
        let mut code = text.as_bytes().to_vec();
        let mut strings = Vec::new();
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            let end = if rest.starts_with(b"//") {
                at + rest
                    .iter()
                    .position(|byte| *byte == b'\n')
                    .unwrap_or(rest.len())
            } else if rest.starts_with(b"```") || rest.starts_with(b"~~~") {
                let fence = &rest[..3];
                let body = rest[3..].windows(3).position(|window| window == fence);
                let length = body.unwrap_or(rest.len() - 3);
                strings.push(at + 3..at + 3 + length);
                (at + 6 + length).min(bytes.len())
            } else if matches!(rest[0], b'"' | b'\'') {
                let verbatim = at > 0 && bytes[at - 1] == b'@';
                let length = string_length(&rest[1..], rest[0], verbatim);
                strings.push(at + 1..at + 1 + length);
                (at + 2 + length).min(bytes.len())
            } else {
                at += 1;
                continue;
            };
            for byte in &mut code[at..end] {
                if *byte != b'\n' {
                    *byte = b' ';
                }
            }
            at = end;
        }
        Self {
            // Blanking whole strings and comments cannot split a character.
            code: String::from_utf8_lossy(&code).into_owned(),
            strings,
        }
    }

    /// Words of the code with their places: names, keywords, numbers with their unit.
    pub(crate) fn words(&self) -> impl Iterator<Item = (usize, &str)> {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
        let mut at = 0;
        std::iter::from_fn(move || {
            let start = at + self.code[at..].find(is_word)?;
            let length = self.code[start..].find(|c| !is_word(c));
            at = length.map_or(self.code.len(), |length| start + length);
            Some((start, &self.code[start..at]))
        })
    }

    /// Whether a word occurs in the code, in any case.
    pub(crate) fn mentions(&self, word: &str) -> bool {
        self.words()
            .any(|(_, found)| found.eq_ignore_ascii_case(word))
    }

    /// `let NAME = TIMESPAN;`: the name, the length, and the place of the literal.
    pub(crate) fn timespans(&self) -> Vec<(&str, Duration, Range<usize>)> {
        let words: Vec<_> = self.words().collect();
        let mut found = Vec::new();
        for window in words.windows(3) {
            let [(_, keyword), (name_at, name), (at, value)] = window else {
                continue;
            };
            let between = &self.code[name_at + name.len()..*at];
            if *keyword == "let"
                && between.trim() == "="
                && let Some(length) = timespan(value)
                && self.code[at + value.len()..].trim_start().starts_with(';')
            {
                found.push((*name, length, *at..at + value.len()));
            }
        }
        found
    }
}

fn string_length(rest: &[u8], quote: u8, verbatim: bool) -> usize {
    let mut at = 0;
    while at < rest.len() {
        match rest[at] {
            b'\n' => return at,
            b'\\' if !verbatim => at += 2,
            byte if byte == quote => {
                if verbatim && rest.get(at + 1) == Some(&quote) {
                    at += 2;
                } else {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    at.min(rest.len())
}

/// A KQL timespan literal of whole minutes or more: `30m`, `1h`, `14d`, with the long units too.
pub(crate) fn timespan(word: &str) -> Option<Duration> {
    let digits = word.find(|c: char| !c.is_ascii_digit())?;
    let count: u64 = word[..digits].parse().ok()?;
    let length = match &word[digits..] {
        "d" | "day" | "days" => 86_400,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3_600,
        "m" | "min" | "minute" | "minutes" => 60,
        "s" | "sec" | "second" | "seconds" => 1,
        _ => return None,
    };
    Some(Duration::from_secs(count.checked_mul(length)?))
}

/// Where bytes of a rule's query stand in its file.
pub(crate) fn place(rule: &Rule, sources: &SourceMap, range: Range<usize>) -> Span {
    Embedded::new(&rule.query, sources).span(range)
}

/// Replacements of pieces of a rule's query as edits of its file.
///
/// None when a piece is not written in the file as it is in the query, because of an escape or a line break that YAML
/// takes away, or when the new text might have to be written otherwise there.
pub(crate) fn edits(
    rule: &Rule,
    sources: &SourceMap,
    changes: &[(TextSpan, &str)],
) -> Option<Vec<Edit>> {
    let file = sources.get(rule.query.span.source).text();
    let style = scalar_style(file, rule.query.span.start as usize);
    let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
    let embedded = Embedded::new(&rule.query, sources);
    let edit = |(range, text): &(TextSpan, &str)| {
        let span = embedded.span(range.range());
        let same = file.get(span.range()) == rule.query.value.get(range.range());
        let plain =
            !text.contains(['\n', '\r']) && (block || !text.contains(['"', '\'', '\\', '#', ':']));
        (same && plain).then(|| Edit {
            span,
            replacement: (*text).to_owned(),
        })
    };
    changes.iter().map(edit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_comments_are_no_code() {
        let query = Query::new(
            "T // ago(1d)\n| where a == \"x \\\" ago\" and b == @'c:\\' and c == ```\nago(```\n",
        );
        assert!(!query.mentions("ago"));
        assert!(query.mentions("where"));
        let strings: Vec<&str> = query.strings.iter().map(|_| "").collect();
        assert_eq!(strings.len(), 3);
    }

    #[test]
    fn timespans_are_found() {
        let query = Query::new("let window = 14d;\nlet n = 5;\nT | where t > ago(window)");
        let lets: Vec<_> = query
            .timespans()
            .into_iter()
            .map(|(name, length, _)| (name, length))
            .collect();
        assert_eq!(lets, [("window", Duration::from_days(14))]);
    }
}
