//! Runs that end early: Ctrl-C finishes what is in flight and tells the truth, kill -9 leaves nothing doubled.

use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use reqwest::Method;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;

use super::deploy;
use super::id;
use super::last;
use super::project;
use super::remove;
use super::rule;
use super::write;
use super::writes;
use crate::support::Emulator;

/// Every write takes this long, so that there is a while to interrupt.
pub(super) fn slow(emulator: &Emulator, ms: u64) {
    let entry = json!({"method": "PUT", "times": 1_000, "fault": {"kind": "latency", "ms": ms}});
    let reply = emulator.admin(Method::POST, "/faults", Some(&entry));
    assert_eq!(reply.status, 200, "{reply:?}");
}

fn start(emulator: &Emulator, project: &TempDir, args: &[&str]) -> Child {
    emulator
        .rulepost_in(project.path())
        .args(["deploy", "--yes"])
        .args(args.iter().copied())
        .command()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts")
}

/// Waits until the emulator has seen so many writes, or the program has ended.
fn wait_for_writes(emulator: &Emulator, child: &mut Child, count: usize) {
    while writes(emulator).len() < count && child.try_wait().expect("ours").is_none() {
        std::thread::yield_now();
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_finishes_what_is_in_flight_and_reports_the_rest() {
    let emulator = Emulator::start();
    let project = project(1..=6);
    slow(&emulator, 300);
    let mut child = start(&emulator, &project, &["--concurrency", "1"]);
    wait_for_writes(&emulator, &mut child, 3);
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.expect("kill runs").success());
    let out = child.wait_with_output().expect("it ends");
    let stdout = String::from_utf8_lossy(&out.stdout);
    let stderr = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(130), "{stdout}{stderr}");
    assert!(stderr.contains("stopping: waiting for what is in flight"));
    assert!(
        stderr.contains("interrupted: what was in flight is finished"),
        "{stderr}{stdout}"
    );
    // What it says it applied is what is there.
    let live = emulator
        .get(&format!("{}/alertRules", emulator.sentinel()))
        .body["value"]
        .as_array()
        .expect("a list")
        .len();
    assert!((1..6).contains(&live), "{live}");
    assert_eq!(
        last(&stdout),
        format!("Applied {live} of 6 changes: {} not started", 6 - live)
    );
    assert!(emulator.admin(Method::DELETE, "/faults", None).status < 300);
    let out = deploy(&emulator, &project, &["--yes"]);
    assert_eq!(
        (out.code, last(&out.stdout)),
        (0, &*format!("Applied {} changes", 6 - live))
    );
}

/// Names of the rules and of the rules that have a mark.
fn names(emulator: &Emulator) -> (Vec<String>, Vec<String>) {
    let list = |path: &str, prefix: &str| -> Vec<String> {
        let body = emulator
            .get(&format!("{}/{path}", emulator.sentinel()))
            .body;
        let items = body["value"].as_array().expect("a list").clone();
        let mut names: Vec<String> = items
            .iter()
            .map(|item: &Value| {
                let name = item["name"].as_str().expect("a name");
                name.trim_start_matches(prefix).to_owned()
            })
            .collect();
        names.sort();
        names
    };
    (list("alertRules", ""), list("metadata", "analyticsrule-"))
}

#[test]
fn kill_9_at_any_write_converges_without_doubles_or_orphaned_marks() {
    // Rules 1 and 2 are there and are to change, 3 is to go, 4 and 5 are to come: nine writes in all.
    for kill_at in 1..=9 {
        let emulator = Emulator::start();
        let project = project(1..=3);
        deploy(&emulator, &project, &["--yes"]);
        for number in [1, 2] {
            write(&project, number, &rule(number).replace("Medium", "High"));
        }
        remove(&project, 3);
        for number in [4, 5] {
            write(&project, number, &rule(number));
        }
        slow(&emulator, 20);
        let before = writes(&emulator).len();
        let args = ["--prune", "--concurrency", "1"];
        let mut child = start(&emulator, &project, &args);
        wait_for_writes(&emulator, &mut child, before + kill_at);
        // It may have ended by itself at the last write.
        let _ = child.kill();
        child.wait().expect("it ends");
        assert!(emulator.admin(Method::DELETE, "/faults", None).status < 300);
        let out = deploy(&emulator, &project, &["--yes", "--prune"]);
        assert_eq!(
            out.code, 0,
            "killed at {kill_at}: {}{}",
            out.stdout, out.stderr
        );
        let out = deploy(
            &emulator,
            &project,
            &["--dry-run", "--exit-code", "--prune"],
        );
        assert_eq!(out.code, 0, "killed at {kill_at}: {}", out.stdout);
        let wanted: Vec<String> = [1, 2, 4, 5].into_iter().map(id).collect();
        let (rules, marks) = names(&emulator);
        assert_eq!((&rules, &marks), (&wanted, &wanted), "killed at {kill_at}");
    }
}
