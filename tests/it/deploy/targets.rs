//! Targets of `rulepost.toml`: overrides, several at once, one that cannot be reached.

use std::fmt::Write as _;

use serde_json::Value;
use serde_json::json;

use super::deploy;
use super::id;
use super::last;
use super::project;
use super::sent;
use crate::support::Emulator;

/// An emulator with so many workspaces, `ws-1` and on.
fn workspaces(count: u32) -> Emulator {
    let list: Vec<Value> = (1..=count)
        .map(|number| json!({"name": format!("ws-{number}")}))
        .collect();
    Emulator::seeded(&json!({"workspaces": list}))
}

/// A project whose configuration says this.
fn configured(numbers: impl IntoIterator<Item = u32>, toml: &str) -> tempfile::TempDir {
    let project = project(numbers);
    std::fs::write(project.path().join("rulepost.toml"), toml).expect("ours");
    project
}

fn live(emulator: &Emulator, workspace: &str, number: u32) -> Value {
    let path = emulator
        .rule(&id(number))
        .replace("/demo/", &format!("/{workspace}/"));
    emulator.get(&path).body
}

#[test]
fn targets_differ_by_their_overrides() {
    let emulator = workspaces(2);
    let project = configured(
        [1, 2],
        "[targets.prod]\nworkspace = 'ws-1'\n\
         [targets.lab]\nworkspace = 'ws-2'\nexclude = ['*/2.yaml']\n\
         [[targets.lab.overrides]]\nrules = ['rule *']\nseverity = 'Low'\nenabled = false\nthreshold = 9\n",
    );
    let out = deploy(&emulator, &project, &["--yes", "--all-targets"]);
    assert_eq!((out.code, out.stderr.as_str()), (0, ""));
    insta::assert_snapshot!("all-targets", out.stdout);
    assert_eq!(
        live(&emulator, "ws-1", 1)["properties"]["severity"],
        "Medium"
    );
    let lab = live(&emulator, "ws-2", 1);
    assert_eq!(lab["properties"]["severity"], "Low");
    assert_eq!(lab["properties"]["enabled"], false);
    assert_eq!(lab["properties"]["triggerThreshold"], 9);
    assert_eq!(live(&emulator, "ws-2", 2)["error"]["code"], "NotFound");
    let out = deploy(
        &emulator,
        &project,
        &[
            "--dry-run",
            "--exit-code",
            "--target",
            "prod",
            "--target",
            "lab",
        ],
    );
    assert_eq!(out.code, 0, "{}", out.stdout);
}

#[test]
fn a_target_says_what_writes_there() {
    let emulator = workspaces(2);
    let project = configured(
        [1],
        "[targets.lab]\nworkspace = 'ws-1'\n[targets.prod]\nworkspace = 'ws-2'\nengine = 'arm'\n",
    );
    let out = deploy(&emulator, &project, &["--yes", "--all-targets"]);
    assert_eq!((out.code, out.stderr.as_str()), (0, ""), "{}", out.stdout);
    // Both targets are worked on at the same time, each in its own way.
    let sent = sent(&emulator);
    let of = |part: &str| sent.iter().filter(|one| one.contains(part)).count();
    assert_eq!(
        (of("deployments/DEPLOYMENT"), of("/ws-1/"), of("/ws-2/")),
        (2, 2, 0),
        "{sent:?}"
    );
    assert_eq!(
        live(&emulator, "ws-2", 1)["properties"]["severity"],
        "Medium"
    );
    let refused = deploy(&emulator, &project, &["--prune", "--all-targets"]);
    assert_eq!(refused.code, 2);
    insta::assert_snapshot!("engine-refused", refused.stderr);
    // The flag says more than the file.
    let out = deploy(
        &emulator,
        &project,
        &["--yes", "--prune", "--all-targets", "--engine", "rest"],
    );
    assert_eq!(out.code, 0, "{}", out.stderr);
}

#[test]
fn a_target_that_fails_does_not_stop_the_others() {
    let emulator = workspaces(1);
    let project = configured(
        [1],
        "[targets.gone]\nworkspace = 'ws-9'\n[targets.there]\nworkspace = 'ws-1'\n",
    );
    let out = deploy(&emulator, &project, &["--yes", "--all-targets"]);
    assert_eq!(out.code, 5, "{}", out.stdout);
    assert!(
        out.stderr.starts_with("error: no workspace named `ws-9`"),
        "{}",
        out.stderr
    );
    insta::assert_snapshot!("one-target-gone", out.stdout);
}

#[test]
fn a_target_that_does_not_exist_brings_up_those_that_do() {
    let emulator = workspaces(1);
    let project = configured([1], "[targets.prod]\nworkspace = 'ws-1'\n");
    let out = deploy(&emulator, &project, &["--yes", "--target", "prdo"]);
    assert_eq!(
        (out.code, out.stderr.as_str()),
        (
            2,
            "error: there is no target `prdo`\nhelp: known are `prod`\n"
        )
    );
    let project = configured([1], "[targets.prod]\nworkspace = 'ws-1'\ncloud = 'moon'\n");
    let out = deploy(&emulator, &project, &["--yes", "--target", "prod"]);
    assert_eq!(out.code, 2);
    assert!(
        out.stderr
            .starts_with("error: `cloud` of target `prod` is `moon`"),
        "{}",
        out.stderr
    );
}

#[test]
fn a_parameter_of_a_target_replaces_the_default() {
    let emulator = workspaces(1);
    let project = configured(
        [1],
        "[targets.prod]\nworkspace = 'ws-1'\n[targets.prod.parameters]\nlimit = 7\n",
    );
    let text = format!(
        "{}rulepost:\n  parameters:\n    - name: limit\n      type: long\n      default: 3\n",
        super::rule(1)
    );
    super::write(&project, 1, &text);
    let out = deploy(&emulator, &project, &["--yes", "--target", "prod"]);
    assert_eq!(out.code, 0, "{}{}", out.stdout, out.stderr);
    let query = live(&emulator, "ws-1", 1)["properties"]["query"].clone();
    assert!(
        query
            .as_str()
            .expect("text")
            .starts_with("let limit = 7;\n"),
        "{query}"
    );
}

#[test]
fn two_hundred_workspaces_are_deployed_in_one_run() {
    let emulator = workspaces(200);
    let mut toml = String::new();
    for number in 1..=200 {
        let workspace = emulator
            .workspace()
            .replace("/demo", &format!("/ws-{number}"));
        writeln!(toml, "[targets.t{number:03}]\nworkspace = '{workspace}'").expect("a string");
    }
    let project = configured(1..=2, &toml);
    let out = deploy(&emulator, &project, &["--yes", "--all-targets"]);
    assert_eq!((out.code, out.stderr.as_str()), (0, ""));
    assert_eq!(
        last(&out.stdout).split_whitespace().collect::<Vec<_>>(),
        ["t200", "2", "2", "0", "applied"]
    );
    let out = deploy(
        &emulator,
        &project,
        &["--dry-run", "--exit-code", "--all-targets"],
    );
    assert_eq!(out.code, 0, "{}", last(&out.stdout));
}
