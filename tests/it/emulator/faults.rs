//! Each fault as a plain client sees it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::Emulator;
use crate::support::emulator::{Reply, VERSION, scheduled, text};

/// An emulator with one rule `r1`, and one fault at work.
fn with_fault(entry: &Value) -> Emulator {
    let emulator = Emulator::start();
    assert_eq!(
        emulator.put(&emulator.rule("r1"), &scheduled("one")).status,
        201
    );
    add(&emulator, entry);
    emulator
}

fn add(emulator: &Emulator, entry: &Value) {
    let reply = emulator.admin(Method::POST, "/faults", Some(entry));
    assert_eq!(reply.status, 200, "{reply:?}");
}

/// What reading the rule gives.
fn read(emulator: &Emulator) -> Result<Reply, reqwest::Error> {
    emulator.try_call(Method::GET, &emulator.rule("r1"), None)
}

#[test]
fn throttling_says_how_long_to_wait_in_each_of_three_ways() {
    let emulator = with_fault(&json!({"fault": {"kind": "throttled", "retryAfter": 7}}));
    let seconds = read(&emulator).expect("an answer");
    assert_eq!(
        (seconds.status, seconds.code()),
        (429, "SubscriptionRequestsThrottled")
    );
    assert_eq!(seconds.header("retry-after"), "7");
    add(
        &emulator,
        &json!({"fault": {"kind": "throttled", "retryAfterDate": 60}}),
    );
    let date = read(&emulator).expect("an answer");
    assert!(date.header("retry-after").ends_with(" GMT"), "{date:?}");
    assert_ne!(date.header("retry-after"), date.header("date"));
    add(
        &emulator,
        &json!({"fault": {"kind": "throttled", "retryAfterMs": 1500}}),
    );
    let ms = read(&emulator).expect("an answer");
    assert_eq!(
        (ms.header("retry-after-ms"), ms.header("retry-after")),
        ("1500", "")
    );
    assert_eq!(read(&emulator).expect("an answer").status, 200);
}

#[test]
fn server_errors_come_with_the_envelope_and_nothing_is_done() {
    for (status, code) in [
        (500, "InternalServerError"),
        (502, "BadGateway"),
        (503, "ServiceUnavailable"),
        (504, "GatewayTimeout"),
    ] {
        let fault = json!({"method": "PUT", "fault": {"kind": "status", "status": status}});
        let emulator = with_fault(&fault);
        let failed = emulator.put(&emulator.rule("r2"), &scheduled("two"));
        assert_eq!((failed.status, failed.code()), (status, code));
        assert_eq!(emulator.get(&emulator.rule("r2")).status, 404);
    }
}

#[test]
fn a_cut_before_does_nothing_and_a_cut_after_has_stored_the_write() {
    for (kind, stored) in [("cutBefore", 404), ("cutAfter", 200), ("cutBody", 200)] {
        let emulator = with_fault(&json!({"method": "PUT", "fault": {"kind": kind}}));
        let path = emulator.rule("r2");
        let broken = emulator.try_call(Method::PUT, &path, Some(&scheduled("two")));
        assert!(broken.is_err(), "{kind}: {broken:?}");
        assert_eq!(emulator.get(&path).status, stored, "{kind}");
    }
}

#[test]
fn truncated_and_foreign_bodies_are_no_json() {
    let emulator = with_fault(&json!({"fault": {"kind": "truncated"}}));
    let truncated = read(&emulator).expect("an answer");
    assert_eq!((truncated.status, &truncated.body), (200, &Value::Null));
    assert!(truncated.text.starts_with(r#"{"id":"#), "{truncated:?}");
    add(
        &emulator,
        &json!({"fault": {"kind": "html", "status": 200}}),
    );
    let html = read(&emulator).expect("an answer");
    assert_eq!(html.header("content-type"), "text/html; charset=utf-8");
    assert!(html.text.starts_with("<!DOCTYPE html>"));
}

#[test]
fn a_slow_body_arrives_whole() {
    let emulator = with_fault(&json!({"fault": {"kind": "slowBody", "ms": 1}}));
    let slow = read(&emulator).expect("an answer");
    assert_eq!(slow.body, read(&emulator).expect("an answer").body);
}

#[test]
fn an_expired_token_stays_expired_until_a_new_one_is_taken() {
    let mut emulator = with_fault(&json!({"fault": {"kind": "expiredToken"}}));
    for _ in 0..2 {
        let refused = read(&emulator).expect("an answer");
        assert_eq!(
            (refused.status, refused.code()),
            (401, "ExpiredAuthenticationToken")
        );
    }
    let fresh = emulator.token(text(&emulator.ready, "tenant"), &emulator.form());
    let fresh = text(&fresh.body, "access_token").to_owned();
    emulator.use_token(&fresh);
    assert_eq!(read(&emulator).expect("an answer").status, 200);
}

#[test]
fn refusals_of_the_service_can_be_played() {
    let put = |fault: Value| {
        let emulator = with_fault(&json!({"method": "PUT", "fault": fault}));
        emulator.put(&emulator.rule("r1"), &scheduled("two"))
    };
    let stale = put(json!({"kind": "staleEtag"}));
    assert_eq!((stale.status, stale.code()), (409, "Conflict"));
    assert!(!stale.message().contains("workspace ''"), "{stale:?}");
    assert!(
        stale
            .message()
            .ends_with("(Etag does not match). Data was not saved.")
    );
    let deleted = put(json!({"kind": "recentlyDeleted"}));
    assert_eq!((deleted.status, deleted.code()), (400, "BadRequest"));
    let conflict = put(json!({"kind": "recentlyDeleted", "status": 409}));
    assert_eq!(conflict.status, 409);
    assert!(conflict.message().contains("was recently deleted"));
    let table = put(json!({"kind": "tableMissing"}));
    assert_eq!(
        table.message(),
        "Failed to run the analytics rule query. One of the tables does not exist."
    );
    let nested = put(json!({
        "kind": "nested", "status": 400, "code": "BadRequest", "message": "the real reason"
    }));
    let inner: Value = serde_json::from_str(nested.message()).expect("JSON in a text");
    assert_eq!(inner["error"]["message"], "the real reason");
    assert!(nested.message().contains("\r\n"));
}

#[test]
fn a_missing_table_does_not_keep_a_disabled_rule_out() {
    let emulator =
        with_fault(&json!({"method": "PUT", "times": 9, "fault": {"kind": "tableMissing"}}));
    let mut body = scheduled("two");
    assert_eq!(emulator.put(&emulator.rule("r2"), &body).status, 400);
    body["properties"]["enabled"] = json!(false);
    assert_eq!(emulator.put(&emulator.rule("r2"), &body).status, 201);
}

#[test]
fn a_stale_read_misses_the_last_write() {
    let emulator =
        with_fault(&json!({"method": "GET", "times": 3, "fault": {"kind": "staleRead"}}));
    assert_eq!(emulator.get(&emulator.rule("r1")).status, 404);
    emulator.put(&emulator.rule("r1"), &scheduled("two"));
    let stale = emulator.get(&emulator.rule("r1"));
    assert_eq!(stale.body["properties"]["displayName"], "one");
    let list = format!("{}/alertRules", emulator.sentinel());
    assert_eq!(
        emulator.get(&list).body["value"][0]["properties"]["displayName"],
        "one"
    );
    assert_eq!(
        emulator.get(&list).body["value"][0]["properties"]["displayName"],
        "two"
    );
}

#[test]
fn the_service_switches_a_rule_off_by_itself() {
    let emulator = with_fault(&json!({"method": "PUT", "fault": {"kind": "autoDisable"}}));
    let written = emulator.put(&emulator.rule("r1"), &scheduled("two"));
    assert_eq!(written.body["properties"]["enabled"], true);
    let live = emulator.get(&emulator.rule("r1"));
    assert_eq!(live.body["properties"]["enabled"], false);
    assert_eq!(live.body["properties"]["displayName"], "AUTO DISABLED two");
    assert_ne!(live.body["etag"], written.body["etag"]);
}

#[test]
fn lists_can_hold_nonsense_and_lead_in_a_circle() {
    let emulator = with_fault(&json!({"fault": {"kind": "listItem", "item": {"kind": "Martian"}}}));
    let list = format!("{}/alertRules", emulator.sentinel());
    let strange = emulator.get(&list);
    assert_eq!(strange.body["value"][0], json!({"kind": "Martian"}));
    assert_eq!(strange.body["value"][1]["name"], "r1");
    add(&emulator, &json!({"fault": {"kind": "repeatLink"}}));
    let circle = emulator.get(&list);
    assert_eq!(
        text(&circle.body, "nextLink"),
        format!("{}{list}?api-version={VERSION}", emulator.endpoint())
    );
}

#[test]
fn a_bucket_throttles_writes_and_says_what_is_left() {
    let emulator = Emulator::with(&["--time", "2026-01-01T00:00:00Z"]);
    let plan = json!({"throttle": {"burst": 2, "refillPerSecond": 0.5}});
    assert_eq!(
        emulator.admin(Method::PUT, "/faults", Some(&plan)).status,
        200
    );
    let put = || emulator.put(&emulator.rule("r1"), &scheduled("one"));
    let (first, second, third) = (put(), put(), put());
    let left = "x-ms-ratelimit-remaining-subscription-writes";
    assert_eq!((first.status, first.header(left)), (201, "1"));
    assert_eq!((second.status, second.header(left)), (200, "0"));
    assert_eq!((third.status, third.header("retry-after")), (429, "2"));
    emulator.advance("PT2S");
    assert_eq!(put().status, 200);
}

#[test]
fn latency_and_skew_move_the_clock_that_answers_show() {
    let emulator = Emulator::with(&["--time", "2026-01-01T00:00:00Z"]);
    let plan = json!({"latencyMs": 2000, "skewSeconds": 300});
    emulator.admin(Method::PUT, "/faults", Some(&plan));
    let reply = emulator.get(&emulator.rule("r1"));
    assert_eq!(reply.header("date"), "Thu, 01 Jan 2026 00:05:02 GMT");
    assert_eq!(emulator.admin(Method::DELETE, "/faults", None).status, 204);
    let reply = emulator.get(&emulator.rule("r1"));
    assert_eq!(reply.header("date"), "Thu, 01 Jan 2026 00:00:02 GMT");
}

#[test]
fn faults_come_from_a_file_too() {
    let plan = json!({"script": [{"path": "oauth2", "skip": 1, "fault": {"kind": "html", "status": 200}}]});
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("faults.json");
    std::fs::write(&file, plan.to_string()).expect("the folder is ours");
    let emulator = Emulator::with(&["--faults", &file.to_string_lossy()]);
    let tenant = text(&emulator.ready, "tenant").to_owned();
    let html = emulator.token(&tenant, &emulator.form());
    assert_eq!(html.header("content-type"), "text/html; charset=utf-8");
    let log = emulator.requests();
    assert_eq!(log.last().map(|one| &one["fault"]), Some(&json!("html")));
}
