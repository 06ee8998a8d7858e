//! What a rule file says, and what is wrong with it.

mod classes;

use super::*;
use crate::diag::SourceFile;
use crate::rule::RuleKind;
use crate::rule::yaml;

/// A sound rule with some of its keys written anew; `(key, "")` takes a key away.
fn rule_with(changes: &[(&str, &str)]) -> String {
    let mut keys = vec![
        ("id", "id: 9f6e64e5-1d1b-4a2b-9a70-5a1c0b0e6d11\n"),
        ("name", "name: Many failed logins\n"),
        (
            "description",
            "description: |\n  'Identifies many failed logins.'\n",
        ),
        ("severity", "severity: Medium\n"),
        ("queryFrequency", "queryFrequency: 1h\n"),
        ("queryPeriod", "queryPeriod: 1d\n"),
        ("triggerOperator", "triggerOperator: gt\n"),
        ("triggerThreshold", "triggerThreshold: 0\n"),
        ("tactics", "tactics:\n  - CredentialAccess\n"),
        ("relevantTechniques", "relevantTechniques:\n  - T1110\n"),
        ("query", "query: |\n  SigninLogs\n  | take 1\n"),
        ("kind", "kind: Scheduled\n"),
    ];
    for (key, text) in changes {
        match keys.iter_mut().find(|(known, _)| known == key) {
            Some(entry) => entry.1 = text,
            None => keys.push((key, text)),
        }
    }
    keys.into_iter().map(|(_, text)| text).collect()
}

fn read(text: &str) -> File {
    let source = SourceId(0);
    let stream = yaml::read(source, text);
    assert_eq!(stream.problem, None, "{text}");
    lower(source, Path::new("rule.yaml"), text, &stream)
}

/// The one rule of a text that has nothing wrong.
fn sound(text: &str) -> Rule {
    let mut file = read(text);
    assert_eq!(findings(text), Vec::<String>::new());
    assert!(file.rules[0].usable);
    file.rules.remove(0).rule
}

/// `level code line:column message` of every finding.
fn findings(text: &str) -> Vec<String> {
    let file = SourceFile::new("rule.yaml", text);
    let line = |found: &Diagnostic| {
        let place = file.line_column(found.primary.span.start as usize);
        format!(
            "{} {} {}:{} {}",
            found.level.as_str(),
            found.code.id,
            place.line,
            place.column,
            found.message
        )
    };
    read(text).diagnostics.iter().map(line).collect()
}

#[test]
fn a_sound_rule_is_read_whole() {
    let rule = sound(&rule_with(&[]));
    assert_eq!(
        rule.id.value.to_string(),
        "9f6e64e5-1d1b-4a2b-9a70-5a1c0b0e6d11"
    );
    assert_eq!(rule.name.value, "Many failed logins");
    assert_eq!(
        rule.description.map(|text| text.value).as_deref(),
        Some("Identifies many failed logins.")
    );
    assert_eq!(rule.query.value, "SigninLogs\n| take 1");
    let RuleKind::Scheduled(schedule) = rule.kind.value else {
        panic!("it is scheduled");
    };
    assert_eq!(schedule.frequency.value.to_string(), "PT1H");
    assert_eq!(schedule.period.value.to_string(), "P1D");
    assert_eq!(schedule.trigger_threshold.value, 0);
    assert_eq!(rule.tactics[0].value.as_str(), "CredentialAccess");
    assert_eq!(rule.techniques[0].value.to_string(), "T1110");
}

#[test]
fn line_ends_and_a_byte_order_mark_change_nothing() {
    let text = rule_with(&[]);
    let same = |other: &str| {
        let (one, two) = (sound(&text), sound(other));
        assert_eq!(one.query.value, two.query.value);
        assert_eq!(
            one.description.map(|text| text.value),
            two.description.map(|text| text.value)
        );
        assert_eq!(one.name.value, two.name.value);
    };
    same(&format!("\u{feff}{text}"));
    same(&text.replace('\n', "\r\n"));
    same(&format!("\u{feff}{}", text.replace('\n', "\r\n")));
}

#[test]
fn the_three_spellings_of_a_duration_are_one() {
    for text in ["1d", "24h", "P1D", "PT24H", "1.00:00:00", "1D"] {
        let line = format!("queryPeriod: {text}\n");
        let file = read(&rule_with(&[("queryPeriod", &line)]));
        let told: Vec<_> = file.diagnostics.iter().map(|d| d.code.id).collect();
        let expected: &[&str] = if text == "1d" {
            &[]
        } else {
            &["duration-spelling"]
        };
        assert_eq!(told, expected, "{text}");
        let RuleKind::Scheduled(schedule) = &file.rules[0].rule.kind.value else {
            panic!("it is scheduled");
        };
        assert_eq!(
            schedule.period.value,
            crate::duration::Duration::from_days(1),
            "{text}"
        );
    }
}

#[test]
fn a_duration_in_words_is_an_error_that_can_be_repaired() {
    for (text, meant) in [
        ("1 hour", Some("1h")),
        ("60 min", Some("1h")),
        ("PT1D", None),
    ] {
        let line = format!("queryPeriod: {text}\n");
        let found = read(&rule_with(&[("queryPeriod", &line)])).diagnostics;
        let repair = found[0].fix.as_ref();
        assert_eq!(found[0].code.id, "invalid-duration", "{text}");
        assert_eq!(
            repair.map(|fix| fix.edits[0].replacement.as_str()),
            meant,
            "{text}"
        );
    }
}

#[test]
fn nulls_and_empty_lists_are_absent() {
    let rule = sound(&rule_with(&[
        ("tactics", "tactics:\n"),
        ("relevantTechniques", "relevantTechniques: []\n"),
        ("entityMappings", "entityMappings:\n"),
        ("customDetails", "customDetails: ~\n"),
        ("alertRuleTemplateName", "alertRuleTemplateName: null\n"),
        (
            "alertDetailsOverride",
            "alertDetailsOverride:\n  alertDisplayNameFormat:\n  alertTacticsColumnName: null\n",
        ),
        ("tags", "tags:\n  - Word\n  -\n  - Schema: ASIMDns\n"),
        ("requiredDataConnectors", "requiredDataConnectors: []\n"),
    ]));
    assert_eq!(rule.tactics, []);
    assert_eq!(rule.techniques, []);
    assert_eq!(rule.entity_mappings, []);
    assert_eq!(rule.custom_details, []);
    assert_eq!(rule.template_name, None);
    assert_eq!(rule.alert_details, None);
    assert_eq!(rule.tags.len(), 2);
}

#[test]
fn every_fault_of_a_file_is_told_at_its_place() {
    let text = rule_with(&[
        ("id", "id: not-a-guid\n"),
        ("severity", "severity: critical\n"),
        ("queryFrequency", ""),
        ("queryPeriod", "queryPeriod: 24h with 4h bins\n"),
        ("triggerOperator", "triggerOperator: ge\n"),
        ("triggerThreshold", "triggerThreshold: many\n"),
        (
            "tactics",
            "tactics:\n  - Defense-evasion\n  - CommandandControl\n  - SneakySquirrel\n",
        ),
        (
            "relevantTechniques",
            "relevantTechniques:\n  - TA0002\n  - T1110\n",
        ),
        ("serverity", "serverity: High\n"),
    ]);
    assert_eq!(
        findings(&text),
        [
            "warning unknown-key 20:1 unknown key `serverity` in the rule",
            "error invalid-id 1:5 `not-a-guid` is not a GUID",
            "error invalid-severity 5:11 `severity` is one of `Informational`, `Low`, `Medium` or `High`, not `critical`",
            "error missing-field 1:1 the rule has no `queryFrequency`",
            "error invalid-duration 6:14 `24h with 4h bins` is not a duration",
            "error invalid-trigger 7:18 `ge` is not a trigger operator",
            "error invalid-trigger 8:19 `triggerThreshold` is a whole number, not `many`",
            "error invalid-tactic 10:5 the tactic `Defense-evasion` is spelled `DefenseEvasion`",
            "warning invalid-tactic 11:5 the tactic `CommandandControl` is spelled `CommandAndControl`",
            "error invalid-tactic 12:5 `SneakySquirrel` is not a tactic that the service knows",
            "error invalid-technique 14:5 `TA0002` is not the id of a technique",
        ]
    );
    assert!(!read(&text).rules[0].usable);
}

#[test]
fn a_rule_without_kind_but_with_a_schedule_is_scheduled() {
    let text = rule_with(&[("kind", "")]);
    assert_eq!(
        findings(&text),
        ["note missing-kind 1:1 the rule has no `kind`; it is taken as `Scheduled`"]
    );
    assert!(read(&text).rules[0].usable);
}

#[test]
fn an_nrt_rule_gives_up_its_schedule() {
    let text = rule_with(&[
        ("kind", "kind: nrt\n"),
        ("queryFrequency", ""),
        ("triggerOperator", ""),
        ("triggerThreshold", ""),
    ]);
    assert_eq!(
        findings(&text),
        [
            "warning value-spelling 14:7 `nrt` is spelled `NRT`",
            "warning schedule-on-nrt 6:1 an NRT rule has no `queryPeriod`; it is left out",
        ]
    );
    assert_eq!(read(&text).rules[0].rule.kind.value, RuleKind::Nrt);
}

#[test]
fn a_duplicate_key_is_an_error_wherever_it_stands() {
    let text = rule_with(&[(
        "requiredDataConnectors",
        "requiredDataConnectors:\n  - connectorId: A\n    dataTypes: [x]\n    dataTypes: [y]\n",
    )]);
    assert_eq!(
        findings(&text),
        ["error duplicate-key 21:5 the key `dataTypes` stands twice"]
    );
    assert!(!read(&text).rules[0].usable);
}

#[test]
fn a_fault_in_what_is_not_deployed_is_a_warning() {
    let text = rule_with(&[(
        "requiredDataConnectors",
        "requiredDataConnectors:\n  - connectorId AzureFirewall\n",
    )]);
    assert_eq!(
        findings(&text),
        [
            "warning wrong-type 19:5 an item of `requiredDataConnectors` must be a mapping, not a text"
        ]
    );
    assert!(read(&text).rules[0].usable);
}

#[test]
fn only_a_matching_pair_of_quotes_is_taken_off_a_description() {
    for (written, expected) in [
        ("'Identifies x.'", "Identifies x."),
        ("\"Identifies x.\"", "Identifies x."),
        ("Identifies 'x'", "Identifies 'x'"),
        ("'x' is seen.", "'x' is seen."),
    ] {
        let line = format!("description: |\n  {written}\n");
        let mut file = read(&rule_with(&[("description", &line)]));
        let description = file.rules.remove(0).rule.description;
        assert_eq!(
            description.map(|text| text.value).as_deref(),
            Some(expected)
        );
        let unbalanced = written.starts_with("'x'");
        assert_eq!(file.diagnostics.len(), usize::from(unbalanced), "{written}");
    }
}

#[test]
fn rules_in_a_list_and_in_several_documents_are_all_read() {
    let rule = rule_with(&[]);
    let indented = rule.replace('\n', "\n    ");
    let wrapped = format!("Scheduled:\n  - {}\n", indented.trim_end());
    for text in [wrapped, format!("{rule}---\n{rule}")] {
        let file = read(&text);
        assert!(file.diagnostics.is_empty(), "{:?}", file.diagnostics);
        assert!(file.rules.iter().all(|lowered| lowered.usable));
        assert_eq!(file.rules.len(), 1 + usize::from(text.contains("---")));
    }
}

#[test]
fn the_grouping_of_older_exports_is_read() {
    let text = rule_with(&[(
        "incidentConfiguration",
        "incidentConfiguration:\n  createIncident: true\n  groupingConfiguration:\n    enabled: true\n    reopenClosedIncident: false\n    lookbackDuration: PT5H\n    entitiesMatchingMethod: Custom\n    groupByEntities: [Ip]\n    groupByAlertDetails: null\n",
    )]);
    assert_eq!(
        findings(&text),
        [
            "note duration-spelling 23:23 `PT5H` is written `5h` in rule files",
            "warning key-spelling 24:5 the key `entitiesMatchingMethod` is now `matchingMethod`",
            "warning value-spelling 24:29 `Custom` is spelled `Selected`",
            "warning value-spelling 25:23 `Ip` is spelled `IP`",
        ]
    );
}

#[test]
fn parameters_have_values_of_their_type() {
    let rule = sound(&rule_with(&[(
        "rulepost",
        "rulepost:\n  parameters:\n    - {name: Threshold, type: long, default: 5}\n    - {name: Codes, type: dynamic, default: [\"401\", 403]}\n",
    )]));
    let defaults: Vec<String> = rule
        .extension
        .parameters
        .iter()
        .map(|parameter| parameter.default.value.to_string())
        .collect();
    assert_eq!(defaults, ["5", r#"["401",403]"#]);
    let wrong = rule_with(&[(
        "rulepost",
        "rulepost:\n  parameters:\n    - {name: Threshold, type: long, default: five}\n    - {name: 1x, type: long, default: 5}\n",
    )]);
    assert_eq!(
        findings(&wrong),
        [
            "error wrong-type 20:46 the default of `Threshold` is not of type `long`",
            "error invalid-value 21:14 `1x` is not a KQL name",
        ]
    );
}
