//! `doctor`, check by check.

use reqwest::Method;
use serde_json::{Value, json};

use super::check;
use crate::support::{Emulator, Rulepost};

#[test]
fn a_sound_connection_passes_and_nothing_is_written() {
    let emulator = Emulator::start();
    let out = emulator.rulepost().args(["doctor"]).run();
    assert_eq!(out.code, 0, "{out:?}");
    insta::assert_snapshot!("doctor-ok", scrub(&out.stdout));
    let wrote: Vec<Value> = emulator
        .requests()
        .into_iter()
        .filter(|one| one["method"] != "GET" && !one["path"].to_string().contains("oauth2"))
        .collect();
    assert!(wrote.is_empty(), "{wrote:?}");
}

#[test]
fn the_embedded_emulator_passes_without_anything_set() {
    let out = Rulepost::new().args(["doctor", "--cloud", "local"]).run();
    assert_eq!(out.code, 0, "{out:?}");
    assert!(out.stdout.contains("workspaces/demo"), "{}", out.stdout);
}

#[test]
fn what_belongs_to_azure_is_left_aside_for_the_embedded_emulator() {
    let out = Rulepost::new()
        .env(
            "AZURE_SUBSCRIPTION_ID",
            "00000000-0000-0000-0000-000000000001",
        )
        .env("AZURE_TENANT_ID", "00000000-0000-0000-0000-000000000002")
        .env("RULEPOST_RESOURCE_GROUP", "prod")
        .env(
            "RULEPOST_MANAGEMENT_ENDPOINT",
            "https://management.azure.com",
        )
        .args(["doctor", "--cloud", "local", "-w", "demo"])
        .run();
    assert_eq!(out.code, 0, "{out:?}");
}

#[test]
fn a_reader_is_told_which_role_is_missing() {
    let emulator = Emulator::seeded(&json!({"clients": [
        {"clientId": "11111111-1111-1111-1111-111111111111", "clientSecret": "s", "role": "reader"},
    ]}));
    let out = emulator
        .rulepost()
        .env("AZURE_CLIENT_ID", "11111111-1111-1111-1111-111111111111")
        .env("AZURE_CLIENT_SECRET", "s")
        .args(["doctor"])
        .run();
    assert_eq!(out.code, 1, "{out:?}");
    let line = check(&out.stdout, "permissions");
    assert!(
        line.contains("`Microsoft.SecurityInsights/alertRules/write`, to write rules"),
        "{line}"
    );
    assert!(
        out.stdout
            .contains("assign the role `Microsoft Sentinel Contributor`"),
        "{}",
        out.stdout
    );
}

#[test]
fn a_workspace_without_sentinel_is_told_how_to_get_it() {
    let emulator = Emulator::seeded(&json!({"workspaces": [{"name": "bare", "onboarded": false}]}));
    let out = emulator
        .rulepost()
        .env("RULEPOST_RESOURCE_GROUP", "")
        .args(["doctor", "-w", "bare"])
        .run();
    assert_eq!(out.code, 1, "{out:?}");
    let line = check(&out.stdout, "Sentinel");
    assert!(
        line.contains("workspace `bare` is not onboarded to Microsoft Sentinel"),
        "{line}"
    );
    assert!(
        out.stdout.contains("az sentinel onboarding-state create"),
        "{}",
        out.stdout
    );
}

#[test]
fn a_clock_that_is_off_is_noticed() {
    for (skew, status) in [(100, "warning"), (-1000, "failed"), (20, "ok")] {
        let emulator = Emulator::start();
        let faults = json!({"skewSeconds": skew, "script": []});
        let reply = emulator.admin(Method::PUT, "/faults", Some(&faults));
        assert_eq!(reply.status, 200, "{reply:?}");
        let out = emulator.rulepost().args(["doctor"]).run();
        let line = check(&out.stdout, "clock");
        assert!(line.starts_with(status), "{skew}: {line}");
    }
}

#[test]
fn tables_that_the_rules_read_are_looked_for() {
    let rule = "id: 7c3f0000-0000-4000-8000-000000000001\nname: One\ndescription: d\nkind: Scheduled\nseverity: Low\n\
                queryFrequency: 1h\nqueryPeriod: 1h\ntriggerOperator: gt\ntriggerThreshold: 0\n\
                tactics: [InitialAccess]\nrelevantTechniques: [T1078]\nversion: 1.0.0\n\
                requiredDataConnectors:\n  - connectorId: X\n    dataTypes: [SecurityAlert (ASC)]\n\
                query: |\n  SigninLogs\n  | join kind=inner (Firm_CL) on TenantId\n";
    let run = |seed: &Value| {
        let emulator = Emulator::seeded(seed);
        let run = emulator.rulepost().file("rules/one.yaml", rule);
        (run.args(["doctor"]).run(), emulator)
    };
    let (out, _emulator) = run(&json!({}));
    assert_eq!(out.code, 0, "{out:?}");
    let line = check(&out.stdout, "tables");
    assert!(
        line.starts_with("warning") && line.ends_with("missing: `Firm_CL`"),
        "{line}"
    );
    let seed = json!({"workspaces": [{"name": "demo", "tables": ["Firm_CL"]}]});
    let (out, _emulator) = run(&seed);
    let line = check(&out.stdout, "tables");
    assert!(
        line.starts_with("ok") && line.contains("all 3 that the rules read"),
        "{line}"
    );
}

#[test]
fn json_is_versioned_and_holds_every_check() {
    let emulator = Emulator::start();
    let out = emulator
        .rulepost()
        .args(["doctor", "--format", "json"])
        .run();
    assert_eq!(out.code, 0, "{out:?}");
    let document: Value = serde_json::from_str(&out.stdout).expect("JSON");
    assert_eq!(document["version"], 1);
    let checks = document["checks"].as_array().expect("a list");
    let names: Vec<&str> = checks
        .iter()
        .filter_map(|one| one["name"].as_str())
        .collect();
    assert_eq!(
        names,
        [
            "credential",
            "token audience",
            "clock",
            "subscription",
            "workspace",
            "Sentinel",
            "permissions",
            "rules",
            "tables"
        ]
    );
}

#[test]
fn the_page_on_connecting_names_the_flags_and_variables_there_are() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/connect.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    let help = Rulepost::new().args(["doctor", "--help"]).run().stdout;
    let options = help
        .split("Connection options:")
        .nth(1)
        .and_then(|rest| rest.split("Global options:").next())
        .expect("the help has the group");
    let told: Vec<&str> = options
        .split(|c: char| c.is_whitespace() || matches!(c, '[' | ']' | ',' | '='))
        .filter(|word| {
            let variable = word.starts_with("AZURE_") || word.starts_with("RULEPOST_");
            variable || (word.starts_with("--") && word.len() > 2)
        })
        .collect();
    assert!(told.len() >= 20, "{told:?}");
    for word in told {
        assert!(
            page.contains(&format!("`{word}`")),
            "{word} is not on the page"
        );
    }
}

#[test]
fn without_a_workspace_the_command_line_is_wrong() {
    let out = Rulepost::new().args(["doctor"]).run();
    assert_eq!(out.code, 2, "{out:?}");
    assert!(
        out.stderr.contains("`--workspace NAME` names it"),
        "{}",
        out.stderr
    );
}

/// Replaces the seconds between two clocks.
fn scrub(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        lines.push(match line.split_once(" s ahead of the service") {
            Some((before, _)) if before.ends_with(|c: char| c.is_ascii_digit()) => {
                "ok       clock           [N] s ahead of the service"
            }
            _ => line,
        });
    }
    lines.join("\n")
}
