//! Answers that are not what the service defines.

use reqwest::Method;
use serde_json::{Value, json};

use super::{against, check, token};
use crate::support::emulator::scheduled;
use crate::support::{Emulator, Output, Scripted};

/// `doctor` against an emulator with one fault at work on the list of rules.
fn with_fault(fault: &Value) -> Output {
    let emulator = Emulator::start();
    emulator.put(&emulator.rule("r1"), &scheduled("one"));
    let entry = json!({"method": "GET", "path": "alertRules", "fault": fault});
    let reply = emulator.admin(Method::POST, "/faults", Some(&entry));
    assert_eq!(reply.status, 200, "{reply:?}");
    emulator.rulepost().args(["doctor"]).run()
}

#[test]
fn a_web_page_instead_of_json_is_said_to_be_one() {
    let out = with_fault(&json!({"kind": "html", "status": 200}));
    assert_eq!(out.code, 1, "{out:?}");
    let line = check(&out.stdout, "rules");
    assert!(
        line.contains("the answer is a web page, not JSON"),
        "{line}"
    );
    assert!(line.contains("`<!DOCTYPE html>"), "{line}");
}

#[test]
fn json_that_does_not_end_is_said_to_be_cut() {
    let out = with_fault(&json!({"kind": "truncated"}));
    assert_eq!(out.code, 1, "{out:?}");
    let line = check(&out.stdout, "rules");
    assert!(line.contains("bytes, within its JSON"), "{line}");
}

#[test]
fn a_kind_that_files_cannot_hold_is_no_trouble() {
    let item = json!({"name": "BuiltInFusion", "kind": "Fusion", "properties": {"enabled": true}});
    for item in [
        item,
        json!({"kind": "Scheduled", "name": 7}),
        json!("nonsense"),
    ] {
        let out = with_fault(&json!({"kind": "listItem", "item": item}));
        assert_eq!(out.code, 0, "{item}: {out:?}");
        let line = check(&out.stdout, "rules");
        assert!(
            line.contains("2 there; enabled: 1 of 512 scheduled"),
            "{line}"
        );
    }
}

#[test]
fn pages_in_a_circle_end_the_list() {
    let out = with_fault(&json!({"kind": "repeatLink"}));
    assert_eq!(out.code, 1, "{out:?}");
    let line = check(&out.stdout, "rules");
    assert!(line.contains("was already followed"), "{line}");
}

#[test]
fn a_connection_that_breaks_is_tried_again() {
    for kind in ["cutBefore", "cutAfter", "cutBody"] {
        let out = with_fault(&json!({"kind": kind}));
        assert_eq!(out.code, 0, "{kind}: {out:?}");
    }
}

#[test]
fn a_wait_without_end_is_refused_and_said() {
    let out = with_fault(&json!({"kind": "throttled", "retryAfter": 86400}));
    assert_eq!(out.code, 1, "{out:?}");
    assert!(
        out.stdout.contains("the service asks to wait 86400 s"),
        "{}",
        out.stdout
    );
}

#[test]
fn an_error_inside_an_error_is_told_as_what_it_is() {
    let out = with_fault(&json!({
        "kind": "nested", "status": 403, "code": "AuthorizationFailed", "message": "no authorization"
    }));
    assert_eq!(out.code, 1, "{out:?}");
    let line = check(&out.stdout, "rules");
    assert!(
        line.contains("403 `AuthorizationFailed`: no authorization"),
        "{line}"
    );
    assert!(
        out.stdout.contains("`Microsoft Sentinel Reader`"),
        "{}",
        out.stdout
    );
}

#[test]
fn a_workspace_of_no_such_name_brings_up_those_there_are() {
    let emulator = Emulator::start();
    let out = emulator.rulepost().args(["doctor", "-w", "dmeo"]).run();
    assert_eq!(out.code, 1, "{out:?}");
    assert!(check(&out.stdout, "workspace").contains("no workspace named `dmeo`"));
    assert!(out.stdout.contains("there is `demo`"), "{}", out.stdout);
}

#[test]
fn two_workspaces_of_one_name_are_both_named() {
    let emulator = Emulator::seeded(&json!({"workspaces": [
        {"name": "twin", "resourceGroup": "one"}, {"name": "twin", "resourceGroup": "two"},
    ]}));
    // A group given in the environment would settle it.
    let run = || emulator.rulepost().env("RULEPOST_RESOURCE_GROUP", "");
    let out = run().args(["doctor", "-w", "twin"]).run();
    assert_eq!(out.code, 1, "{out:?}");
    for group in ["resourceGroups/one/", "resourceGroups/two/"] {
        assert!(out.stdout.contains(group), "{}", out.stdout);
    }
    let out = run().args(["doctor", "-w", "twin", "-g", "two"]).run();
    assert_eq!(out.code, 0, "{out:?}");
}

#[test]
fn a_service_without_a_word_is_reported_with_its_status() {
    let server = Scripted::start(|asked| {
        if asked.line.contains("oauth2") {
            return (200, "application/json", token());
        }
        (418, "text/plain", String::new())
    });
    let out = against(&server).args(["doctor", "-w", "w11"]).run();
    assert_eq!(out.code, 1, "{out:?}");
    let line = check(&out.stdout, "subscription");
    assert!(
        line.contains("the service answered 418 without a text"),
        "{line}"
    );
}
