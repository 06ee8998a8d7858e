//! Real rules by others: what is broken is told with the right code, and what the service accepts is not refused.
//!
//! The files are not part of the repository: `RULEPOST_SHARED` names the folder that holds `corpus/`. Without it the
//! tests say that they were skipped.

#![allow(
    clippy::print_stdout,
    reason = "the counts are what a reader of the log looks for"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::Rulepost;

/// Findings that the independent checker cannot have: about several files at once, since the collection holds many
/// versions of the same rules, and about the query, which it does not read. Queries are held against answers of
/// Microsoft's own parser elsewhere.
const ABOUT_THE_SET: &[&str] = &["duplicate-id", "kql-syntax"];

/// Errors on files that the independent checker did not flag, each looked at, with what is wrong with the file.
const KNOWN: &[(&str, &str, &str)] = &[(
    "AWSCloudTrail__templateForTesting",
    "invalid-identifier",
    "the checker skips identifiers of a type in another case; `DummyIdentifier` is none",
)];

/// The codes that tell a flag of the manifest; any one of them will do.
fn codes(flag: &str) -> &'static [&'static str] {
    match flag {
        "yaml-parse" => &["yaml-syntax", "trailing-tab", "too-large"],
        "dup-key" => &["duplicate-key"],
        "id-not-guid" => &["invalid-id"],
        "severity-invalid" => &["invalid-severity"],
        "kind-invalid" => &["invalid-kind"],
        "tactic-invalid" => &["invalid-tactic"],
        "technique-invalid" => &["invalid-technique"],
        "bad-duration" => &["invalid-duration"],
        "period>14d" | "period<5m" => &["period-out-of-range"],
        "frequency>14d" | "frequency<5m" => &["frequency-out-of-range"],
        "frequency>period" => &["period-shorter-than-frequency"],
        "entityType-invalid" => &["invalid-entity-type"],
        "identifier-invalid" => &["invalid-identifier"],
        "fieldMappings>3" => &["too-many-field-mappings"],
        "entityMappings>10" => &["too-many-entity-mappings"],
        "override>3-params" => &["too-many-placeholders"],
        "name>256" => &["name-too-long"],
        "description>5000" => &["description-too-long"],
        "entityMapping-item-type" => &["wrong-type"],
        "fieldMapping-incomplete" | "fieldMappings-missing" => &["missing-field", "wrong-type"],
        other if other.starts_with("no-") => &["missing-field", "retired"],
        other => panic!("the manifest has the new flag `{other}`: which code tells it?"),
    }
}

/// The collection, when it is there.
fn corpus() -> Option<PathBuf> {
    let folder =
        std::env::var_os("RULEPOST_SHARED").map(|shared| Path::new(&shared).join("corpus"));
    let folder = folder.filter(|folder| folder.join("manifest.jsonl").exists());
    if folder.is_none() {
        println!("skipped: RULEPOST_SHARED names no folder with corpus/");
    }
    folder
}

/// The report over a folder as JSON.
fn report(folder: &Path, rules: &str) -> Value {
    let out = Rulepost::in_dir(folder)
        .args(["validate", rules, "--format", "json", "-q"])
        .run();
    assert!(
        matches!(out.code, 0 | 3),
        "exit {}: {}",
        out.code,
        out.stderr
    );
    serde_json::from_str(&out.stdout).expect("the report is JSON")
}

/// `key` of each item of `list`, sorted by the path of the item.
fn by_path<'a>(list: &'a Value, key: &str) -> BTreeMap<&'a str, Vec<(&'a str, &'a Value)>> {
    let mut map: BTreeMap<&str, Vec<(&str, &Value)>> = BTreeMap::new();
    for item in list.as_array().expect("a list") {
        let path = item["path"].as_str().expect("every item has a path");
        let value = item[key].as_str().expect("every item has the key");
        map.entry(path).or_default().push((value, item));
    }
    map
}

#[test]
fn real_rules_are_told_apart_from_broken_ones() {
    let Some(folder) = corpus() else {
        return;
    };
    let report = report(&folder, "yaml");
    let findings = by_path(&report["findings"], "code");
    let skipped = by_path(&report["skipped"], "content");
    let manifest = std::fs::read_to_string(folder.join("manifest.jsonl")).expect("it is there");
    let (mut files, mut flagged, mut odd) = (0, 0, 0);
    let mut wrong = Vec::new();
    for line in manifest.lines() {
        let entry: Value = serde_json::from_str(line).expect("a line is JSON");
        let path = entry["file"].as_str().expect("a file");
        files += 1;
        let flags = entry["flags"].as_array().expect("flags");
        let broken: Vec<&str> = flags
            .iter()
            .filter_map(|flag| flag.as_str()?.strip_prefix("BROKEN:"))
            .collect();
        let none = Vec::new();
        let found = findings.get(path).unwrap_or(&none);
        let retired = skipped
            .get(path)
            .is_some_and(|list| list[0].0 == "retired rule");
        let mut expected: BTreeSet<&str> = BTreeSet::new();
        for flag in &broken {
            flagged += 1;
            expected.extend(codes(flag));
            let told = found.iter().any(|(code, _)| codes(flag).contains(code));
            let stub = retired && codes(flag).contains(&"retired");
            if !(told || stub) {
                wrong.push(format!("{path}: {flag} is not told"));
            }
        }
        for (code, finding) in found {
            let known = KNOWN
                .iter()
                .any(|(file, of, _)| path.contains(file) && of == code);
            // The flags say nothing of the query, which is held against Microsoft's parser elsewhere.
            let judged = !ABOUT_THE_SET.contains(code) && !code.starts_with("kql-");
            let error = finding["level"] == "error" && judged;
            if error && known {
                odd += 1;
            } else if error && !expected.contains(code) {
                wrong.push(format!("{path}: {code} {}", finding["message"]));
            }
        }
    }
    let summary = &report["summary"];
    println!(
        "{files} files: {} rules, {} skipped; {flagged} flags told, {odd} known disagreements",
        summary["rules"], summary["skipped"]
    );
    assert_eq!(summary["files"], files, "a file was not looked at");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Every file is a rule, or skipped with a name, or told to be broken.
    let rules = summary["rules"].as_u64().expect("a number");
    let unread = findings.values().filter(|list| {
        list.iter()
            .any(|(code, _)| matches!(*code, "yaml-syntax" | "too-large" | "unreadable-file"))
    });
    let classified = rules + skipped.len() as u64 + unread.count() as u64;
    assert!(
        classified >= files,
        "{classified} of {files} files are classified"
    );
}

/// A copy of the collection that may be written to, without the yearly snapshots, which repeat each other.
fn copy(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a temporary folder can be made");
    for entry in ignore_errors(folder.join("yaml")) {
        let from = entry.path();
        let to = copy
            .path()
            .join(from.strip_prefix(folder).expect("below the folder"));
        let yearly = from
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("azure-sentinel-20"));
        if from.is_dir() && !yearly {
            std::fs::create_dir_all(&to).expect("the copy is ours");
            for file in ignore_errors(from) {
                let to = to.join(file.file_name());
                std::fs::write(to, std::fs::read(file.path()).expect("it can be read"))
                    .expect("the copy is ours");
            }
        }
    }
    copy
}

fn ignore_errors(folder: impl AsRef<Path>) -> Vec<std::fs::DirEntry> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    entries
        .map(|entry| entry.expect("it can be listed"))
        .collect()
}

/// How often each code is found, without those that formatting or repairing is there to take away.
fn counts(report: &Value, without: &[&str]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for finding in report["findings"].as_array().expect("a list") {
        let code = finding["code"].as_str().expect("a code");
        if !without.contains(&code) {
            *counts.entry(code.to_owned()).or_insert(0) += 1;
        }
    }
    counts
}

#[test]
fn real_rules_are_formatted_once_and_mean_the_same() {
    let Some(folder) = corpus() else {
        return;
    };
    let copy = copy(&folder);
    let before = report(copy.path(), "yaml");
    let run = |args: &[&str]| {
        Rulepost::in_dir(copy.path())
            .args(args.iter().copied())
            .run()
    };
    let out = run(&["fmt", "yaml"]);
    assert_eq!(out.code, 0, "{}", out.stderr);
    let formatted = out.stdout.lines().count();
    let again = run(&["fmt", "--check", "yaml"]);
    assert_eq!((again.code, again.stdout.as_str()), (0, ""));
    let after = report(copy.path(), "yaml");
    // A duplicate is told by the first of two files, and a lone mark or tab at the end of a line goes, as do durations
    // in other spellings.
    let without = [
        "trailing-tab",
        "not-utf8",
        "duration-spelling",
        "invalid-duration",
    ];
    assert_eq!(counts(&before, &without), counts(&after, &without));
    println!("{formatted} files formatted");
}

#[test]
fn real_rules_are_repaired_once_and_lose_nothing() {
    let Some(folder) = corpus() else {
        return;
    };
    let copy = copy(&folder);
    let before = report(copy.path(), "yaml");
    let run = || {
        Rulepost::in_dir(copy.path())
            .args(["validate", "yaml", "--fix"])
            .run()
    };
    let first = run();
    let last = |text: &str| text.lines().last().unwrap_or_default().to_owned();
    println!("{}", last(first.stderr.trim_end()));
    let second = run();
    assert!(
        second.stderr.contains("0 repairs made in 0 files"),
        "{}",
        last(&second.stderr)
    );
    let after = report(copy.path(), "yaml");
    assert_eq!(before["summary"]["rules"], after["summary"]["rules"]);
    let (before, after) = (counts(&before, &[]), counts(&after, &[]));
    // What repairs exist for is gone; nothing else becomes more, but what a repaired rule now shows.
    for code in [
        "value-spelling",
        "duration-spelling",
        "key-spelling",
        "missing-kind",
        "not-utf8",
        "trailing-tab",
        "unsorted-set",
    ] {
        let left = after.get(code).copied().unwrap_or(0);
        assert!(
            left * 20 <= before.get(code).copied().unwrap_or(0),
            "{code}: {left} are left"
        );
    }
    for code in [
        "yaml-syntax",
        "wrong-type",
        "missing-field",
        "duplicate-key",
        "unknown-key",
        "invalid-technique",
    ] {
        assert!(after.get(code) <= before.get(code), "{code}: {after:?}");
    }
}
