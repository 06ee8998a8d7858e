//! Planned rules and their marks as templates to submit.
//!
//! A new rule waits for its mark and the mark of a changed rule for the rule, so that a deployment that is stopped
//! anywhere leaves nothing that the next run would not know for ours. Both stand in one template always.
//! Source: "Define the order for deploying resources in ARM templates" of the Azure documentation.

use serde_json::Value;
use serde_json::json;

use crate::api::alert_rule::AlertRuleBody;
use crate::api::metadata::MetadataBody;
use crate::render::arm;

/// One rule to submit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    /// Resource name of the rule.
    pub(crate) name: String,
    /// The rule; none when only its mark is written.
    pub(crate) rule: Option<AlertRuleBody>,
    /// Its mark.
    pub(crate) mark: MetadataBody,
    /// Whether the mark comes before the rule.
    pub(crate) mark_first: bool,
}

/// The names of a template's deployment limits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Most resources.
    pub(crate) resources: usize,
    /// Most bytes.
    pub(crate) bytes: usize,
}

/// Entries by how many of them, from the first, go into each template; none stays out.
pub(crate) fn split(entries: &[Entry], api_version: &str, limits: Limits) -> Vec<usize> {
    let mut sizes: Vec<usize> = Vec::new();
    let (mut resources, mut bytes) = (0, 0);
    for entry in entries {
        let rendered = both(entry, api_version);
        let size: usize = rendered.iter().map(|one| one.to_string().len()).sum();
        let full = resources + rendered.len() > limits.resources || bytes + size > limits.bytes;
        match sizes.last_mut() {
            Some(count) if !full => *count += 1,
            _ => {
                sizes.push(1);
                (resources, bytes) = (0, 0);
            }
        }
        resources += rendered.len();
        bytes += size;
    }
    sizes
}

/// One template of these entries; its parameter `workspace` is the name of the workspace.
pub(crate) fn template(entries: &[Entry], api_version: &str) -> Value {
    let resources: Vec<Value> = entries
        .iter()
        .flat_map(|entry| both(entry, api_version))
        .collect();
    arm::frame(&resources)
}

/// The resources of one entry.
fn both(entry: &Entry, api_version: &str) -> Vec<Value> {
    let mark_name = format!("analyticsrule-{}", entry.name);
    let mut mark = arm::resource("metadata", &mark_name, api_version);
    let body = serde_json::to_value(&entry.mark).expect("our bodies are maps with text keys");
    arm::fill(&mut mark, body);
    let Some(body) = &entry.rule else {
        return vec![mark];
    };
    let mut rule = arm::resource("alertRules", &entry.name, api_version);
    let body = serde_json::to_value(body).expect("our bodies are maps with text keys");
    arm::fill(&mut rule, body);
    if entry.mark_first {
        rule["dependsOn"] = json!([id("metadata", &mark_name)]);
    } else {
        mark["dependsOn"] = json!([id("alertRules", &entry.name)]);
    }
    vec![rule, mark]
}

/// The expression for the id of a resource of the template.
fn id(kind: &str, name: &str) -> String {
    format!(
        "[resourceId('Microsoft.OperationalInsights/workspaces/providers/{kind}', parameters('workspace'), \
         'Microsoft.SecurityInsights', '{}')]",
        arm::quoted(name)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::RenderOptions;
    use crate::render::sample;

    fn entry(number: u128, mark_first: bool) -> Entry {
        let rule = sample::scheduled(number);
        Entry {
            name: rule.id.value.to_string(),
            rule: Some(crate::render::rest(&rule, &RenderOptions::default()).body),
            mark: MetadataBody {
                etag: None,
                properties: crate::api::metadata::MetadataProperties {
                    parent_id: "/x".to_owned(),
                    kind: "AnalyticsRule".to_owned(),
                    ..Default::default()
                },
            },
            mark_first,
        }
    }

    #[test]
    fn a_new_rule_waits_for_its_mark_and_the_mark_of_an_old_one_for_the_rule() {
        let mut only_mark = entry(3, true);
        only_mark.rule = None;
        let mut old = entry(2, false);
        if let Some(rule) = &mut old.rule {
            rule.etag = Some("\"7\"".to_owned());
        }
        insta::assert_json_snapshot!(template(
            &[entry(1, true), old, only_mark],
            "2025-10-01-preview"
        ));
    }

    #[test]
    fn a_rule_and_its_mark_stay_together_and_every_template_keeps_the_limits() {
        let entries: Vec<Entry> = (1..=5).map(|number| entry(number, true)).collect();
        let one: usize = both(&entries[0], "v")
            .iter()
            .map(|one| one.to_string().len())
            .sum();
        for (resources, bytes, wanted) in [
            (800, 1 << 20, vec![5]),
            (5, 1 << 20, vec![2, 2, 1]),
            (800, one * 3 + 9, vec![3, 2]),
            (1, 1, vec![1, 1, 1, 1, 1]),
        ] {
            let sizes = split(&entries, "v", Limits { resources, bytes });
            assert_eq!(sizes, wanted);
        }
        assert_eq!(
            split(
                &[],
                "v",
                Limits {
                    resources: 1,
                    bytes: 1
                }
            ),
            Vec::<usize>::new()
        );
    }
}
