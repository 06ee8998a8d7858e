//! YAML text to a tree that keeps every position, every spelling and every duplicate key.
//!
//! Nothing is interpreted here: a scalar stays the text that was written, with its style, because whether `1.0` is
//! a number depends on the field. Aliases are expanded and `<<` merged, within a budget, so that a small file
//! cannot become a large tree. The parser underneath is `granit-parser`; this module only builds the tree.
//! Start at [`read`].

use std::borrow::Cow;
use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle as Style, ScanError};

use serde_json::Value as Json;

use crate::diag::{Diagnostic, SourceId, Span, Spanned};
use crate::rule::codes;

/// Largest text that is read, in bytes. The largest rule files known are below 30 kB.
pub(crate) const MAX_BYTES: usize = 1 << 20;
/// Most lines that are read.
pub(crate) const MAX_LINES: usize = 50_000;
/// Most nodes a text may have once its aliases are expanded.
pub(crate) const MAX_NODES: usize = 100_000;
/// Deepest nesting that is read.
pub(crate) const MAX_DEPTH: usize = 64;

/// How a scalar was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScalarStyle {
    /// Without quotes.
    Plain,
    /// `'…'`.
    SingleQuoted,
    /// `"…"`.
    DoubleQuoted,
    /// `|`.
    Literal,
    /// `>`.
    Folded,
}

/// A node with its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// What it is.
    pub(crate) value: Value,
    /// Where it is written; an alias has the place of what it stands for.
    pub(crate) span: Span,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// Nothing, `~` or `null`.
    Null,
    /// Text, with the way it was written.
    Scalar(String, ScalarStyle),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys with values, in the order written, duplicates included.
    Mapping(Vec<Entry>),
}

impl Value {
    /// What messages call it.
    pub(crate) fn describe(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Scalar(..) => "a text",
            Self::Sequence(_) => "a list",
            Self::Mapping(_) => "a mapping",
        }
    }
}

impl Node {
    /// The value as JSON; plain scalars are numbers and truth values where they look like it.
    pub(crate) fn to_json(&self) -> Json {
        match &self.value {
            Value::Null => Json::Null,
            Value::Scalar(text, ScalarStyle::Plain) => match text.as_str() {
                "true" => Json::from(true),
                "false" => Json::from(false),
                _ => {
                    let number = text.parse::<i64>().map(Json::from).ok();
                    let real = || {
                        text.parse::<f64>()
                            .ok()
                            .filter(|n| n.is_finite())
                            .map(Json::from)
                    };
                    let numeric = text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
                    let number = number.or_else(|| if numeric { real() } else { None });
                    number.unwrap_or_else(|| Json::from(text.as_str()))
                }
            },
            Value::Scalar(text, _) => Json::from(text.as_str()),
            Value::Sequence(items) => items.iter().map(Self::to_json).collect(),
            Value::Mapping(entries) => entries
                .iter()
                .map(|entry| (entry.key.value.clone(), entry.value.to_json()))
                .collect(),
        }
    }
}

/// One key with its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    /// The key.
    pub(crate) key: Spanned<String>,
    /// Its value.
    pub(crate) value: Node,
}

/// A comment, without its `#`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Comment {
    /// The whole comment, `#` included.
    pub(crate) span: Span,
    /// What follows the `#`.
    pub(crate) text: String,
    /// Whether nothing but spaces stands before it on its line.
    pub(crate) own_line: bool,
}

/// Everything a text held.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stream {
    /// The documents that were read whole, empty ones left out.
    pub(crate) documents: Vec<Node>,
    /// Every comment.
    pub(crate) comments: Vec<Comment>,
    /// Tabs after a plain scalar, which the YAML readers of other tools stop at.
    pub(crate) trailing_tabs: Vec<Span>,
    /// What stopped the reading, if something did.
    pub(crate) problem: Option<Problem>,
}

/// Why a text could not be read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    /// It is no YAML.
    Syntax {
        /// Where the parser stopped.
        span: Span,
        /// What the parser says.
        message: String,
    },
    /// It is over a limit.
    TooLarge {
        /// Where the limit was reached.
        span: Span,
        /// Which limit, with its value.
        limit: String,
    },
}

impl Problem {
    /// The finding it is.
    pub(crate) fn diagnostic(self) -> Diagnostic {
        match self {
            Self::Syntax { span, message } => {
                let message = format!("the file is not YAML: {message}");
                Diagnostic::new(&codes::YAML_SYNTAX, span, message)
                    .help("the rest of the file was not read")
            }
            Self::TooLarge { span, limit } => {
                let message = format!("the file is too large: {limit}");
                Diagnostic::new(&codes::TOO_LARGE, span, message)
                    .help("a rule file is a few kilobytes; split the file, one rule each")
            }
        }
    }
}

/// Reads every document of `text`.
pub(crate) fn read(source: SourceId, text: &str) -> Stream {
    let start = Span::new(source, 0, 0);
    let too_large = |limit: String| Stream {
        problem: Some(Problem::TooLarge { span: start, limit }),
        ..Stream::default()
    };
    if text.len() > MAX_BYTES {
        return too_large(format!(
            "{} bytes, at most {MAX_BYTES} are read",
            text.len()
        ));
    }
    let lines = text.bytes().filter(|byte| *byte == b'\n').count();
    if lines > MAX_LINES {
        return too_large(format!("{lines} lines, at most {MAX_LINES} are read"));
    }
    let mut builder = Builder {
        source,
        text,
        stack: Vec::new(),
        anchors: BTreeMap::new(),
        nodes: 0,
        stream: Stream::default(),
    };
    if let Err(problem) = builder.run() {
        builder.stream.problem = Some(problem);
    }
    builder.stream
}

/// The style of the scalar whose span begins at byte `offset`.
///
/// A block begins with the first text below its header, so the header is looked for above; anything else shows its
/// style by its first character.
pub(crate) fn scalar_style(text: &str, offset: usize) -> ScalarStyle {
    let before = text.get(..offset).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    if before[line_start..].trim().is_empty() {
        let header = before[..line_start].trim_end().rsplit('\n').next();
        let header = header.unwrap_or_default();
        let header = header.split(" #").next().unwrap_or_default().trim_end();
        let indicator =
            header.trim_end_matches(|c: char| c == '-' || c == '+' || c.is_ascii_digit());
        let introduced = |mark| {
            let key = indicator.strip_suffix(mark)?.trim_end();
            // A tag or an anchor may stand between the key and the header.
            let last = key
                .rsplit([' ', '\t'])
                .find(|word| !word.starts_with(['!', '&']))?;
            (last.ends_with(':') || last == "-" || last == "---" || last == "?").then_some(())
        };
        if introduced('|').is_some() {
            return ScalarStyle::Literal;
        }
        if introduced('>').is_some() {
            return ScalarStyle::Folded;
        }
    }
    match text.as_bytes().get(offset) {
        Some(b'\'') => ScalarStyle::SingleQuoted,
        Some(b'"') => ScalarStyle::DoubleQuoted,
        _ => ScalarStyle::Plain,
    }
}

fn options() -> granit_parser::Options {
    granit_parser::options! {
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
        // Runs of comments are common at the top of a file.
        max_buffered_comment_events: MAX_LINES,
        // Keys of tags and custom details may be long; the limit of the specification helps nobody here.
        simple_key_max_lookahead: 4096,
    }
}

fn style_of(style: Style) -> ScalarStyle {
    match style {
        Style::Plain => ScalarStyle::Plain,
        Style::SingleQuoted => ScalarStyle::SingleQuoted,
        Style::DoubleQuoted => ScalarStyle::DoubleQuoted,
        Style::Literal => ScalarStyle::Literal,
        Style::Folded => ScalarStyle::Folded,
    }
}

/// A collection that is still open.
enum Open {
    Sequence {
        items: Vec<Node>,
        start: usize,
        anchor: usize,
    },
    Mapping {
        entries: Vec<Entry>,
        key: Option<Spanned<String>>,
        start: usize,
        anchor: usize,
    },
}

struct Builder<'text> {
    source: SourceId,
    text: &'text str,
    stack: Vec<Open>,
    anchors: BTreeMap<usize, (Node, usize)>,
    nodes: usize,
    stream: Stream,
}

impl Builder<'_> {
    fn run(&mut self) -> Result<(), Problem> {
        for event in Parser::new_from_str_with_options(self.text, options()) {
            let (event, span) = event.map_err(|error| self.syntax(&error))?;
            let range = span.byte_range().unwrap_or(0..0);
            match event {
                Event::DocumentStart(..) => self.anchors.clear(),
                Event::Comment(text, _) => self.comment(&text, range),
                Event::Scalar(text, style, anchor, tag) => {
                    self.trailing_tab(style, range.end);
                    let forced_text = tag.is_some_and(|tag| tag.core_suffix() == Some("str"));
                    let node = self.scalar(text, style_of(style), range, forced_text);
                    self.place(node, anchor)?;
                }
                Event::SequenceStart(_, anchor, _) => self.stack.push(Open::Sequence {
                    items: Vec::new(),
                    start: range.start,
                    anchor,
                }),
                Event::MappingStart(_, anchor, _) => self.stack.push(Open::Mapping {
                    entries: Vec::new(),
                    key: None,
                    start: range.start,
                    anchor,
                }),
                Event::SequenceEnd | Event::MappingEnd => self.close(range.end)?,
                Event::Alias(id) => {
                    let Some((node, size)) = self.anchors.get(&id).cloned() else {
                        return Err(self.too_deep(range.start, "an alias inside its own anchor"));
                    };
                    self.count(size.saturating_sub(1), range.start)?;
                    self.place(node, 0)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn syntax(&self, error: &ScanError) -> Problem {
        let offset = error.marker().byte_offset().unwrap_or(self.text.len());
        let offset = offset.min(self.text.len());
        let span = Span::new(self.source, offset, offset);
        if matches!(
            error.kind(),
            granit_parser::ErrorKind::RecursionLimitExceeded
        ) {
            let limit = format!("nested deeper than {MAX_DEPTH} levels");
            return Problem::TooLarge { span, limit };
        }
        Problem::Syntax {
            span,
            message: error.kind().to_string(),
        }
    }

    fn too_deep(&self, offset: usize, limit: &str) -> Problem {
        Problem::TooLarge {
            span: Span::new(self.source, offset, offset),
            limit: limit.to_owned(),
        }
    }

    /// Counts `more` nodes against the budget.
    fn count(&mut self, more: usize, offset: usize) -> Result<(), Problem> {
        self.nodes = self.nodes.saturating_add(more);
        if self.nodes > MAX_NODES {
            let limit = format!("more than {MAX_NODES} values once aliases are expanded");
            return Err(self.too_deep(offset, &limit));
        }
        Ok(())
    }

    fn comment(&mut self, text: &str, range: std::ops::Range<usize>) {
        let before = self.text.get(..range.start).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        self.stream.comments.push(Comment {
            span: Span::new(self.source, range.start, range.end),
            text: text.to_owned(),
            own_line: line.trim().is_empty(),
        });
    }

    fn trailing_tab(&mut self, style: Style, end: usize) {
        if style != Style::Plain {
            return;
        }
        let rest = self.text.get(end..).unwrap_or_default();
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let after = &rest[blanks..];
        if rest[..blanks].contains('\t') && (after.is_empty() || after.starts_with(['\r', '\n'])) {
            let span = Span::new(self.source, end, end + blanks);
            self.stream.trailing_tabs.push(span);
        }
    }

    fn scalar(
        &self,
        text: Cow<'_, str>,
        style: ScalarStyle,
        range: std::ops::Range<usize>,
        forced_text: bool,
    ) -> Node {
        let is_null = style == ScalarStyle::Plain
            && !forced_text
            && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
        let value = if is_null {
            Value::Null
        } else {
            Value::Scalar(text.into_owned(), style)
        };
        // A block reaches to the next token; what is seen of it ends with its last word.
        let written = self.text.get(range.clone()).unwrap_or_default();
        let end = match style {
            ScalarStyle::Literal | ScalarStyle::Folded => range.start + written.trim_end().len(),
            _ => range.end,
        };
        Node {
            value,
            span: Span::new(self.source, range.start, end),
        }
    }

    fn close(&mut self, end: usize) -> Result<(), Problem> {
        let Some(open) = self.stack.pop() else {
            return Ok(());
        };
        let (value, start, anchor) = match open {
            Open::Sequence {
                items,
                start,
                anchor,
            } => (Value::Sequence(items), start, anchor),
            Open::Mapping {
                entries,
                start,
                anchor,
                ..
            } => (Value::Mapping(merge(entries)), start, anchor),
        };
        // The end event of a block collection stands where the next token begins.
        let written = self.text.get(start..end).unwrap_or_default();
        let end = start + written.trim_end().len();
        let node = Node {
            value,
            span: Span::new(self.source, start, end),
        };
        self.place(node, anchor)
    }

    /// Puts a finished node where it belongs.
    fn place(&mut self, node: Node, anchor: usize) -> Result<(), Problem> {
        self.count(1, node.span.start as usize)?;
        if anchor > 0 {
            let size = size(&node);
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.stack.last_mut() {
            None => {
                if node.value != Value::Null {
                    self.stream.documents.push(node);
                }
            }
            Some(Open::Sequence { items, .. }) => items.push(node),
            Some(Open::Mapping { entries, key, .. }) => match key.take() {
                Some(key) => entries.push(Entry { key, value: node }),
                None => *key = Some(key_of(node)),
            },
        }
        Ok(())
    }
}

/// Keys are texts; a list or mapping as a key is kept as an empty one, which is then reported as unknown.
fn key_of(node: Node) -> Spanned<String> {
    let text = match node.value {
        Value::Scalar(text, _) => text,
        _ => String::new(),
    };
    Spanned::new(text, node.span)
}

fn size(node: &Node) -> usize {
    match &node.value {
        Value::Null | Value::Scalar(..) => 1,
        Value::Sequence(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Mapping(entries) => 1 + entries.iter().map(|e| 1 + size(&e.value)).sum::<usize>(),
    }
}

/// Expands `<<`: what is written in the mapping itself wins, then the earlier source.
fn merge(entries: Vec<Entry>) -> Vec<Entry> {
    if !entries.iter().any(|entry| entry.key.value == "<<") {
        return entries;
    }
    let (merges, mut merged): (Vec<_>, Vec<_>) = entries
        .into_iter()
        .partition(|entry| entry.key.value == "<<");
    let mut add = |entries: Vec<Entry>| {
        for entry in entries {
            if !merged.iter().any(|own| own.key.value == entry.key.value) {
                merged.push(entry);
            }
        }
    };
    for source in merges {
        match source.value.value {
            Value::Mapping(entries) => add(entries),
            Value::Sequence(items) => {
                for item in items {
                    if let Value::Mapping(entries) = item.value {
                        add(entries);
                    }
                }
            }
            _ => {}
        }
    }
    merged
}

#[cfg(test)]
mod tests;
