//! Functions that take a text apart: URLs, paths, CSV, versions, XML, user agents.

use std::sync::Arc;

use super::Def;
use super::def;
use super::encode::url_decode;
use crate::engine::convert;
use crate::engine::text::text;
use crate::engine::value::Bag;
use crate::engine::value::Type;
use crate::engine::value::Value;

pub(super) fn lookup(name: &str) -> Option<Def> {
    use Type::{Decimal, Dynamic};
    match name {
        "parse_url" => def(1, 1, Dynamic, |a| parse_url(&text(&a[0]))),
        "parse_urlquery" => def(1, 1, Dynamic, |a| {
            let source = text(&a[0]);
            let query = source.split_once('?').map_or(source.as_ref(), |(_, q)| q);
            Value::bag(vec![("Query Parameters".into(), query_bag(query))])
        }),
        "parse_path" => def(1, 1, Dynamic, |a| parse_path(&text(&a[0]))),
        "parse_csv" => def(1, 1, Dynamic, |a| {
            let mut rows = csv_records(&text(&a[0]));
            if rows.is_empty() {
                return Value::array(vec![Value::text("")]);
            }
            Value::array(rows.swap_remove(0).into_iter().map(Value::from).collect())
        }),
        "parse_command_line" => def(2, 2, Dynamic, |a| parse_command_line(&text(&a[0]))),
        "parse_version" => def(1, 1, Decimal, |a| parse_version(&text(&a[0]))),
        "parse_xml" => def(1, 1, Dynamic, |a| {
            parse_xml(&text(&a[0])).unwrap_or_default()
        }),
        "parse_user_agent" => None,
        _ => None,
    }
}

fn bag(members: &[(&str, &str)]) -> Value {
    Value::bag(
        members
            .iter()
            .map(|(k, v)| (Arc::from(*k), Value::from(*v)))
            .collect(),
    )
}

fn query_bag(query: &str) -> Value {
    let mut out = Bag::new();
    for pair in query.split('&').filter(|p| !p.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = url_decode(key);
        let value: Value = url_decode(value).into();
        match out.iter_mut().find(|(k, _)| **k == *key) {
            Some(member) => member.1 = value,
            None => out.push((key.into(), value)),
        }
    }
    Value::bag(out)
}

fn parse_url(source: &str) -> Value {
    let (rest, fragment) = source.split_once('#').unwrap_or((source, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (scheme, rest) = rest.split_once("://").unwrap_or(("", rest));
    let slash = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = if scheme.is_empty() {
        ("", rest)
    } else {
        rest.split_at(slash)
    };
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    let (host, port) = match host.rsplit_once(':') {
        Some((h, p)) if p.bytes().all(|b| b.is_ascii_digit()) => (h, p),
        _ => (host, ""),
    };
    let mut value = vec![
        ("Scheme", scheme),
        ("Host", host),
        ("Port", port),
        ("Path", path),
        ("Username", user),
        ("Password", password),
    ]
    .into_iter()
    .map(|(k, v)| (Arc::from(k), Value::from(v)))
    .collect::<Bag>();
    value.push(("Query Parameters".into(), query_bag(query)));
    value.push(("Fragment".into(), fragment.into()));
    Value::bag(value)
}

fn parse_path(source: &str) -> Value {
    let (scheme, rest) = source.split_once("://").unwrap_or(("", source));
    let cut = rest.rfind(['/', '\\']);
    let (directory_path, file) = match cut {
        Some(at) => (&rest[..at], &rest[at + 1..]),
        None => ("", rest),
    };
    let (file, stream) = match file.split_once(':') {
        Some((file, stream)) if !file.is_empty() && file.len() > 1 => (file, stream),
        _ => (file, ""),
    };
    let extension = file.rsplit_once('.').map_or("", |(_, e)| e);
    let directory = directory_path.rsplit(['/', '\\']).next().unwrap_or("");
    // A drive is a root; the host of a shared folder is none, as the reference's example shows.
    let drive = directory_path.as_bytes().get(1) == Some(&b':');
    let root = directory_path.get(..2).filter(|_| drive).unwrap_or("");
    bag(&[
        ("Scheme", scheme),
        ("RootPath", root),
        ("DirectoryPath", directory_path),
        ("DirectoryName", directory),
        ("Filename", file),
        ("Extension", extension),
        ("AlternateDataStreamName", stream),
    ])
}

/// The records of CSV text by RFC 4180.
pub(crate) fn csv_records(source: &str) -> Vec<Vec<String>> {
    let texts = |record: Vec<(usize, String)>| record.into_iter().map(|(_, text)| text).collect();
    csv_cells(source).into_iter().map(texts).collect()
}

/// The records of CSV text, each cell with the place where it begins.
pub(crate) fn csv_cells(source: &str) -> Vec<Vec<(usize, String)>> {
    let mut records = Vec::new();
    let mut record = Vec::new();
    let mut field = String::new();
    let mut start = 0;
    let mut quoted = false;
    let mut any = false;
    let mut chars = source.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        any = true;
        let next = chars.peek().map(|(_, next)| *next);
        match c {
            '"' if quoted && next == Some('"') => {
                chars.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            ',' if !quoted => {
                record.push((start, std::mem::take(&mut field)));
                start = at + 1;
            }
            '\r' if !quoted && next == Some('\n') => {}
            '\n' if !quoted => {
                record.push((start, std::mem::take(&mut field)));
                records.push(std::mem::take(&mut record));
                start = at + 1;
                any = false;
            }
            c => field.push(c),
        }
    }
    if any {
        record.push((start, field));
        records.push(record);
    }
    records
}

fn parse_command_line(source: &str) -> Value {
    let mut out = Vec::new();
    let mut part = String::new();
    let mut quoted = false;
    let mut any = false;
    for c in source.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                any = true;
            }
            c if c.is_whitespace() && !quoted => {
                if any {
                    out.push(std::mem::take(&mut part).into());
                }
                any = false;
            }
            c => {
                part.push(c);
                any = true;
            }
        }
    }
    if any {
        out.push(part.into());
    }
    Value::array(out)
}

fn parse_version(source: &str) -> Value {
    let parts: Vec<&str> = source.trim().split('.').collect();
    if parts.len() > 4 {
        return Value::Null;
    }
    let mut digits = String::new();
    for index in 0..4 {
        let part = parts.get(index).unwrap_or(&"0");
        match part.parse::<u64>() {
            Ok(n) if part.len() <= 8 => digits.push_str(&format!("{n:08}")),
            _ => return Value::Null,
        }
    }
    convert::parse_decimal(digits.trim_start_matches('0'))
        .or_else(|| convert::parse_decimal("0"))
        .map_or(Value::Null, Value::Decimal)
}

/// XML to a bag: attributes become `@name`, repeated elements an array, text beside attributes `#text`.
fn parse_xml(source: &str) -> Option<Value> {
    let mut reader = Xml { rest: source };
    reader.prolog();
    let (name, value) = reader.element(0)?;
    reader.prolog();
    reader
        .rest
        .trim()
        .is_empty()
        .then(|| Value::bag(vec![(name.into(), value)]))
}

/// A cursor over XML text.
struct Xml<'a> {
    rest: &'a str,
}

impl<'a> Xml<'a> {
    /// Skips white space, comments, declarations and processing instructions.
    fn prolog(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            let end = if self.rest.starts_with("<!--") {
                "-->"
            } else if self.rest.starts_with("<?") {
                "?>"
            } else if self.rest.starts_with("<!DOCTYPE") {
                ">"
            } else {
                return;
            };
            let Some(at) = self.rest.find(end) else {
                self.rest = "";
                return;
            };
            self.rest = &self.rest[at + end.len()..];
        }
    }

    fn name(&mut self) -> Option<&'a str> {
        let end = self
            .rest
            .find(|c: char| c.is_whitespace() || matches!(c, '>' | '/' | '=' | '<'))?;
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!name.is_empty()).then_some(name)
    }

    fn element(&mut self, depth: usize) -> Option<(&'a str, Value)> {
        if depth > 100 {
            return None;
        }
        self.rest = self.rest.strip_prefix('<')?;
        let name = self.name()?;
        let mut members = Bag::new();
        loop {
            self.rest = self.rest.trim_start();
            if let Some(rest) = self.rest.strip_prefix("/>") {
                self.rest = rest;
                let value = if members.is_empty() {
                    Value::Null
                } else {
                    Value::bag(members)
                };
                return Some((name, value));
            }
            if let Some(rest) = self.rest.strip_prefix('>') {
                self.rest = rest;
                break;
            }
            let key = self.name()?;
            self.rest = self.rest.trim_start().strip_prefix('=')?.trim_start();
            let quote = self
                .rest
                .chars()
                .next()
                .filter(|c| matches!(c, '"' | '\''))?;
            let (value, rest) = self.rest[1..].split_once(quote)?;
            self.rest = rest;
            members.push((format!("@{key}").into(), unescape(value).into()));
        }
        let mut content = String::new();
        loop {
            if self.rest.starts_with("<!--") {
                self.prolog();
                continue;
            }
            if let Some(rest) = self.rest.strip_prefix("<![CDATA[") {
                let (data, rest) = rest.split_once("]]>")?;
                content.push_str(data);
                self.rest = rest;
            } else if let Some(rest) = self.rest.strip_prefix("</") {
                let (closing, rest) = rest.split_once('>')?;
                if closing.trim() != name {
                    return None;
                }
                self.rest = rest;
                break;
            } else if self.rest.starts_with('<') {
                let (child, value) = self.element(depth + 1)?;
                match members.iter_mut().find(|(k, _)| &**k == child) {
                    Some((_, old)) => {
                        *old = match std::mem::take(old) {
                            Value::Array(items) => {
                                let mut items = items.as_ref().clone();
                                items.push(value);
                                Value::array(items)
                            }
                            one => Value::array(vec![one, value]),
                        };
                    }
                    None => members.push((child.into(), value)),
                }
            } else {
                let end = self.rest.find('<')?;
                content.push_str(&unescape(&self.rest[..end]));
                self.rest = &self.rest[end..];
            }
        }
        let trimmed = content.trim();
        let value = if members.is_empty() {
            if trimmed.is_empty() {
                Value::Null
            } else {
                content.as_str().into()
            }
        } else {
            if !trimmed.is_empty() {
                members.push(("#text".into(), trimmed.into()));
            }
            Value::bag(members)
        };
        Some((name, value))
    }
}

fn unescape(source: &str) -> String {
    let mut out = String::new();
    let mut rest = source;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(end) = rest.find(';') else {
            break;
        };
        let entity = &rest[1..end];
        let c = match entity {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => entity.strip_prefix('#').and_then(|n| {
                let code = match n.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16).ok(),
                    None => n.parse().ok(),
                };
                char::from_u32(code?)
            }),
        };
        match c {
            Some(c) => out.push(c),
            None => out.push_str(&rest[..=end]),
        }
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}
