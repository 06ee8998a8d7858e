//! Offsets inside a query to offsets inside the YAML file that holds it.
//!
//! YAML takes indentation, line ends, quote doubling and escapes out of a scalar; a finding inside the query has to
//! put them back. The walk goes through the written scalar and its value side by side.

use std::ops::Range;
use std::sync::Arc;

use crate::diag::{SourceMap, Span, Spanned};
use crate::rule::yaml::{ScalarStyle, scalar_style};

/// For every byte of a text that was read from a scalar, the byte of the file it was written at.
#[derive(Debug, Clone)]
pub(crate) struct Embedded {
    whole: Span,
    file: Arc<str>,
    offsets: Vec<u32>,
}

impl Embedded {
    /// Walks through a text that was read from the scalar at its span.
    ///
    /// The text may be the scalar's value with its end cut off; nothing else may have been changed.
    pub(crate) fn new(text: &Spanned<String>, sources: &SourceMap) -> Self {
        let file = sources.get(text.span.source).text();
        let style = scalar_style(file, text.span.start as usize);
        let written = file.get(..text.span.end as usize).unwrap_or_default();
        let walk = Walk {
            written,
            at: text.span.start as usize,
            indent: column(written, text.span.start as usize),
        };
        let offsets = match style {
            ScalarStyle::Literal | ScalarStyle::Folded => walk.block(&text.value),
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => walk.quoted(&text.value),
            ScalarStyle::Plain => walk.flow(&text.value, '\0'),
        };
        Self {
            whole: text.span,
            file: Arc::clone(file),
            offsets,
        }
    }

    /// The byte of the text that is written at a byte of the file, or after it; the length where none is.
    pub(crate) fn offset(&self, byte: usize) -> usize {
        self.offsets.partition_point(|at| (*at as usize) < byte)
    }

    /// Where bytes of the text stand in the file, in whole characters; the end of the text is behind its last one.
    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        let at = |byte: usize| self.offsets.get(byte).map(|at| *at as usize);
        let behind = |byte: usize| at(byte).map(|at| self.file.ceil_char_boundary(at + 1));
        let whole = self.whole.range();
        let start = match at(range.start) {
            Some(at) => self.file.floor_char_boundary(at),
            None => self
                .offsets
                .len()
                .checked_sub(1)
                .and_then(behind)
                .unwrap_or(whole.start),
        };
        let last = range.end.min(self.offsets.len()).checked_sub(1);
        let end = match last {
            Some(last) if range.end > range.start => behind(last).unwrap_or(start),
            _ => start,
        };
        Span::new(self.whole.source, start, end.max(start))
    }
}

/// Bytes between the beginning of a line and `offset`.
fn column(text: &str, offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or_default();
    before.len() - before.rfind('\n').map_or(0, |at| at + 1)
}

struct Walk<'a> {
    /// The file up to the end of the scalar.
    written: &'a str,
    at: usize,
    indent: usize,
}

impl Walk<'_> {
    fn peek(&self) -> Option<char> {
        self.written.get(self.at..)?.chars().next()
    }

    /// Takes one line end, which YAML writes as line feed, carriage return or both, and at most the block's indentation.
    fn line_end(&mut self) {
        let rest = self.written.get(self.at..).unwrap_or_default();
        let end = rest.trim_start_matches([' ', '\t']);
        if let Some(next) = ["\r\n", "\n", "\r"]
            .iter()
            .find_map(|kind| end.strip_prefix(kind))
        {
            self.at += rest.len() - next.len();
        }
        for _ in 0..self.indent {
            if self.peek() == Some(' ') {
                self.at += 1;
            }
        }
    }

    fn push(offsets: &mut Vec<u32>, at: usize, length: usize) {
        for byte in 0..length {
            offsets.push(u32::try_from(at + byte).unwrap_or(u32::MAX));
        }
    }

    /// `|` and `>`.
    fn block(mut self, value: &str) -> Vec<u32> {
        let mut offsets = Vec::with_capacity(value.len());
        for (index, character) in value.char_indices() {
            let length = character.len_utf8();
            if self.peek() == Some(character) && character != '\n' {
                Self::push(&mut offsets, self.at, length);
                self.at += length;
                continue;
            }
            Self::push(&mut offsets, self.at, 1);
            if matches!(character, '\n' | ' ') {
                // Blank lines before the first text of a block are no part of its span.
                if offsets.len() > 1 || self.peek() != value[index + length..].chars().next() {
                    self.line_end();
                }
                // A fold takes one line end away where several stand together.
                let next = value[index + length..].chars().next();
                while next != Some('\n')
                    && matches!(self.peek(), Some('\n' | '\r'))
                    && next.is_some()
                {
                    self.line_end();
                }
            }
            for _ in 1..length {
                offsets.push(u32::try_from(self.at).unwrap_or(u32::MAX));
            }
        }
        offsets
    }

    /// `'…'` and `"…"`.
    fn quoted(mut self, value: &str) -> Vec<u32> {
        let quote = self.peek().unwrap_or('"');
        self.at += 1;
        self.flow(value, quote)
    }

    /// Anything that is no block: lines are folded, and quotes may hide characters.
    fn flow(mut self, value: &str, quote: char) -> Vec<u32> {
        let mut offsets = Vec::with_capacity(value.len());
        for character in value.chars() {
            let length = character.len_utf8();
            if quote == '"' {
                self.continuation();
            }
            let at = self.at;
            match self.peek() {
                Some('\\') if quote == '"' => {
                    let kind = self.written[self.at + 1..].chars().next();
                    self.at += match kind {
                        Some('x') => 4,
                        Some('u') => 6,
                        Some('U') => 10,
                        Some(other) => 1 + other.len_utf8(),
                        None => 1,
                    };
                    self.at = self.at.min(self.written.len());
                    for _ in 0..length {
                        Self::push(&mut offsets, at, 1);
                    }
                    continue;
                }
                Some('\'') if quote == '\'' => self.at += 2,
                Some(written) if written == character && character != '\n' => self.at += length,
                _ if character == ' ' || character == '\n' => {
                    let rest = self.written.get(self.at..).unwrap_or_default();
                    self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
                }
                _ => {}
            }
            self.at = self.at.min(self.written.len());
            Self::push(&mut offsets, at, length);
        }
        offsets
    }

    /// A backslash at the end of a line in double quotes joins the lines.
    fn continuation(&mut self) {
        let rest = self.written.get(self.at..).unwrap_or_default();
        if let Some(after) = rest.strip_prefix('\\')
            && after.starts_with(['\n', '\r'])
        {
            let trimmed = after.trim_start_matches([' ', '\t', '\r', '\n']);
            self.at += rest.len() - trimmed.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{SourceFile, SourceId};
    use crate::rule::yaml::{self, Value};

    /// The place in the file of every word of the value under `q`, which must be that word.
    fn words(text: &str) -> Vec<String> {
        let mut sources = SourceMap::default();
        sources.add(SourceFile::new("a.yaml", text));
        let stream = yaml::read(SourceId(0), text);
        let Value::Mapping(entries) = &stream.documents[0].value else {
            panic!("a mapping");
        };
        let node = &entries
            .iter()
            .find(|entry| entry.key.value == "q")
            .expect("q")
            .value;
        let Value::Scalar(value, _) = &node.value else {
            panic!("a scalar");
        };
        let query = Spanned::new(value.trim_end().to_owned(), node.span);
        let embedded = Embedded::new(&query, &sources);
        let mut words = Vec::new();
        let mut at = 0;
        for word in query.value.split([' ', '\n']) {
            if !word.is_empty() {
                let span = embedded.span(at..at + word.len());
                assert_eq!(&text[span.range()], word, "in {text:?}");
                words.push(word.to_owned());
            }
            at += word.len() + 1;
        }
        words
    }

    #[test]
    fn every_word_of_a_query_is_found_where_it_was_written() {
        for text in [
            "q: |\n  T\n  | where é == 1\n\n    | take 2\n",
            "q: |\r\n  T\r\n\r\n  | where é == 1\r\n    | take 2\r\n",
            "\u{feff}a: 1\nq: |2\n    T\n  | where é == 1 | take 2",
            // A carriage return alone ends a line.
            "q: |\n  T\n  | where é == 1\r  | take 2\n",
            "q: |-\n\n\n  T\n  | where é == 1 | take 2\nz: 1\n",
            "q: >\n  T\n  | where é == 1\n\n  | take 2\n",
            "q: >-\n  T\n    | where é == 1\n\n\n  | take 2\n",
            "q: T | where é == 1\n  | take 2\n",
            "q: 'T | where é == 1\n\n  | take 2'\n",
            "q: \"T | where é == 1\n  | take 2\"\n",
            "a:\n  - 1\nq:\n  'T | where é == 1 | take 2'\n",
            "{q: T | where é == 1 | take 2}\n",
        ] {
            let words = words(text);
            assert_eq!(words.len(), 9, "{text:?} {words:?}");
        }
    }

    #[test]
    fn the_end_of_a_query_is_behind_its_last_character() {
        for text in [
            "q: |\n  T | where é",
            "q: T | where é",
            "q: 'T | where é'\n",
        ] {
            let mut sources = SourceMap::default();
            sources.add(SourceFile::new("a.yaml", text));
            let begin = text.find('T').expect("the query");
            let start = begin - usize::from(text.contains('\''));
            let query = Spanned::new(
                "T | where é".to_owned(),
                Span::new(SourceId(0), start, text.trim_end().len()),
            );
            let embedded = Embedded::new(&query, &sources);
            let end = begin + query.value.len();
            for (range, placed) in [
                (query.value.len()..query.value.len(), end..end),
                (query.value.len()..query.value.len() + 3, end..end),
                (10..12, end - 2..end),
                // What points into a character means the whole of it.
                (11..12, end - 2..end),
            ] {
                assert_eq!(
                    embedded.span(range.clone()).range(),
                    placed,
                    "{text:?} {range:?}"
                );
            }
        }
    }

    #[test]
    fn what_quotes_hide_is_found_at_its_beginning() {
        let text = r#"q: "T\n| where x == \"a\"""#;
        let mut sources = SourceMap::default();
        sources.add(SourceFile::new("a.yaml", text));
        let value = "T\n| where x == \"a\"".to_owned();
        let span = Span::new(SourceId(0), 3, text.len());
        let embedded = Embedded::new(&Spanned::new(value, span), &sources);
        assert_eq!(&text[embedded.span(4..9).range()], "where");
        let text = "q: 'T | where x == ''a'''";
        let mut sources = SourceMap::default();
        sources.add(SourceFile::new("a.yaml", text));
        let span = Span::new(SourceId(0), 3, text.len());
        let embedded = Embedded::new(
            &Spanned::new("T | where x == 'a'".to_owned(), span),
            &sources,
        );
        assert_eq!(&text[embedded.span(4..9).range()], "where");
        assert_eq!(&text[embedded.span(16..17).range()], "a");
    }
}
