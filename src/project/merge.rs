//! Imported rules beside the files that are there: which are new, which say the same, which differ.
//!
//! A rule is known by its id, not by its file's name, so that a renamed file stays renamed. What only files hold
//! (connectors, tags, owner, references, …) is kept when a file is rewritten; its comments are not.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

use crate::project::Loaded;
use crate::rule::Extension;
use crate::rule::Rule;

/// What becomes of an imported rule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Merged {
    /// A file of its own.
    New(PathBuf, Rule),
    /// The file there says the same.
    Same(PathBuf),
    /// The file there says something else; what it would say instead.
    Differs(PathBuf, Rule),
    /// The file there says something else and cannot be rewritten, for the reason given.
    Kept(PathBuf, &'static str),
}

/// Places each rule, named by `names`, below `folder`. `same` tells whether two rules are deployed alike.
pub(crate) fn merge(
    rules: Vec<Rule>,
    names: &[String],
    folder: &Path,
    there: &Loaded,
    same: impl Fn(&Rule, &Rule) -> bool,
) -> Vec<Merged> {
    let mut per_file: BTreeMap<&Path, usize> = BTreeMap::new();
    for rule in there.rules.iter().chain(&there.incomplete) {
        *per_file.entry(&rule.origin.path).or_default() += 1;
    }
    let by_id: BTreeMap<_, &Rule> = there
        .rules
        .iter()
        .map(|rule| (rule.id.value, rule))
        .collect();
    let taken = |path: &Path| there.sources.iter().any(|(_, file)| file.path() == path);
    let place = |(rule, name): (Rule, &String)| {
        let Some(old) = by_id.get(&rule.id.value) else {
            let path = folder.join(name);
            if !taken(&path) {
                return Merged::New(path, rule);
            }
            let stem = name.trim_end_matches(".yaml");
            return Merged::New(folder.join(format!("{stem}-{}.yaml", rule.id.value)), rule);
        };
        let path = old.origin.path.clone();
        if same(&rule, old) {
            Merged::Same(path)
        } else if !old.extension.parameters.is_empty() {
            Merged::Kept(
                path,
                "its parameters cannot be told from the query any more",
            )
        } else if per_file.get(path.as_path()) != Some(&1) {
            Merged::Kept(path, "the file holds more than this rule")
        } else {
            Merged::Differs(path, kept(rule, old))
        }
    };
    rules.into_iter().zip(names).map(place).collect()
}

/// The imported rule with what only its file holds.
fn kept(rule: Rule, old: &Rule) -> Rule {
    Rule {
        enabled: rule.enabled.or_else(|| old.enabled.clone()),
        version: rule.version.or_else(|| old.version.clone()),
        data_connectors: if rule.data_connectors.is_empty() {
            old.data_connectors.clone()
        } else {
            rule.data_connectors
        },
        tags: if rule.tags.is_empty() {
            old.tags.clone()
        } else {
            rule.tags
        },
        extension: if rule.extension == Extension::default() {
            old.extension.clone()
        } else {
            rule.extension
        },
        ..rule
    }
}
