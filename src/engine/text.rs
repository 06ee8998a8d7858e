//! What the string operators mean.

use std::borrow::Cow;

use crate::engine::value::Value;

/// The value as text.
pub(crate) fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_text().to_string()),
    }
}

/// Equal but for case.
pub(crate) fn equal_fold(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() {
        a.eq_ignore_ascii_case(b)
    } else {
        a.to_lowercase() == b.to_lowercase()
    }
}

/// Lower case, borrowed where nothing changes.
pub(crate) fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        }
    } else {
        Cow::Owned(text.to_lowercase())
    }
}

/// Which side of a find must end a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bounds {
    /// `has`
    Both,
    /// `hasprefix`
    Start,
    /// `hassuffix`
    End,
}

/// Whether `needle` stands in `text` as a term, or as the start or end of one.
///
/// A term is a longest run of letters and digits, as the service indexes texts.
pub(crate) fn has(text: &str, needle: &str, bounds: Bounds) -> bool {
    if needle.is_empty() {
        return true;
    }
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let first = is_word(needle.chars().next());
    let last = is_word(needle.chars().next_back());
    let mut from = 0;
    while let Some(found) = text[from..].find(needle) {
        let at = from + found;
        let end = at + needle.len();
        let open = !first || !is_word(text[..at].chars().next_back());
        let close = !last || !is_word(text[end..].chars().next());
        let fits = match bounds {
            Bounds::Both => open && close,
            Bounds::Start => open,
            Bounds::End => close,
        };
        if fits {
            return true;
        }
        from = at + text[at..].chars().next().map_or(1, char::len_utf8);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_ends_at_anything_but_letters_and_digits() {
        assert!(has("North_America", "America", Bounds::Both));
        assert!(!has("NorthAmerica", "America", Bounds::Both));
        assert!(has("NorthAmerica", "America", Bounds::End));
        assert!(has("NorthAmerica", "North", Bounds::Start));
        assert!(has("a.exe x", ".exe", Bounds::Both));
        assert!(has("aa a", "a", Bounds::Both));
        assert!(!has("aa", "a", Bounds::Both));
        assert!(has("x", "", Bounds::Both));
    }
}
