//! `{{Column}}` in the texts of `alertDetailsOverride`.

use crate::diag::Spanned;
use crate::rule::Rule;

/// The texts that may hold placeholders.
pub(crate) fn texts(rule: &Rule) -> impl Iterator<Item = &Spanned<String>> {
    let details = rule.alert_details.iter();
    details.flat_map(|details| {
        let texts = [&details.display_name_format, &details.description_format];
        texts.into_iter().flatten()
    })
}

/// What stands between `{{` and `}}`, as the service's own pattern `{{([^{}]*)}}` finds it.
pub(crate) fn columns(text: &str) -> Vec<&str> {
    let mut columns = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let inside = &rest[open + 2..];
        let end = inside.find(['{', '}']).unwrap_or(inside.len());
        if inside[end..].starts_with("}}") {
            columns.push(&inside[..end]);
            rest = &inside[end + 2..];
        } else {
            rest = inside;
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found_as_the_service_finds_them() {
        assert_eq!(columns("{{A}} and {{ B }}"), ["A", " B "]);
        assert_eq!(columns("{{A} {{B}}"), ["B"]);
        assert_eq!(columns("{{}} {A}"), [""]);
        assert!(columns("{{A").is_empty());
    }
}
