//! JSON text to dynamic values and back, and the text of every value.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::engine::time;
use crate::engine::value::Bag;
use crate::engine::value::Value;

/// Nesting beyond this is no JSON for us, as for the service.
const DEPTH: usize = 128;
/// Strings up to this length are looked through byte by byte.
const SHORT: usize = 12;

/// Reads one JSON document; none where it is malformed.
pub(crate) fn parse(text: &str) -> Option<Value> {
    let mut reader = Reader::new(text.as_bytes());
    let value = reader.value(0)?;
    reader.blank();
    (reader.at == reader.bytes.len()).then_some(value)
}

/// A cursor over JSON text.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// At the first byte.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Skips white space.
    pub(crate) fn blank(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    /// Takes `byte` after white space, if it is there.
    pub(crate) fn accept(&mut self, byte: u8) -> bool {
        self.blank();
        let there = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(there);
        there
    }

    /// How many bytes are read.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// Whether `text` comes next.
    pub(crate) fn starts_with(&self, text: &[u8]) -> bool {
        self.bytes[self.at..].starts_with(text)
    }

    /// Passes over `count` bytes that are known to be there.
    pub(crate) fn advance(&mut self, count: usize) {
        self.at += count;
    }

    /// Whether all is read.
    pub(crate) fn is_done(&mut self) -> bool {
        self.blank();
        self.at == self.bytes.len()
    }

    /// A value.
    pub(crate) fn value(&mut self, depth: usize) -> Option<Value> {
        self.blank();
        match self.bytes.get(self.at)? {
            b'"' => Some(Value::String(Arc::from(self.string()?.as_ref()))),
            b'{' if depth < DEPTH => {
                self.at += 1;
                let mut bag: Bag = Vec::new();
                if self.accept(b'}') {
                    return Some(Value::bag(bag));
                }
                loop {
                    self.blank();
                    let key: Arc<str> = Arc::from(self.string()?.as_ref());
                    if !self.accept(b':') {
                        return None;
                    }
                    let value = self.value(depth + 1)?;
                    match bag.iter_mut().find(|(k, _)| *k == key) {
                        Some(member) => member.1 = value,
                        None => bag.push((key, value)),
                    }
                    if self.accept(b'}') {
                        return Some(Value::bag(bag));
                    }
                    if !self.accept(b',') {
                        return None;
                    }
                }
            }
            b'[' if depth < DEPTH => {
                self.at += 1;
                let mut items = Vec::new();
                if self.accept(b']') {
                    return Some(Value::array(items));
                }
                loop {
                    items.push(self.value(depth + 1)?);
                    if self.accept(b']') {
                        return Some(Value::array(items));
                    }
                    if !self.accept(b',') {
                        return None;
                    }
                }
            }
            b't' => self.word("true", Value::Bool(true)),
            b'f' => self.word("false", Value::Bool(false)),
            b'n' => self.word("null", Value::Null),
            b'-' | b'0'..=b'9' => self.number(),
            _ => None,
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Option<Value> {
        self.bytes[self.at..]
            .starts_with(word.as_bytes())
            .then(|| self.at += word.len())?;
        Some(value)
    }

    fn number(&mut self) -> Option<Value> {
        let start = self.at;
        while let Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9') = self.bytes.get(self.at) {
            self.at += 1;
        }
        let text = std::str::from_utf8(&self.bytes[start..self.at]).ok()?;
        if !text.contains(['.', 'e', 'E'])
            && let Ok(whole) = text.parse::<i64>()
        {
            return Some(Value::Long(whole));
        }
        text.parse::<f64>().ok().map(Value::Real)
    }

    /// A string with its quotes, escapes undone.
    pub(crate) fn string(&mut self) -> Option<std::borrow::Cow<'a, str>> {
        if self.bytes.get(self.at) != Some(&b'"') {
            return None;
        }
        let start = self.at + 1;
        let end = start + find_special(&self.bytes[start..])?;
        let head = std::str::from_utf8(&self.bytes[start..end]).ok()?;
        if self.bytes[end] == b'"' {
            self.at = end + 1;
            return Some(head.into());
        }
        let mut out = head.to_owned();
        self.at = end;
        loop {
            match self.bytes.get(self.at)? {
                b'"' => {
                    self.at += 1;
                    return Some(out.into());
                }
                b'\\' => {
                    self.at += 2;
                    match self.bytes.get(self.at - 1)? {
                        b'n' => out.push('\n'),
                        b't' => out.push('\t'),
                        b'r' => out.push('\r'),
                        b'b' => out.push('\u{8}'),
                        b'f' => out.push('\u{c}'),
                        b'u' => out.push(self.unicode()?),
                        c @ (b'"' | b'\\' | b'/' | b'\'') => out.push(char::from(*c)),
                        _ => return None,
                    }
                }
                _ => {
                    let run = find_special(&self.bytes[self.at..])?;
                    out.push_str(std::str::from_utf8(&self.bytes[self.at..self.at + run]).ok()?);
                    self.at += run;
                }
            }
        }
    }

    /// The four digits after `\u`, with the second half of a pair.
    fn unicode(&mut self) -> Option<char> {
        let first = self.hex4()?;
        if !(0xD800..0xDC00).contains(&first) {
            return Some(char::from_u32(first).unwrap_or('\u{FFFD}'));
        }
        if !self.bytes[self.at..].starts_with(b"\\u") {
            return Some('\u{FFFD}');
        }
        self.at += 2;
        let second = self.hex4()?;
        let code = 0x10000 + ((first - 0xD800) << 10) + second.wrapping_sub(0xDC00);
        Some(char::from_u32(code).unwrap_or('\u{FFFD}'))
    }

    fn hex4(&mut self) -> Option<u32> {
        let digits = std::str::from_utf8(self.bytes.get(self.at..self.at + 4)?).ok()?;
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    /// Skips one value without building it; the fast path of scans.
    pub(crate) fn skip(&mut self) -> Option<()> {
        self.blank();
        match self.bytes.get(self.at)? {
            b'"' => self.skip_string(),
            b'{' | b'[' => {
                let mut depth = 0_usize;
                loop {
                    match self.bytes.get(self.at)? {
                        b'"' => {
                            self.skip_string()?;
                            continue;
                        }
                        b'{' | b'[' => depth += 1,
                        b'}' | b']' => depth -= 1,
                        _ => {}
                    }
                    self.at += 1;
                    if depth == 0 {
                        return Some(());
                    }
                }
            }
            _ => {
                while !matches!(
                    self.bytes.get(self.at),
                    None | Some(b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t')
                ) {
                    self.at += 1;
                }
                Some(())
            }
        }
    }

    fn skip_string(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            self.at += find_special(&self.bytes[self.at..])?;
            if self.bytes[self.at] == b'"' {
                self.at += 1;
                return Some(());
            }
            self.at += 2;
        }
    }
}

/// Offset of the first quote or backslash.
fn find_special(bytes: &[u8]) -> Option<usize> {
    // Most strings are shorter than what it costs to set up the wide search.
    let head = &bytes[..bytes.len().min(SHORT)];
    match head.iter().position(|b| matches!(b, b'"' | b'\\')) {
        Some(at) => Some(at),
        None => memchr::memchr2(b'"', b'\\', &bytes[head.len()..]).map(|at| head.len() + at),
    }
}

impl Value {
    /// The value as `tostring` gives it; null gives an empty text.
    pub(crate) fn to_text(&self) -> Arc<str> {
        match self {
            Self::String(text) => Arc::clone(text),
            other => {
                let mut out = String::new();
                other.write_text(&mut out);
                out.into()
            }
        }
    }

    /// Appends what [`Value::to_text`] gives.
    pub(crate) fn write_text(&self, out: &mut String) {
        match self {
            Self::Null => {}
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Int(n) => {
                let _ = write!(out, "{n}");
            }
            Self::Long(n) => {
                let _ = write!(out, "{n}");
            }
            Self::Real(n) => out.push_str(&real_text(*n)),
            Self::Decimal(n) => {
                let _ = write!(out, "{n}");
            }
            Self::String(text) => out.push_str(text),
            Self::Datetime(ticks) => out.push_str(&time::datetime_text(*ticks)),
            Self::Timespan(ticks) => out.push_str(&time::timespan_text(*ticks)),
            Self::Guid(bytes) => out.push_str(&guid_text(bytes)),
            Self::Array(_) | Self::Bag(_) => self.write_json(out),
        }
    }

    /// The value as JSON text, without spaces.
    pub(crate) fn to_json(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }

    /// Appends the value as JSON.
    pub(crate) fn write_json(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(_) | Self::Int(_) | Self::Long(_) => self.write_text(out),
            Self::Real(n) if n.is_finite() => {
                let text = real_text(*n);
                out.push_str(&text);
                if !text.contains(['.', 'e', 'E']) {
                    out.push_str(".0");
                }
            }
            Self::Array(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.write_json(out);
                }
                out.push(']');
            }
            Self::Bag(bag) => {
                out.push('{');
                for (index, (key, value)) in bag.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    write_quoted(key, out);
                    out.push(':');
                    value.write_json(out);
                }
                out.push('}');
            }
            Self::String(text) => write_quoted(text, out),
            other => write_quoted(&other.to_text(), out),
        }
    }
}

/// A text as a JSON string.
pub(crate) fn write_quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if u32::from(c) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A real in the shortest form that reads back the same.
pub(crate) fn real_text(n: f64) -> String {
    if n.is_nan() {
        return "NaN".to_owned();
    }
    if n.is_infinite() {
        return if n > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    if n == 0.0 {
        return "0".to_owned();
    }
    let magnitude = n.abs();
    if (1e-5..1e15).contains(&magnitude) {
        return format!("{n}");
    }
    // .NET writes the exponent with a sign and at least two digits.
    let text = format!("{n:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = exponent
        .strip_prefix('-')
        .map_or(('+', exponent), |d| ('-', d));
    format!("{mantissa}E{sign}{digits:0>2}")
}

/// `74be27de-1e4e-49d9-b579-fe0b331d3642`
pub(crate) fn guid_text(bytes: &[u8; 16]) -> String {
    let mut out = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        let _ = write!(out, "{byte:02x}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_reads_back() {
        for text in [
            r#"{"a":[1,2.5,null,true],"b":"x\"y\\z\n"}"#,
            "[]",
            "{}",
            "-3",
            r#""é""#,
        ] {
            assert_eq!(parse(text).expect("it is JSON").to_json(), text);
        }
        assert_eq!(
            parse(r#""\u00e9\ud83d\ude00""#).expect("escapes").to_json(),
            "\"é😀\""
        );
        for text in ["", "{", "[1,]", "nul", "{\"a\" 1}", "1 2"] {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn reals_are_short_and_read_back() {
        assert_eq!(real_text(0.1 + 0.2), "0.30000000000000004");
        assert_eq!(real_text(432_000.0), "432000");
        assert_eq!(real_text(1e20), "1E+20");
        assert_eq!(real_text(-1.5e-9), "-1.5E-09");
    }
}
