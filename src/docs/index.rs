//! The index: rules by tactic.

use std::collections::BTreeMap;

use crate::docs::filed_under;
use crate::docs::text::cell;
use crate::mitre::Tactic;
use crate::rule::Rule;

/// The text of the index.
pub(super) fn text(named: &[(String, &Rule)]) -> String {
    let mut text = String::from(
        "<!-- Made by `rulepost docs`; change the rule files instead. -->\n\n# Detection rules\n\n",
    );
    let off = named.iter().filter(|(_, rule)| is_off(rule)).count();
    text.push_str(&format!(
        "{} rules, {} of them shipped disabled.\n",
        named.len(),
        off
    ));
    let mut groups: BTreeMap<Option<Tactic>, Vec<&(String, &Rule)>> = BTreeMap::new();
    for entry in named {
        groups.entry(filed_under(entry.1)).or_default().push(entry);
    }
    // Rules without a tactic come last.
    let none = groups.remove(&None);
    let groups = groups
        .into_iter()
        .chain(none.map(|entries| (None, entries)));
    for (tactic, mut entries) in groups {
        let title = tactic.map_or_else(|| "No tactic".to_owned(), Tactic::title);
        text.push_str(&format!("\n## {title}\n\n| rule | severity | schedule | techniques |\n| --- | --- | --- | --- |\n"));
        entries.sort_by_key(|(_, rule)| rule.name.value.to_lowercase());
        for (path, rule) in entries {
            let off = if is_off(rule) { " (disabled)" } else { "" };
            let techniques: Vec<String> = rule
                .techniques
                .iter()
                .map(|id| id.value.to_string())
                .collect();
            text.push_str(&format!(
                "| [{}]({path}){off} | {} | {} | {} |\n",
                cell(&rule.name.value),
                rule.severity.value,
                crate::docs::page::schedule(rule),
                techniques.join(", ")
            ));
        }
    }
    text
}

/// Whether the file says that the rule is off.
pub(super) fn is_off(rule: &Rule) -> bool {
    rule.enabled.as_ref().is_some_and(|enabled| !enabled.value)
}
