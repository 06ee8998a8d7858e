//! What is written is read back the same.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::diag::SourceId;
use crate::rule::arbitrary::{meaning, rule};
use crate::rule::lower::{Lowered, lower};
use crate::rule::yaml;

fn read(text: &str) -> Lowered {
    let stream = yaml::read(SourceId(0), text);
    assert_eq!(stream.problem, None, "{text}");
    assert_eq!(stream.documents.len(), 1, "{text}");
    let mut file = lower(SourceId(0), Path::new("rule.yaml"), text, &stream);
    assert_eq!(file.rules.len(), 1, "{text}\n{:?}", file.diagnostics);
    file.rules.remove(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_written_is_read_back_the_same(rule in rule()) {
        let text = write(&rule);
        let lowered = read(&text);
        prop_assert!(lowered.usable, "{text}");
        prop_assert_eq!(meaning(&lowered.rule), meaning(&rule), "{}", text);
        prop_assert_eq!(write(&lowered.rule), text);
    }
}

#[test]
fn a_rule_is_written_in_the_order_and_style_of_the_format() {
    let text = "\
kind: NRT
query: \"T\\n| where a == 1\"
severity: high
id: 9F6E64E5-1D1B-4A2B-9A70-5A1C0B0E6D11
name: 'yes'
version: '1.10.0'
description: |
  'Identifies a thing that is described by a sentence which is a good deal longer than one line of the file may be.'
tags: [Word, 2024-01-01, {Schema: ASIM, SchemaVersion: 0.1}]
tactics: [Impact]
suppressionDuration: PT90M
rulepost:
  parameters:
    - {name: Codes, type: dynamic, default: ['401', 403]}
";
    insta::assert_snapshot!(write(&read(text).rule));
}

#[test]
fn the_meaning_of_a_rule_is_everything_but_its_places() {
    let text =
        "id: 9f6e64e5-1d1b-4a2b-9a70-5a1c0b0e6d11\nname: a\nseverity: Low\nkind: NRT\nquery: T\n";
    let moved = read(&format!("# above\n{text}")).rule;
    let other = read(&text.replace("name: a", "name: b")).rule;
    let rule = read(text).rule;
    assert_eq!(meaning(&rule), meaning(&moved));
    assert_ne!(meaning(&rule), meaning(&other));
    assert!(!meaning(&rule).contains("start:"));
}
