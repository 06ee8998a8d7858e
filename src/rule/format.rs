//! A rule file in its canonical layout: keys in one order, two blanks a level, queries as blocks, durations in one
//! spelling, LF line ends.
//!
//! Comments stay with the key they stand above or beside; an entry that has comments inside keeps its lines. The
//! result is read again and compared with what was there: a file whose meaning would change is left as it is.
//! Formatting what is formatted changes nothing.

use std::ops::Range;

use crate::diag::SourceId;
use crate::duration::Duration;
use crate::rule::classify::{Content, classify, properties};
use crate::rule::lower::KEYS;
use crate::rule::write::emit::{self, Out};
use crate::rule::yaml::{self, Entry, Node, ScalarStyle, Stream, Value};

/// What became of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Formatted {
    /// The canonical text, which may be the one that was given.
    Text(String),
    /// It is left as it is, for a reason.
    Left(&'static str),
}

/// Keys of nested mappings in the order they are written; others follow in the order they stand.
const NESTED: &[&str] = &[
    "entityType",
    "fieldMappings",
    "identifier",
    "columnName",
    "connectorId",
    "dataTypes",
    "alertDisplayNameFormat",
    "alertDescriptionFormat",
    "alertTacticsColumnName",
    "alertSeverityColumnName",
    "alertDynamicProperties",
    "alertProperty",
    "createIncident",
    "groupingConfiguration",
    "enabled",
    "reopenClosedIncident",
    "lookbackDuration",
    "matchingMethod",
    "groupByEntities",
    "groupByAlertDetails",
    "groupByCustomDetails",
];

/// Keys whose values are durations, which are written in one spelling.
const DURATIONS: &[&str] = &[
    "queryFrequency",
    "queryPeriod",
    "suppressionDuration",
    "lookbackDuration",
];

/// The length of a value, when its key says that it is one.
fn duration(text: &str, key: &str) -> Option<Duration> {
    let known = DURATIONS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(key));
    let read = || text.parse().ok().or_else(|| Duration::from_words(text));
    known.then(read).flatten()
}

/// The canonical layout of a file's text.
pub(crate) fn format(text: &str) -> Formatted {
    let plain = text
        .strip_prefix('\u{feff}')
        .unwrap_or(text)
        .replace("\r\n", "\n");
    let source = SourceId(0);
    let stream = yaml::read(source, &plain);
    if stream.problem.is_some() {
        return Formatted::Left("it is not YAML");
    }
    let root = match stream.documents.as_slice() {
        [root] => root,
        [] => return Formatted::Left("it holds no document"),
        _ => return Formatted::Left("it holds several documents"),
    };
    if classify(root) != Content::Rule {
        return Formatted::Left("it is no rule");
    }
    let Value::Mapping(entries) = &root.value else {
        return Formatted::Left("it is no mapping");
    };
    if properties(entries).is_some() {
        return Formatted::Left("it is in the form of the API");
    }
    let Some(chunks) = chunks(&plain, entries, &stream) else {
        return Formatted::Left("its keys do not each begin a line, or it uses anchors");
    };
    let new = chunks.write();
    let again = yaml::read(source, &new);
    match again.documents.as_slice() {
        [after]
            if again.problem.is_none()
                && same(root, after, "")
                && again.comments.len() == stream.comments.len() =>
        {
            Formatted::Text(new)
        }
        _ => Formatted::Left("its meaning would change"),
    }
}

/// A file cut into the pieces that are put in order.
struct Chunks {
    /// What stands above the first key, with a blank line below.
    header: Vec<String>,
    keys: Vec<Chunk>,
    /// Comments below the last key.
    footer: Vec<String>,
}

/// One key with everything that belongs to it.
struct Chunk {
    rank: usize,
    /// Comments above it, without blank lines.
    above: Vec<String>,
    /// Whether a blank line stands above the comments.
    apart: bool,
    text: String,
}

impl Chunks {
    fn write(mut self) -> String {
        self.keys.sort_by_key(|chunk| chunk.rank);
        let mut text = String::new();
        let lines = |text: &mut String, lines: &[String]| {
            for line in lines {
                text.push_str(line);
                text.push('\n');
            }
        };
        lines(&mut text, &self.header);
        if !self.header.is_empty() {
            text.push('\n');
        }
        for (index, chunk) in self.keys.iter().enumerate() {
            if chunk.apart && index > 0 {
                text.push('\n');
            }
            lines(&mut text, &chunk.above);
            text.push_str(&chunk.text);
        }
        lines(&mut text, &self.footer);
        text
    }
}

fn chunks(text: &str, entries: &[Entry], stream: &Stream) -> Option<Chunks> {
    if has_anchors(text, stream) {
        return None;
    }
    let mut chunks = Chunks {
        header: Vec::new(),
        keys: Vec::new(),
        footer: Vec::new(),
    };
    let mut at = 0;
    for (index, entry) in entries.iter().enumerate() {
        let start = entry.key.span.start as usize;
        let begins_line = start == 0 || text.as_bytes().get(start - 1) == Some(&b'\n');
        let again = entries[..index]
            .iter()
            .any(|other| other.key.value == entry.key.value);
        if !begins_line || start < at || again {
            return None;
        }
        let mut between = Between::of(text.get(at..start)?)?;
        if index == 0 {
            chunks.header = between.take_header();
        }
        let end = entry.value.span.end.max(entry.key.span.end) as usize;
        let end = end + text.get(end..)?.find('\n').unwrap_or(text.len() - end);
        let known = KEYS
            .iter()
            .position(|key| key.eq_ignore_ascii_case(&entry.key.value));
        chunks.keys.push(Chunk {
            rank: known.unwrap_or(KEYS.len()),
            above: between.comments,
            apart: between.apart,
            text: body(text, entry, start..end, stream),
        });
        at = (end + 1).min(text.len());
    }
    chunks.footer = Between::of(text.get(at..)?)?.comments;
    Some(chunks)
}

/// The lines between two entries.
struct Between {
    comments: Vec<String>,
    apart: bool,
    /// Lines before the last blank one.
    before_blank: usize,
}

impl Between {
    /// Nothing when a line is neither blank nor a comment nor the marker of a document.
    fn of(text: &str) -> Option<Self> {
        let mut between = Self {
            comments: Vec::new(),
            apart: false,
            before_blank: 0,
        };
        for line in text.lines() {
            let line = line.trim();
            if line.is_empty() {
                between.apart |= between.comments.is_empty();
                between.before_blank = between.comments.len();
            } else if line.starts_with('#') {
                between.comments.push(line.to_owned());
            } else if !matches!(line, "---" | "...") {
                return None;
            }
        }
        Some(between)
    }

    /// Comments at the top of a file that a blank line sets apart from the first key.
    fn take_header(&mut self) -> Vec<String> {
        let rest = self.comments.split_off(self.before_blank);
        std::mem::replace(&mut self.comments, rest)
    }
}

/// Whether anything is named or tagged, which writing anew would lose.
fn has_anchors(text: &str, stream: &Stream) -> bool {
    let in_scalar_or_comment = |at: usize| {
        let comment = stream
            .comments
            .iter()
            .any(|comment| comment.span.range().contains(&at));
        comment || stream.documents.iter().any(|node| inside_scalar(node, at))
    };
    text.char_indices()
        .filter(|(_, character)| matches!(character, '&' | '*' | '!'))
        .any(|(at, _)| !in_scalar_or_comment(at))
}

fn inside_scalar(node: &Node, at: usize) -> bool {
    if !node.span.range().contains(&at) {
        return false;
    }
    match &node.value {
        Value::Null => false,
        Value::Scalar(..) => true,
        Value::Sequence(items) => items.iter().any(|item| inside_scalar(item, at)),
        Value::Mapping(entries) => entries
            .iter()
            .any(|entry| entry.key.span.range().contains(&at) || inside_scalar(&entry.value, at)),
    }
}

/// An entry written anew, or its own lines where that would lose something.
fn body(text: &str, entry: &Entry, range: Range<usize>, stream: &Stream) -> String {
    let commented = stream
        .comments
        .iter()
        .any(|comment| range.contains(&(comment.span.start as usize)));
    if !commented && let Some(out) = out(&entry.value, &entry.key.value) {
        return emit::entry(&entry.key.value, &out);
    }
    let mut lines = text.get(range.clone()).unwrap_or_default().to_owned();
    let mut lengths = Vec::new();
    durations(&entry.value, &entry.key.value, &mut lengths);
    for (span, simple) in lengths.into_iter().rev() {
        let within = span.start.checked_sub(range.start);
        let within = within.map(|start| start..start + span.len());
        if let Some(within) = within.filter(|within| lines.get(within.clone()).is_some()) {
            lines.replace_range(within, &simple);
        }
    }
    format!("{}\n", lines.trim_end())
}

/// The durations of a value that keeps its lines, with their places, in the order written.
fn durations(node: &Node, key: &str, found: &mut Vec<(Range<usize>, String)>) {
    match &node.value {
        Value::Null => {}
        Value::Scalar(text, ScalarStyle::Literal | ScalarStyle::Folded) if text.contains('\n') => {}
        Value::Scalar(text, _) => found
            .extend(duration(text, key).map(|duration| (node.span.range(), duration.to_simple()))),
        Value::Sequence(items) => items.iter().for_each(|item| durations(item, "", found)),
        Value::Mapping(entries) => entries
            .iter()
            .for_each(|entry| durations(&entry.value, &entry.key.value, found)),
    }
}

/// A value to be written anew; nothing where its own spelling is better kept.
fn out(node: &Node, key: &str) -> Option<Out> {
    match &node.value {
        Value::Null => None,
        Value::Scalar(text, _) if duration(text, key).is_some() => {
            duration(text, key).map(|duration| Out::Plain(duration.to_simple()))
        }
        Value::Scalar(text, ScalarStyle::Plain) if !text.contains('\n') && text.len() < 90 => {
            Some(Out::Plain(text.clone()))
        }
        // A folded text tells nothing of where its lines were broken.
        Value::Scalar(_, ScalarStyle::Folded) => None,
        Value::Scalar(text, _) if key == "query" => Some(Out::Block(text.clone())),
        Value::Scalar(text, _) => Some(Out::Text(text.clone())),
        Value::Sequence(items) => items
            .iter()
            .map(|item| out(item, ""))
            .collect::<Option<_>>()
            .map(Out::List),
        Value::Mapping(entries) => {
            let mut entries: Vec<&Entry> = entries.iter().collect();
            let rank = |entry: &&Entry| {
                let known = NESTED.iter().position(|key| *key == entry.key.value);
                known.unwrap_or(NESTED.len())
            };
            // What is the author's own, such as custom details, stays in the author's order.
            if !matches!(key, "customDetails" | "metadata" | "rulepost" | "tags") {
                entries.sort_by_key(rank);
            }
            let entries = entries.into_iter().map(|entry| {
                let value = out(&entry.value, &entry.key.value)?;
                Some((entry.key.value.clone(), value))
            });
            entries.collect::<Option<_>>().map(Out::Map)
        }
    }
}

/// Whether two trees say the same: the order of keys, the way texts are quoted and
/// the spelling of durations do not count.
fn same(one: &Node, two: &Node, key: &str) -> bool {
    match (&one.value, &two.value) {
        (Value::Null, Value::Null) => true,
        // The end of a query is cut off wherever it is used.
        (Value::Scalar(one, _), Value::Scalar(two, _)) if key == "query" => {
            one.replace("\r\n", "\n").trim_end() == two.trim_end()
        }
        (Value::Scalar(one, _), Value::Scalar(two, _)) => {
            let length = duration(one, key);
            one == two || length.is_some() && length == duration(two, key)
        }
        (Value::Sequence(one), Value::Sequence(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| same(one, two, ""))
        }
        (Value::Mapping(one), Value::Mapping(two)) => {
            one.len() == two.len()
                && one.iter().all(|entry| {
                    let other = two.iter().find(|other| other.key.value == entry.key.value);
                    other.is_some_and(|other| same(&entry.value, &other.value, &entry.key.value))
                })
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
