//! File names for rules: readable, the same at every import, safe on every file system.

use std::collections::BTreeMap;

use crate::rule::Rule;

/// Longest name without its ending.
const MAX_LENGTH: usize = 80;

/// A file name for each rule, in the order of the rules. Rules of the same name get the begin of their ids.
pub(crate) fn file_names(rules: &[Rule]) -> Vec<String> {
    let stems: Vec<String> = rules.iter().map(|rule| stem(&rule.name.value)).collect();
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for stem in &stems {
        *count.entry(stem).or_default() += 1;
    }
    let named = rules.iter().zip(&stems).map(|(rule, stem)| {
        let id = rule.id.value.to_string();
        if count.get(stem.as_str()) == Some(&1) {
            format!("{stem}.yaml")
        } else {
            format!("{stem}-{id}.yaml")
        }
    });
    named.collect()
}

/// Lower case, words joined by hyphens, only letters and digits of ASCII.
fn stem(name: &str) -> String {
    let mut stem = String::new();
    for character in name.chars() {
        match character.to_ascii_lowercase() {
            letter if letter.is_ascii_alphanumeric() => stem.push(letter),
            '\'' | '’' => {}
            _ if stem.is_empty() || stem.ends_with('-') => {}
            _ => stem.push('-'),
        }
    }
    if stem.len() > MAX_LENGTH {
        let end = stem[..=MAX_LENGTH].rfind('-').unwrap_or(MAX_LENGTH);
        stem.truncate(end);
    }
    let stem = stem.trim_matches('-');
    // Names that Windows keeps for devices, and names with nothing left.
    let device = matches!(stem, "con" | "prn" | "aux" | "nul")
        || (stem.len() == 4
            && (stem.starts_with("com") || stem.starts_with("lpt"))
            && stem.ends_with(|end: char| end.is_ascii_digit()));
    if stem.is_empty() || device {
        format!("rule-{stem}").trim_end_matches('-').to_owned()
    } else {
        stem.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_readable_and_safe_everywhere() {
        let cases = [
            (
                "(Preview) Brute force: Azure's portal / SSH",
                "preview-brute-force-azures-portal-ssh",
            ),
            ("  Ünïcode  ", "n-code"),
            ("日本", "rule"),
            ("CON", "rule-con"),
            ("com1", "rule-com1"),
            ("../../etc/passwd", "etc-passwd"),
        ];
        for (name, wanted) in cases {
            assert_eq!(stem(name), wanted, "{name}");
        }
        let long = stem(&"word ".repeat(60));
        assert!(long.len() <= MAX_LENGTH && long.ends_with("word"), "{long}");
    }
}
