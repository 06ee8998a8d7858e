//! `import`: files and workspaces become files that validate, render alike and plan to nothing.

use std::path::Path;

use serde_json::Value;
use serde_json::json;

use crate::cli::validate::SOUND;
use crate::support::Emulator;
use crate::support::Rulepost;
use crate::support::emulator::nrt;
use crate::support::emulator::scheduled;

/// The names of the files of a folder.
fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

/// A portal export with one sound rule, one with something to report, and a rule of the service.
fn export() -> String {
    let rule = |id: &str, name: &str| {
        json!({
            "id": format!("[concat(resourceId('Microsoft.OperationalInsights/workspaces/providers', parameters('workspace'), 'Microsoft.SecurityInsights'),'/alertRules/{id}')]"),
            "name": format!("[concat(parameters('workspace'),'/Microsoft.SecurityInsights/{id}')]"),
            "type": "Microsoft.OperationalInsights/workspaces/providers/alertRules",
            "kind": "Scheduled", "apiVersion": "2023-12-01-preview",
            "properties": {
                "displayName": name, "description": "Identifies failed logins.", "severity": "High", "enabled": true,
                "query": "SigninLogs\r\n| where ResultType == 50126\r\n| summarize Failures = count() by IPAddress",
                "queryFrequency": "PT1H", "queryPeriod": "PT1H", "triggerOperator": "GreaterThan", "triggerThreshold": 0,
                "suppressionDuration": "PT5H", "suppressionEnabled": false, "tactics": ["CredentialAccess"],
                "techniques": ["T1110"], "subTechniques": [], "alertRuleTemplateName": null, "customDetails": null,
                "entityMappings": [{"entityType": "IP", "fieldMappings": [{"identifier": "Address", "columnName": "IPAddress"}]}],
                "alertDetailsOverride": null, "sentinelEntitiesMappings": null, "startTimeUtc": null,
                "eventGroupingSettings": {"aggregationKind": "SingleAlert"},
                "incidentConfiguration": {"createIncident": true, "groupingConfiguration": {
                    "enabled": false, "reopenClosedIncident": false, "lookbackDuration": "PT5H", "matchingMethod": "AllEntities",
                    "groupByEntities": [], "groupByAlertDetails": [], "groupByCustomDetails": []}},
            },
        })
    };
    let mut odd = rule("5a2b9a70-0000-4000-8000-000000000002", "Odd one");
    odd["properties"]["playbookName"] = json!("block-user");
    let fusion = json!({
        "name": "[concat(parameters('workspace'),'/Microsoft.SecurityInsights/BuiltInFusion')]",
        "type": "Microsoft.OperationalInsights/workspaces/providers/alertRules", "kind": "Fusion",
        "properties": {"enabled": true, "alertRuleTemplateName": "f71aba3d-28fb-450b-b192-4e76a83015c8"},
    });
    json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {"workspace": {"type": "String"}},
        "resources": [rule("5a2b9a70-0000-4000-8000-000000000001", "Failed logins: many"), odd, fusion],
    })
    .to_string()
}

#[test]
fn an_export_of_the_portal_becomes_files_that_validate() {
    let project = tempfile::tempdir().expect("a folder");
    std::fs::write(project.path().join("export.json"), export()).expect("ours");
    let import = || Rulepost::in_dir(project.path()).args(["import", "export.json", "-o", "rules"]);
    let out = import().run();
    assert_eq!((out.code, out.stderr.as_str()), (0, ""), "{out:?}");
    insta::assert_snapshot!("export", out.stdout);
    assert_eq!(
        files(&project.path().join("rules")),
        ["failed-logins-many.yaml", "odd-one.yaml"]
    );
    let rule = std::fs::read_to_string(project.path().join("rules/failed-logins-many.yaml"))
        .expect("written");
    insta::assert_snapshot!("export-file", rule);
    let out = Rulepost::in_dir(project.path()).args(["validate"]).run();
    assert_eq!(out.code, 0, "{out:?}");
    // A second import finds everything as it is.
    let out = import().run();
    assert!(
        out.stdout
            .ends_with("2 rules: 0 created, 0 rewritten, 2 unchanged, 0 differ; 1 not imported\n"),
        "{out:?}"
    );
}

#[test]
fn a_file_that_says_something_else_is_rewritten_only_when_asked() {
    let project = tempfile::tempdir().expect("a folder");
    std::fs::write(project.path().join("export.json"), export()).expect("ours");
    let import = |more: &[&str]| {
        let args = ["import", "export.json", "-o", "rules", "--only", "failed*"];
        Rulepost::in_dir(project.path())
            .args(args)
            .args(more.iter().copied())
            .run()
    };
    assert_eq!(import(&[]).code, 0);
    let written = project.path().join("rules/failed-logins-many.yaml");
    let renamed = project.path().join("rules/mine.yaml");
    let text = std::fs::read_to_string(&written).expect("written");
    std::fs::remove_file(&written).expect("ours");
    let edited = format!(
        "# kept\n{}tags:\n  - mine\n",
        text.replace("severity: High", "severity: Low")
    );
    std::fs::write(&renamed, &edited).expect("ours");
    let out = import(&[]);
    assert_eq!(out.code, 5, "{out:?}");
    assert!(
        out.stdout
            .starts_with("differs    rules/mine.yaml  Failed logins: many\n"),
        "{out:?}"
    );
    assert!(out.stderr.contains("--overwrite"), "{out:?}");
    assert_eq!(std::fs::read_to_string(&renamed).expect("there"), edited);
    let out = import(&["--overwrite", "--dry-run"]);
    assert!(out.stdout.contains("1 would be rewritten"), "{out:?}");
    assert_eq!(std::fs::read_to_string(&renamed).expect("there"), edited);
    let out = import(&["--overwrite"]);
    assert_eq!(out.code, 0, "{out:?}");
    let text = std::fs::read_to_string(&renamed).expect("there");
    assert!(
        text.contains("severity: High") && text.contains("- mine"),
        "{text}"
    );
    assert_eq!(files(&project.path().join("rules")), ["mine.yaml"]);
}

#[test]
fn what_cannot_be_read_is_told_and_the_others_are_still_imported() {
    let out = Rulepost::new()
        .file("in/a.json", export())
        .file("in/b.json", "{\n  \"resources\": [}")
        .file("in/notes.txt", "no template")
        .args(["import", "in", "-o", "rules", "--format", "json"])
        .run();
    assert_eq!(out.code, 5, "{out:?}");
    let report: Value = serde_json::from_str(&out.stdout).expect("JSON");
    assert_eq!(report["files"].as_array().map(Vec::len), Some(2));
    assert_eq!(report["unreadable"][0]["path"], "in/b.json");
    let reason = report["unreadable"][0]["reason"]
        .as_str()
        .expect("a reason");
    assert!(reason.contains("line 2"), "{reason}");
    assert_eq!(report["notes"][0]["field"], "playbookName");
    for args in [
        vec!["import", "-o", "rules"],
        vec!["import", "none.json", "-o", "rules"],
    ] {
        let out = Rulepost::new().args(args).run();
        assert_ne!(out.code, 0);
        assert!(out.stderr.starts_with("error: "), "{out:?}");
    }
    // A file that was named was meant to hold a rule; in a folder there may be others.
    let parameters = r#"{"parameters": {"workspace": {"value": "w"}}}"#;
    for (given, told) in [("in/p.json", true), ("in", false)] {
        let out = Rulepost::new()
            .file("in/p.json", parameters)
            .args(["import", given, "-o", "rules"])
            .run();
        assert_eq!(out.code, 0, "{out:?}");
        let line = "  `in/p.json`: no analytics rule is in the file\n";
        assert_eq!(out.stdout.contains(line), told, "{out:?}");
    }
}

#[test]
fn the_shipped_rules_come_back_from_their_template_and_their_bodies() {
    let root = env!("CARGO_MANIFEST_DIR");
    let project = tempfile::tempdir().expect("a folder");
    let rest = project.path().join("bodies");
    let out = Rulepost::in_dir(root)
        .args([
            "render",
            "rules",
            "--to",
            "rest",
            "-o",
            &rest.to_string_lossy(),
        ])
        .run();
    assert_eq!(out.code, 0, "{out:?}");
    let bodies = files(&rest);
    assert!(bodies.len() > 10);
    let template = format!("{root}/arm/sftp-rules.json");
    for (source, folder) in [
        (template.as_str(), "from-template"),
        ("bodies", "from-bodies"),
    ] {
        let out = Rulepost::in_dir(project.path())
            .args(["import", source, "-o", folder])
            .run();
        assert_eq!(out.code, 0, "{out:?}");
        let out = Rulepost::in_dir(project.path())
            .args([
                "render",
                folder,
                "--to",
                "rest",
                "-o",
                &format!("{folder}-bodies"),
            ])
            .run();
        assert_eq!(out.code, 0, "{out:?}");
        let again = project.path().join(format!("{folder}-bodies"));
        assert_eq!(files(&again), bodies, "{folder}");
        for name in &bodies {
            let read = |folder: &Path| -> Value {
                let text = std::fs::read_to_string(folder.join(name)).expect("a body");
                serde_json::from_str(&text).expect("JSON")
            };
            let (before, after) = (read(&rest), read(&again));
            assert_eq!(before, after, "{folder}/{name}");
        }
    }
}

#[test]
fn a_workspace_becomes_files_that_plan_to_nothing() {
    let root = env!("CARGO_MANIFEST_DIR");
    let project = tempfile::tempdir().expect("a folder");
    let run = |args: &[&str]| {
        let connection = ["--workspace", "demo", "--cloud", "local"];
        Rulepost::in_dir(project.path())
            .args(args.iter().chain(&connection).copied())
            .run()
    };
    let rules = format!("{root}/rules");
    let out = run(&["deploy", &rules, "--yes"]);
    assert_eq!(out.code, 0, "{out:?}");
    let out = run(&["import", "-o", "imported"]);
    assert_eq!(out.code, 0, "{out:?}");
    let out = run(&["deploy", "imported", "--dry-run", "--exit-code"]);
    assert_eq!(out.code, 0, "{out:?}");
    let out = run(&["import", "-o", "imported", "--format", "json"]);
    let report: Value = serde_json::from_str(&out.stdout).expect("JSON");
    let all = report["files"].as_array().expect("a list");
    assert!(
        all.len() > 10 && all.iter().all(|file| file["status"] == "unchanged"),
        "{report:#}"
    );
}

#[test]
fn rules_of_the_portal_are_imported_and_adopted_as_they_are() {
    let emulator = Emulator::start();
    let project = tempfile::tempdir().expect("a folder");
    let run = |args: &[&str]| {
        emulator
            .rulepost_in(project.path())
            .args(args.iter().copied())
            .run()
    };
    std::fs::create_dir(project.path().join("rules")).expect("ours");
    std::fs::write(project.path().join("rules/ours.yaml"), SOUND).expect("ours");
    assert_eq!(run(&["deploy", "--yes"]).code, 0);
    // Two rules of the portal, one of them near real time and changed there, and one whose name is no GUID.
    let ids = [
        "5a2b9a70-0000-4000-8000-000000000001",
        "5a2b9a70-0000-4000-8000-000000000002",
    ];
    let mut odd = scheduled("Made in the portal");
    odd["properties"]["description"] = json!("'It' is quoted\nand long");
    odd["properties"]["subTechniques"] = json!(["T1110.003"]);
    odd["properties"]["techniques"] = json!(["T1110"]);
    odd["properties"]["tactics"] = json!(["CredentialAccess"]);
    odd["properties"]["suppressionDuration"] = json!("PT90M");
    for (name, body) in [
        (ids[0], odd),
        (ids[1], nrt("Near real time")),
        ("my-rule", scheduled("Named by hand")),
    ] {
        let reply = emulator.put(&emulator.rule(name), &body);
        assert!(reply.status == 200 || reply.status == 201, "{reply:?}");
    }
    emulator.edit_in_portal(ids[1], &json!({"enabled": false, "severity": "Low"}));
    let out = run(&["import", "--foreign", "-o", "rules"]);
    assert_eq!(out.code, 0, "{out:?}");
    assert!(
        out.stdout
            .contains("`Named by hand`: its name `my-rule` is no GUID"),
        "{out:?}"
    );
    assert_eq!(
        files(&project.path().join("rules")),
        [
            "made-in-the-portal.yaml",
            "near-real-time.yaml",
            "ours.yaml"
        ]
    );
    let live = || -> Vec<Value> {
        let read = |id: &&str| {
            let mut properties = emulator.get(&emulator.rule(id)).body["properties"].clone();
            properties["lastModifiedUtc"] = Value::Null;
            properties
        };
        ids.iter().map(read).collect()
    };
    let before = live();
    let out = run(&["deploy", "--adopt", "--yes"]);
    assert_eq!(out.code, 0, "{out:?}");
    assert!(
        out.stdout
            .contains("Plan: 2 to adopt, 1 unchanged, 1 foreign"),
        "{out:?}"
    );
    let meaning = |rule: &Value| {
        (
            rule["query"].clone(),
            rule["enabled"].clone(),
            rule["severity"].clone(),
            rule["description"].clone(),
            rule["suppressionDuration"].clone(),
        )
    };
    for (before, after) in before.iter().zip(live()) {
        assert_eq!(meaning(before), meaning(&after));
    }
    let out = run(&["deploy", "--dry-run", "--exit-code"]);
    assert_eq!(out.code, 0, "{out:?}");
    let out = run(&["import", "-o", "rules"]);
    assert!(
        out.stdout
            .ends_with("3 rules: 0 created, 0 rewritten, 3 unchanged, 0 differ; 1 not imported\n"),
        "{out:?}"
    );
}

/// Rules of the collection whose query the language cannot read, each looked at.
///
/// The first has a `let` in the middle of a pipeline.
const BROKEN_QUERIES: &[&str] = &["rules/uav-s6-operator-brute-force-unauthorized-access.yaml"];

/// The files with errors in what `validate` found; any error but a query that cannot be read fails the test.
fn broken_queries(report: &str) -> Vec<String> {
    let report: Value = serde_json::from_str(report).expect("JSON");
    let findings = report["findings"].as_array().expect("a list");
    let errors = findings.iter().filter(|one| one["level"] == "error");
    let files = errors.map(|error| {
        assert_eq!(error["code"], "kql-syntax", "{error:#}");
        error["path"].as_str().expect("a path").to_owned()
    });
    files.collect()
}

/// Imported rules that the service refuses, and what it says; each is wrong as its author wrote it.
const REFUSED: &[(&str, &str)] = &[
    // A hash without the algorithm it was made with identifies no file.
    (
        "rules/detection-of-ad-cs-relay-and-coercion-tool-usage-ntlmrelayx-petitpotam-psexec.yaml",
        "Missing required identifiers in entity type 'FileHash'",
    ),
    (
        "rules/detection-of-micrun-exe-potentialdeedrat-activity.yaml",
        "Missing required identifiers in entity type 'FileHash'",
    ),
    (
        "rules/samplevalue.yaml",
        "Missing required identifiers in entity type 'FileHash'",
    ),
    // Not among the documented columns of `AzureDiagnostics`; the query makes it from itself.
    (
        "rules/key-vault-secret-access-anomaly.yaml",
        "scalar expression named 'Identity'",
    ),
    // `NewLocalAdmins` projects the column away that is asked of it afterwards.
    (
        "rules/local-admin-group-changes.yaml",
        "scalar expression named 'MemberAccount'",
    ),
    // The column of `EmailAttachmentInfo` is `FileExtension`.
    (
        "rules/phishing-attachment-patterns.yaml",
        "scalar expression named 'AttachmentFileExtension'",
    ),
];

/// What was refused in a deployment: the file and the service's words.
fn refused(report: &Value) -> Vec<(String, String)> {
    let outcomes = report["targets"][0]["outcomes"].as_array();
    let failed = outcomes.into_iter().flatten();
    let failed = failed.filter(|one| one["status"] != "applied");
    let told = failed.map(|one| {
        let file = one["file"].as_str().expect("a file").to_owned();
        (file, one["error"]["causes"].to_string())
    });
    told.collect()
}

#[test]
fn the_corpus_imports_validates_deploys_and_plans_to_nothing() {
    let Some(shared) = std::env::var_os("RULEPOST_SHARED") else {
        println!("skipped: RULEPOST_SHARED is not set");
        return;
    };
    let project = tempfile::tempdir().expect("a folder");
    let run = |args: &[&str]| {
        Rulepost::in_dir(project.path())
            .args(args.iter().copied())
            .run()
    };
    let corpus = Path::new(&shared).join("corpus").join("arm");
    let out = run(&[
        "import",
        &corpus.to_string_lossy(),
        "-o",
        "rules",
        "--format",
        "json",
    ]);
    assert_eq!(out.code, 0, "{}", out.stderr);
    let report: Value = serde_json::from_str(&out.stdout).expect("JSON");
    let imported = report["files"].as_array().expect("a list").len();
    let broken = broken_queries(&run(&["validate", "rules", "--format", "json"]).stdout);
    assert!(
        broken
            .iter()
            .all(|file| BROKEN_QUERIES.contains(&file.as_str())),
        "every other imported file validates at no error: {broken:?}"
    );
    for file in &broken {
        std::fs::remove_file(project.path().join(file)).expect("imported");
    }
    let imported = imported - broken.len();
    // More than the quota of enabled rules; switched off they are all taken.
    for name in files(&project.path().join("rules")) {
        let path = project.path().join("rules").join(name);
        let text = std::fs::read_to_string(&path).expect("imported");
        std::fs::write(
            &path,
            text.replace("\nenabled: true\n", "\nenabled: false\n"),
        )
        .expect("ours");
    }
    let local = ["--workspace", "demo", "--cloud", "local"];
    let deploy = |more: &[&str]| {
        let out = Rulepost::in_dir(project.path())
            .args(["deploy", "rules", "--format", "json", "--yes-many"])
            .args(local)
            .args(more.iter().copied())
            .run();
        let report: Value = serde_json::from_str(&out.stdout).expect("JSON");
        let count = |key: &str| {
            report["targets"][0]["plan"]["summary"][key]
                .as_u64()
                .expect("a number")
        };
        let counts = (
            count("create"),
            count("update"),
            count("mark"),
            count("unchanged"),
        );
        (counts, refused(&report))
    };
    let (first, refused) = deploy(&["--yes"]);
    for (file, words) in &refused {
        let known = |(name, part): &&(&str, &str)| name == file && words.contains(part);
        assert!(
            REFUSED.iter().any(|one| known(&one)),
            "{file} is refused: {words}"
        );
    }
    let (again, _) = deploy(&["--dry-run"]);
    println!(
        "{imported} rules imported, {} deployed, {} refused by the service",
        again.3, again.0
    );
    assert_eq!(first.0, imported as u64);
    assert_eq!(
        (again.1, again.2, again.0 + again.3),
        (0, 0, imported as u64),
        "what was deployed plans to nothing"
    );
    assert_eq!(again.0, refused.len() as u64, "every other is deployed");
    let out = Rulepost::in_dir(project.path())
        .args(["import", "-o", "rules", "--format", "json"])
        .args(local)
        .run();
    let report: Value = serde_json::from_str(&out.stdout).expect("JSON");
    let live = report["files"].as_array().expect("a list");
    assert!(
        live.iter().all(|file| file["status"] == "unchanged") && live.len() as u64 == again.3,
        "{report:#}"
    );
}
