//! Where pages go and what they say.

use serde_json::json;

use super::*;
use crate::render::sample::{at, id, scheduled};
use crate::rule::field::{DataConnector, Tag};

#[test]
fn two_files_of_one_name_have_two_pages() {
    let mut twin = scheduled(1);
    twin.origin.path = "more/1.yaml".into();
    let paths: Vec<String> = pages(&[scheduled(1), twin], &Options::default())
        .into_iter()
        .map(|page| page.path)
        .collect();
    assert_eq!(
        paths,
        [
            "README.md",
            "credential-access/1.md",
            "credential-access/1-2.md"
        ]
    );
}

#[test]
fn a_rule_is_filed_under_its_folder_when_it_names_that_tactic() {
    let mut rule = scheduled(1);
    rule.tactics = vec![at(Tactic::InitialAccess), at(Tactic::Impact)];
    rule.origin.path = "rules/impact/one.yaml".into();
    assert_eq!(filed_under(&rule), Some(Tactic::Impact));
    rule.origin.path = "rules/discovery/one.yaml".into();
    assert_eq!(filed_under(&rule), Some(Tactic::InitialAccess));
    rule.tactics.clear();
    assert_eq!(path(&rule), "other/one.md");
}

#[test]
fn a_page_says_what_the_rule_says() {
    let mut rule = scheduled(7);
    rule.description = Some(at("Finds a | b. See `Rule 8`, e.g. this. Twice.".to_owned()));
    rule.tags = vec![Tag::Word(at("MS-T825".to_owned()))];
    rule.data_connectors = vec![DataConnector {
        id: at("AzureStorageAccount".to_owned()),
        data_types: vec![
            at("StorageBlobLogs".to_owned()),
            at("Unknown_CL".to_owned()),
        ],
    }];
    rule.extension.rationale = vec![(at("T1110.003".to_owned()), at("Because | so.".to_owned()))];
    rule.extension.caveats = vec![at("One.".to_owned())];
    let samples = vec![Sample {
        table: "StorageBlobLogs".to_owned(),
        row: json!({"StatusCode": "403"}),
    }];
    let options = Options {
        samples: BTreeMap::from([(id(7), samples)]),
    };
    let pages = pages(&[rule, scheduled(8)], &options);
    let page = &pages[1].text;
    for part in [
        "Finds a | b.\nSee [Rule 8](../credential-access/8.md), e.g. this.\nTwice.\n",
        "* `StorageBlobLogs` (connector `AzureStorageAccount`): a diagnostic setting",
        "* `Unknown_CL` (connector `AzureStorageAccount`)\n",
        "Brute Force: Password Spraying | Credential Access | Because \\| so. |",
        "[MS-T825](https://microsoft.github.io/",
        "## What it assumes\n\n* One.\n",
        "\"StatusCode\": \"403\"",
        "* Incidents: one for each alert",
    ] {
        assert!(page.contains(part), "no {part:?} in\n{page}");
    }
    assert!(
        pages[0]
            .text
            .contains("| [Rule 7](credential-access/7.md) | Medium | every 1h over 1d |")
    );
}

#[test]
fn samples_are_the_first_rows_of_the_first_case() {
    let text = "now: 2026-11-20T12:00:00Z\ndefaults:\n  T: { A: a, B: '' }\ncases:\n  - name: one\n    rows:\n      \
                T:\n        - { at: 1m, row: { C: 1, A: other }, vary: { D: 'x{n}' } }\n        - { at: 2m }\n";
    let samples = samples::of_test(text);
    assert_eq!(samples.len(), 1);
    assert_eq!(samples[0].table, "T");
    assert_eq!(samples[0].row, json!({"A": "other", "C": 1, "D": "x1"}));
    for other in ["cases: 7", "- a", "[", "cases:\n  - rows: { T: [] }"] {
        assert_eq!(samples::of_test(other), [], "{other}");
    }
}
