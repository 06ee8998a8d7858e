//! The pack against what was recorded outside of it: the published queries on the sample rows, and the cases of the
//! domain's study.
//!
//! Neither is part of the repository: `RULEPOST_SHARED` names the folder that holds `seed/` and `sftp/`. Without it
//! these tests are skipped and say so.

#![allow(
    clippy::print_stdout,
    reason = "a test that is skipped says so in the log"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::{bodies, text};
use crate::support::Rulepost;

/// The number of a query in the study, and the rule that it became.
const RULES: [(&str, &str); 26] = [
    ("01", "initial-access/sftp-access"),
    ("01f", "initial-access/sftp-any-access"),
    ("02", "credential-access/sftp-repeated-failed-logins"),
    ("02f", "credential-access/sftp-failed-login"),
    ("03", "initial-access/sftp-password-login"),
    ("03f", "initial-access/sftp-local-user-password-access"),
    ("04", "lateral-movement/sftp-password-upload"),
    ("04f", "lateral-movement/sftp-backdoor-upload"),
    ("05", "credential-access/sftp-password-spray"),
    ("06", "credential-access/sftp-distributed-password-attack"),
    ("07", "credential-access/sftp-login-after-failures"),
    ("08", "initial-access/sftp-first-seen-address"),
    ("09", "lateral-movement/sftp-executable-upload"),
    ("10", "exfiltration/sftp-mass-download"),
    ("11", "impact/sftp-mass-delete"),
    ("12", "discovery/sftp-directory-enumeration"),
    ("13", "persistence/storage-sftp-enabled"),
    ("14", "persistence/storage-local-user-changed"),
    ("15", "defense-evasion/storage-audit-logs-removed"),
    ("16", "initial-access/sftp-threat-intelligence-address"),
    ("17", "persistence/sftp-changed-local-user-used"),
    ("18", "defense-evasion/storage-network-opened"),
    ("19", "impact/sftp-rename-to-one-extension"),
    ("20", "initial-access/sftp-several-countries"),
    ("21", "initial-access/sftp-outside-allow-list"),
    ("22", "initial-access/sftp-new-client"),
];

/// A recorded case that a rule decides otherwise, and why it should.
const DIFFERENT: [(&str, &str, &str); 0] = [];

/// The rules that are the published queries, in the order of the publication.
const PUBLISHED: [&str; 4] = [
    "Any access using SFTP",
    "Failed SFTP login with a wrong password",
    "SFTP access with a local user's password",
    "SFTP upload of a malicious backdoor",
];

fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("RULEPOST_SHARED").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: RULEPOST_SHARED names no folder with seed/ and sftp/");
    }
    folder
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows that a query gives on a file of `StorageBlobLogs`, as column and value.
fn answer(folder: &Path, query: &str) -> Vec<Map<String, Value>> {
    std::fs::write(folder.join("query.kql"), query).expect("the folder is ours");
    let out = Rulepost::in_dir(folder)
        .args([
            "query",
            "-f",
            "query.kql",
            "--table",
            "StorageBlobLogs=rows.jsonl",
        ])
        .args(["--now", "2026-11-20T10:30:00Z", "--format", "json"])
        .run();
    assert_eq!(out.code, 0, "{query}\n{}", out.stderr);
    let table: Value = serde_json::from_str(&out.stdout).expect("the output is JSON");
    let columns = table["columns"].as_array().expect("a list");
    let rows = table["rows"].as_array().expect("a list");
    let record = |row: &Value| {
        let names = columns.iter().map(|column| text(column, "name"));
        names
            .zip(row.as_array().expect("a list").iter().cloned())
            .collect()
    };
    rows.iter().map(record).collect()
}

#[test]
fn the_faithful_rules_give_the_rows_of_the_published_queries() {
    let Some(shared) = shared() else {
        return;
    };
    let seed = std::fs::read_dir(shared.join("seed")).expect("the folder is there");
    let seed: String = seed
        .map(|entry| read(&entry.expect("an entry").path()))
        .collect();
    let published: Vec<&str> = seed
        .split("```")
        .filter(|block| block.trim_start().starts_with("StorageBlobLogs"))
        .collect();
    assert_eq!(published.len(), 4);
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let samples: Value =
        serde_json::from_str(&read(&shared.join("sftp/sample-rows.json"))).expect("JSON");
    let rows: Vec<String> = samples
        .as_array()
        .expect("a list")
        .iter()
        .filter(|sample| sample["table"] == "StorageBlobLogs")
        .map(|sample| sample["row"].to_string())
        .collect();
    std::fs::write(folder.path().join("rows.jsonl"), rows.join("\n")).expect("the folder is ours");
    let bodies = bodies();
    for (name, published) in PUBLISHED.iter().zip(published) {
        let body = bodies
            .values()
            .find(|body| body["properties"]["displayName"] == *name);
        let query = text(&body.expect("the rule is there")["properties"], "query");
        let expected = answer(folder.path(), published);
        assert!(!expected.is_empty(), "no sample row is one of `{name}`");
        let mut found = answer(folder.path(), &query);
        for row in &mut found {
            row.retain(|column, _| expected[0].contains_key(column));
        }
        assert_eq!(found, expected, "{name}");
    }
}

/// A recorded row as a group of a test file.
fn group(row: &Value) -> Value {
    let mut columns = row.as_object().expect("an object").clone();
    let mut span = |name: &str| {
        let minutes = columns.remove(name).and_then(|value| value.as_f64());
        format!("{}s", (minutes.unwrap_or(0.0) * 60.0).round())
    };
    let (at, arrives) = (span("minutesBeforeRun"), span("ingestLagMinutes"));
    json!({"at": at, "arrives": arrives, "row": columns})
}

#[test]
fn the_recorded_cases_hold_for_the_rules_themselves() {
    let Some(shared) = shared() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let rules: BTreeMap<&str, &str> = RULES.into();
    let mut files: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for line in read(&shared.join("sftp/cases.jsonl")).lines() {
        let case: Value = serde_json::from_str(line).expect("JSON");
        let number = text(&case, "rule");
        let rule = rules
            .get(number.as_str())
            .unwrap_or_else(|| panic!("no rule came of query {number}"));
        let tables = case["tables"].as_object().expect("an object").iter();
        let tables: Map<String, Value> = tables
            .map(|(name, rows)| {
                let rows = rows.as_array().expect("a list").iter().map(group);
                (name.clone(), rows.collect())
            })
            .collect();
        files.entry(rule).or_default().push(json!({
            "name": format!("{number} {}", text(&case, "case")),
            "rows": tables,
            "expect": {"results": case["expectRows"]},
        }));
    }
    let mut count = 0;
    for (rule, cases) in files {
        count += cases.len();
        let from = format!("{}/rules/{rule}.yaml", env!("CARGO_MANIFEST_DIR"));
        let to = folder.path().join(format!("rules/{rule}.yaml"));
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("the folder is ours");
        std::fs::copy(from, &to).expect("the rule is there");
        let suite = json!({
            "now": "2026-11-20T12:00:00Z",
            "geo": {
                "203.0.113.0/24": {"country": "Germany"},
                "198.51.100.0/24": {"country": "Brazil"},
            },
            // A table of which a case has no rows is empty and not unknown.
            "defaults": {"StorageBlobLogs": {}, "AzureActivity": {}, "ThreatIntelIndicators": {}},
            "cases": cases,
        });
        std::fs::write(to.with_extension("test.yaml"), suite.to_string())
            .expect("the folder is ours");
    }
    assert!(count >= 78, "only {count} cases were there");
    let out = Rulepost::in_dir(folder.path())
        .args(["test", "rules", "--format", "json"])
        .run();
    let report: Value = serde_json::from_str(&out.stdout)
        .unwrap_or_else(|_| panic!("{}{}", out.stdout, out.stderr));
    let failed: Vec<&Value> = report["cases"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|case| case["passed"] == false)
        .collect();
    let known = |case: &&Value| {
        let name = text(case, "case");
        DIFFERENT
            .iter()
            .any(|(number, different, _)| name == format!("{number} {different}"))
    };
    assert_eq!(
        failed.iter().filter(|case| known(case)).count(),
        DIFFERENT.len(),
        "a case that is said to differ passes"
    );
    let wrong: Vec<&&Value> = failed.iter().filter(|case| !known(case)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(report["cases"].as_array().map(Vec::len), Some(count));
}
