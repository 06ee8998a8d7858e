//! Each fault of the emulator, as a person who deploys meets it: exact output, exit code, and that the next run
//! converges. Chance and kills are for the chaos test.

use reqwest::Method;
use serde_json::{Value, json};

use tempfile::TempDir;

use crate::deploy::{deploy, last, project, rule, write};
use crate::support::Emulator;
use crate::support::cmd::Output;

/// Runs a deployment that updates rule 1 and creates rule 2 while a fault is at work, compares all of its output
/// with the golden of that name, and lets two more runs show that all is well without the fault.
fn meets(name: &str, code: i32, fault: &Value) {
    let (emulator, project) = ready();
    begin(&emulator, fault);
    let out = deploy(&emulator, &project, &["--yes"]);
    assert_struck(&emulator, fault);
    golden(name, &emulator, &out);
    assert_eq!(out.code, code, "{name}");
    end(&emulator);
    let healed = deploy(&emulator, &project, &["--yes"]);
    assert_eq!(healed.code, 0, "{healed:?}");
    let quiet = deploy(&emulator, &project, &["--dry-run", "--exit-code"]);
    assert_eq!(quiet.code, 0, "{quiet:?}");
    assert!(
        last(&quiet.stdout).starts_with("Plan: nothing to do, 2 unchanged"),
        "{quiet:?}"
    );
}

/// An emulator that rule 1 was deployed to, and a project in which it has changed and rule 2 is new.
fn ready() -> (Emulator, TempDir) {
    let emulator = Emulator::start();
    let project = project([1]);
    let first = deploy(&emulator, &project, &["--yes"]);
    assert_eq!(first.code, 0, "{first:?}");
    write(&project, 1, &rule(1).replace("Medium", "High"));
    write(&project, 2, &rule(2));
    (emulator, project)
}

/// Puts a fault to work: an entry of the script, or a whole plan.
fn begin(emulator: &Emulator, fault: &Value) {
    let method = if fault.get("fault").is_some() {
        Method::POST
    } else {
        Method::PUT
    };
    let added = emulator.admin(method, "/faults", Some(fault));
    assert_eq!(added.status, 200, "{added:?}");
}

/// Lets the emulator behave again.
fn end(emulator: &Emulator) {
    assert_eq!(emulator.admin(Method::DELETE, "/faults", None).status, 204);
}

/// Makes sure that the fault was met.
fn assert_struck(emulator: &Emulator, fault: &Value) {
    let Some(kind) = fault.pointer("/fault/kind").and_then(Value::as_str) else {
        return;
    };
    let requests = emulator.requests();
    let struck = requests.iter().any(|one| one["fault"] == kind);
    assert!(struck, "{fault} struck nothing");
}

/// Compares with a golden, leaving out what differs from run to run.
fn golden(name: &str, emulator: &Emulator, out: &Output) {
    let endpoint = emulator.endpoint();
    let text = format!(
        "exit code {}\n--- standard output\n{}--- standard error\n{}",
        out.code, out.stdout, out.stderr
    );
    let text = text.replace(&endpoint, "[ENDPOINT]");
    insta::with_settings!({filters => vec![
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "[GUID]"),
        (r"127\.0\.0\.1:\d+", "[HOST]"),
    ]}, { insta::assert_snapshot!(name, text); });
}

macro_rules! faults {
    ($($name:ident $code:literal $entry:tt)*) => {
        $(#[test] fn $name() { meets(stringify!($name), $code, &json!($entry)); })*
    };
}

faults! {
    latency 0 {"latencyMs": 20}
    token_bucket 0 {"throttle": {"burst": 1, "refillPerSecond": 5.0}}
    clock_ahead 0 {"skewSeconds": 900}
    clock_behind 0 {"skewSeconds": -900}
    throttled_seconds 0 {"method": "PUT", "path": "alertRules/", "fault": {"kind": "throttled", "retryAfter": 1}}
    throttled_date 0 {"method": "PUT", "path": "alertRules/", "fault": {"kind": "throttled", "retryAfterDate": 1}}
    throttled_ms 0 {"method": "PUT", "path": "alertRules/", "fault": {"kind": "throttled", "retryAfterMs": 50}}
    internal_error_on_read 0 {"method": "GET", "path": "alertRules", "fault": {"kind": "status", "status": 500}}
    bad_gateway_on_write 0 {"method": "PUT", "path": "alertRules/", "fault": {"kind": "status", "status": 502}}
    unavailable_on_write 0 {"method": "PUT", "path": "alertRules/", "fault": {"kind": "status", "status": 503, "retryAfter": 1}}
    gateway_timeout_on_write 0 {"method": "PUT", "path": "alertRules/", "fault": {"kind": "status", "status": 504}}
    unavailable_for_good 5 {"method": "PUT", "path": "alertRules/00000000-0000-4000-8000-000000000002", "times": 99, "fault": {"kind": "status", "status": 503, "retryAfter": 0}}
    cut_before_write 0 {"method": "PUT", "path": "alertRules/00000000-0000-4000-8000-000000000002", "fault": {"kind": "cutBefore"}}
    cut_after_write 0 {"method": "PUT", "path": "alertRules/00000000-0000-4000-8000-000000000002", "fault": {"kind": "cutAfter"}}
    cut_in_the_body_of_a_write 0 {"method": "PUT", "path": "alertRules/00000000-0000-4000-8000-000000000002", "fault": {"kind": "cutBody"}}
    cut_in_the_body_of_a_list 0 {"method": "GET", "path": "alertRules", "fault": {"kind": "cutBody"}}
    slow_body 0 {"method": "GET", "path": "alertRules", "fault": {"kind": "slowBody", "ms": 1}}
    expired_token 0 {"method": "PUT", "path": "alertRules/", "fault": {"kind": "expiredToken"}}
    stale_etag_once 0 {"method": "PUT", "path": "alertRules/00000000-0000-4000-8000-000000000001", "fault": {"kind": "staleEtag"}}
    stale_etag_for_good 5 {"method": "PUT", "path": "alertRules/00000000-0000-4000-8000-000000000001", "times": 99, "fault": {"kind": "staleEtag"}}
    recently_deleted_400 5 {"method": "PUT", "path": "alertRules/00000000-0000-4000-8000-000000000002", "times": 9, "fault": {"kind": "recentlyDeleted"}}
    recently_deleted_409 5 {"method": "PUT", "path": "alertRules/00000000-0000-4000-8000-000000000002", "times": 9, "fault": {"kind": "recentlyDeleted", "status": 409}}
    nested_error 5 {"method": "PUT", "path": "alertRules/00000000-0000-4000-8000-000000000002", "fault": {"kind": "nested", "status": 400, "code": "BadRequest", "message": "Error in EntityMappings: The given column 'IpAddress' does not exist."}}
    stale_read 0 {"method": "GET", "path": "alertRules", "fault": {"kind": "staleRead"}}
    table_missing 5 {"method": "PUT", "path": "alertRules/00000000-0000-4000-8000-000000000002", "times": 9, "fault": {"kind": "tableMissing"}}
    malformed_item 0 {"method": "GET", "path": "alertRules", "fault": {"kind": "listItem", "item": {"name": "odd", "kind": "Scheduled", "id": 7}}}
    unknown_kind 0 {"method": "GET", "path": "alertRules", "fault": {"kind": "listItem", "item": {"name": "mars", "kind": "Martian", "properties": {"displayName": "From Mars"}}}}
    page_link_that_repeats 1 {"method": "GET", "path": "alertRules", "times": 99, "fault": {"kind": "repeatLink"}}
    html_instead_of_a_list 1 {"method": "GET", "path": "alertRules", "times": 99, "fault": {"kind": "html", "status": 200}}
    html_instead_of_an_answer 0 {"method": "PUT", "path": "alertRules/00000000-0000-4000-8000-000000000002", "fault": {"kind": "html", "status": 200}}
    truncated_list 1 {"method": "GET", "path": "alertRules", "times": 99, "fault": {"kind": "truncated"}}
    html_instead_of_a_token 1 {"path": "oauth2", "times": 99, "fault": {"kind": "html", "status": 200}}
}

#[test]
fn a_rule_that_the_service_switched_off_stays_off_and_is_told_apart() {
    let (emulator, project) = ready();
    begin(
        &emulator,
        &json!({"method": "PUT", "path": "alertRules/", "fault": {"kind": "autoDisable"}, "times": 2}),
    );
    assert_eq!(deploy(&emulator, &project, &["--yes"]).code, 0);
    end(&emulator);
    let next = deploy(&emulator, &project, &["--dry-run", "--exit-code"]);
    golden("auto_disabled", &emulator, &next);
}

#[test]
fn a_wait_longer_than_a_request_may_take_is_not_granted_and_is_said() {
    let (emulator, project) = ready();
    // One write only: a second would share the pause of the first for as long as a request may take.
    write(&project, 1, &rule(1));
    begin(
        &emulator,
        &json!({"method": "PUT", "path": "alertRules/", "fault": {"kind": "throttled", "retryAfter": 7200}}),
    );
    let out = deploy(&emulator, &project, &["--yes"]);
    golden("throttled_too_long", &emulator, &out);
    assert_eq!(out.code, 1);
}

#[test]
fn chance_hits_many_requests_and_a_clean_run_still_converges() {
    let emulator = Emulator::start();
    let project = project(1..=12);
    let strike = |fault: Value| json!({"path": "Microsoft.SecurityInsights", "probability": 0.08, "fault": fault});
    let plan = json!({"seed": 7, "script": [
        strike(json!({"kind": "cutAfter"})),
        strike(json!({"kind": "cutBefore"})),
        strike(json!({"kind": "throttled", "retryAfterMs": 20})),
        strike(json!({"kind": "status", "status": 503, "retryAfter": 0})),
    ]});
    begin(&emulator, &plan);
    let out = deploy(&emulator, &project, &["--yes"]);
    assert!([0, 1, 5].contains(&out.code), "{out:?}");
    let requests = emulator.requests();
    let struck = requests.iter().filter(|one| one["fault"].is_string());
    assert!(struck.count() >= 3);
    end(&emulator);
    let healed = deploy(&emulator, &project, &["--yes"]);
    assert_eq!(healed.code, 0, "{healed:?}");
    let quiet = deploy(&emulator, &project, &["--dry-run", "--exit-code"]);
    assert_eq!(quiet.code, 0, "{quiet:?}");
    for list in ["alertRules", "metadata"] {
        let all = emulator.get(&format!("{}/{list}", emulator.sentinel()));
        let items = all.body["value"].as_array().expect("a list");
        assert_eq!(items.len(), 12, "{list}");
    }
}
