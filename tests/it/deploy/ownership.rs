//! What belongs to others is left alone; what was ours and lost its file goes only when told.

use serde_json::Value;
use serde_json::json;

use super::deploy;
use super::id;
use super::last;
use super::project;
use super::remove;
use super::rule;
use super::write;
use super::writes;
use crate::support::Emulator;
use crate::support::emulator::scheduled;

/// Everything that is said of a rule, its tag and times included.
fn live(emulator: &Emulator, name: &str) -> Value {
    emulator.get(&emulator.rule(name)).body
}

#[test]
fn a_rule_made_by_hand_under_our_id_is_a_conflict_until_it_is_adopted() {
    let emulator = Emulator::start();
    emulator.put(&emulator.rule(&id(1)), &scheduled("Made by hand"));
    let before = live(&emulator, &id(1));
    let project = project([1]);
    let out = deploy(&emulator, &project, &["--yes"]);
    assert_eq!((out.code, out.stderr.as_str()), (1, ""));
    insta::assert_snapshot!("conflict", out.stdout);
    assert_eq!(live(&emulator, &id(1)), before);
    let out = deploy(&emulator, &project, &["--yes", "--adopt"]);
    assert_eq!((out.code, last(&out.stdout)), (0, "Applied 1 change"));
    let out = deploy(&emulator, &project, &["--dry-run", "--exit-code"]);
    assert_eq!(out.code, 0, "{}", out.stdout);
}

#[test]
fn a_rule_of_the_same_name_is_adopted_where_it_is() {
    let emulator = Emulator::start();
    emulator.put(&emulator.rule("made-by-hand"), &scheduled("Rule 1"));
    let project = project([1]);
    let out = deploy(&emulator, &project, &["--dry-run", "--exit-code"]);
    assert_eq!(out.code, 4);
    assert!(out.stdout.contains("has the same display name"));
    let out = deploy(&emulator, &project, &["--yes", "--adopt"]);
    assert_eq!(out.code, 0, "{}", out.stdout);
    assert_eq!(emulator.get(&emulator.rule(&id(1))).status, 404);
    assert_eq!(
        live(&emulator, "made-by-hand")["properties"]["triggerThreshold"],
        0
    );
    let out = deploy(&emulator, &project, &["--dry-run", "--exit-code"]);
    assert_eq!(out.code, 0, "{}", out.stdout);
}

#[test]
fn prune_deletes_our_rules_without_a_file_and_no_others() {
    let emulator = Emulator::start();
    emulator.put(&emulator.rule("foreign"), &scheduled("Of others"));
    let foreign = live(&emulator, "foreign");
    let project = project([1, 2]);
    deploy(&emulator, &project, &["--yes"]);
    remove(&project, 2);
    let out = deploy(&emulator, &project, &["--yes"]);
    assert_eq!(out.code, 0);
    assert!(
        out.stdout
            .contains("1 owned rule has no file any more; `--prune` deletes it"),
        "{}",
        out.stdout
    );
    let out = deploy(&emulator, &project, &["--yes", "--prune"]);
    assert_eq!((out.code, last(&out.stdout)), (0, "Applied 1 change"));
    assert_eq!(emulator.get(&emulator.rule(&id(2))).status, 404);
    let mark = format!("{}/metadata/analyticsrule-{}", emulator.sentinel(), id(2));
    assert_eq!(emulator.get(&mark).status, 404, "no orphaned mark");
    assert_eq!(live(&emulator, "foreign"), foreign);
}

#[test]
fn two_repositories_share_a_workspace() {
    let emulator = Emulator::start();
    let (ours, theirs) = (project([1]), project([2]));
    for (project, name) in [(&ours, "ours"), (&theirs, "theirs")] {
        std::fs::create_dir(project.path().join(".git")).expect("ours");
        std::fs::write(
            project.path().join(".git/config"),
            format!("[remote \"origin\"]\nurl = https://example.org/o/{name}\n"),
        )
        .expect("ours");
        let out = deploy(&emulator, project, &["--yes", "--prune"]);
        assert_eq!((out.code, last(&out.stdout)), (0, "Applied 1 change"));
    }
    for project in [&ours, &theirs] {
        let out = deploy(&emulator, project, &["--dry-run", "--exit-code", "--prune"]);
        assert_eq!(out.code, 0, "{}", out.stdout);
    }
    write(&theirs, 1, &rule(1).replace("Medium", "High"));
    let out = deploy(&emulator, &theirs, &["--yes"]);
    assert_eq!(out.code, 1);
    assert!(
        out.stdout
            .contains(&format!("rule `{}` is deployed by `ours`", id(1))),
        "{}",
        out.stdout
    );
}

#[test]
fn rules_deployed_by_flags_become_those_of_a_target_by_writing_their_marks() {
    let emulator = Emulator::start();
    let project = project([1, 2]);
    deploy(&emulator, &project, &["--yes", "-w", "demo"]);
    let rules = [1, 2].map(|number| live(&emulator, &id(number)));
    std::fs::write(
        project.path().join("rulepost.toml"),
        "[targets.prod]\nworkspace = 'demo'\n",
    )
    .expect("ours");
    let out = deploy(&emulator, &project, &["--yes", "--target", "prod"]);
    assert_eq!(out.code, 1);
    insta::assert_snapshot!("target-conflict", out.stdout);
    let before = writes(&emulator).len();
    let out = deploy(
        &emulator,
        &project,
        &["--yes", "--target", "prod", "--adopt"],
    );
    assert_eq!(out.code, 0, "{}", out.stdout);
    insta::assert_snapshot!("target-adopted", out.stdout);
    let written = writes(&emulator).split_off(before);
    assert_eq!(written.len(), 2);
    assert!(
        written
            .iter()
            .all(|write| write.starts_with("PUT metadata/")),
        "{written:?}"
    );
    assert_eq!([1, 2].map(|number| live(&emulator, &id(number))), rules);
    let clean = ["--dry-run", "--exit-code", "--target", "prod", "--prune"];
    assert_eq!(deploy(&emulator, &project, &clean).code, 0);
    // The way back is told as well, by the target's name.
    let out = deploy(&emulator, &project, &["--yes", "-w", "demo"]);
    assert_eq!(out.code, 1);
    assert!(
        out.stdout
            .contains("is deployed from here as target `prod`"),
        "{}",
        out.stdout
    );
}

#[test]
fn a_rule_that_is_already_as_its_file_wants_it_is_adopted_by_its_mark_alone() {
    let emulator = Emulator::start();
    let project = project([1]);
    deploy(&emulator, &project, &["--yes"]);
    let mark = format!("{}/metadata/analyticsrule-{}", emulator.sentinel(), id(1));
    assert!(emulator.delete(&mark).status < 300);
    let (rule, before) = (live(&emulator, &id(1)), writes(&emulator).len());
    let out = deploy(&emulator, &project, &["--yes", "--adopt"]);
    assert_eq!((out.code, last(&out.stdout)), (0, "Applied 1 change"));
    assert!(
        out.stdout.contains("only its mark is written"),
        "{}",
        out.stdout
    );
    assert_eq!(writes(&emulator).len(), before + 1);
    assert_eq!(live(&emulator, &id(1)), rule);
}

#[test]
fn what_a_person_did_where_the_file_is_silent_stays() {
    let emulator = Emulator::start();
    let project = project([1, 2]);
    write(
        &project,
        2,
        &format!("{}rulepost:\n  unmanaged: [severity]\n", rule(2)),
    );
    deploy(&emulator, &project, &["--yes"]);
    emulator.edit_in_portal(&id(1), &json!({"enabled": false}));
    emulator.edit_in_portal(&id(2), &json!({"severity": "Low"}));
    let before = writes(&emulator).len();
    let out = deploy(&emulator, &project, &["--yes"]);
    assert_eq!(out.code, 0);
    insta::assert_snapshot!("disabled-by-a-person", out.stdout);
    assert_eq!(writes(&emulator).len(), before);
    // A change elsewhere keeps both.
    for number in [1, 2] {
        let text = std::fs::read_to_string(project.path().join(format!("rules/{number}.yaml")))
            .expect("ours");
        write(
            &project,
            number,
            &text.replace("triggerThreshold: 0", "triggerThreshold: 3"),
        );
    }
    let out = deploy(&emulator, &project, &["--yes"]);
    assert_eq!((out.code, last(&out.stdout)), (0, "Applied 2 changes"));
    assert_eq!(live(&emulator, &id(1))["properties"]["enabled"], false);
    assert_eq!(live(&emulator, &id(2))["properties"]["severity"], "Low");
}

#[test]
fn a_rule_that_the_service_switched_off_is_a_class_of_its_own() {
    let emulator = Emulator::start();
    let project = project([1]);
    deploy(&emulator, &project, &["--yes"]);
    emulator.edit_in_portal(
        &id(1),
        &json!({
            "enabled": false,
            "displayName": "AUTO DISABLED Rule 1",
            "description": "Identifies what number 1 is about.\nThe alert rule was disabled.",
        }),
    );
    let out = deploy(&emulator, &project, &["--yes"]);
    assert_eq!(out.code, 0);
    insta::assert_snapshot!("auto-disabled", out.stdout);
}
