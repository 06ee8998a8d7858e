//! `validate`: what is shown for bad input, exactly.

use crate::support::Rulepost;

/// A rule that nothing is wrong with.
pub(crate) const SOUND: &str = "\
id: 9f6e64e5-1d1b-4a2b-9a70-5a1c0b0e6d11
name: Many failed logins
version: 1.0.0
kind: Scheduled
description: Identifies many failed logins from one address.
severity: Medium
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
  | where ResultType == '50126'
  | summarize Failures = count(), StartTime = min(TimeGenerated) by IPAddress
  | where Failures > 10
entityMappings:
  - entityType: IP
    fieldMappings:
      - identifier: Address
        columnName: IPAddress
rulepost:
  references:
    - https://attack.mitre.org/techniques/T1110/
";

#[test]
fn a_sound_rule_has_no_findings() {
    let out = Rulepost::new()
        .file("rules/a.yaml", SOUND)
        .args(["validate"])
        .run();
    assert_eq!(out.code, 0, "{out:?}");
    assert_eq!(out.stdout, "no findings: 1 rule in 1 file\n");
    assert_eq!(out.stderr, "");
}

#[test]
fn bad_files_are_told_one_by_one_and_the_others_are_still_read() {
    let unknown = SOUND
        .replace("9f6e64e5", "00000001")
        .replace("- CredentialAccess", "- Stealth")
        .replace("- T1110", "- T111")
        .replace("severity:", "serverity:");
    let out = Rulepost::new()
        .file("rules/broken.yaml", "id: a\nname: b: c\n")
        .file("rules/binary.yml", b"name: caf\xe9\nid: x\nquery: T\n")
        .file("rules/unknown.yaml", unknown)
        .file("rules/sound.yaml", SOUND)
        .file("rules/notes.txt", "not a rule")
        .args(["validate", "rules"])
        .run();
    assert_eq!(out.code, 3, "{out:?}");
    insta::assert_snapshot!("bad-files", out.stdout);
}

#[test]
fn a_path_that_does_not_exist_is_an_error_of_the_command() {
    let out = Rulepost::new().args(["validate", "nowhere"]).run();
    assert_eq!(out.code, 1);
    assert_eq!(out.stdout, "");
    assert_eq!(out.stderr, "error: there is no file or folder `nowhere`\n");
}

#[test]
#[cfg(unix)]
fn a_file_that_cannot_be_read_is_told_and_the_others_are_read() {
    let run = Rulepost::new()
        .file("rules/sound.yaml", SOUND)
        .args(["validate"]);
    // A link to nowhere cannot be read by anybody, whoever runs the test.
    std::os::unix::fs::symlink("nowhere.yaml", run.dir().join("rules/gone.yaml"))
        .expect("the project folder is ours");
    let out = run.run();
    assert_eq!(out.code, 3, "{out:?}");
    insta::assert_snapshot!("unreadable-file", out.stdout);
}
