//! The layout, and that it settles.

use proptest::prelude::*;

use super::*;
use crate::rule::arbitrary::rule;
use crate::rule::write::write;

fn formatted(text: &str) -> String {
    match format(text) {
        Formatted::Text(text) => text,
        Formatted::Left(reason) => panic!("left because {reason}:\n{text}"),
    }
}

const MESSY: &str = "\u{feff}# Owned by the identity team.\r
\r
severity: High   # agreed in March\r
query: \"T\\n| where a == 1  \\n\"\r
# Never change this.\r
id: 9f6e64e5-1d1b-4a2b-9a70-5a1c0b0e6d11\r
name:   'Many failed logins'\r
kind: Scheduled\r
queryFrequency: 1h\r
\r
\r
# The window.\r
queryPeriod: 1d\r
triggerOperator: gt\r
triggerThreshold: 0\r
tactics: [ CredentialAccess,Impact ]\r
entityMappings:\r
- fieldMappings:\r
  - columnName: IPAddress\r
    identifier: Address\r
  entityType: IP\r
requiredDataConnectors:\r
    - connectorId: A # a comment inside keeps the lines\r
      dataTypes:\r
      - x\r
own: 1\r
tags:\r
description: >\r
  folded\r
  text\r
# The end.";

#[test]
fn keys_are_put_in_order_and_comments_stay_with_them() {
    insta::assert_snapshot!(formatted(MESSY));
    assert_eq!(formatted(&formatted(MESSY)), formatted(MESSY));
}

#[test]
fn durations_get_one_spelling_and_other_values_keep_theirs() {
    for (written, simple) in [
        ("PT60M", "1h"),
        ("'PT24H'", "1d"),
        ("01:30:00", "90m"),
        ("1 hour", "1h"),
        ("P1DT2H", "26h"),
        ("90m", "90m"),
        ("soon", "soon"),
    ] {
        let rule =
            |duration: &str| format!("name: PT60M\nkind: Scheduled\nqueryPeriod: {duration}\n");
        assert_eq!(formatted(&rule(written)), rule(simple));
        let nested = |duration: &str| {
            format!(
                "kind: NRT\nincidentConfiguration:\n  groupingConfiguration:\n    lookbackDuration: {duration}\ncustomDetails:\n  a: PT60M\n"
            )
        };
        let text = formatted(&nested(written));
        assert!(
            text.contains(&format!("lookbackDuration: {simple}\n")),
            "{text}"
        );
        assert!(text.contains("  a: PT60M\n"), "{text}");
    }
}

#[test]
fn durations_beside_comments_get_it_too() {
    let text = "kind: Scheduled\nqueryFrequency: 'PT60M' # hourly\nqueryPeriod: PT120M   # twice that\nincidentConfiguration:\n  groupingConfiguration:\n    # a day\n    lookbackDuration: P1D\n";
    let expected = text
        .replace("'PT60M'", "1h")
        .replace("PT120M", "2h")
        .replace("P1D", "1d");
    assert_eq!(formatted(text), expected);
}

#[test]
fn what_cannot_be_written_anew_is_left_alone() {
    let rule = "id: a\nkind: NRT\nquery: T\n";
    for (text, reason) in [
        ("a: b: c\n".to_owned(), "it is not YAML"),
        (format!("{rule}---\n{rule}"), "it holds several documents"),
        ("ParserName: x\n".to_owned(), "it is no rule"),
        ("# later\n".to_owned(), "it holds no document"),
        (
            "kind: NRT\nproperties: {query: T, severity: Low}\n".to_owned(),
            "it is in the form of the API",
        ),
        (
            format!("{rule}tactics: &t [Impact]\ntags: *t\n"),
            "its keys do not each begin a line, or it uses anchors",
        ),
        (
            "{id: a, kind: NRT, query: T}\n".to_owned(),
            "its keys do not each begin a line, or it uses anchors",
        ),
        (
            format!("{rule}name: a\nname: b\n"),
            "its keys do not each begin a line, or it uses anchors",
        ),
    ] {
        assert_eq!(format(&text), Formatted::Left(reason), "{text}");
    }
}

/// A rule as people write it: keys in any order, comments, blank lines, other line ends.
fn untidy() -> impl Strategy<Value = String> {
    (rule(), any::<u64>(), any::<bool>(), any::<bool>()).prop_map(|(rule, seed, windows, mark)| {
        let text = write(&rule);
        let mut blocks: Vec<String> = Vec::new();
        for line in text.split_inclusive('\n') {
            match blocks.last_mut() {
                Some(block) if line.starts_with([' ', '-', '\n']) => block.push_str(line),
                _ => blocks.push(line.to_owned()),
            }
        }
        let mut seed = seed;
        let mut next = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(seed >> 33).unwrap_or(0) % below
        };
        for index in (1..blocks.len()).rev() {
            blocks.swap(index, next(index + 1));
        }
        let mut untidy = String::new();
        for block in blocks {
            match next(5) {
                0 => untidy.push_str("# above\n"),
                1 => untidy.push_str("\n\n"),
                2 => untidy.push_str("\n# far above\n\n# above\n"),
                _ => {}
            }
            untidy.push_str(&block);
        }
        if windows {
            untidy = untidy.replace('\n', "\r\n");
        }
        if mark {
            untidy.insert(0, '\u{feff}');
        }
        untidy
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn formatting_settles_at_once_and_keeps_meaning_and_comments(text in untidy()) {
        let once = formatted(&text);
        prop_assert_eq!(&formatted(&once), &once);
        prop_assert_eq!(once.matches("# above").count(), text.matches("# above").count());
        let read = |text: &str| yaml::read(SourceId(0), text).documents.remove(0);
        prop_assert!(same(&read(&text), &read(&once), ""));
    }
}
