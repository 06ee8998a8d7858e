//! From loaded rules to what a target wants, with `--only` applied.

use std::collections::BTreeSet;

use crate::cli::commands::ready;
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::plan::Desired;
use crate::plan::field::Field;
use crate::project::Loaded;
use crate::render;
use crate::render::RenderOptions;
use crate::rule::Rule;
use crate::rule::field::Tag;

/// What the files want; `None` when a rule cannot be rendered, which has been shown then.
pub(crate) fn desired(
    loaded: &Loaded,
    api_version: &str,
    only: &[String],
    context: &Context,
) -> Result<Option<Vec<Desired>>, Error> {
    let options = RenderOptions {
        api_version: api_version.to_owned(),
        ..RenderOptions::default()
    };
    let mut diagnostics = Vec::new();
    let mut desired = Vec::new();
    for rule in &loaded.rules {
        let rendered = render::rest(rule, &options);
        diagnostics.extend(rendered.diagnostics);
        let unmanaged = rule.extension.unmanaged.iter();
        desired.push(Desired {
            id: rule.id.value,
            path: rule.origin.path.display().to_string().replace('\\', "/"),
            body: rendered.body,
            version: rule.version.as_ref().map(|version| version.value.clone()),
            unmanaged: unmanaged
                .flat_map(|word| Field::named(&word.value))
                .collect::<BTreeSet<_>>(),
            selected: only.is_empty() || only.iter().any(|word| chosen(rule, word)),
        });
    }
    if !ready::show(&diagnostics, &loaded.sources, context) {
        return Ok(None);
    }
    if !only.is_empty() && !desired.iter().any(|one| one.selected) {
        return Err(Error::Usage {
            message: format!("no rule fits `--only {}`", only.join("`, `--only ")),
            help: "a tag, an id, or a pattern such as `*sftp*` for the file or the name".into(),
        });
    }
    Ok(Some(desired))
}

/// Whether a word of `--only` means the rule: its id, a tag, or a pattern for its file or its name.
pub(crate) fn chosen(rule: &Rule, word: &str) -> bool {
    let path = rule.origin.path.display().to_string().replace('\\', "/");
    let has_tag = rule.tags.iter().any(|tag| match tag {
        Tag::Word(tag) => tag.value.eq_ignore_ascii_case(word),
        Tag::Map(_) => false,
    });
    has_tag
        || rule.id.value.to_string().eq_ignore_ascii_case(word)
        || fits(word, &path)
        || fits(word, &rule.name.value)
}

/// Whether a text fits a pattern in which `*` stands for any text and `?` for any character; case does not matter.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let (mut p, mut t) = (0, 0);
    // Where to go on when what follows the last `*` does not fit.
    let mut retry = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p, t));
                p += 1;
            }
            Some(expected) if *expected == '?' || *expected == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((star, taken)) = retry else {
                    return false;
                };
                retry = Some((star, taken + 1));
                p = star + 1;
                t = taken + 1;
            }
        }
    }
    pattern[p..].iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_whole_texts() {
        for (pattern, text, fit) in [
            ("*sftp*", "rules/impact/SFTP-mass-delete.yaml", true),
            (
                "rules/*/sftp-?ass*",
                "rules/impact/sftp-mass-delete.yaml",
                true,
            ),
            ("sftp", "rules/sftp.yaml", false),
            ("*", "", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
            ("", "a", false),
        ] {
            assert_eq!(fits(pattern, text), fit, "{pattern} {text}");
        }
    }
}
