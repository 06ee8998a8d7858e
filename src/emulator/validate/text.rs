//! Lengths of texts and ranges of durations.

use crate::duration::Duration;
use crate::emulator::answer::{ServiceError, invalid_properties};

/// Refuses a text whose length is not within bounds; blank counts as empty where something must be there.
pub(crate) fn length(
    kind: &str,
    name: &str,
    text: &str,
    least: usize,
    most: usize,
) -> Result<(), ServiceError> {
    if least > 0 && text.trim().is_empty() {
        return Err(invalid_properties(
            kind,
            &format!("'{name}' must have a non-empty value"),
        ));
    }
    // .NET counts UTF-16 units.
    let length = text.encode_utf16().count();
    if length > most {
        return Err(invalid_length(kind, name, length, least, most));
    }
    Ok(())
}

/// A number of things, or characters, that is not within bounds.
pub(crate) fn invalid_length(
    kind: &str,
    name: &str,
    found: usize,
    least: usize,
    most: usize,
) -> ServiceError {
    invalid_properties(
        kind,
        &format!(
            "Invalid length of '{found}' for '{name}'. '{name}' length should be between {least} and {most}"
        ),
    )
}

/// Refuses a duration that is not within bounds.
pub(crate) fn range(
    kind: &str,
    name: &str,
    found: Duration,
    (least, most): (Duration, Duration),
) -> Result<(), ServiceError> {
    if (least..=most).contains(&found) {
        return Ok(());
    }
    Err(invalid_properties(
        kind,
        &format!("'{name}' should be between '{least}' and '{most}'"),
    ))
}

/// Whether a text is a column name: `^[a-zA-Z_]+\w*$`, at most 500 characters.
pub(crate) fn is_column(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
        && text.chars().count() <= 500
}

/// Whether a text is a key of custom details: `^[a-zA-Z]+\w*$`.
pub(crate) fn is_key(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// The columns named in `{{…}}` of a format.
pub(crate) fn placeholders(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let after = &rest[open + 2..];
        let end = after.find(['{', '}']).unwrap_or(after.len());
        if after[end..].starts_with("}}") {
            found.push(&after[..end]);
            rest = &after[end + 2..];
        } else {
            rest = &rest[open + 1..];
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_what_stands_between_double_braces() {
        assert_eq!(placeholders("a {{B}} {{C}}{{D}}"), ["B", "C", "D"]);
        assert_eq!(placeholders("{{{B}}} {{a{b}} {{"), ["B"]);
        assert!(placeholders("{B}").is_empty());
    }
}
