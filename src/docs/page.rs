//! The page of one rule.

use crate::docs::Sample;
use crate::docs::index::is_off;
use crate::docs::sources;
use crate::docs::text::{bullets, cell, code, sentences};
use crate::mitre::{self, storage_techniques};
use crate::rule::field::{EntityMapping, MatchingMethod, Tag};
use crate::rule::{Rule, RuleKind};

/// `every 1h over 2h`, or `near real time`.
pub(super) fn schedule(rule: &Rule) -> String {
    match &rule.kind.value {
        RuleKind::Scheduled(schedule) => format!(
            "every {} over {}",
            schedule.frequency.value.to_short(),
            schedule.period.value.to_short()
        ),
        RuleKind::Nrt => "near real time".to_owned(),
    }
}

/// The text of the page; `named` are all rules with their pages, for links.
pub(super) fn text(rule: &Rule, samples: &[Sample], named: &[(String, &Rule)]) -> String {
    let mut text =
        String::from("<!-- Made by `rulepost docs`; change the rule file instead. -->\n\n");
    text.push_str(&format!("# {}\n\n", rule.name.value));
    let off = if is_off(rule) {
        " · shipped disabled"
    } else {
        ""
    };
    text.push_str(&format!(
        "{} · {} · {}{off}\n",
        rule.severity.value,
        schedule(rule),
        code(&rule.origin.path.to_string_lossy().replace('\\', "/"))
    ));
    if let Some(description) = &rule.description {
        section(
            &mut text,
            "What it detects",
            &link_rules(&sentences(&description.value), named),
        );
    }
    needs(&mut text, rule);
    techniques(&mut text, rule);
    if let Some(window) = &rule.extension.window {
        section(&mut text, "Why this window", &sentences(&window.value));
    }
    tuning(&mut text, rule);
    alert(&mut text, rule);
    for (title, items) in [
        ("False positives", &rule.extension.false_positives),
        ("Response", &rule.extension.response),
        ("What it assumes", &rule.extension.caveats),
    ] {
        if !items.is_empty() {
            section(&mut text, title, &link_rules(&bullets(items), named));
        }
    }
    testing(&mut text, rule, samples);
    section(
        &mut text,
        "Query",
        &format!("```kusto\n{}\n```", rule.query.value.trim_end()),
    );
    if !rule.extension.references.is_empty() {
        let references = rule.extension.references.iter();
        let links: Vec<String> = references
            .map(|link| format!("* <{}>", link.value))
            .collect();
        section(&mut text, "References", &links.join("\n"));
    }
    text
}

fn section(text: &mut String, title: &str, body: &str) {
    text.push_str(&format!("\n## {title}\n\n{body}\n"));
}

/// Names of rules in backticks become links to their pages.
fn link_rules(body: &str, named: &[(String, &Rule)]) -> String {
    let mut linked = body.to_owned();
    for (path, rule) in named {
        let name = &rule.name.value;
        linked = linked.replace(&format!("`{name}`"), &format!("[{name}](../{path})"));
    }
    linked
}

fn needs(text: &mut String, rule: &Rule) {
    let mut lines = Vec::new();
    for connector in &rule.data_connectors {
        for table in &connector.data_types {
            let setting = sources::source(&table.value)
                .map_or_else(String::new, |source| format!(": {}", source.setting));
            let connector = code(&connector.id.value);
            lines.push(format!(
                "* {} (connector {connector}){setting}",
                code(&table.value)
            ));
        }
    }
    if !lines.is_empty() {
        section(text, "What must be on", &lines.join("\n"));
    }
}

fn techniques(text: &mut String, rule: &Rule) {
    let mut body = String::new();
    if !rule.techniques.is_empty() {
        body.push_str("| technique | tactic | reason |\n| --- | --- | --- |\n");
    }
    for id in rule.techniques.iter().map(|id| id.value) {
        let known = mitre::technique(id).or_else(|| mitre::technique(id.parent()));
        let tactics: Vec<String> = rule
            .tactics
            .iter()
            .map(|tactic| tactic.value)
            .filter(|tactic| known.is_some_and(|one| one.tactics.contains(tactic)))
            .map(mitre::Tactic::title)
            .collect();
        let parent = if id.is_sub() {
            mitre::technique(id.parent())
        } else {
            None
        };
        let name = match (parent, known) {
            (Some(parent), Some(sub)) => format!("{}: {}", parent.name, sub.name),
            (None, Some(known)) => known.name.to_owned(),
            (_, None) => String::new(),
        };
        let spelled = id.to_string();
        let reasons = &rule.extension.rationale;
        let reason = reasons
            .iter()
            .find(|(key, _)| key.value.eq_ignore_ascii_case(&spelled));
        body.push_str(&format!(
            "| [{spelled}](https://attack.mitre.org/techniques/{}/) {} | {} | {} |\n",
            spelled.replace('.', "/"),
            cell(&name),
            tactics.join(", "),
            reason.map_or_else(String::new, |(_, reason)| cell(&reason.value))
        ));
    }
    let storage: Vec<String> = rule
        .tags
        .iter()
        .filter_map(|tag| match tag {
            Tag::Word(word) => Some(word.value.as_str()),
            Tag::Map(_) => None,
        })
        .filter_map(|word| {
            storage_techniques()
                .iter()
                .find(|one| one.id.eq_ignore_ascii_case(word))
        })
        .map(|one| format!("[{}]({}) {}", one.id, one.url(), one.name))
        .collect();
    if !storage.is_empty() {
        if !body.is_empty() {
            body.push('\n');
        }
        body.push_str(&format!(
            "In Microsoft's threat matrix for storage services: {}.\n",
            storage.join(", ")
        ));
    }
    if !body.is_empty() {
        section(text, "Techniques", body.trim_end());
    }
}

fn tuning(text: &mut String, rule: &Rule) {
    let parameters = &rule.extension.parameters;
    if parameters.is_empty() {
        return;
    }
    let mut body =
        String::from("| parameter | type | default | for |\n| --- | --- | --- | --- |\n");
    for parameter in parameters {
        let description = parameter
            .description
            .as_ref()
            .map_or_else(String::new, |text| cell(&text.value));
        let default = match &parameter.default.value {
            serde_json::Value::String(value) => value.clone(),
            value => value.to_string(),
        };
        body.push_str(&format!(
            "| {} | {} | {} | {description} |\n",
            code(&parameter.name.value),
            parameter.kind.value,
            code(&cell(&default))
        ));
    }
    section(text, "Tuning", body.trim_end());
}

fn alert(text: &mut String, rule: &Rule) {
    let mut lines = Vec::new();
    if let Some(details) = &rule.alert_details {
        if let Some(title) = &details.display_name_format {
            lines.push(format!("* Title: {}", code(&title.value)));
        }
        if let Some(column) = &details.severity_column {
            lines.push(format!(
                "* Severity: from the column {}",
                code(&column.value)
            ));
        }
    }
    if !rule.entity_mappings.is_empty() {
        let entities: Vec<String> = rule.entity_mappings.iter().map(entity).collect();
        lines.push(format!("* Entities: {}", entities.join(", ")));
    }
    if !rule.custom_details.is_empty() {
        let names: Vec<String> = rule
            .custom_details
            .iter()
            .map(|(name, _)| code(&name.value))
            .collect();
        lines.push(format!("* Custom details: {}", names.join(", ")));
    }
    lines.push(format!("* Incidents: {}", incidents(rule)));
    section(text, "The alert", &lines.join("\n"));
}

fn entity(mapping: &EntityMapping) -> String {
    let fields: Vec<String> = mapping
        .fields
        .iter()
        .map(|field| {
            format!(
                "{} from {}",
                field.identifier.value,
                code(&field.column.value)
            )
        })
        .collect();
    format!("{} ({})", mapping.entity_type.value, fields.join(", "))
}

fn incidents(rule: &Rule) -> String {
    let Some(incident) = &rule.incident else {
        return "one for each alert".to_owned();
    };
    if !incident.create.value {
        return "none, the rule makes alerts only".to_owned();
    }
    let grouping = incident
        .grouping
        .as_ref()
        .filter(|grouping| grouping.enabled.value);
    let Some(grouping) = grouping else {
        return "one for each alert".to_owned();
    };
    let by = match grouping.matching.value {
        MatchingMethod::AnyAlert => "all alerts of the rule".to_owned(),
        MatchingMethod::AllEntities => "alerts whose entities are all the same".to_owned(),
        MatchingMethod::Selected => {
            let entities = grouping.by_entities.iter().map(|one| one.value.to_string());
            let details = grouping
                .by_alert_details
                .iter()
                .map(|one| one.value.to_string());
            let custom = grouping
                .by_custom_details
                .iter()
                .map(|one| one.value.clone());
            let keys: Vec<String> = entities.chain(details).chain(custom).collect();
            format!("alerts with the same {}", keys.join(" and "))
        }
    };
    format!(
        "{by} within {} share one",
        grouping.lookback.value.to_short()
    )
}

fn testing(text: &mut String, rule: &Rule, samples: &[Sample]) {
    let mut body = String::new();
    if !rule.extension.simulate.is_empty() {
        body.push_str("On a system that is made for tests:\n\n");
        body.push_str(&bullets(&rule.extension.simulate));
        body.push('\n');
    }
    if !samples.is_empty() {
        if !body.is_empty() {
            body.push('\n');
        }
        let file = rule
            .origin
            .path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy();
        body.push_str(&format!(
            "The rule's own tests are in {}. The first of them has rows such as this, made for the test and not captured:\n",
            code(&format!("{file}.test.yaml"))
        ));
        for sample in samples {
            let row = serde_json::to_string_pretty(&sample.row).unwrap_or_default();
            body.push_str(&format!(
                "\n{}\n\n```json\n{row}\n```\n",
                code(&sample.table)
            ));
        }
    }
    if !body.is_empty() {
        section(text, "How to test", body.trim_end());
    }
}
