//! What the guard refuses before anything is written, and what moves its limits.

use serde_json::Value;
use serde_json::json;

use super::deploy;
use super::last;
use super::project;
use super::rule;
use super::write;
use super::writes;
use crate::support::Emulator;
use crate::support::emulator::nrt;
use crate::support::emulator::scheduled;

#[test]
fn the_guard_refuses_a_large_share_unless_told_otherwise() {
    let emulator = Emulator::start();
    let project = project(1..=12);
    deploy(&emulator, &project, &["--yes"]);
    for number in 1..=4 {
        write(&project, number, &rule(number).replace("Medium", "High"));
    }
    let before = writes(&emulator).len();
    let out = deploy(&emulator, &project, &["--yes"]);
    assert_eq!(out.code, 6);
    assert_eq!(
        out.stderr,
        "error: refused for workspace `demo`: the plan changes or deletes 4 of 12 owned rules, \
         more than 30 percent\nhelp: look at the plan; `--yes-many` applies it all the same\n"
    );
    assert_eq!(writes(&emulator).len(), before);
    let out = deploy(&emulator, &project, &["--yes", "--yes-many"]);
    assert_eq!((out.code, last(&out.stdout)), (0, "Applied 4 changes"));
}

#[test]
fn the_configuration_moves_the_limits_for_all_targets_and_for_one() {
    let emulator = Emulator::start();
    let project = project(1..=12);
    let configure = |guard: &str| {
        let target = "[targets.demo]\nworkspace = 'demo'\n";
        let path = project.path().join("rulepost.toml");
        std::fs::write(path, format!("{target}{guard}\n")).expect("ours");
    };
    configure("");
    deploy(&emulator, &project, &["--yes", "--target", "demo"]);
    for number in 1..=2 {
        write(&project, number, &rule(number).replace("Medium", "High"));
    }
    let code = |guard: &str| {
        configure(guard);
        let out = deploy(&emulator, &project, &["--yes", "--target", "demo"]);
        (out.code, out.stderr)
    };
    let (refused, told) = code("[guard]\nmax-percent = 10");
    assert_eq!(refused, 6);
    assert!(
        told.contains("2 of 12 owned rules, more than 10 percent"),
        "{told}"
    );
    // What the target says goes before what the file says for all.
    let strict = "[targets.demo.guard]\nmax-percent = 0\n[guard]\nmax-percent = 100";
    assert_eq!(code(strict).0, 6);
    let (wrong, told) = code("[guard]\nmax-percent = 300");
    assert_eq!(wrong, 1);
    assert!(told.contains("max-percent"), "{told}");
    let few = "[targets.demo.guard]\nmin-owned = 13\n[guard]\nmax-percent = 0";
    assert_eq!(code(few), (0, String::new()));
}

/// An emulator whose workspace has so many enabled rules of others.
fn crowded(count: usize, body: &Value) -> Emulator {
    let rules: Vec<Value> = (0..count)
        .map(|number| {
            let mut rule = body.clone();
            rule["name"] = json!(format!("of-others-{number}"));
            rule["properties"]["displayName"] = json!(format!("Of others {number}"));
            rule
        })
        .collect();
    Emulator::seeded(&json!({"workspaces": [{"name": "crowded", "alertRules": rules}]}))
}

#[test]
fn more_enabled_rules_than_a_workspace_takes_are_refused_before_any_write() {
    let near_real_time = |number: u32| {
        let text = rule(number).replace("kind: Scheduled", "kind: NRT");
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| !line.starts_with("queryFrequency") && !line.starts_with("queryPeriod"))
            .filter(|line| !line.starts_with("trigger"))
            .collect();
        lines.join("\n") + "\n"
    };
    for (kind, limit, body, file) in [
        (
            "scheduled",
            512,
            scheduled(""),
            &rule as &dyn Fn(u32) -> String,
        ),
        ("NRT", 50, nrt(""), &near_real_time),
    ] {
        let emulator = crowded(limit - 1, &body);
        let project = project([]);
        for number in 1..=2 {
            write(&project, number, &file(number));
        }
        let run = |args: &[&str]| {
            let args: Vec<&str> = ["-w", "crowded"].iter().chain(args).copied().collect();
            deploy(&emulator, &project, &args)
        };
        let out = run(&["--yes"]);
        assert_eq!(out.code, 6, "{}{}", out.stdout, out.stderr);
        assert_eq!(
            out.stderr,
            format!(
                "error: refused for workspace `crowded`: the plan leads to {} enabled {kind} rules; \
                 a workspace takes {limit}\nhelp: disable or remove rules first; `max-scheduled` and \
                 `max-nrt` in `[guard]` of `rulepost.toml` tell a larger quota\n",
                limit + 1
            )
        );
        assert_eq!(writes(&emulator), [""; 0]);
        // Rules that are switched off do not count, and the last place is free to take.
        write(&project, 2, &format!("{}enabled: false\n", file(2)));
        let out = run(&["--yes"]);
        assert_eq!((out.code, last(&out.stdout)), (0, "Applied 2 changes"));
        // Told to go on all the same, the run meets the service's own refusal, and says so.
        write(&project, 3, &file(3));
        let out = run(&["--yes", "--yes-many"]);
        assert_eq!(out.code, 1, "{}{}", out.stdout, out.stderr);
        assert!(
            out.stdout.contains("maximum number of enabled"),
            "{}",
            out.stdout
        );
    }
}
