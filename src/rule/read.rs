//! Reading typed values out of a tree, collecting what is wrong instead of stopping at it.

use std::path::Path;

use crate::diag::{Code, Diagnostic, Edit, Fix, Level, Span, Spanned};
use crate::duration::Duration;
use crate::rule::codes;
use crate::rule::yaml::{Entry, Node, ScalarStyle, Value};

/// What a reader has found so far.
#[derive(Debug)]
pub(crate) struct Reader<'text> {
    /// The text the tree was read from.
    pub(crate) text: &'text str,
    /// The file, for messages that name it.
    pub(crate) path: &'text Path,
    /// What is wrong, in the order found.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Whether something is wrong that leaves no usable rule.
    pub(crate) unusable: bool,
}

/// The known keys of one mapping that were written with a value, by their canonical name.
#[derive(Debug)]
pub(crate) struct Fields<'tree> {
    /// The mapping's place.
    pub(crate) span: Span,
    found: Vec<(&'static str, &'tree Entry)>,
}

impl<'tree> Fields<'tree> {
    /// The value under a canonical key; a null is no value.
    pub(crate) fn get(&self, key: &str) -> Option<&'tree Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The key and value under a canonical key; a null is no value.
    pub(crate) fn entry(&self, key: &str) -> Option<&'tree Entry> {
        self.any(key)
            .filter(|entry| entry.value.value != Value::Null)
    }

    /// The key and value under a canonical key, also when the value is null.
    pub(crate) fn any(&self, key: &str) -> Option<&'tree Entry> {
        let found = self.found.iter().find(|(known, _)| *known == key);
        found.map(|(_, entry)| *entry)
    }
}

/// Replaces `span` by `replacement`.
pub(crate) fn write_fix(span: Span, replacement: impl Into<String>) -> Fix {
    let replacement = replacement.into();
    Fix {
        title: format!("write `{replacement}`"),
        edits: vec![Edit { span, replacement }],
    }
}

impl<'text> Reader<'text> {
    /// A reader of the tree of `text`.
    pub(crate) fn new(path: &'text Path, text: &'text str) -> Self {
        Self {
            text,
            path,
            diagnostics: Vec::new(),
            unusable: false,
        }
    }

    /// Keeps a finding.
    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Keeps a finding that leaves no usable rule.
    pub(crate) fn fail(&mut self, diagnostic: Diagnostic) {
        self.unusable = true;
        self.report(diagnostic);
    }

    /// Sorts the keys of a mapping into known ones, and reports the others.
    pub(crate) fn fields<'tree>(
        &mut self,
        node: &'tree Node,
        what: &str,
        known: &'static [&'static str],
    ) -> Option<Fields<'tree>> {
        let Value::Mapping(entries) = &node.value else {
            self.wrong_type(node, what, "a mapping");
            return None;
        };
        let mut fields = Fields {
            span: node.span,
            found: Vec::new(),
        };
        for entry in entries {
            let written = entry.key.value.as_str();
            let exact = known.iter().find(|key| **key == written);
            let same = |key: &&&str| key.eq_ignore_ascii_case(written.trim());
            let Some(key) = exact.or_else(|| known.iter().find(same)) else {
                self.unknown_key(&entry.key, what, known);
                continue;
            };
            if exact.is_none() {
                let message = format!("the key `{written}` is spelled `{key}`");
                self.report(
                    Diagnostic::new(&codes::KEY_SPELLING, entry.key.span, message)
                        .fix(write_fix(entry.key.span, *key)),
                );
            }
            // The first of two that has a value wins; that there are two is reported for the whole tree by `lower`.
            match fields.found.iter_mut().find(|(known, _)| known == key) {
                None => fields.found.push((key, entry)),
                Some((_, first)) if is_empty(&first.value) => *first = entry,
                Some(_) => {}
            }
        }
        Some(fields)
    }

    fn unknown_key(&mut self, key: &Spanned<String>, what: &str, known: &[&'static str]) {
        let message = match key.value.as_str() {
            "" => format!("an empty key in {what}"),
            written => format!("unknown key `{written}` in {what}"),
        };
        let mut diagnostic = Diagnostic::new(&codes::UNKNOWN_KEY, key.span, message)
            .label("not part of the rule format, has no effect");
        if let Some(near) = nearest(&key.value, known.iter().copied()) {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        }
        self.report(diagnostic);
    }

    /// Reports a value of the wrong type.
    pub(crate) fn wrong_type(&mut self, node: &Node, what: &str, expected: &str) {
        let message = format!("{what} must be {expected}, not {}", node.value.describe());
        self.fail(Diagnostic::new(
            &codes::WRONG_TYPE,
            first_line(self.text, node.span),
            message,
        ));
    }

    /// A text; numbers and truth values are taken as written.
    pub(crate) fn text(&mut self, node: &Node, what: &str) -> Option<Spanned<String>> {
        if let Value::Scalar(text, _) = &node.value {
            return Some(Spanned::new(text.clone(), node.span));
        }
        // `{{Column}}` without quotes is a mapping to YAML and can only be meant as a text.
        let written = self.text.get(node.span.range()).unwrap_or_default();
        if written.starts_with("{{") && written.ends_with("}}") && !written.contains('\n') {
            let message = format!("{what} begins with `{{` and needs quotes");
            let mut diagnostic =
                Diagnostic::new(&codes::WRONG_TYPE, node.span, message).label("taken as a text");
            if !written.contains('\'') {
                diagnostic = diagnostic.fix(write_fix(node.span, format!("'{written}'")));
            }
            diagnostic.level = Level::Warning;
            self.report(diagnostic);
            return Some(Spanned::new(written.to_owned(), node.span));
        }
        self.wrong_type(node, what, "a text");
        None
    }

    /// A text that a mapping may leave out.
    pub(crate) fn optional_text(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
    ) -> Option<Spanned<String>> {
        let node = fields.get(key)?;
        self.text(node, &format!("`{key}`"))
    }

    /// A truth value that a mapping may leave out.
    pub(crate) fn optional_bool(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
    ) -> Option<Spanned<bool>> {
        let node = fields.get(key)?;
        if let Value::Scalar(text, _) = &node.value {
            let lower = text.trim().to_ascii_lowercase();
            let value = match lower.as_str() {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            };
            if let Some(value) = value {
                return Some(Spanned::new(value, node.span));
            }
            let mut diagnostic = Diagnostic::new(
                &codes::WRONG_TYPE,
                node.span,
                format!("`{key}` is `true` or `false`, not `{text}`"),
            );
            if let Some(value) = match lower.as_str() {
                "yes" | "on" | "y" => Some("true"),
                "no" | "off" | "n" => Some("false"),
                _ => None,
            } {
                diagnostic = diagnostic.fix(write_fix(node.span, value));
            }
            self.fail(diagnostic);
            return None;
        }
        self.wrong_type(node, &format!("`{key}`"), "`true` or `false`");
        None
    }

    /// A duration that a mapping may leave out.
    pub(crate) fn optional_duration(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
    ) -> Option<Spanned<Duration>> {
        let node = fields.get(key)?;
        let text = self.text(node, &format!("`{key}`"))?;
        let Ok(duration) = text.value.parse::<Duration>() else {
            let message = format!("`{}` is not a duration", text.value.trim());
            let mut diagnostic = Diagnostic::new(&codes::INVALID_DURATION, text.span, message)
                .label(format!("`{key}` needs a number and a unit"))
                .help("accepted are `5m`, `1h`, `14d`, ISO 8601 such as `PT1H30M`, and `hh:mm:ss`");
            if let Some(meant) = Duration::from_words(&text.value) {
                diagnostic = diagnostic.fix(scalar_fix(node, &meant.to_simple()));
            }
            self.fail(diagnostic);
            return None;
        };
        let (written, simple) = (text.value.trim(), duration.to_simple());
        if is_compound(written) {
            let message = format!(
                "`{written}` is read as `{simple}`, but other tools take one number and one unit only"
            );
            let mut diagnostic = Diagnostic::new(&codes::INVALID_DURATION, text.span, message)
                .fix(scalar_fix(node, &simple));
            diagnostic.level = Level::Warning;
            self.report(diagnostic);
        } else if written != simple {
            let message = format!("`{written}` is written `{simple}` in rule files");
            self.report(
                Diagnostic::new(&codes::DURATION_SPELLING, text.span, message)
                    .fix(scalar_fix(node, &simple)),
            );
        }
        Some(Spanned::new(duration, text.span))
    }

    /// A list that a mapping may leave out; one lone value is taken as a list of one.
    pub(crate) fn list<'tree>(&mut self, fields: &Fields<'tree>, key: &str) -> &'tree [Node] {
        let Some(entry) = fields.entry(key) else {
            return &[];
        };
        match &entry.value.value {
            Value::Sequence(items) => items,
            Value::Scalar(text, _) => {
                let span = entry.value.span;
                let message = format!("`{key}` is a list, and one value is written");
                let mut diagnostic = Diagnostic::new(&codes::WRONG_TYPE, span, message)
                    .label("taken as a list of one")
                    .help(format!("`{key}: [{}]` is a list of one", text.trim()));
                diagnostic.level = Level::Warning;
                if text
                    .trim()
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '.')
                {
                    let written = self.text.get(span.range()).unwrap_or_default();
                    diagnostic = diagnostic.fix(write_fix(span, format!("[{written}]")));
                }
                self.report(diagnostic);
                std::slice::from_ref(&entry.value)
            }
            _ => {
                self.wrong_type(&entry.value, &format!("`{key}`"), "a list");
                &[]
            }
        }
    }

    /// Texts of a list, nulls left out.
    pub(crate) fn text_list(&mut self, fields: &Fields<'_>, key: &str) -> Vec<Spanned<String>> {
        let mut texts = Vec::new();
        for item in self.list(fields, key) {
            if item.value == Value::Null {
                continue;
            }
            texts.extend(self.text(item, &format!("an item of `{key}`")));
        }
        texts
    }

    /// One word of an API enum, in any case.
    pub(crate) fn word<T: Copy>(
        &mut self,
        node: &Node,
        code: &'static Code,
        what: &str,
        all: &[T],
        name: impl Fn(T) -> &'static str,
    ) -> Option<Spanned<T>> {
        let text = self.text(node, what)?;
        let trimmed = text.value.trim();
        let same = |value: &&T| name(**value).eq_ignore_ascii_case(trimmed);
        if let Some(value) = all.iter().find(same) {
            let canonical = name(*value);
            if canonical != text.value {
                self.spelling(node, &text.value, canonical);
            }
            return Some(Spanned::new(*value, text.span));
        }
        let names: Vec<&'static str> = all.iter().map(|value| name(*value)).collect();
        let message = format!("{what} is one of {}, not `{trimmed}`", any_of(&names));
        let mut diagnostic = Diagnostic::new(code, text.span, message);
        if let Some(near) = nearest(trimmed, names.iter().copied()) {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
            // A guess is no repair: only what differs by spaces and signs alone is certain.
            if squeeze(near) == squeeze(trimmed) {
                diagnostic = diagnostic.fix(scalar_fix(node, near));
            }
        }
        self.fail(diagnostic);
        None
    }

    /// Reports a word that is understood but spelled in another way than the service spells it.
    pub(crate) fn spelling(&mut self, node: &Node, written: &str, canonical: &str) {
        let message = format!("`{}` is spelled `{canonical}`", written.trim());
        self.report(
            Diagnostic::new(&codes::VALUE_SPELLING, node.span, message)
                .fix(scalar_fix(node, canonical)),
        );
    }
}

/// A repair that writes another scalar in the place of one, in the same quotes.
pub(crate) fn scalar_fix(node: &Node, value: &str) -> Fix {
    let style = match &node.value {
        Value::Scalar(_, style) => *style,
        _ => ScalarStyle::Plain,
    };
    let written = match style {
        ScalarStyle::SingleQuoted => format!("'{value}'"),
        ScalarStyle::DoubleQuoted => format!("\"{value}\""),
        _ => value.to_owned(),
    };
    let mut fix = write_fix(node.span, written);
    fix.title = format!("write `{value}`");
    fix
}

/// Whether a value says nothing.
fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::Scalar(text, _) => text.trim().is_empty(),
        Value::Sequence(_) | Value::Mapping(_) => false,
    }
}

/// The part of `span` that is on its first line, for places that cover many.
pub(crate) fn first_line(text: &str, span: Span) -> Span {
    let written = text.get(span.range()).unwrap_or_default();
    let line = written.split(['\r', '\n']).next().unwrap_or_default();
    Span::new(
        span.source,
        span.start as usize,
        span.start as usize + line.trim_end().len(),
    )
}

/// The word of `all` that `written` most likely stands for.
pub(crate) fn nearest<'a>(written: &str, all: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let written = squeeze(written);
    if written.is_empty() {
        return None;
    }
    let scored = all.map(|word| (strsim::damerau_levenshtein(&written, &squeeze(word)), word));
    let (distance, word) = scored.min_by_key(|(distance, _)| *distance)?;
    (distance <= word.len().max(3) / 3).then_some(word)
}

/// The letters and digits of a text, in lower case.
fn squeeze(text: &str) -> String {
    let kept = text.chars().filter(char::is_ascii_alphanumeric);
    kept.map(|c| c.to_ascii_lowercase()).collect()
}

/// `` `a`, `b` or `c` ``.
pub(crate) fn any_of(words: &[&str]) -> String {
    join(words, "or")
}

/// `` `a`, `b` and `c` ``.
pub(crate) fn list_of(words: &[&str]) -> String {
    join(words, "and")
}

fn join(words: &[&str], last_word: &str) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} {last_word} {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// Whether a short spelling has more than one unit, which only this program reads.
fn is_compound(text: &str) -> bool {
    let text = text.trim();
    !text.starts_with(['P', 'p'])
        && !text.contains(':')
        && text.chars().filter(char::is_ascii_alphabetic).count() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_and_a_far_one_is_not() {
        let words = ["Account", "Host", "FileHash", "IP"];
        assert_eq!(nearest("Accounr", words.into_iter()), Some("Account"));
        assert_eq!(nearest("File hash", words.into_iter()), Some("FileHash"));
        assert_eq!(nearest("critical", words.into_iter()), None);
    }

    #[test]
    fn words_are_listed_as_a_sentence() {
        assert_eq!(list_of(&[]), "");
        assert_eq!(list_of(&["a"]), "`a`");
        assert_eq!(list_of(&["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(any_of(&["a", "b"]), "`a` or `b`");
    }
}
