//! Documentation pages of rules, as Markdown: an index by tactic and a page for each rule.
//!
//! Everything on a page comes from the rule itself, and from its test file for the sample rows; nothing is written
//! twice. [`pages`] is a pure function, the caller writes the files.

mod index;
mod page;
pub(crate) mod samples;
pub(crate) mod sources;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;

use crate::mitre::Tactic;
use crate::rule::{Rule, RuleId};

/// A file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    /// Path below the output folder, with `/`.
    pub(crate) path: String,
    /// Its Markdown.
    pub(crate) text: String,
}

/// A row that makes a rule fire, to be shown on its page.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    /// The table.
    pub(crate) table: String,
    /// The row as JSON: columns that are not empty.
    pub(crate) row: serde_json::Value,
}

/// What the pages are made with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// Rows to show, by rule.
    pub(crate) samples: BTreeMap<RuleId, Vec<Sample>>,
}

/// The index, then a page for each rule; by path.
pub(crate) fn pages(rules: &[Rule], options: &Options) -> Vec<Page> {
    let mut named: Vec<(String, &Rule)> = Vec::new();
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    let mut sorted: Vec<&Rule> = rules.iter().collect();
    sorted.sort_by_key(|rule| (rule.origin.path.clone(), rule.id.value));
    for rule in sorted {
        let path = path(rule);
        let count = taken.entry(path.clone()).or_default();
        *count += 1;
        // Two files of one name in different folders: the later ones carry a number.
        let path = if *count > 1 {
            format!("{}-{count}.md", path.trim_end_matches(".md"))
        } else {
            path
        };
        named.push((path, rule));
    }
    let mut pages = vec![Page {
        path: "README.md".to_owned(),
        text: index::text(&named),
    }];
    for (path, rule) in &named {
        let samples = options
            .samples
            .get(&rule.id.value)
            .map_or(&[][..], Vec::as_slice);
        pages.push(Page {
            path: path.clone(),
            text: page::text(rule, samples, &named),
        });
    }
    pages
}

/// The tactic a rule is filed under: that of its folder, else the first it names.
pub(crate) fn filed_under(rule: &Rule) -> Option<Tactic> {
    let folder = rule
        .origin
        .path
        .parent()
        .and_then(|parent| parent.file_name());
    let by_folder = folder.and_then(|name| Tactic::parse_lenient(&name.to_string_lossy()));
    let named = |tactic: &Tactic| rule.tactics.iter().any(|one| one.value == *tactic);
    by_folder
        .filter(named)
        .or_else(|| rule.tactics.first().map(|tactic| tactic.value))
}

/// `TACTIC/NAME.md`, after the rule's file.
fn path(rule: &Rule) -> String {
    let folder = filed_under(rule).map_or_else(|| "other".to_owned(), Tactic::slug);
    let stem = rule.origin.path.file_stem().map_or_else(
        || rule.id.value.to_string(),
        |stem| stem.to_string_lossy().into_owned(),
    );
    format!("{folder}/{stem}.md")
}
