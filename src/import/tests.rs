//! Every shape that is taken, and the round trips.

mod corpus;

use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::project::load;
use crate::render;
use crate::render::RenderOptions;
use crate::render::sample;
use crate::rule::entity::canonical_identifier;
use crate::rule::field::AlertDetail;
use crate::rule::field::EntityType;
use crate::rule::write::write;

/// Reads one text without parameters.
fn read(source: &str) -> Imported {
    text(source, "", &Map::new()).expect("readable")
}

/// The body a rule renders to, as JSON.
fn body(rule: &Rule) -> Json {
    json!(render::rest(rule, &RenderOptions::default()).body)
}

/// A portal export of one scheduled rule with the properties given on top of the required ones.
fn export(properties: &Json) -> String {
    let mut all = json!({
        "displayName": "A rule", "enabled": true, "severity": "High", "query": "T\r\n| take 1 \r\n",
        "queryFrequency": "PT1H", "queryPeriod": "P1D", "triggerOperator": "GreaterThan", "triggerThreshold": 0,
        "suppressionEnabled": false, "suppressionDuration": "PT5H",
    });
    let members = properties.as_object().expect("a map").clone();
    all.as_object_mut().expect("a map").extend(members);
    json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "parameters": {"workspace": {"type": "String"}},
        "resources": [{
            "id": "[concat(resourceId('Microsoft.OperationalInsights/workspaces/providers', parameters('workspace'), 'Microsoft.SecurityInsights'),'/alertRules/6d47add0-fa27-4a46-bdae-8707eb1115c1')]",
            "name": "[concat(parameters('workspace'),'/Microsoft.SecurityInsights/6d47add0-fa27-4a46-bdae-8707eb1115c1')]",
            "type": "Microsoft.OperationalInsights/workspaces/providers/alertRules",
            "kind": "Scheduled", "apiVersion": "2023-12-01-preview", "properties": all,
        }],
    })
    .to_string()
}

fn notes(imported: &Imported) -> Vec<String> {
    let show = |note: &Note| {
        let lost = if note.lost { "lost" } else { "changed" };
        format!("{} {lost}: {}", note.field, note.message)
    };
    imported.notes.iter().map(show).collect()
}

#[test]
fn a_portal_export_becomes_a_readable_file() {
    let imported = read(&export(&json!({
        "description": "'Quoted' and\nlong", "tactics": ["CredentialAccess"], "techniques": ["T1110"],
        "subTechniques": ["T1110.003"], "alertRuleTemplateName": null, "customDetails": {"Ip": "CallerIpAddress"},
        "entityMappings": [{"entityType": "IP", "fieldMappings": [{"identifier": "Address", "columnName": "CallerIpAddress"}]}],
        "alertDetailsOverride": {"alertDisplayNameFormat": "{{Ip}}: a # b", "alertDynamicProperties": []},
        "eventGroupingSettings": {"aggregationKind": "AlertPerResult"},
        "incidentConfiguration": {"createIncident": true, "groupingConfiguration": {
            "enabled": true, "reopenClosedIncident": false, "lookbackDuration": "PT5H", "matchingMethod": "Selected",
            "groupByEntities": ["IP"], "groupByAlertDetails": [], "groupByCustomDetails": ["Ip"]}},
        "lastModifiedUtc": "2026-01-01T00:00:00Z", "startTimeUtc": null,
    })));
    assert_eq!(notes(&imported), [""; 0]);
    insta::assert_snapshot!(write(&imported.rules[0]));
}

#[test]
fn what_cannot_be_carried_is_named_field_by_field() {
    let imported = read(&export(&json!({
        "tactics": ["CredentialAccess", "Stealth"], "techniques": ["T1110", "MS-T825"], "triggerThreshold": "3",
        "entityMappings": [{"entityType": "Starship", "fieldMappings": []}], "playbookName": "block", "mood": "good",
        "queryPeriod": "PT1D", "incidentConfiguration": {"createIncident": "true", "groupingConfiguration": {
            "enabled": true, "reopenClosedIncident": false, "lookbackDuration": "soon", "entitiesMatchingMethod": "None"}},
    })));
    insta::assert_snapshot!(notes(&imported).join("\n"));
    let rule = body(&imported.rules[0]);
    assert_eq!(rule["properties"]["queryPeriod"], "P1D");
    assert_eq!(rule["properties"]["triggerThreshold"], 3);
}

#[test]
fn what_is_no_scheduled_rule_is_skipped_with_a_reason() {
    let imported = read(
        r#"{"resources": [
            {"type": "Microsoft.SecurityInsights/alertRules", "name": "BuiltInFusion", "kind": "Fusion",
             "properties": {"enabled": true, "alertRuleTemplateName": "f71aba3d-28fb-450b-b192-4e76a83015c8"}},
            {"type": "Microsoft.SecurityInsights/alertRules", "name": "a", "kind": "Scheduled",
             "properties": {"displayName": "[parameters('name')]", "query": "T"}},
            {"type": "Microsoft.SecurityInsights/alertRules", "name": "b", "kind": "Scheduled", "condition": false,
             "properties": {"displayName": "Off"}},
            {"type": "Microsoft.OperationalInsights/workspaces/providers/alertRules/actions",
             "name": "[concat(parameters('w'), '/Microsoft.SecurityInsights/a/b')]", "properties": {}},
            {"type": "Microsoft.Insights/metricAlerts", "name": "m", "properties": {}}
        ]}"#,
    );
    assert_eq!(imported.rules, []);
    let skipped: Vec<String> = imported
        .skipped
        .iter()
        .map(|skipped| format!("{}: {}", skipped.name, skipped.reason))
        .collect();
    insta::assert_snapshot!(format!(
        "{}\n{}",
        skipped.join("\n"),
        notes(&imported).join("\n")
    ));
}

#[test]
fn packages_loops_and_linked_templates_are_entered() {
    let rule = |name: &str, properties: Json| json!({"type": "Microsoft.SecurityInsights/AlertRuleTemplates", "name": name, "kind": "Scheduled", "properties": properties});
    let properties = |name: &str| json!({"displayName": name, "severity": "Low", "query": "T", "queryFrequency": "PT5M", "queryPeriod": "PT5M", "triggerOperator": "GreaterThan", "triggerThreshold": 0});
    let template = json!({
        "variables": {
            "rule1": {"version": "1.0.4", "id": "11111111-1111-4111-8111-111111111111"},
            "text": "[variables('other')]", "other": "[[x]",
            "names": ["One", "Two"],
        },
        "resources": [
            {"type": "Microsoft.OperationalInsights/workspaces/providers/contentTemplates", "properties": {
                "contentKind": "AnalyticsRule",
                "mainTemplate": {"contentVersion": "[variables('rule1').version]", "parameters": {}, "variables": {},
                    "resources": [rule("[variables('rule1').id]", properties("[[[Old name]"))]}}},
            {"type": "Microsoft.Resources/deployments", "properties": {
                "expressionEvaluationOptions": {"scope": "inner"}, "parameters": {"title": {"value": "[concat('In', 'ner')]"}},
                "template": {"parameters": {"title": {"type": "string"}},
                    "resources": [rule("22222222-2222-4222-8222-222222222222", properties("[parameters('title')]"))]}}},
            {"type": "Microsoft.SecurityInsights/alertRules", "kind": "Scheduled",
             "copy": {"name": "each", "count": "[length(variables('names'))]"},
             "name": "[guid(variables('names')[copyIndex()])]",
             "properties": properties("[concat('Loop ', variables('names')[copyIndex('each')], ' ', variables('text'))]")},
        ],
    });
    let imported = read(&template.to_string());
    let names: Vec<&str> = imported
        .rules
        .iter()
        .map(|rule| rule.name.value.as_str())
        .collect();
    assert_eq!(
        names,
        ["[Old name]", "Inner", "Loop One [x]", "Loop Two [x]"]
    );
    assert_eq!(
        imported.rules[0]
            .version
            .as_ref()
            .map(|version| version.value.as_str()),
        Some("1.0.4")
    );
    assert_eq!(
        imported.rules[0].id.value.to_string(),
        "11111111-1111-4111-8111-111111111111"
    );
    assert_eq!(notes(&imported), [""; 0]);
}

#[test]
fn lists_that_loops_make_are_carried_over() {
    let template = json!({
        "variables": {
            "tactics": ["Impact", "Discovery"],
            "copy": [{"name": "words", "count": 2, "input": "[concat('w', copyIndex('words', 1))]"}],
        },
        "resources": [{
            "type": "Microsoft.SecurityInsights/alertRules", "kind": "Scheduled",
            "name": "11111111-1111-4111-8111-111111111111",
            "properties": {
                "displayName": "[join(variables('words'), ' ')]", "severity": "Low", "query": "T",
                "queryFrequency": "PT5M", "queryPeriod": "PT5M", "triggerOperator": "GreaterThan", "triggerThreshold": 0,
                "copy": [
                    {"name": "tactics", "count": "[length(variables('tactics'))]",
                     "input": "[variables('tactics')[copyIndex('tactics')]]"},
                    {"name": "techniques", "count": "[parameters('many')]", "input": "T1485"},
                ],
            },
        }],
    });
    let imported = read(&template.to_string());
    let properties = &body(&imported.rules[0])["properties"];
    assert_eq!(properties["displayName"], "w1 w2");
    assert_eq!(properties["tactics"], json!(["Impact", "Discovery"]));
    assert_eq!(
        notes(&imported),
        ["techniques lost: there is no parameter `many`"]
    );
}

#[test]
fn comments_marks_and_trailing_commas_are_read_over() {
    let plain = export(&json!({}));
    let wanted = read(&plain).rules[0].name.value.clone();
    for source in [
        format!("\u{feff}{plain}"),
        format!("// exported by hand\n/* twice */\n{plain}\n"),
        plain.replacen("{\"$schema", "{ // here\r\n\"$schema", 1),
        format!("{},\n}}", &plain[..plain.len() - 1]),
    ] {
        let imported = read(&source);
        assert_eq!(imported.rules[0].name.value, wanted, "{source}");
    }
}

#[test]
fn parameters_may_be_given() {
    let template = r#"{"parameters": {"q": {"type": "string"}, "id": {"defaultValue": "[newGuid()]"}}, "resources": [
        {"type": "Microsoft.OperationalInsights/workspaces/providers/alertRules", "kind": "NRT",
         "name": "[concat('w/Microsoft.SecurityInsights/', parameters('id'))]",
         "properties": {"displayName": "N", "severity": "low", "query": "[parameters('q')]"}}]}"#;
    let skipped = read(template).skipped;
    assert_eq!(
        skipped[0].reason,
        "`query` is not known: parameter `q` has no value"
    );
    let file = r#"{"$schema": "x", "parameters": {"Q": {"value": "T | take 1"}}}"#;
    let imported = text(template, "", &parameters(file).expect("parameters")).expect("readable");
    assert_eq!(imported.rules[0].query.value, "T | take 1");
    assert_eq!(
        imported.notes[0].message,
        "`newGuid()` makes another value at every deployment; the id `d9307401-8b20-5555-b38e-abb342c26bfe` is made from the display name"
    );
}

#[test]
fn files_of_older_tools_are_taken_in_json_and_yaml() {
    let json_text = r#"{"Scheduled": [{"displayName": "A", "severity": "Medium", "enabled": "true", "query": "T",
        "queryFrequency": "5H", "queryPeriod": "6H", "triggerOperator": "gt", "triggerThreshold": "5",
        "suppressionDuration": "6H", "suppressionEnabled": false, "tactics": ["Persistence"], "playbookName": "",
        "aggregationKind": "SingleAlert", "createIncident": true, "groupingConfiguration": {"enabled": false,
        "reopenClosedIncident": false, "lookbackDuration": "PT5H", "entitiesMatchingMethod": "All",
        "groupByEntities": ["Account", "Ip", "Host", "Url"]}}],
        "Fusion": [{"displayName": "F", "enabled": true}]}"#;
    let yaml_text = "analytics:\n  - displayName: A\n    severity: Medium\n    enabled: true\n    query: T\n    queryFrequency: 5H\n    queryPeriod: 6H\n    triggerOperator: GreaterThan\n    triggerThreshold: 5\n    suppressionDuration: 6H\n    suppressionEnabled: false\n    tactics: [Persistence]\n    aggregationKind: SingleAlert\n    createIncident: true\n    groupingConfiguration:\n      enabled: false\n      reopenClosedIncident: false\n      lookbackDuration: PT5H\n      matchingMethod: AllEntities\n      groupByEntities: [Account, IP, Host, URL]\n";
    let (json_read, yaml_read) = (read(json_text), read(yaml_text));
    assert_eq!(json_read.rules, yaml_read.rules);
    assert_eq!(json_read.skipped.len(), 1);
    insta::assert_snapshot!(write(&json_read.rules[0]));
}

#[test]
fn grouping_without_effect_is_mended_and_grouping_with_effect_is_kept() {
    let grouping = |enabled: bool, method: &str, entities: Json| {
        read(&export(
            &json!({"incidentConfiguration": {"createIncident": true, "groupingConfiguration": {
            "enabled": enabled, "reopenClosedIncident": false, "lookbackDuration": "PT5H", "matchingMethod": method,
            "groupByEntities": entities}}}),
        ))
    };
    let old = grouping(true, "AllEntities", json!(["Account", "IP"]));
    assert_eq!(
        notes(&old),
        [
            "incidentConfiguration.groupingConfiguration.groupByEntities changed: `Account`, `IP` without a mapping and without effect; left out"
        ]
    );
    let off = grouping(false, "Selected", json!([]));
    assert_eq!(
        notes(&off),
        [
            "incidentConfiguration.groupingConfiguration.matchingMethod changed: `Selected` with nothing selected, and grouping is off; written as `AllEntities`"
        ]
    );
    let used = grouping(true, "Selected", json!(["Account"]));
    assert_eq!(
        notes(&used),
        [""; 0],
        "the service refuses it; `validate` says so"
    );
}

#[test]
fn an_id_that_stands_twice_is_told_apart_by_the_name() {
    let twice = json!([
        {"id": "11111111-1111-4111-8111-111111111111", "displayName": "A", "query": "T", "queryFrequency": "1h", "queryPeriod": "1h", "severity": "Low", "triggerOperator": "gt", "triggerThreshold": 0},
        {"id": "11111111-1111-4111-8111-111111111111", "displayName": "A", "query": "T", "queryFrequency": "1h", "queryPeriod": "1h", "severity": "Low", "triggerOperator": "gt", "triggerThreshold": 0},
        {"id": "11111111-1111-4111-8111-111111111111", "displayName": "B", "query": "T", "queryFrequency": "1h", "queryPeriod": "1h", "severity": "Low", "triggerOperator": "gt", "triggerThreshold": 0},
    ]);
    let imported = read(&twice.to_string());
    assert_eq!(
        (
            imported.rules.len(),
            imported.skipped.len(),
            imported.notes.len()
        ),
        (2, 1, 1)
    );
    assert_ne!(imported.rules[0].id, imported.rules[1].id);
    assert_eq!(
        join([imported.clone(), imported.clone()]).rules,
        imported.rules
    );
}

#[test]
fn texts_that_yaml_would_take_for_something_else_come_back() {
    let values = [
        "yes",
        "NO",
        "null",
        "1",
        "1.0",
        "0x1F",
        "1e3",
        "2026-01-01",
        "12:30",
        "~",
        "- a",
        "# b",
        "a: b",
        "a #b",
        "a:",
        " lead",
        "trail ",
        "'",
        "\"",
        "'q'",
        "\"q\"",
        "'half",
        "@x",
        "`x`",
        "%x",
        "&x",
        "*x",
        "!x",
        "|",
        ">",
        "[x]",
        "{x}",
        "a\tb",
        "a\u{7f}b",
        "a\u{85}b",
        "\u{2028}",
        "é ü 日本",
        "a\\nb",
        "?",
        "? a",
        "---",
        "...",
        "=",
        "<<",
        "1.2.3",
        "multi\nline",
        "  deep\n first\n",
        "\n\nblank first",
        "tab\n\tline",
        "trailing \n  spaces  \n x",
    ];
    for value in values {
        let mut rule = sample::scheduled(1);
        rule.description = Some(sample::at(value.to_owned()));
        rule.query.value = format!("T // {value}\n{value}x");
        rule.custom_details = vec![(sample::at("Key".to_owned()), sample::at(value.to_owned()))];
        rule.version = Some(sample::at(value.to_owned()));
        let text = write(&rule);
        let loaded = load::load_text(Path::new("a.yaml"), text.clone());
        let [read] = loaded.rules.as_slice() else {
            panic!("{value:?}: {:?}\n{text}", loaded.diagnostics);
        };
        assert_eq!(
            read.query.value,
            rule.query.value.trim_end(),
            "{value:?}\n{text}"
        );
        assert_eq!(
            read.version.as_ref().map(|it| it.value.as_str()),
            Some(value),
            "{text}"
        );
        assert_eq!(read.custom_details[0].1.value, value, "{text}");
        let description = read.description.as_ref().map(|it| it.value.as_str());
        assert_eq!(
            description,
            Some(value.trim()).filter(|it| !it.is_empty()),
            "{value:?}\n{text}"
        );
    }
}

/// A rule whose texts are as reading leaves them: no space around them, a name that is not empty.
fn settled(mut rule: Rule) -> Rule {
    rule.name.value = format!("N{}", rule.name.value.trim());
    rule.description = rule
        .description
        .map(|text| text.map(|text| text.trim().to_owned()))
        .filter(|text| !text.value.is_empty());
    rule.alert_details = rule.alert_details.filter(|details| {
        details.display_name_format.is_some()
            || details.description_format.is_some()
            || details.tactics_column.is_some()
            || details.severity_column.is_some()
            || !details.dynamic_properties.is_empty()
    });
    for mapping in &mut rule.entity_mappings {
        for field in &mut mapping.fields {
            if let Some(known) =
                canonical_identifier(mapping.entity_type.value, &field.identifier.value)
            {
                known.clone_into(&mut field.identifier.value);
            }
        }
    }
    let mapped: Vec<EntityType> = rule
        .entity_mappings
        .iter()
        .map(|mapping| mapping.entity_type.value)
        .collect();
    if let Some(grouping) = rule
        .incident
        .as_mut()
        .and_then(|incident| incident.grouping.as_mut())
    {
        grouping
            .by_entities
            .retain(|entity| mapped.contains(&entity.value));
        if grouping.by_entities.is_empty() && grouping.by_alert_details.is_empty() {
            grouping.by_alert_details = vec![sample::at(AlertDetail::Severity)];
        }
    }
    let mut keys = BTreeSet::new();
    rule.custom_details
        .retain(|(key, _)| keys.insert(key.value.clone()));
    rule.query.value = rule.query.value.replace("\r\n", "\n").trim_end().to_owned();
    rule
}

proptest! {
    #[test]
    fn a_rule_that_was_rendered_comes_back(rules in proptest::collection::vec(sample::any_rule(20), 1..4)) {
        let mut rules: Vec<Rule> = rules.into_iter().map(settled).collect();
        rules.sort_by_key(|rule| rule.id.value);
        rules.dedup_by_key(|rule| rule.id.value);
        let options = RenderOptions { enabled_when_silent: Some(true), ..RenderOptions::default() };
        let template = render::arm::template(&rules, &options).value.to_string();
        let imported = read(&template);
        prop_assert_eq!(&imported.skipped, &[]);
        let wanted: Vec<Json> = rules.iter().map(|rule| json!(render::rest(rule, &options).body)).collect();
        let given: Vec<Json> = imported.rules.iter().map(|rule| json!(render::rest(rule, &options).body)).collect();
        prop_assert_eq!(given, wanted);
    }

    #[test]
    fn a_written_rule_reads_as_itself(rule in sample::any_rule(20).prop_map(settled)) {
        let text = write(&rule);
        let loaded = load::load_text(Path::new("a.yaml"), text.clone());
        prop_assert!(loaded.rules.len() == 1, "{:?}\n{}", loaded.diagnostics, text);
        prop_assert_eq!(body(&loaded.rules[0]), body(&rule));
        prop_assert_eq!(write(&loaded.rules[0]), text);
    }

    #[test]
    fn no_text_makes_it_panic(source in "\\PC{0,200}|[\\[\\]{}\",:a-z ]{0,80}|\\[[a-z()',. \\[\\]0-9]{0,60}\\]") {
        let _ = text(&source, "", &Map::new());
        let expression = json!({"resources": [{"type": "x/alertRules", "name": source, "kind": "NRT", "properties": {"displayName": source, "query": source}}]});
        let _ = read(&expression.to_string());
    }
}
