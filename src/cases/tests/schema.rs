//! The JSON Schema of test files and their reader are of one mind.

use std::path::Path;

use super::{FILE, suite};
use crate::cases::schema::schema;
use crate::diag::SourceId;
use crate::rule::yaml;

/// Whether the schema accepts the text.
fn is_valid(validator: &jsonschema::Validator, text: &str) -> bool {
    let stream = yaml::read(SourceId(0), text);
    let file = stream.documents.first().expect("a document").to_json();
    validator.is_valid(&file)
}

fn validator() -> jsonschema::Validator {
    jsonschema::validator_for(&schema()).expect("a schema")
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a test reads the shipped files")]
fn every_shipped_test_file_is_valid() {
    let validator = validator();
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut count = 0;
    for folder in std::fs::read_dir(rules).expect("the rules") {
        for file in std::fs::read_dir(folder.expect("a folder").path()).expect("a folder") {
            let path = file.expect("a file").path();
            if !path.to_string_lossy().ends_with(".test.yaml") {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a text");
            assert!(is_valid(&validator, &text), "{}", path.display());
            count += 1;
        }
    }
    assert!(count >= 28, "only {count} files");
}

#[test]
fn the_schema_refuses_what_reading_refuses() {
    let validator = validator();
    assert!(suite(FILE).is_ok() && is_valid(&validator, FILE));
    for (from, to) in [
        ("now: 2026-11-20T12:00:00Z", "then: 2026-11-20T12:00:00Z"),
        ("now: 2026-11-20T12:00:00Z", "now: [1]"),
        ("arrives: 90s", "arrives: 90"),
        ("arrives: 90s", "arrives: soon"),
        ("arrives: 90s", "equivalents: [{ mutant: a }]"),
        ("arrives: 90s", "equivalents: { mutant: a }"),
        ("arrives: 90s", "geo: 1"),
        ("cases:", "case:"),
        ("  - name: three failures\n", "  -\n"),
        (
            "  SigninLogs: { ResultType: '50126', UserPrincipalName: a@contoso.com }",
            "  SigninLogs: 1",
        ),
        ("at: 30m, repeat: 3", "repeat: 3"),
        ("at: 30m, repeat: 3", "at: 30m, repeat: 0"),
        ("at: 30m, repeat: 3", "at: 30m, repeat: 1000001"),
        ("at: 30m, repeat: 3", "at: 30m, repeats: 3"),
        (
            "vary: { IPAddress: '203.0.113.{n}' }",
            "vary: { IPAddress: 1 }",
        ),
        ("at: 30m, repeat: 3", "file: a.csv, at: 30m, repeat: 3"),
        ("[{ at: 30m, repeat: 2 }]", "5"),
        ("results: 1, contains", "contains"),
        ("results: 1, contains", "results: -1, contains"),
        ("results: 1, contains", "results: many, contains"),
        ("severity: Medium", "severity: [Medium]"),
        ("severity: Medium", "level: Medium"),
        ("severity: Medium", "incidents: [{ alert: 1 }]"),
        ("severity: Medium", "entities: [1]"),
        ("severity: Medium", "tactics: Impact"),
        ("severity: Medium", "customDetails: 1"),
        ("parameters: { Least: 2 }", "parameters: 2"),
        ("parameters: { Least: 2 }", "runs: 0"),
        ("parameters: { Least: 2 }", "close: 1w"),
    ] {
        let text = FILE.replacen(from, to, 1);
        assert_ne!(text, FILE, "{from}");
        assert!(suite(&text).is_err(), "reading accepts {to}");
        assert!(!is_valid(&validator, &text), "the schema accepts {to}");
    }
}

#[test]
fn the_schema_accepts_what_reading_accepts() {
    let validator = validator();
    for (from, to) in [
        ("now: 2026-11-20T12:00:00Z", "now: 2026"),
        (
            "arrives: 90s",
            "arrives: ~\ngeo: { 203.0.113.0/24: { country: Germany } }",
        ),
        ("arrives: 90s", "equivalents: [{ mutant: a, reason: b }]"),
        (
            "at: 30m, repeat: 3",
            "at: 30m, repeat: 3, arrives: ~, row: ~",
        ),
        (
            "severity: Medium",
            "rows: [{ a: 1 }], tactics: [Impact], title: 7, alerts: 1",
        ),
        (
            "severity: Medium",
            "entities: [{ type: IP }], customDetails: { a: [1] }, incidents: [{ alerts: 1, closed: false }]",
        ),
        ("results: 1, contains", "rows: [], contains"),
        ("parameters: { Least: 2 }", "runs: 3\n    close: 14d"),
    ] {
        let text = FILE.replacen(from, to, 1);
        assert_ne!(text, FILE, "{from}");
        assert_eq!(suite(&text).err(), None, "{to}");
        assert!(is_valid(&validator, &text), "the schema refuses {to}");
    }
    let file = FILE.replacen("[{ at: 30m, repeat: 2 }]", "{ file: a.csv, at: 3m }", 1);
    assert!(is_valid(&validator, &file));
}
