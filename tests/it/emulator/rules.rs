//! `alertRules`: create, read, update, delete, list.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::Emulator;
use crate::support::Rulepost;
use crate::support::emulator::{nrt, scheduled, text};

#[test]
fn a_rule_is_created_with_201_replaced_with_200_and_read_as_it_was_answered() {
    let emulator = Emulator::start();
    let path = emulator.rule("r1");
    let created = emulator.put(&path, &scheduled("one"));
    assert_eq!(created.status, 201, "{created:?}");
    let read = emulator.get(&path);
    assert_eq!((read.status, &read.body), (200, &created.body));
    let updated = emulator.put(&path, &scheduled("two"));
    assert_eq!(updated.status, 200);
    assert_ne!(updated.body["etag"], created.body["etag"]);
    assert_eq!(updated.body["properties"]["displayName"], "two");
}

#[test]
fn omitted_members_come_back_as_recorded() {
    let emulator = Emulator::start();
    let created = emulator.put(&emulator.rule("r1"), &scheduled("one"));
    let properties = created.body["properties"].as_object().expect("an object");
    for name in [
        "tactics",
        "techniques",
        "description",
        "alertRuleTemplateName",
    ] {
        assert_eq!(properties.get(name), Some(&Value::Null), "{name}");
    }
    for name in [
        "eventGroupingSettings",
        "customDetails",
        "entityMappings",
        "alertDetailsOverride",
    ] {
        assert_eq!(properties.get(name), None, "{name}");
    }
    assert_eq!(
        properties["incidentConfiguration"],
        json!({
            "createIncident": true,
            "groupingConfiguration": {
                "enabled": false,
                "reopenClosedIncident": false,
                "lookbackDuration": "PT5M",
                "matchingMethod": "AllEntities",
                "groupByEntities": [],
                "groupByAlertDetails": null,
                "groupByCustomDetails": null,
            },
        })
    );
    let modified = text(&created.body["properties"], "lastModifiedUtc");
    let fraction = modified.split('.').nth(1).expect("a fraction");
    assert_eq!(fraction.len(), "1234567Z".len(), "{modified}");
}

#[test]
fn a_stale_tag_is_a_conflict_that_names_the_workspace() {
    let emulator = Emulator::start();
    let path = emulator.rule("r1");
    let created = emulator.put(&path, &scheduled("one"));
    emulator.edit_in_portal("r1", &json!({"severity": "High"}));
    let mut body = scheduled("two");
    body["etag"] = created.body["etag"].clone();
    let stale = emulator.put(&path, &body);
    assert_eq!((stale.status, stale.code()), (409, "Conflict"));
    assert_eq!(
        stale.message(),
        format!(
            "Newer instance of rule 'r1' exists for workspace '{}' (Etag does not match). Data was not saved.",
            text(&emulator.ready, "workspace_id")
        )
    );
    let live = emulator.get(&path);
    assert_eq!(live.body["properties"]["displayName"], "one");
    body["etag"] = live.body["etag"].clone();
    assert_eq!(emulator.put(&path, &body).status, 200);
    assert_eq!(emulator.put(&path, &scheduled("three")).status, 200);
}

#[test]
fn deleting_answers_200_then_204_and_the_id_rests_for_a_day() {
    let emulator = Emulator::start();
    let path = emulator.rule("r1");
    emulator.put(&path, &scheduled("one"));
    let deleted = emulator.delete(&path);
    assert_eq!((deleted.status, deleted.text.as_str()), (200, "{}"));
    let again = emulator.delete(&path);
    assert_eq!((again.status, again.text.as_str()), (204, ""));
    assert_eq!(emulator.get(&path).status, 404);
    let reused = emulator.put(&path, &scheduled("one"));
    assert_eq!((reused.status, reused.code()), (400, "BadRequest"));
    assert_eq!(
        reused.message(),
        "The rule with id 'r1' was recently deleted. You need to allow some time before re-using the same id. Please try again later."
    );
}

#[test]
fn lists_are_paged_by_links_to_the_host_that_was_asked() {
    let emulator = Emulator::with(&["--page-size", "2"]);
    for name in ["c", "a", "b", "e", "d"] {
        assert_eq!(
            emulator.put(&emulator.rule(name), &scheduled(name)).status,
            201
        );
    }
    let mut seen = Vec::new();
    let mut page = emulator.get(&format!("{}/alertRules", emulator.sentinel()));
    let mut pages = 1;
    loop {
        for item in page.body["value"].as_array().expect("a list") {
            seen.push(text(item, "name").to_owned());
        }
        let Some(next) = page.body["nextLink"].as_str() else {
            break;
        };
        let path = next
            .strip_prefix(&emulator.endpoint())
            .expect("the link goes to the same host")
            .to_owned();
        let (path, rest) = path.split_once("?api-version=").expect("it has a version");
        page = emulator.call_version(Method::GET, path, rest, None);
        assert_eq!(page.status, 200, "{page:?}");
        pages += 1;
    }
    assert_eq!(
        (pages, seen),
        (3, ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec())
    );
}

#[test]
fn stable_versions_neither_take_nor_show_near_real_time_rules() {
    let emulator = Emulator::start();
    let path = emulator.rule("n1");
    let refused = emulator.call_version(Method::PUT, &path, "2025-09-01", Some(&nrt("n")));
    assert_eq!(refused.status, 400, "{refused:?}");
    assert_eq!(emulator.put(&path, &nrt("n")).status, 201);
    let list = format!("{}/alertRules", emulator.sentinel());
    let stable = emulator.call_version(Method::GET, &list, "2025-09-01", None);
    assert_eq!(stable.body["value"], json!([]));
    assert_eq!(emulator.get(&list).body["value"][0]["name"], "n1");
}

#[test]
fn a_killed_emulator_has_lost_nothing_it_answered() {
    let mut emulator = Emulator::start();
    let path = emulator.rule("r1");
    let created = emulator.put(&path, &scheduled("one"));
    emulator.kill_and_restart(&[]);
    assert_eq!(emulator.get(&path).body, created.body);
}

#[cfg(unix)]
#[test]
fn it_stops_when_it_is_told_to() {
    let emulator = Emulator::start();
    assert_eq!(emulator.terminate(), Some(0));
}

#[test]
fn a_folder_and_an_address_are_for_one_emulator_at_a_time() {
    let emulator = Emulator::start();
    let data = emulator.dir().join("data").to_string_lossy().into_owned();
    let second = |args: &[&str]| {
        Rulepost::in_dir(emulator.dir())
            .args(["emulator"])
            .args(args.iter().copied())
            .run()
    };
    let folder = second(&["--data-dir", &data]);
    assert_eq!(folder.code, 1);
    assert_eq!(
        folder.stderr,
        "error: the emulator cannot start\n  caused by: the data folder `[DIR]/data` is used by another emulator\nhelp: wait until the other run has ended, or give another folder: `--data-dir` of `rulepost emulator`, another project for `--cloud local`\n"
    );
    let listen = text(&emulator.ready, "listen");
    let address = second(&["--data-dir", "other", "--listen", listen]);
    assert_eq!(address.code, 1);
    assert!(
        address.stderr.starts_with(&format!(
            "error: the emulator cannot start\n  caused by: cannot listen on `{listen}`\n"
        )),
        "{address:?}"
    );
    let faults = Rulepost::new()
        .file(
            "faults.json",
            r#"{"script": [{"fault": {"kind": "explode"}}]}"#,
        )
        .args(["emulator", "--faults", "faults.json"])
        .run();
    assert_eq!(faults.code, 1);
    assert!(
        faults.stderr.contains("cannot understand `faults.json`"),
        "{faults:?}"
    );
    assert!(
        faults.stderr.contains("unknown variant `explode`"),
        "{faults:?}"
    );
}
