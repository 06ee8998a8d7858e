//! `deploy`, end to end: the program against an emulator, exact output and exit codes.

mod drift;
mod faults;
mod first;
mod flags;
mod guard;
mod interrupt;
mod ownership;
mod targets;
mod template;
mod template_faults;
#[cfg(unix)]
mod terminal;

use tempfile::TempDir;

use crate::support::Emulator;
use crate::support::cmd::Output;

/// Id of the rule with this number.
pub(crate) fn id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// A small rule.
pub(crate) fn rule(number: u32) -> String {
    format!(
        "\
id: {}
name: Rule {number}
version: 1.0.0
kind: Scheduled
description: Identifies what number {number} is about.
severity: Medium
queryFrequency: 1h
queryPeriod: 1h
triggerOperator: gt
triggerThreshold: 0
tactics:
  - CredentialAccess
relevantTechniques:
  - T1110.003
query: |
  StorageBlobLogs
  | where Protocol == \"SFTP\"
  | where StatusCode == {number}
",
        id(number)
    )
}

/// A project with the rules of these numbers.
pub(crate) fn project(numbers: impl IntoIterator<Item = u32>) -> TempDir {
    let dir = TempDir::with_prefix("rulepost-project-").expect("a temporary folder");
    std::fs::create_dir(dir.path().join("rules")).expect("ours");
    for number in numbers {
        write(&dir, number, &rule(number));
    }
    dir
}

/// Writes the file of a rule.
pub(crate) fn write(project: &TempDir, number: u32, text: &str) {
    let path = project.path().join(format!("rules/{number}.yaml"));
    std::fs::write(path, text).expect("ours");
}

/// Deletes the file of a rule.
pub(crate) fn remove(project: &TempDir, number: u32) {
    let path = project.path().join(format!("rules/{number}.yaml"));
    std::fs::remove_file(path).expect("ours");
}

/// Runs `deploy` with more arguments.
pub(crate) fn deploy(emulator: &Emulator, project: &TempDir, args: &[&str]) -> Output {
    emulator
        .rulepost_in(project.path())
        .args(["deploy"])
        .args(args.iter().copied())
        .run()
}

/// Requests that change something, sign-in left out.
pub(crate) fn writes(emulator: &Emulator) -> Vec<String> {
    emulator
        .requests()
        .iter()
        .map(|one| {
            let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
            (text("method"), text("path"))
        })
        .filter(|(method, path)| method != "GET" && !path.contains("/oauth2/"))
        .map(|(method, path)| {
            let last: Vec<&str> = path.rsplit('/').take(2).collect();
            format!("{method} {}/{}", last[1], last[0])
        })
        .collect()
}

/// What the program itself sent to change or to preview something, `DEPLOYMENT` for the name of each deployment.
pub(crate) fn sent(emulator: &Emulator) -> Vec<String> {
    let by_us = |one: &serde_json::Value| {
        let agent = one["user_agent"].as_str().unwrap_or_default();
        agent != "AzureResourceManager" && agent != crate::support::emulator::TESTER
    };
    emulator
        .requests()
        .iter()
        .filter(|one| by_us(one))
        .map(|one| {
            let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
            (text("method"), text("path"))
        })
        .filter(|(method, path)| method != "GET" && !path.contains("/oauth2/"))
        .map(|(method, path)| {
            let rest: Vec<&str> = path.split('/').skip(6).collect();
            let named = rest.iter().map(|part| {
                if part.starts_with("rulepost-") {
                    "DEPLOYMENT"
                } else {
                    part
                }
            });
            format!("{method} {}", named.collect::<Vec<_>>().join("/"))
        })
        .collect()
}

/// Adds a fault.
pub(crate) fn fault(emulator: &Emulator, entry: &serde_json::Value) {
    let reply = emulator.admin(reqwest::Method::POST, "/faults", Some(entry));
    assert_eq!(reply.status, 200, "{reply:?}");
}

/// Standard output; ids and names that differ from run to run are dots.
pub(crate) fn scrubbed(out: &Output) -> String {
    let mut text = out.stdout.clone();
    for (start, end) in [("[request ", "]"), ("`rulepost-", "`")] {
        let mut done = 0;
        while let Some(at) = text[done..].find(start) {
            let from = done + at + start.len();
            let to = text[from..].find(end).expect("it ends") + from;
            text.replace_range(from..to, "…");
            done = from;
        }
    }
    text
}

/// The last line of a text.
pub(crate) fn last(text: &str) -> &str {
    text.trim_end().lines().last().unwrap_or_default()
}
