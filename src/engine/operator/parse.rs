//! `parse`, `parse-where`, `parse-kv`.

use std::sync::Arc;

use regex::Regex;

use super::source::declared;
use crate::engine::code::Code;
use crate::engine::compile::Cx;
use crate::engine::convert;
use crate::engine::error::Error;
use crate::engine::error::Result;
use crate::engine::session::Scope;
use crate::engine::session::Session;
use crate::engine::table::Column;
use crate::engine::table::Row;
use crate::engine::table::Stream;
use crate::engine::text::text;
use crate::engine::value::Type;
use crate::engine::value::Value;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::Operator;
use crate::kql::ast::OperatorParameter;
use crate::kql::ast::ParsePart;
use crate::kql::ast::RowSchema;

/// `parse`, or `parse-where` where `only_matching` holds.
///
/// The pattern becomes one regular expression over the whole text.
pub(super) fn parse<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    operator: &'q Operator,
    only_matching: bool,
    source: &'q Expr,
    pattern: &'q [ParsePart],
) -> Result<Stream<'q>> {
    let kind = operator.parameter_text("kind").unwrap_or("simple");
    let (is_regex, relaxed) = match kind {
        "simple" => (false, false),
        "relaxed" => (false, true),
        "regex" => (true, false),
        other => return Err(Error::invalid(format!("`parse` has no kind `{other}`"))),
    };
    let flags = operator.parameter_text("flags").unwrap_or("");
    let cx = Cx::new(session, scope, &input.columns);
    let code = cx.scalar(source)?;
    let mut expression = String::from("(?s)");
    if is_regex {
        expression.clear();
        let known: String = flags
            .chars()
            .filter(|c| matches!(c, 'i' | 'm' | 's' | 'U'))
            .collect();
        if !known.is_empty() {
            expression = format!("(?{known})");
        }
    }
    // Regular expressions are greedy; under `U` the two change places.
    let lazy = if is_regex { ".*" } else { ".*?" };
    expression.push('^');
    let mut columns = input.columns.clone();
    let mut targets: Vec<(usize, Type)> = Vec::new();
    for part in pattern {
        match part {
            ParsePart::Star(_) => expression.push_str(lazy),
            ParsePart::Text(expr) => {
                let value = Cx::new(session, scope, &[]).scalar(expr)?;
                let value = value
                    .as_const()
                    .ok_or_else(|| Error::invalid("the texts of `parse` are constant"))?
                    .to_text();
                if is_regex {
                    expression.push_str(&format!("(?:{value})"));
                } else {
                    expression.push_str(&regex::escape(&value));
                }
            }
            ParsePart::Column(decl) => {
                let ty = if decl.type_name.text.is_empty() {
                    Type::String
                } else {
                    Type::parse(&decl.type_name.text).ok_or_else(|| {
                        Error::invalid(format!("`{}` is no type", decl.type_name.text))
                    })?
                };
                let group = match ty {
                    Type::Int | Type::Long => r"\s*[-+]?\d+",
                    Type::Real | Type::Decimal => {
                        r"\s*[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
                    }
                    _ => lazy,
                };
                let name = format!("rulepost{}", targets.len());
                if relaxed && group != lazy {
                    expression.push_str(&format!("(?P<{name}>{group}|{lazy})"));
                } else {
                    expression.push_str(&format!("(?P<{name}>{group})"));
                }
                let place =
                    if let Some(place) = columns.iter().position(|c| c.name == decl.name.text) {
                        columns[place].ty = ty;
                        place
                    } else {
                        columns.push(Column::new(Arc::clone(&decl.name.text), ty));
                        columns.len() - 1
                    };
                targets.push((place, ty));
            }
        }
    }
    expression.push('$');
    let regex = Regex::new(&expression)
        .map_err(|_| Error::invalid("the pattern of `parse` is no regular expression"))?;
    let width = columns.len();
    let rows = input.rows.filter_map(move |row| {
        let row = match row {
            Ok(row) => row,
            Err(error) => return Some(Err(error)),
        };
        let source = code.eval(&row);
        let source = text(&source);
        let mut row = row;
        row.resize(width, Value::Null);
        let found = regex.captures(&source).and_then(|captures| {
            targets
                .iter()
                .enumerate()
                .map(|(index, (_, ty))| {
                    let part = captures
                        .name(&format!("rulepost{index}"))
                        .map_or("", |m| m.as_str());
                    let value = convert::to(*ty, &part.into());
                    // A part that is not of its type makes the row a mismatch, unless relaxed.
                    (relaxed || !value.is_null() || *ty == Type::Dynamic).then_some(value)
                })
                .collect::<Option<Vec<Value>>>()
        });
        match found {
            Some(values) => {
                for ((place, _), value) in targets.iter().zip(values) {
                    row[*place] = value;
                }
            }
            None if only_matching => return None,
            None => {
                for (place, ty) in &targets {
                    row[*place] = convert::cast(*ty, Value::Null);
                }
            }
        }
        Some(Ok(row))
    });
    Ok(Stream {
        columns,
        rows: Box::new(rows),
        serialized: input.serialized,
    })
}

/// How `parse-kv` reads its text.
struct KeyValue {
    pairs: Vec<char>,
    separators: Vec<char>,
    quotes: Vec<(char, char)>,
    escape: Option<char>,
    greedy: bool,
    regex: Option<Regex>,
    given: bool,
}

/// `parse-kv`
pub(super) fn parse_kv<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    source: &'q Expr,
    schema: &'q RowSchema,
    with: &'q [OperatorParameter],
) -> Result<Stream<'q>> {
    let wanted = declared(schema)?;
    let code: Code = Cx::new(session, scope, &input.columns).scalar(source)?;
    let property = |name: &str| -> Result<Option<String>> {
        let Some(found) = with.iter().find(|p| &*p.name.text == name) else {
            return Ok(None);
        };
        if let ExprKind::Name(ident) = &found.value.kind {
            return Ok(Some(ident.text.to_string()));
        }
        let value = Cx::new(session, scope, &[]).scalar(&found.value)?.eval(&[]);
        Ok(Some(value.to_text().to_string()))
    };
    let quote = property("quote")?.unwrap_or_default();
    let quotes: Vec<char> = quote.chars().collect();
    let pairs = property("pair_delimiter")?;
    let separators = property("kv_delimiter")?;
    let reader = KeyValue {
        given: pairs.is_some() || separators.is_some(),
        pairs: pairs.unwrap_or_default().chars().collect(),
        separators: separators.unwrap_or_default().chars().collect(),
        quotes: match quotes.as_slice() {
            [] => Vec::new(),
            [one] => vec![(*one, *one)],
            [open, close, ..] => vec![(*open, *close)],
        },
        escape: property("escape")?.and_then(|e| e.chars().next()),
        greedy: property("greedy")?.is_some_and(|g| g == "true"),
        regex: property("regex")?
            .map(|r| {
                Regex::new(&r)
                    .map_err(|_| Error::invalid(format!("`{r}` is no regular expression")))
            })
            .transpose()?,
    };
    let mut columns = input.columns.clone();
    let mut places = Vec::new();
    for column in &wanted {
        let place = if let Some(place) = columns.iter().position(|c| c.name == column.name) {
            columns[place].ty = column.ty;
            place
        } else {
            columns.push(column.clone());
            columns.len() - 1
        };
        places.push(place);
    }
    let width = columns.len();
    let rows = input.rows.map(move |row| {
        let mut row: Row = row?;
        let source = code.eval(&row);
        let found = reader.read(&text(&source), &wanted);
        row.resize(width, Value::Null);
        for (place, column) in places.iter().zip(&wanted) {
            let value = found
                .iter()
                .find(|(k, _)| **k == *column.name)
                .map(|(_, v)| v.as_str());
            row[*place] = value.map_or_else(
                || convert::cast(column.ty, Value::Null),
                |v| convert::to(column.ty, &v.into()),
            );
        }
        Ok(row)
    });
    Ok(Stream {
        columns,
        rows: Box::new(rows),
        serialized: input.serialized,
    })
}

impl KeyValue {
    /// The pairs of the text; the first of equal keys wins.
    fn read(&self, source: &str, wanted: &[Column]) -> Vec<(String, String)> {
        if let Some(regex) = &self.regex {
            return regex
                .captures_iter(source)
                .filter_map(|c| {
                    Some((c.get(1)?.as_str().to_owned(), c.get(2)?.as_str().to_owned()))
                })
                .collect();
        }
        if self.greedy {
            return self.read_greedy(source, wanted);
        }
        let is_pair = |c: char| {
            if self.pairs.is_empty() {
                !self.is_part(c)
            } else {
                self.pairs.contains(&c)
            }
        };
        let is_separator = |c: char| {
            if self.separators.is_empty() {
                !self.is_part(c)
            } else {
                self.separators.contains(&c)
            }
        };
        let chars: Vec<char> = source.chars().collect();
        let mut at = 0;
        let mut out = Vec::new();
        if !self.given && self.regex.is_none() {
            return self.read_open(source, wanted);
        }
        while at < chars.len() {
            while at < chars.len() && (is_pair(chars[at]) || chars[at].is_whitespace()) {
                at += 1;
            }
            let (key, next) = self.token(&chars, at, &|c| is_separator(c) || is_pair(c));
            at = next;
            if at < chars.len() && is_separator(chars[at]) {
                at += 1;
                while at < chars.len() && chars[at].is_whitespace() && !is_pair(chars[at]) {
                    at += 1;
                }
                let (value, next) = self.token(&chars, at, &is_pair);
                at = next.max(at);
                out.push((key, value));
            } else if at < chars.len() {
                at += 1;
            }
        }
        out
    }

    fn is_part(&self, c: char) -> bool {
        c.is_alphanumeric()
            || matches!(c, '_' | '-')
            || self.quotes.iter().any(|(o, q)| *o == c || *q == c)
    }

    /// A key or value, quoted or up to where `ends` says.
    fn token(&self, chars: &[char], from: usize, ends: &dyn Fn(char) -> bool) -> (String, usize) {
        let mut out = String::new();
        let mut at = from;
        if let Some((_, close)) = chars
            .get(at)
            .and_then(|c| self.quotes.iter().find(|(o, _)| o == c))
        {
            at += 1;
            while at < chars.len() && chars[at] != *close {
                if Some(chars[at]) == self.escape && at + 1 < chars.len() {
                    at += 1;
                }
                out.push(chars[at]);
                at += 1;
            }
            return (out, at + 1);
        }
        while at < chars.len() && !ends(chars[at]) {
            out.push(chars[at]);
            at += 1;
        }
        (out.trim().to_owned(), at)
    }

    /// Without delimiters, any character that is no letter, digit or quote delimits; the keys are known.
    fn read_open(&self, source: &str, wanted: &[Column]) -> Vec<(String, String)> {
        let mut out = Vec::new();
        for column in wanted {
            let pattern = format!(r"(?:^|[^\w]){}[^\w]+?", regex::escape(&column.name));
            let Some(found) =
                crate::engine::function::cached_regex(&pattern).and_then(|r| r.find(source))
            else {
                continue;
            };
            let chars: Vec<char> = source[found.end()..].chars().collect();
            let quote = |c: char| self.quotes.iter().any(|(o, _)| *o == c);
            let start = chars
                .iter()
                .position(|c| self.is_part(*c) || quote(*c))
                .unwrap_or(chars.len());
            let (value, _) = self.token(&chars, start, &|c| !(c.is_alphanumeric() || c == '_'));
            out.push((column.name.to_string(), value));
        }
        out
    }

    /// A value runs up to the next key; needs both delimiters.
    fn read_greedy(&self, source: &str, wanted: &[Column]) -> Vec<(String, String)> {
        let mut starts: Vec<(usize, usize, &str)> = Vec::new();
        for column in wanted {
            for separator in &self.separators {
                let needle = format!("{}{separator}", column.name);
                for (at, _) in source.match_indices(&needle) {
                    let before = source[..at].chars().next_back();
                    if before.is_none_or(|c| self.pairs.contains(&c) || c.is_whitespace()) {
                        starts.push((at, at + needle.len(), &column.name));
                    }
                }
            }
        }
        starts.sort_unstable();
        (0..starts.len())
            .map(|i| {
                let (_, from, key) = starts[i];
                let to = starts.get(i + 1).map_or(source.len(), |(at, ..)| *at);
                let value = source[from..to]
                    .trim_end_matches(|c: char| self.pairs.contains(&c) || c.is_whitespace());
                (key.to_owned(), value.to_owned())
            })
            .collect()
    }
}
