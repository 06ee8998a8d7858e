//! `[schema]` of `rulepost.toml` and `schema pull`: what the workspace has is known, and the rest is wrong.

use serde_json::{Value, json};

use super::validate::SOUND;
use crate::support::{Emulator, Rulepost};

/// A rule over a custom table, a saved function and a watchlist.
fn custom() -> String {
    let (head, rest) = SOUND.split_once("query: |\n").expect("it has a query");
    let tail = rest.split_once("entityMappings").expect("it has one").1;
    format!(
        "{head}query: |
  Contoso_CL
  | where ingestion_time() > ago(1h)
  | join kind=inner (Staff(1d)) on $left.User_s == $right.User
  | join kind=leftanti (_GetWatchlist('vip') | project User) on $left.User_s == $right.User
  | summarize Failures = count(), StartTime = min(TimeGenerated) by IPAddress
entityMappings{tail}"
    )
}

/// The same as a seed of the emulator has it.
fn seed() -> Value {
    json!({"workspaces": [{"name": "demo", "schema": {
        "tables": {"Contoso_CL": {"TimeGenerated": "datetime", "User_s": "string", "IPAddress": "string"}},
        "addedColumns": {"SigninLogs": {"Team_CF": "string"}},
        "functions": [
            {"name": "Staff", "parameters": "(since:timespan)", "body": "SigninLogs | where TimeGenerated > ago(since) | distinct User = UserPrincipalName"},
        ],
        "watchlists": {"vip": ["User", "Reason"], "Hosts": ["Host"]},
    }}]})
}

const DECLARED: &str = "\
[schema.tables.Contoso_CL]
User_s = 'string'
IPAddress = 'string'

[schema.functions.Staff]
parameters = '(since:timespan)'
columns = { User = 'string' }

[schema.watchlists]
vip = ['User', 'Reason']
";

#[test]
fn what_the_configuration_declares_is_known_everywhere() {
    let project = tempfile::tempdir().expect("a temporary folder");
    let run = || {
        Rulepost::in_dir(project.path())
            .file("rules/a.yaml", custom())
            .file("rulepost.toml", DECLARED)
    };
    let out = run().args(["validate"]).run();
    assert_eq!(
        (out.code, &*out.stdout),
        (0, "no findings: 1 rule in 1 file\n")
    );
    let wrong = custom()
        .replace("User_s ==", "Usr_s ==")
        .replace("Staff(1d)", "Staff(1)");
    let out = run().file("rules/a.yaml", wrong).args(["validate"]).run();
    insta::assert_snapshot!("declared-wrong", out.stdout);
    let query = "Contoso_CL | project TimeGenerated, User_s | join (_GetWatchlist('vip')) on $left.User_s == $right.User";
    let out = run().args(["kql", "check", "-"]).stdin(query).run();
    assert_eq!((out.code, &*out.stdout), (0, ""));
}

#[test]
fn a_declaration_that_cannot_be_used_is_told() {
    for (declared, told) in [
        (
            "[schema.tables.A_CL]\nx = 'text'\n",
            "column `x` of `A_CL` has the type `text`",
        ),
        (
            "[schema.functions.f]\nparameters = '(a)'\n",
            "the parameters of function `f` cannot be read",
        ),
        (
            "[schema]\nfile = 'nowhere.json'\n",
            "cannot read `nowhere.json`",
        ),
    ] {
        let out = Rulepost::new()
            .file("rules/a.yaml", SOUND)
            .file("rulepost.toml", declared)
            .args(["validate"])
            .run();
        assert_eq!(out.code, 1, "{out:?}");
        assert!(out.stderr.contains(told), "{}", out.stderr);
    }
}

#[test]
fn a_pulled_schema_makes_unknown_names_errors() {
    let emulator = Emulator::seeded(&seed());
    let project = tempfile::tempdir().expect("a temporary folder");
    let run = |args: &[&str]| {
        emulator
            .rulepost_in(project.path())
            .args(args.iter().copied())
            .run()
    };
    let write = |text: &str| {
        std::fs::create_dir_all(project.path().join("rules")).expect("it is ours");
        std::fs::write(project.path().join("rules/a.yaml"), text).expect("it is ours");
    };
    write(&custom());
    let before = run(&["validate"]);
    assert_eq!(before.code, 0, "{before:?}");
    assert!(
        before.stdout.contains("warning[kql-unknown-table]"),
        "{before:?}"
    );
    let checked = run(&["schema", "pull", "--check"]);
    assert_eq!(checked.code, 3, "{checked:?}");
    assert!(!project.path().join("workspace-schema.json").exists());
    let pulled = run(&["schema", "pull"]);
    assert_eq!(pulled.code, 0, "{pulled:?}");
    insta::assert_snapshot!("pulled", format!("{}{}", pulled.stdout, pulled.stderr));
    let after = run(&["validate"]);
    assert_eq!(
        (after.code, &*after.stdout),
        (0, "no findings: 1 rule in 1 file\n")
    );
    // The rule that the checks take, the service takes too.
    let deployed = run(&["deploy", "--yes", "-q"]);
    assert_eq!(deployed.code, 0, "{deployed:?}");
    let wrong = custom()
        .replace("Staff(1d)", "Staf(1d)")
        .replace("'vip'", "'vips'")
        .replace("Contoso_CL", "Contoso2_CL");
    write(&wrong);
    let refused = run(&["validate"]);
    assert_eq!(refused.code, 3, "{refused:?}");
    insta::assert_snapshot!("pulled-wrong", refused.stdout);
    let deployed = run(&["deploy", "--yes"]);
    assert_eq!(
        deployed.code, 3,
        "nothing that is known to fail is sent: {deployed:?}"
    );
}

#[test]
fn a_pull_is_the_same_every_time_and_tells_what_changed() {
    let emulator = Emulator::seeded(&seed());
    let project = tempfile::tempdir().expect("a temporary folder");
    let run = |args: &[&str]| {
        emulator
            .rulepost_in(project.path())
            .args(args.iter().copied())
            .run()
    };
    let file = || {
        std::fs::read_to_string(project.path().join("workspace-schema.json")).expect("it is there")
    };
    assert_eq!(run(&["schema", "pull"]).code, 0);
    let first = file();
    assert!(!first.contains("subscriptions"), "it names no workspace");
    let again = run(&["schema", "pull"]);
    assert_eq!((again.code, &*again.stdout), (0, ""));
    assert_eq!(file(), first);
    assert_eq!(run(&["schema", "pull", "--check"]).code, 0);
    let more = json!({"workspaces": [{"name": "demo", "schema": {
        "tables": {"Contoso_CL": {"TimeGenerated": "datetime"}, "Fabrikam_CL": {"x": "long"}},
        "watchlists": {"Hosts": ["Host", "Site"]},
    }}]});
    let seeded = emulator.admin(reqwest::Method::POST, "/seed", Some(&more));
    assert_eq!(seeded.status, 204, "{seeded:?}");
    let stale = run(&["schema", "pull", "--check"]);
    assert_eq!(stale.code, 3, "{stale:?}");
    assert_eq!(
        stale.stdout,
        "~ table Contoso_CL\n+ table Fabrikam_CL\n~ watchlist Hosts\n"
    );
    assert_eq!(file(), first, "`--check` writes nothing");
}

#[test]
fn a_target_has_a_schema_of_its_own() {
    let emulator = Emulator::seeded(&json!({"workspaces": [{"name": "demo"}, {"name": "second"}]}));
    let group = emulator.ready["resource_group"]
        .as_str()
        .expect("it has one");
    let config = format!(
        "[schema.tables.Contoso_CL]\nUser_s = 'string'\nIPAddress = 'string'\n\
         [targets.prod]\nworkspace = 'second'\nresource-group = '{group}'\nschema = 'schemas/second.json'\n"
    );
    let rule = SOUND.replace("  SigninLogs\n", "  Fabrikam_CL\n");
    let project = tempfile::tempdir().expect("a temporary folder");
    let run = |args: &[&str]| {
        emulator
            .rulepost_in(project.path())
            .file("rulepost.toml", &config)
            .file("rules/a.yaml", &rule)
            .args(args.iter().copied())
            .run()
    };
    let pulled = run(&["schema", "pull", "--target", "prod"]);
    assert_eq!(pulled.code, 0, "{pulled:?}");
    assert!(project.path().join("schemas/second.json").exists());
    // Nothing but a warning where the schema is not that of the target.
    assert_eq!(run(&["validate"]).code, 0);
    let refused = run(&["deploy", "--target", "prod", "--dry-run"]);
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(
        refused.stderr.contains("error[kql-unknown-table]"),
        "{}",
        refused.stderr
    );
}

#[test]
fn tests_run_what_saved_functions_compute() {
    let config = "\
[schema.functions.Failed]
parameters = '(least:long = 2)'
body = '''
SigninLogs
| where ResultType != \"0\" // all but success
| summarize Failures = count() by IPAddress
| where Failures >= least'''
";
    let (head, rest) = SOUND.split_once("query: |\n").expect("it has a query");
    let tail = rest.split_once("entityMappings").expect("it has one").1;
    let rule = format!("{head}query: |\n  Failed(3)\nentityMappings{tail}");
    let cases = "\
now: 2026-11-20T12:00:00Z
cases:
  - name: three failures
    rows:
      SigninLogs: [{ at: 30m, repeat: 3, row: { ResultType: '50126', IPAddress: 203.0.113.1 } }]
    expect: { results: 1, contains: [{ Failures: 3 }] }
  - name: two are too few
    rows:
      SigninLogs: [{ at: 30m, repeat: 2, row: { ResultType: '50126', IPAddress: 203.0.113.1 } }]
    expect: { results: 0 }
";
    let out = Rulepost::new()
        .file("rulepost.toml", config)
        .file("rules/a.yaml", rule)
        .file("rules/a.test.yaml", cases)
        .args(["test"])
        .run();
    assert_eq!(out.code, 0, "{out:?}");
    assert!(out.stdout.contains("2 cases passed"), "{}", out.stdout);
}
