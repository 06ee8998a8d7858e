//! What goes wrong on the way: each fault is told as what it is, and the next run converges.

use reqwest::Method;
use serde_json::Value;
use serde_json::json;

use super::deploy;
use super::fault;
use super::id;
use super::last;
use super::project;
use super::remove;
use super::rule;
use super::scrubbed;
use super::write;
use crate::support::Emulator;

/// A run after which a dry run finds nothing to do.
fn converges(emulator: &Emulator, project: &tempfile::TempDir) {
    let out = deploy(emulator, project, &["--yes"]);
    assert_eq!(out.code, 0, "{}{}", out.stdout, out.stderr);
    let out = deploy(emulator, project, &["--dry-run", "--exit-code"]);
    assert_eq!(out.code, 0, "{}", out.stdout);
}

#[test]
fn a_rule_that_moved_between_plan_and_apply_is_reported_with_its_diff() {
    let emulator = Emulator::start();
    let project = project([1]);
    deploy(&emulator, &project, &["--yes"]);
    write(&project, 1, &rule(1).replace("Medium", "High"));
    write(&project, 2, &rule(2));
    // The list is read as it was before the edit; the rule has moved since.
    emulator.edit_in_portal(&id(1), &json!({"triggerThreshold": 7}));
    let stale = json!({"method": "GET", "path": "alertRules", "fault": {"kind": "staleRead"}});
    fault(&emulator, &stale);
    let out = deploy(&emulator, &project, &["--yes"]);
    assert_eq!(out.code, 5, "{}", out.stdout);
    insta::assert_snapshot!("moved", out.stdout);
    let live = emulator.get(&emulator.rule(&id(1))).body;
    assert_eq!(live["properties"]["triggerThreshold"], 7);
    assert_eq!(live["properties"]["severity"], "Medium");
    emulator.edit_in_portal(&id(2), &json!({"triggerThreshold": 7}));
    fault(&emulator, &stale);
    let out = deploy(&emulator, &project, &["--yes", "--force"]);
    assert_eq!((out.code, last(&out.stdout)), (0, "Applied 1 change"));
    converges(&emulator, &project);
}

#[test]
fn a_lost_answer_is_resolved_by_reading_back() {
    for (kind, number) in [("cutAfter", 1), ("cutBody", 2)] {
        let emulator = Emulator::start();
        let project = project([number]);
        fault(
            &emulator,
            &json!({"method": "PUT", "path": "alertRules", "fault": {"kind": kind}}),
        );
        let out = deploy(&emulator, &project, &["--yes"]);
        assert_eq!(out.code, 0, "{kind}: {}", out.stdout);
        assert!(
            out.stdout
                .contains("the answer was lost; reading back shows that the rule is stored"),
            "{kind}: {}",
            out.stdout
        );
        let puts = emulator.requests_of("PUT", "/alertRules/").len();
        assert_eq!(puts, 1, "{kind}: it was not sent again");
        converges(&emulator, &project);
    }
}

#[test]
fn a_spurious_conflict_is_looked_into_and_the_write_repeated() {
    let emulator = Emulator::start();
    let project = project([1]);
    deploy(&emulator, &project, &["--yes"]);
    write(&project, 1, &rule(1).replace("Medium", "High"));
    fault(
        &emulator,
        &json!({"method": "PUT", "path": "alertRules", "fault": {"kind": "staleEtag"}}),
    );
    let out = deploy(&emulator, &project, &["--yes"]);
    assert_eq!((out.code, last(&out.stdout)), (0, "Applied 1 change"));
    converges(&emulator, &project);
}

#[test]
fn a_refused_rule_does_not_stop_the_others_and_leaves_no_mark() {
    let emulator = Emulator::start();
    let project = project([1, 2, 3]);
    fault(
        &emulator,
        &json!({"method": "PUT", "path": format!("alertRules/{}", id(2)), "fault": {
            "kind": "nested", "status": 400, "code": "BadRequest",
            "message": "Failed to run the analytics rule query. SEM0100: 'where' operator: Failed to \
                        resolve scalar expression named 'StatusCode'"}}),
    );
    let out = deploy(&emulator, &project, &["--yes"]);
    assert_eq!(out.code, 5);
    insta::assert_snapshot!("refused", scrubbed(&out));
    let mark = format!("{}/metadata/analyticsrule-{}", emulator.sentinel(), id(2));
    assert_eq!(emulator.get(&mark).status, 404, "no orphaned mark");
    converges(&emulator, &project);
}

#[test]
fn everything_refused_is_a_failure_and_fail_fast_starts_nothing_more() {
    let emulator = Emulator::start();
    let project = project([1, 2, 3]);
    fault(
        &emulator,
        &json!({"method": "PUT", "path": "alertRules", "times": 3, "fault": {
            "kind": "status", "status": 403, "code": "AuthorizationFailed",
            "message": "The client does not have authorization"}}),
    );
    let out = deploy(
        &emulator,
        &project,
        &["--yes", "--fail-fast", "--concurrency", "1"],
    );
    assert_eq!(out.code, 1, "{}", out.stdout);
    assert_eq!(
        last(&out.stdout),
        "Applied 0 of 3 changes: 1 failed, 2 not started"
    );
    assert!(
        out.stdout.contains("Microsoft Sentinel Contributor"),
        "the missing role is named: {}",
        out.stdout
    );
}

#[test]
fn a_recently_deleted_id_is_deferred_to_the_end_and_said_plainly() {
    for status in [400, 409] {
        let emulator = Emulator::start();
        let project = project([1, 2]);
        let entry = |times: u32| {
            json!({"method": "PUT", "path": format!("alertRules/{}", id(1)), "times": times,
                "fault": {"kind": "recentlyDeleted", "status": status}})
        };
        // Once: the second try, at the end of the run, is taken.
        fault(&emulator, &entry(1));
        let out = deploy(&emulator, &project, &["--yes"]);
        assert_eq!((out.code, last(&out.stdout)), (0, "Applied 2 changes"));
        // For good: deferred, and a creation is never made of a deletion.
        let emulator = Emulator::start();
        fault(&emulator, &entry(9));
        let out = deploy(&emulator, &project, &["--yes"]);
        assert_eq!(out.code, 5, "{}", out.stdout);
        assert_eq!(last(&out.stdout), "Applied 1 of 2 changes: 1 deferred");
        assert!(
            out.stdout.contains("was recently deleted") && out.stdout.contains("24 hours"),
            "{}",
            out.stdout
        );
        assert_eq!(emulator.requests_of("DELETE", "/alertRules/").len(), 0);
        let reset = emulator.admin(Method::DELETE, "/faults", None);
        assert!(reset.status < 300, "{reset:?}");
        converges(&emulator, &project);
    }
}

#[test]
fn a_deleted_rule_that_comes_back_is_deferred_until_its_id_is_free() {
    let emulator = Emulator::with(&["--time", "2026-01-01T00:00:00Z"]);
    let project = project([1, 2]);
    deploy(&emulator, &project, &["--yes"]);
    remove(&project, 2);
    let out = deploy(&emulator, &project, &["--yes", "--prune"]);
    assert_eq!(out.code, 0, "{}", out.stdout);
    write(&project, 2, &rule(2));
    let out = deploy(&emulator, &project, &["--yes"]);
    assert_eq!(out.code, 1, "{}", out.stdout);
    assert_eq!(last(&out.stdout), "Applied 0 of 1 change: 1 deferred");
    emulator.advance("PT25H");
    converges(&emulator, &project);
}

#[test]
fn a_missing_table_fails_is_skipped_or_waits_and_heals() {
    let emulator = Emulator::start();
    let project = project([1, 2]);
    let missing = json!({"method": "PUT", "path": format!("alertRules/{}", id(1)), "times": 9,
        "fault": {"kind": "tableMissing"}});
    fault(&emulator, &missing);
    let out = deploy(&emulator, &project, &["--yes"]);
    assert_eq!(out.code, 5, "{}", out.stdout);
    assert_eq!(last(&out.stdout), "Applied 1 of 2 changes: 1 failed");
    let out = deploy(
        &emulator,
        &project,
        &["--yes", "--on-missing-table", "skip"],
    );
    assert_eq!(out.code, 0, "{}", out.stdout);
    assert_eq!(last(&out.stdout), "Applied 0 of 1 change: 1 skipped");
    assert_eq!(emulator.get(&emulator.rule(&id(1))).status, 404);
    let wait = ["--yes", "--on-missing-table", "deploy-disabled"];
    let out = deploy(&emulator, &project, &wait);
    assert_eq!((out.code, last(&out.stdout)), (0, "Applied 1 change"));
    assert!(out.stdout.contains("a later run switches it on"));
    let enabled = |number| {
        emulator.get(&emulator.rule(&id(number))).body["properties"]["enabled"]
            .as_bool()
            .expect("live")
    };
    assert!(!enabled(1));
    // The table is still missing: the rule goes on waiting.
    let out = deploy(&emulator, &project, &wait);
    assert_eq!(out.code, 0, "{}", out.stdout);
    assert!(!enabled(1));
    // The table is there, and somebody switched another rule off: only the waiting one is switched on.
    assert!(emulator.admin(Method::DELETE, "/faults", None).status < 300);
    emulator.edit_in_portal(&id(2), &json!({"enabled": false}));
    let out = deploy(&emulator, &project, &["--yes"]);
    assert_eq!(out.code, 0);
    insta::assert_snapshot!("healed", out.stdout);
    assert!(enabled(1) && !enabled(2));
    converges(&emulator, &project);
}

#[test]
fn an_update_whose_table_is_missing_leaves_the_working_rule_alone() {
    let emulator = Emulator::start();
    let project = project([1]);
    deploy(&emulator, &project, &["--yes"]);
    let before = emulator.get(&emulator.rule(&id(1))).body;
    write(
        &project,
        1,
        &rule(1).replace("StorageBlobLogs", "NoSuchTable_CL"),
    );
    fault(
        &emulator,
        &json!({"method": "PUT", "path": "alertRules", "fault": {"kind": "tableMissing"}}),
    );
    let out = deploy(
        &emulator,
        &project,
        &["--yes", "--on-missing-table", "deploy-disabled"],
    );
    assert_eq!(out.code, 0, "{}", out.stdout);
    assert!(out.stdout.contains("what is live was left as it was"));
    assert_eq!(emulator.get(&emulator.rule(&id(1))).body, before);
}

#[test]
fn a_failure_rolls_back_what_was_done_when_told_so() {
    let emulator = Emulator::start();
    let project = project([1, 2]);
    deploy(&emulator, &project, &["--yes"]);
    let before = emulator.get(&emulator.rule(&id(1))).body["properties"].clone();
    write(&project, 1, &rule(1).replace("Medium", "High"));
    write(&project, 2, &rule(2).replace("Medium", "High"));
    write(&project, 3, &rule(3));
    fault(
        &emulator,
        &json!({"method": "PUT", "path": format!("alertRules/{}", id(2)), "fault": {
            "kind": "status", "status": 400, "code": "BadRequest", "message": "no"}}),
    );
    let out = deploy(&emulator, &project, &["--yes", "--rollback-on-error"]);
    assert_eq!(out.code, 1, "{}", out.stdout);
    insta::assert_snapshot!("rolled-back", scrubbed(&out));
    let mut after = emulator.get(&emulator.rule(&id(1))).body["properties"].clone();
    for rule in [&mut after, &mut before.clone()] {
        rule["lastModifiedUtc"] = Value::Null;
    }
    assert_eq!(after["severity"], before["severity"]);
    assert_eq!(after["query"], before["query"]);
    let created = emulator.get(&emulator.rule(&id(3))).body;
    assert_eq!(created["properties"]["enabled"], false);
    // Running again does everything, and switches the created rule on.
    converges(&emulator, &project);
    let created = emulator.get(&emulator.rule(&id(3))).body;
    assert_eq!(created["properties"]["enabled"], true);
}

#[test]
fn an_adoption_by_mark_alone_is_rolled_back_too() {
    let emulator = Emulator::start();
    let project = project([1]);
    deploy(&emulator, &project, &["--yes"]);
    let mark = format!("{}/metadata/analyticsrule-{}", emulator.sentinel(), id(1));
    assert!(emulator.delete(&mark).status < 300);
    let before = emulator.get(&emulator.rule(&id(1))).body;
    write(&project, 2, &rule(2));
    fault(
        &emulator,
        &json!({"method": "PUT", "path": format!("alertRules/{}", id(2)), "fault": {
            "kind": "status", "status": 400, "code": "BadRequest", "message": "no"}}),
    );
    let out = deploy(
        &emulator,
        &project,
        &["--yes", "--adopt", "--rollback-on-error"],
    );
    assert_eq!(out.code, 1, "{}", out.stdout);
    insta::assert_snapshot!("adoption-rolled-back", scrubbed(&out));
    assert_eq!(emulator.get(&emulator.rule(&id(1))).body, before);
    assert_eq!(emulator.get(&mark).status, 404);
}

#[test]
fn an_item_that_cannot_be_read_is_foreign_and_sinks_nothing() {
    let emulator = Emulator::start();
    let project = project([1]);
    for item in [
        json!({"name": "BuiltInFusion", "kind": "Fusion", "properties": {"enabled": true}}),
        json!({"name": "broken", "kind": "Scheduled", "id": 7, "properties": []}),
        json!({"kind": "Scheduled"}),
    ] {
        fault(
            &emulator,
            &json!({"method": "GET", "path": "alertRules",
                "fault": {"kind": "listItem", "item": item}}),
        );
        let out = deploy(&emulator, &project, &["--dry-run"]);
        assert_eq!(out.code, 0, "{}{}", out.stdout, out.stderr);
        assert_eq!(last(&out.stdout), "Plan: 1 to create, 1 foreign");
    }
}

#[test]
fn an_answer_that_is_no_json_fails_the_run_before_any_write() {
    for fault_kind in [
        json!({"kind": "html", "status": 200}),
        json!({"kind": "truncated"}),
        json!({"kind": "repeatLink"}),
    ] {
        let emulator = Emulator::with(&["--page-size", "1"]);
        let project = project([1]);
        emulator.put(
            &emulator.rule("a"),
            &crate::support::emulator::scheduled("a"),
        );
        emulator.put(
            &emulator.rule("b"),
            &crate::support::emulator::scheduled("b"),
        );
        let before = super::writes(&emulator).len();
        fault(
            &emulator,
            &json!({"method": "GET", "path": "alertRules", "times": 20, "fault": fault_kind}),
        );
        let out = deploy(&emulator, &project, &["--yes"]);
        assert_eq!(out.code, 1, "{fault_kind}: {}", out.stdout);
        assert!(
            out.stderr.starts_with("error: cannot list the rules"),
            "{fault_kind}: {}",
            out.stderr
        );
        let writes = super::writes(&emulator);
        assert!(
            !writes[before..].iter().any(|one| one.starts_with("PUT")),
            "{writes:?}"
        );
    }
}
