//! The examples of every code's documentation, run: the bad one makes the finding, the good one does not.

mod queries;
mod robust;
mod schema;

use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::diag::{Level, SourceFile, SourceId};
use crate::rule::codes as reading;
use crate::rule::lower::lower;
use crate::rule::yaml;

/// A rule that nothing is wrong with, each key a block of lines.
const BASE: &str = "\
id: 9f6e64e5-1d1b-4a2b-9a70-5a1c0b0e6d11
name: Many failed logins
version: 1.0.0
kind: Scheduled
description: Identifies many failed logins from one address.
severity: Medium
requiredDataConnectors:
  - connectorId: AzureActiveDirectory
    dataTypes:
      - SigninLogs
queryFrequency: 1h
queryPeriod: 2h
triggerOperator: gt
triggerThreshold: 0
tactics:
  - CredentialAccess
relevantTechniques:
  - T1110
query: |
  SigninLogs
  | where ingestion_time() > ago(1h)
  | summarize Failures = count(), StartTime = min(TimeGenerated) by IPAddress
entityMappings:
  - entityType: IP
    fieldMappings:
      - identifier: Address
        columnName: IPAddress
rulepost:
  references:
    - https://attack.mitre.org/techniques/T1110/
";

/// What a second rule has of its own, so that it is not a copy of the first.
const SECOND: &str = "\
id: 0d3a1c52-77f0-4f35-8f2d-0c7e0c9f7a10
name: Many failed logins of a guest
query: |
  AADNonInteractiveUserSignInLogs
  | where ingestion_time() > ago(1h)
  | where UserType == \"Guest\"
";

/// Codes whose examples are no rule, each with the test that covers it.
const WITHOUT_EXAMPLE: &[(&str, &str)] = &[
    ("unreadable-file", "it::cli::validate"),
    ("not-utf8", "it::cli::validate"),
    ("too-large", "rule::yaml::tests"),
    ("trailing-tab", "rule::yaml::tests"),
    (
        "too-many-rules",
        "lint::tests::a_workspace_has_room_for_so_many_rules",
    ),
    (
        "too-many-nrt-rules",
        "lint::tests::a_workspace_has_room_for_so_many_rules",
    ),
];

fn all_codes() -> Vec<&'static Code> {
    let lints = LINTS.iter().map(|lint| lint.code);
    let own = reading::CODES
        .iter()
        .chain(suppress::CODES)
        .chain(kql::CODES)
        .copied();
    own.chain(lints).collect()
}

/// The blocks of lines that begin with a key, by the key.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut blocks: Vec<(String, String)> = Vec::new();
    for line in text.split_inclusive('\n') {
        let key = line.split(':').next().unwrap_or_default();
        let starts = !line.starts_with([' ', '#', '-']) && line.contains(':');
        if starts {
            blocks.push((key.to_owned(), line.to_owned()));
        } else if let Some((_, block)) = blocks.last_mut() {
            block.push_str(line);
        }
    }
    blocks
}

/// Lays the keys of a piece over a whole rule.
fn lay_over(base: &str, piece: &str) -> String {
    let own = blocks(piece);
    let gone: BTreeSet<&str> = piece
        .lines()
        .filter_map(|line| line.strip_prefix("# no "))
        .collect();
    let mut text = String::new();
    for (key, block) in blocks(base) {
        if !gone.contains(key.as_str()) && !own.iter().any(|(other, _)| *other == key) {
            text.push_str(&block);
        }
    }
    // A key that stands twice in the piece is meant to stand twice.
    text + &own.into_iter().map(|(_, block)| block).collect::<String>()
}

/// `x{300}` stands for three hundred times the letter.
fn spell_out(text: &str) -> String {
    let mut spelled = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("x{") {
        let end = at + rest[at..].find('}').expect("the count is closed");
        let Ok(count) = rest[at + 2..end].parse() else {
            spelled.push_str(&rest[..at + 2]);
            rest = &rest[at + 2..];
            continue;
        };
        spelled.push_str(&rest[..at]);
        spelled.push_str(&"x".repeat(count));
        rest = &rest[end + 1..];
    }
    spelled + rest
}

/// The example below a heading of a code's documentation, as whole rules.
fn example(code: &Code, heading: &str) -> Option<String> {
    let docs = code.text();
    let block = docs.split(&format!("{heading}:\n```yaml\n")).nth(1)?;
    let piece = spell_out(block.split("```").next()?);
    let mut documents = piece.split("---\n");
    let first = lay_over(BASE, documents.next()?);
    Some(match documents.next() {
        Some(second) => format!("{first}---\n{}", lay_over(&lay_over(BASE, SECOND), second)),
        None => first,
    })
}

/// A text with everything that is found in it.
fn check(text: &str) -> (SourceMap, Vec<Diagnostic>) {
    let path = Path::new("rule.yaml");
    let source = SourceId(0);
    let stream = yaml::read(source, text);
    let mut file = lower(source, path, text, &stream);
    if let Some(problem) = stream.problem.clone() {
        file.diagnostics.push(problem.diagnostic());
    }
    let mut sources = SourceMap::default();
    sources.add(SourceFile::new(path, text));
    let (usable, incomplete): (Vec<_>, Vec<_>) =
        file.rules.into_iter().partition(|lowered| lowered.usable);
    let rules: Vec<Rule> = usable.into_iter().map(|lowered| lowered.rule).collect();
    let incomplete: Vec<Rule> = incomplete.into_iter().map(|lowered| lowered.rule).collect();
    let input = Input {
        sources: &sources,
        comments: &stream.comments,
        rules: &rules,
        incomplete: &incomplete,
        read: &file.diagnostics,
    };
    let schema = crate::kql::Schema::built_in();
    let query = |rule: &Rule, found: &mut Found<'_>| kql::check(rule, &schema, found);
    let found = run(input, &Levels::default(), &query);
    (sources, found)
}

fn ids(found: &[Diagnostic]) -> Vec<&'static str> {
    found.iter().map(|found| found.code.id).collect()
}

#[test]
fn the_rule_that_examples_are_laid_over_is_sound() {
    assert_eq!(ids(&check(BASE).1), Vec::<&str>::new());
    let two = format!("{BASE}---\n{}", lay_over(BASE, SECOND));
    assert_eq!(ids(&check(&two).1), Vec::<&str>::new());
}

#[test]
fn every_code_is_documented_the_same_way_and_has_its_own_name() {
    let mut seen = BTreeSet::new();
    for code in all_codes() {
        assert!(seen.insert(code.id), "{} is there twice", code.id);
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(code.id.chars().all(kebab), "{}", code.id);
        assert!(!code.title.ends_with('.'), "{}", code.id);
        assert!(
            code.docs.contains("\n Source: "),
            "{} names no source",
            code.id
        );
        assert!(
            code.docs.matches("\n\n").count() >= 2,
            "{} says not why",
            code.id
        );
        let exempt = WITHOUT_EXAMPLE.iter().any(|(id, _)| *id == code.id);
        assert!(
            exempt || example(code, "Bad").is_some(),
            "{} has no bad example",
            code.id
        );
    }
    assert!(LINTS.len() >= 45, "{} lints", LINTS.len());
}

#[test]
fn the_bad_example_of_every_code_makes_its_finding() {
    for code in all_codes() {
        if WITHOUT_EXAMPLE.iter().any(|(id, _)| *id == code.id) {
            continue;
        }
        let text = example(code, "Bad").expect("every other code has an example");
        let (sources, found) = check(&text);
        let own: Vec<Diagnostic> = found
            .iter()
            .filter(|found| found.code.id == code.id)
            .cloned()
            .collect();
        assert!(
            !own.is_empty(),
            "{}: found only {:?} in\n{text}",
            code.id,
            ids(&found)
        );
        let options = crate::report::human::Options {
            repair: "--fix",
            color: false,
            least: Level::Note,
        };
        let drawn = crate::report::human::diagnostics(&own, &sources, options);
        // The longest examples are lines of thousands of letters.
        let drawn = drawn.replace(&"x".repeat(100), "");
        insta::assert_snapshot!(code.id, drawn);
    }
}

#[test]
fn the_good_example_of_every_code_does_not_make_its_finding() {
    for code in all_codes() {
        if WITHOUT_EXAMPLE.iter().any(|(id, _)| *id == code.id) {
            continue;
        }
        let text = example(code, "Good").expect("every other code has an example");
        let (_, found) = check(&text);
        let bad: Vec<_> = found
            .iter()
            .filter(|found| found.code.id == code.id || found.level == Level::Error)
            .collect();
        assert!(bad.is_empty(), "{}: {bad:?} in\n{text}", code.id);
    }
}

/// So many copies of the sound rule, each with an id and a name of its own.
fn many(count: usize, change: &str) -> String {
    let copies = (0..count).map(|number| {
        let own = format!("id: 00000000-0000-4000-8000-{number:012}\nname: Rule {number}\n");
        lay_over(&lay_over(BASE, change), &own)
    });
    copies.collect::<Vec<_>>().join("---\n")
}

#[test]
fn a_workspace_has_room_for_so_many_rules() {
    let nrt = "kind: NRT\n# no queryFrequency\n# no queryPeriod\n# no triggerOperator\n# no triggerThreshold\n";
    for (code, count, change) in [("too-many-rules", 512, ""), ("too-many-nrt-rules", 50, nrt)] {
        let over = |count| {
            let (_, found) = check(&many(count, change));
            found.iter().filter(|found| found.code.id == code).count()
        };
        assert_eq!(over(count), 0, "{code}");
        assert_eq!(over(count + 1), 1, "{code}");
        let off = many(count + 1, &format!("{change}enabled: false\n"));
        assert!(!ids(&check(&off).1).contains(&code), "{code}");
    }
}

#[test]
fn an_ignore_comment_is_about_its_line_and_what_is_indented_below() {
    let text = lay_over(
        BASE,
        "\
tactics: # rulepost: ignore[legacy-tactic,tactic-without-technique] an old matrix
  - PreAttack
  - CredentialAccess
# rulepost: ignore[search-star] the only way to look for this
query: |
  search \"x\"
  | where ingestion_time() > ago(1h)
",
    );
    let found = check(&text).1;
    assert_eq!(ids(&found), ["unsorted-set"], "{found:?}");
    let inside = lay_over(
        BASE,
        "query: |\n  // rulepost: ignore[search-star] the only way\n  search \"x\"\n",
    );
    let found = check(&inside).1;
    assert!(!ids(&found).contains(&"search-star"), "{found:?}");
}

#[test]
fn a_finding_that_makes_a_rule_unusable_cannot_be_ignored() {
    let text = lay_over(
        BASE,
        "severity: critical # rulepost: ignore[invalid-severity] we say so\n",
    );
    assert_eq!(ids(&check(&text).1), ["invalid-severity", "unused-ignore"]);
}

#[test]
fn a_baseline_takes_away_what_it_knows_as_often_as_it_knows_it() {
    let (sources, found) = check(&lay_over(BASE, "severity: medium\n# no tactics\n"));
    let baseline = baseline::Baseline::of(&found, &sources);
    let baseline = baseline::Baseline::read(&baseline.write()).expect("what is written is read");
    let mut same = found.clone();
    let applied = baseline.apply(&mut same, &sources);
    assert_eq!((applied.accepted, applied.gone), (found.len(), Vec::new()));
    assert_eq!(same, []);
    // The same finding on another line is known, a second one of its kind is not.
    let (sources, moved) = check(&lay_over(
        BASE,
        "severity: medium\n# no tactics\n# no entityMappings\n",
    ));
    let mut left = moved;
    baseline.apply(&mut left, &sources);
    assert_eq!(ids(&left), ["missing-entity-mappings"]);
    // What was repaired is told by file and code.
    let (sources, mut fewer) = check(&lay_over(BASE, "# no tactics\n"));
    let gone = baseline.apply(&mut fewer, &sources).gone;
    let gone: Vec<_> = gone.iter().map(|gone| (&*gone.path, &*gone.code)).collect();
    assert_eq!(gone, [("rule.yaml", "value-spelling")]);
}

#[test]
fn a_rule_in_the_form_of_the_api_is_not_repaired_into_a_mixture() {
    let text = "kind: Scheduled\nname: 9f6e64e5-1d1b-4a2b-9a70-5a1c0b0e6d11\nproperties:\n  displayName: Logins\n  severity: medium\n  queryPeriod: PT60M\n  tactics: [impact, Execution]\n  query: SigninLogs\n";
    let (sources, found) = check(text);
    assert!(ids(&found).contains(&"wrapped-in-properties"));
    assert!(ids(&found).contains(&"value-spelling"));
    assert!(fix::apply(&found, &sources).is_empty(), "{found:?}");
}

/// A text with every repair made, round after round.
fn repaired(text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..8 {
        let (sources, found) = check(&text);
        let Some((_, repaired)) = fix::apply(&found, &sources).pop_first() else {
            return text;
        };
        text = repaired.text;
    }
    panic!("repairs do not settle:\n{text}");
}

/// A rule's text in the spellings that repairs exist for.
fn misspelled(text: &str, odd: u32) -> String {
    let mut lines: Vec<String> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let on = (odd.rotate_left(u32::try_from(number % 31).unwrap_or(0)) & 1) == 1;
        let (key, value) = line.split_once(": ").unwrap_or((line, ""));
        lines.push(match key {
            "severity" if on => format!("{key}: {}", value.to_uppercase()),
            "kind" if on => format!("{key}: {}", value.to_lowercase()),
            "kind" if value == "Scheduled" => continue,
            "triggerOperator" if on => format!("{key}: {}", value.to_uppercase()),
            "requiredDataConnectors:" if on => "requireddataconnectors:".to_owned(),
            "    matchingMethod" if on => {
                format!("    entitiesMatchingMethod: {}", value.to_lowercase())
            }
            "  - CredentialAccess" if on => "  - Credential-access".to_owned(),
            "  - CommandAndControl" if on => "  - 'CommandandControl'".to_owned(),
            _ => line.to_owned(),
        });
    }
    lines.join("\r\n") + "\r\n"
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(96))]

    #[test]
    fn repairs_settle_and_never_change_what_a_rule_means(
        rule in crate::rule::arbitrary::rule(),
        odd in proptest::prelude::any::<u32>(),
    ) {
        use crate::mitre::{Status, technique};
        use crate::rule::arbitrary::meaning;
        // A revoked technique is replaced on purpose.
        let revoked = |id| matches!(technique(id).map(|known| known.status), Some(Status::Revoked(_)));
        proptest::prop_assume!(!rule.techniques.iter().any(|id| revoked(id.value)));
        let text = misspelled(&crate::rule::write::write(&rule), odd);
        let after = repaired(&text);
        let stream = yaml::read(SourceId(0), &after);
        let mut file = lower(SourceId(0), Path::new("rule.yaml"), &after, &stream);
        proptest::prop_assert_eq!(file.rules.len(), 1, "{}", after);
        let lowered = file.rules.remove(0);
        proptest::prop_assert!(lowered.usable, "{}", after);
        proptest::prop_assert_eq!(meaning(&lowered.rule), meaning(&rule), "{}", after);
    }
}
