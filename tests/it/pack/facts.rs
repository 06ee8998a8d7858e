//! What every rule of the pack has.

use std::collections::{BTreeMap, BTreeSet};

use super::{bodies, records, text, texts};
use crate::support::Rulepost;

#[test]
fn the_pack_validates_without_a_finding() {
    let out = Rulepost::in_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["validate", "rules"])
        .run();
    assert_eq!(out.code, 0, "{}{}", out.stdout, out.stderr);
    let told = format!("{}{}", out.stdout, out.stderr);
    assert!(told.contains("no findings: 28 rules in 28 files"), "{told}");
}

#[test]
fn ids_and_names_are_unique_and_names_are_short() {
    let (mut ids, mut names) = (BTreeSet::new(), BTreeSet::new());
    for record in records() {
        let name = text(&record, "name");
        let file = text(&record, "file");
        assert_eq!(
            text(&record, "id"),
            text(&record, "id").to_lowercase(),
            "{name}"
        );
        assert!(
            ids.insert(text(&record, "id")),
            "{name}: the id stands twice"
        );
        assert!(
            names.insert(name.to_lowercase()),
            "{name}: the name stands twice"
        );
        assert!(
            name.chars().count() <= 50,
            "{name} has {} characters",
            name.chars().count()
        );
        assert!(!name.ends_with('.'), "{name}");
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-/.".contains(c);
        assert!(file.chars().all(kebab), "{file}");
    }
    assert_eq!(ids.len(), 28);
}

/// The ATT&CK table: technique to its tactics, active ones only.
fn attack() -> BTreeMap<&'static str, Vec<&'static str>> {
    include_str!("../../../src/mitre/attack-enterprise-v18.1.tsv")
        .lines()
        .skip(1)
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .filter(|fields| fields[3] == "active")
        .map(|fields| (fields[0], fields[2].split(',').collect()))
        .collect()
}

#[test]
fn every_technique_is_active_belongs_to_a_tactic_of_the_rule_and_has_its_reason() {
    let attack = attack();
    for record in records() {
        let name = text(&record, "name");
        let tactics = texts(&record, "tactics");
        let techniques = texts(&record, "techniques");
        assert!(!techniques.is_empty(), "{name}");
        let mut used = BTreeSet::new();
        for technique in &techniques {
            let of = attack.get(technique.as_str());
            let of = of.unwrap_or_else(|| panic!("{name}: {technique} is not active in v18.1"));
            let named: Vec<_> = tactics
                .iter()
                .filter(|tactic| of.contains(&tactic.as_str()))
                .collect();
            assert!(!named.is_empty(), "{name}: {technique} belongs to {of:?}");
            used.extend(named);
        }
        assert_eq!(
            used.len(),
            tactics.len(),
            "{name}: a tactic has no technique"
        );
        let folder = text(&record, "file");
        let folder = folder
            .split('/')
            .nth(1)
            .expect("below a folder")
            .replace('-', "");
        assert!(
            tactics.iter().any(|tactic| tactic.to_lowercase() == folder),
            "{name} stands in the folder of another tactic"
        );
        let file = format!("{}/{}", env!("CARGO_MANIFEST_DIR"), text(&record, "file"));
        let yaml = std::fs::read_to_string(file).expect("the rule is there");
        let reasons = yaml.split("\n  rationale:\n").nth(1).unwrap_or_default();
        for technique in &techniques {
            assert!(
                reasons.contains(&format!("    {technique}:")),
                "{name}: why {technique}?"
            );
        }
    }
}

#[test]
fn every_rule_says_what_a_responder_and_a_tuner_need() {
    for record in records() {
        let name = text(&record, "name");
        for key in [
            "references",
            "falsePositives",
            "response",
            "entities",
            "tables",
        ] {
            assert!(!texts(&record, key).is_empty(), "{name} has no {key}");
        }
        for link in texts(&record, "references") {
            assert!(link.starts_with("https://"), "{name}: {link}");
        }
        assert!(
            !text(&record, "window").is_empty(),
            "{name} does not say why its window"
        );
        assert!(
            text(&record, "description").starts_with("Identifies "),
            "{name}"
        );
        for parameter in record["parameters"].as_array().expect("a list") {
            let what = format!("{name}: {parameter}");
            assert!(text(parameter, "description").ends_with('.'), "{what}");
            let used = text(&record, "query").contains(&text(parameter, "name"));
            assert!(used, "{what} is not used");
        }
    }
}

#[test]
fn the_frequency_parameter_is_the_frequency() {
    let bodies = bodies();
    let mut seen = 0;
    for record in records() {
        let name = text(&record, "name");
        let body = &bodies[&text(&record, "id")]["properties"];
        let query = text(body, "query");
        if !query.contains("ingestion_time()") {
            // Windows that tile need no parameter: the period is the frequency, or the query looks at its last day.
            let tiles = body["queryFrequency"] == body["queryPeriod"];
            let last_day = query.contains("DaysAgo == 0") && body["queryFrequency"] == "P1D";
            assert!(tiles || last_day, "{name}");
            continue;
        }
        seen += 1;
        assert_eq!(text(body, "queryFrequency"), "PT1H", "{name}");
        assert!(query.contains("let RuleFrequency = 1h;"), "{name}: {query}");
        assert_ne!(
            body["queryFrequency"], body["queryPeriod"],
            "{name} leaves no time to arrive"
        );
    }
    assert_eq!(seen, 23);
}

#[test]
fn of_each_pair_one_is_on_and_the_other_says_that_it_is_off() {
    let records = records();
    let find = |name: &str| records.iter().find(|record| text(record, "name") == name);
    let off: Vec<_> = records
        .iter()
        .filter(|record| record["enabled"] == false)
        .collect();
    assert_eq!(off.len(), 4);
    for record in off {
        let description = text(record, "description");
        let (_, rest) = description
            .split_once("Shipped disabled: the rule `")
            .unwrap_or_else(|| panic!("{description}"));
        let twin = rest.split('`').next().expect("the name of the twin");
        let twin = find(twin).unwrap_or_else(|| panic!("there is no rule `{twin}`"));
        assert_eq!(twin["enabled"], true);
        assert_eq!(twin["tactics"], record["tactics"]);
        assert_eq!(twin["techniques"], record["techniques"]);
    }
}

#[test]
fn alerts_of_the_pack_are_grouped_and_titled_from_the_row() {
    for (id, body) in bodies() {
        let properties = &body["properties"];
        let name = text(properties, "displayName");
        let incident = &properties["incidentConfiguration"];
        let grouping = &incident["groupingConfiguration"];
        assert_eq!(grouping["enabled"], true, "{name} {id}");
        assert_eq!(grouping["reopenClosedIncident"], false, "{name}");
        if properties["eventGroupingSettings"]["aggregationKind"] == "AlertPerResult" {
            assert_eq!(incident["createIncident"], true, "{name}");
            assert_eq!(grouping["matchingMethod"], "Selected", "{name}");
            let title = text(
                &properties["alertDetailsOverride"],
                "alertDisplayNameFormat",
            );
            assert!(
                title.contains("{{") && title.matches("{{").count() <= 3,
                "{name}: {title}"
            );
        }
    }
}

#[test]
fn the_files_are_in_the_layout_of_fmt_and_tests_are_left_alone() {
    let fmt = |paths: &[&str]| {
        Rulepost::in_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["fmt", "--check"])
            .args(paths.iter().copied())
            .run()
    };
    let out = fmt(&["rules"]);
    assert_eq!((out.code, &*out.stdout), (0, ""), "{}", out.stderr);
    // A test file is no rule, also when it is named.
    let rule = text(&records()[0], "file");
    let test = rule.replace(".yaml", ".test.yaml");
    let out = fmt(&[&test]);
    assert_eq!((out.code, &*out.stdout), (0, ""));
    assert!(
        out.stderr.contains(&format!("left {test}: it is no rule")),
        "{}",
        out.stderr
    );
}
