//! What is covered and what is not, and that every format says the same.

use serde_json::{Value, json};

use super::*;
use crate::coverage::record::State;
use crate::mitre::Tactic;
use crate::render::sample::{at, id, scheduled, technique};
use crate::rule::field::{Severity, Tag};

/// A rule with the tactics and techniques given.
fn rule(number: u128, tactics: &[Tactic], techniques: &[&str]) -> Rule {
    Rule {
        tactics: tactics.iter().map(|tactic| at(*tactic)).collect(),
        techniques: techniques.iter().map(|text| at(technique(text))).collect(),
        ..scheduled(number)
    }
}

fn cell<'a>(columns: &'a [Column], tactic: &str, id: &str) -> &'a matrix::Cell {
    let column = columns
        .iter()
        .find(|column| column.tactic == tactic)
        .expect("the tactic is shown");
    column
        .cells
        .iter()
        .find(|cell| cell.id == id)
        .expect("the technique is shown")
}

#[test]
fn a_technique_is_covered_under_the_tactics_the_rule_names_and_no_other() {
    // T1078 belongs to four tactics; the rule names one of them.
    let rules = [rule(
        1,
        &[Tactic::InitialAccess, Tactic::Impact],
        &["T1078.004"],
    )];
    let report = report(&rules, None);
    let parent = cell(&report.matrix, "InitialAccess", "T1078");
    assert_eq!(parent.rules, [id(1).to_string()]);
    assert_eq!(parent.subs[0].id, "T1078.004");
    assert_eq!(parent.subs[0].name, "Cloud Accounts");
    for tactic in ["Persistence", "PrivilegeEscalation", "DefenseEvasion"] {
        assert_eq!(
            cell(&report.matrix, tactic, "T1078").rules,
            [""; 0],
            "{tactic}"
        );
    }
    let impact = report
        .matrix
        .iter()
        .find(|column| column.tactic == "Impact")
        .expect("always shown");
    assert_eq!(
        impact.rules.len(),
        1,
        "a tactic without technique still counts the rule"
    );
    assert_eq!((report.summary.tactics, report.summary.techniques), (2, 1));
    assert!(report.rules[0].unplaced.is_empty());
}

#[test]
fn a_technique_under_none_of_the_rules_tactics_is_told() {
    let rules = [rule(1, &[Tactic::Impact], &["T1110.003", "T1485"])];
    let report = report(&rules, None);
    assert_eq!(report.rules[0].unplaced, ["T1110.003"]);
    assert!(markdown::text(&report).contains("## Techniques outside the matrix"));
}

#[test]
fn a_rule_that_is_off_is_shown_and_not_counted() {
    let mut off = rule(1, &[Tactic::Impact], &["T1485"]);
    off.enabled = Some(at(false));
    let report = report(&[off], None);
    assert_eq!(cell(&report.matrix, "Impact", "T1485").rules.len(), 1);
    let summary = &report.summary;
    assert_eq!(
        (
            summary.rules,
            summary.enabled,
            summary.techniques,
            summary.tactics
        ),
        (1, 0, 0, 0)
    );
    let layer: Value = serde_json::from_str(&navigator::layer(&report, "n")).expect("JSON");
    assert_eq!(layer["techniques"][0]["score"], 0);
}

#[test]
fn retired_techniques_are_shown_only_while_a_rule_names_them() {
    let names = |report: &Report| {
        let cells = report.matrix.iter().flat_map(|column| &column.cells);
        cells.filter(|cell| cell.id == "T1064").count()
    };
    assert_eq!(names(&report(&[], None)), 0);
    let scripting = rule(1, &[Tactic::DefenseEvasion, Tactic::Execution], &["T1064"]);
    assert_eq!(names(&report(&[scripting], None)), 2);
}

#[test]
fn the_storage_matrix_is_covered_by_tags() {
    let mut tagged = rule(1, &[Tactic::InitialAccess], &["T1133"]);
    tagged.tags = vec![
        Tag::Word(at("ms-t825".to_owned())),
        Tag::Word(at("MS-T8250".to_owned())),
    ];
    let report = report(&[tagged], None);
    assert_eq!(
        cell(&report.storage, "InitialAccess", "MS-T825")
            .rules
            .len(),
        1
    );
    assert_eq!(report.summary.storage_techniques, 1);
    assert_eq!(report.summary.storage_total, 40);
}

#[test]
fn a_workspace_tells_what_is_deployed_what_is_not_and_what_only_it_has() {
    let listed = |value: Value| ListedRule::from_value(value);
    let live = [
        listed(
            json!({"id": "/x", "name": id(1).to_string().to_uppercase(), "kind": "Scheduled",
            "properties": {"displayName": "Rule 1", "enabled": false}}),
        ),
        listed(
            json!({"id": "/y", "name": "foreign", "kind": "NRT", "properties": {
            "displayName": "By hand", "enabled": true, "severity": "High", "tactics": ["Impact"],
            "techniques": ["T1485", "T1078"], "subTechniques": ["T1078.004"]}}),
        ),
        listed(
            json!({"id": "/z", "name": "BuiltInFusion", "kind": "Fusion", "properties": {
            "displayName": "Fusion", "enabled": true, "severity": "High", "tactics": ["Impact"]}}),
        ),
    ];
    let files = [
        rule(1, &[Tactic::Impact], &["T1485"]),
        rule(2, &[Tactic::Impact], &["T1486"]),
    ];
    let report = report(
        &files,
        Some(&Live {
            workspace: "demo",
            rules: &live,
        }),
    );
    let states: Vec<_> = report
        .rules
        .iter()
        .map(|record| (record.name.as_str(), record.state, record.enabled))
        .collect();
    assert_eq!(
        states,
        [
            ("By hand", Some(State::Foreign), true),
            ("Fusion", Some(State::Foreign), true),
            ("Rule 1", Some(State::Deployed), false),
            ("Rule 2", Some(State::Pending), true),
        ]
    );
    assert_eq!(report.rules[0].techniques, ["T1078.004", "T1485"]);
    assert_eq!(cell(&report.matrix, "Impact", "T1485").rules.len(), 2);
    assert!(markdown::text(&report).contains("## Workspace `demo`"));
}

#[test]
fn no_text_of_a_rule_becomes_markup() {
    let mut hostile = rule(1, &[Tactic::Impact], &["T1485"]);
    hostile.name = at("</script><img src=x onerror=alert(1)> {{SCRIPT}} | a".to_owned());
    hostile.description = Some(at("<!-- </script> \u{2028}".to_owned()));
    let report = report(&[hostile], None);
    let page = html::page(&report);
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(!page.contains("<img") && !page.contains("<!-- <"));
    assert!(
        page.contains("{{SCRIPT}} | a"),
        "text of a rule is not a placeholder"
    );
    let text = markdown::text(&report);
    assert!(text.contains("&lt;/script>") && text.contains("\\| a"));
}

#[test]
fn the_page_names_no_other_host() {
    let page = html::page(&report(&[], None));
    let without_data: String = page
        .split("<script type=\"application/json\"")
        .take(1)
        .collect();
    for attribute in ["src=", "@import", "url("] {
        assert!(!without_data.contains(attribute), "{attribute}");
    }
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn a_layer_has_what_the_format_asks_for() {
    let mut rules = vec![
        rule(1, &[Tactic::CredentialAccess], &["T1110.003"]),
        rule(
            2,
            &[Tactic::CredentialAccess, Tactic::InitialAccess],
            &["T1110", "T1078.004"],
        ),
    ];
    rules[1].severity = at(Severity::High);
    let layer: Value =
        serde_json::from_str(&navigator::layer(&report(&rules, None), "Pack")).expect("JSON");
    assert_eq!(layer["versions"]["layer"], "4.5");
    assert_eq!(layer["versions"]["attack"], "18");
    assert_eq!(layer["domain"], "enterprise-attack");
    let techniques = layer["techniques"].as_array().expect("a list");
    let scores: Vec<_> = techniques
        .iter()
        .map(|entry| {
            let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
            (text("tactic"), text("techniqueID"), entry["score"].as_u64())
        })
        .collect();
    assert_eq!(
        scores,
        [
            ("initial-access".to_owned(), "T1078".to_owned(), Some(1)),
            ("initial-access".to_owned(), "T1078.004".to_owned(), Some(1)),
            ("credential-access".to_owned(), "T1110".to_owned(), Some(2)),
            (
                "credential-access".to_owned(),
                "T1110.003".to_owned(),
                Some(1)
            ),
        ]
    );
    assert_eq!(layer["gradient"]["maxValue"], 2);
    for entry in techniques {
        assert!(entry["enabled"].is_boolean() && entry["comment"].is_string());
        assert!(
            entry["metadata"]
                .as_array()
                .is_some_and(|pairs| !pairs.is_empty())
        );
    }
}

#[test]
fn equal_rules_in_another_order_give_the_same_bytes() {
    let mut rules = vec![
        rule(1, &[Tactic::Impact], &["T1485"]),
        rule(2, &[Tactic::Impact], &["T1486"]),
        rule(3, &[Tactic::InitialAccess], &["T1133"]),
    ];
    let before = json::text(&report(&rules, None));
    rules.reverse();
    assert_eq!(json::text(&report(&rules, None)), before);
}
