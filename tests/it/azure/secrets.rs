//! No secret and no token in any output, however much is told.

use serde_json::json;

use super::{against, token};
use crate::support::{Emulator, Scripted};

#[test]
fn nothing_secret_shows_at_the_highest_verbosity() {
    let server = Scripted::start(|asked| {
        let body = if asked.line.contains("oauth2") {
            token()
        } else {
            json!({"value": []}).to_string()
        };
        (200, "application/json", body)
    });
    let out = against(&server).args(["doctor", "-w", "w11", "-vv"]).run();
    // The markers were in use: sent as they are, and shown nowhere.
    let asked = server.asked();
    assert!(asked.iter().any(|one| one.body.contains("SECRETMARKER")));
    assert!(asked.iter().any(|one| {
        one.headers
            .contains(&"authorization: Bearer TOKENMARKER".to_owned())
    }));
    let told = format!("{}{}", out.stdout, out.stderr);
    assert!(told.contains("/subscriptions"), "requests are told: {told}");
    for marker in ["SECRETMARKER", "TOKENMARKER"] {
        assert!(!told.contains(marker), "{marker} shows: {told}");
    }
}

#[test]
fn a_refusal_that_quotes_the_secret_is_the_only_way_it_could_show() {
    // Entra ID never repeats a secret. Our own texts must not add it when it refuses, either.
    let server = Scripted::start(|_| {
        let body = json!({
            "error": "invalid_client",
            "error_description": "AADSTS7000215: Invalid client secret provided.",
            "error_codes": [7_000_215],
        });
        (401, "application/json", body.to_string())
    });
    let out = against(&server).args(["doctor", "-w", "w11", "-vv"]).run();
    assert_eq!(out.code, 1, "{out:?}");
    let told = format!("{}{}", out.stdout, out.stderr);
    assert!(!told.contains("SECRETMARKER"), "{told}");
}

#[test]
fn a_whole_deployment_tells_no_secret() {
    let rule = "id: 7c3f0000-0000-4000-8000-000000000001\nname: One\ndescription: A rule for a test.\n\
                kind: Scheduled\nseverity: Low\nqueryFrequency: 1h\nqueryPeriod: 1h\ntriggerOperator: gt\n\
                triggerThreshold: 0\ntactics: [InitialAccess]\nrelevantTechniques: [T1078]\nversion: 1.0.0\n\
                query: |\n  SigninLogs\n  | project TimeGenerated, UserPrincipalName\n";
    let emulator = Emulator::start();
    let secret = emulator.ready["client_secret"]
        .as_str()
        .expect("it is there");
    let out = emulator
        .rulepost()
        .file("rules/one.yaml", rule)
        .args(["deploy", "--yes", "-vv"])
        .run();
    assert_eq!(out.code, 0, "{out:?}");
    assert_eq!(emulator.requests_of("PUT", "alertRules").len(), 1);
    let told = format!("{}{}", out.stdout, out.stderr);
    assert!(told.contains("alertRules"), "requests are told: {told}");
    assert!(!told.contains(secret) && !told.contains("eyJ"), "{told}");
}

#[test]
fn the_emulator_s_own_secret_stays_in_its_folder() {
    let emulator = Emulator::start();
    let secret = emulator.ready["client_secret"]
        .as_str()
        .expect("it is there");
    let out = emulator.rulepost().args(["doctor", "-vv"]).run();
    assert_eq!(out.code, 0, "{out:?}");
    let told = format!("{}{}", out.stdout, out.stderr);
    assert!(!told.contains(secret) && !told.contains("eyJ"), "{told}");
}
