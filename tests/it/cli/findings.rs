//! What becomes of findings: the formats of `validate`, levels, ignore comments and the baseline, with exit codes.

use serde_json::Value;

use super::validate::SOUND;
use crate::support::{Output, Rulepost};

/// The sound rule under another id and name, with a query of its own and with changes.
fn rule(number: u8, changes: &[(&str, &str)]) -> String {
    let mut text = SOUND
        .replace("9f6e64e5", &format!("0000000{number}"))
        .replace("Many failed logins", &format!("Rule {number}"))
        .replace(
            "  SigninLogs\n",
            &format!("  SigninLogs\n  | where AppId == 'app {number}' and Location == 'place {number}'\n  | extend Own{number} = strcat(AppId, Location)\n"),
        );
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    text
}

const NO_REFERENCES: (&str, &str) = (
    "rulepost:\n  references:\n    - https://attack.mitre.org/techniques/T1110/\n",
    "",
);

/// One file of each sort: an error, a warning that can be repaired, a note, two that are no rules, a clean one.
fn folder() -> Rulepost {
    Rulepost::new()
        .file("rules/clean.yaml", SOUND)
        .file(
            "rules/error.yaml",
            rule(1, &[("severity: Medium", "severity: Critical")]),
        )
        .file(
            "rules/warning.yaml",
            rule(2, &[("severity: Medium", "severity: medium")]),
        )
        .file("rules/note.yaml", rule(3, &[NO_REFERENCES]))
        .file("rules/hunt.yaml", "id: a\nname: b\nquery: T\n")
        .file("rules/later.yaml", "# to be written\n")
}

fn validate(project: Rulepost, args: &[&str]) -> Output {
    project.args(["validate"]).args(args.iter().copied()).run()
}

#[test]
fn every_format_tells_the_same_folder() {
    for format in ["human", "json", "sarif", "junit", "github", "markdown"] {
        let out = validate(folder(), &["--format", format]);
        assert_eq!(out.code, 3, "{format}: {}", out.stderr);
        let text = out.stdout.replace(env!("CARGO_PKG_VERSION"), "[VERSION]");
        insta::assert_snapshot!(format!("findings-{format}"), text);
        let expected = if format == "human" {
            "skipped rules/hunt.yaml:1: hunting query\nskipped rules/later.yaml:1: only comments\n"
        } else {
            ""
        };
        assert_eq!(out.stderr, expected, "{format}");
    }
}

#[test]
fn a_folder_without_files_is_told() {
    let project = Rulepost::new().file("rules/a.test.yaml", "cases: []\n");
    let out = validate(project, &[]);
    assert_eq!(
        (out.code, &*out.stdout),
        (0, "no findings: 0 rules in 0 files\n")
    );
    assert_eq!(out.stderr, "nothing to check: no YAML file in `rules`\n");
}

#[test]
fn repairs_and_the_layout_agree_on_durations() {
    let text = rule(
        1,
        &[
            ("queryFrequency: 1h", "queryFrequency: PT60M  # hourly"),
            ("queryPeriod: 2h", "queryPeriod: 2 hours"),
        ],
    );
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let run = |args: &[&str]| {
        Rulepost::in_dir(folder.path())
            .args(args.iter().copied())
            .run()
    };
    let file = folder.path().join("a.yaml");
    let mut texts = Vec::new();
    for command in [&["validate", "--fix", "a.yaml"][..], &["fmt", "a.yaml"][..]] {
        std::fs::write(&file, &text).expect("the folder is ours");
        assert_eq!(run(command).code, 0);
        let written = std::fs::read_to_string(&file).expect("it is there");
        let lines = written
            .lines()
            .filter(|line| line.starts_with("query") && !line.ends_with('|'));
        let lines: Vec<String> = lines.map(str::to_owned).collect();
        assert_eq!(
            lines,
            ["queryFrequency: 1h  # hourly", "queryPeriod: 2h"],
            "{command:?}"
        );
        texts.push(lines);
        let again = run(&["validate", "--fix", "--notes", "a.yaml"]);
        assert!(again.stderr.contains("0 repairs made"), "{}", again.stderr);
        assert!(!again.stdout.contains("duration"), "{}", again.stdout);
    }
    assert_eq!(texts[0], texts[1]);
}

#[test]
fn the_sarif_of_a_run_is_valid_by_the_standards_own_schema() {
    let schema = include_str!("../../fixtures/sarif/sarif-schema-2.1.0.json");
    // One pattern of the schema has a lone `]`, which the validator's expressions do not take.
    let schema = schema.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}\\\\]?$");
    let schema: Value = serde_json::from_str(&schema).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is a schema");
    let out = validate(folder(), &["--format", "sarif"]);
    let log: Value = serde_json::from_str(&out.stdout).expect("the log is JSON");
    let errors: Vec<String> = validator
        .iter_errors(&log)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, Vec::<String>::new());
    let results = log["runs"][0]["results"].as_array().expect("a list");
    assert_eq!(results.len(), 3);
}

/// A file, a configuration, flags; the exit code and the findings they lead to.
type Case<'a> = (&'a str, &'a str, &'a [&'a str], i32, &'a [&'a str]);

/// `level code` of every finding of one file.
fn levels(file: &str, config: &str, args: &[&str]) -> (i32, Vec<String>) {
    let project = Rulepost::new()
        .file("rules/a.yaml", file)
        .file("rulepost.toml", config);
    let mut all = vec!["--format", "json"];
    all.extend(args);
    let out = validate(project, &all);
    let report: Value = serde_json::from_str(&out.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}{}", out.stdout, out.stderr));
    let findings = report["findings"].as_array().expect("a list");
    let shown = findings.iter().map(|found| {
        let word = |key: &str| found[key].as_str().expect("a text").to_owned();
        format!("{} {}", word("level"), word("code"))
    });
    (out.code, shown.collect())
}

#[test]
fn flags_and_the_configuration_change_levels_and_with_them_the_exit_code() {
    let warned = rule(1, &[("severity: Medium", "severity: medium")]);
    let noted = rule(1, &[NO_REFERENCES]);
    let table: &[Case<'_>] = &[
        (&warned, "", &[], 0, &["warning value-spelling"]),
        (
            &warned,
            "",
            &["--deny", "warnings"],
            3,
            &["error value-spelling"],
        ),
        (
            &warned,
            "",
            &["--deny", "value-spelling"],
            3,
            &["error value-spelling"],
        ),
        (&warned, "", &["--allow", "value-spelling"], 0, &[]),
        (&warned, "", &["--allow", "warnings"], 0, &[]),
        (&noted, "", &[], 0, &["note missing-references"]),
        (
            &noted,
            "",
            &["--warn", "notes"],
            0,
            &["warning missing-references"],
        ),
        (
            &noted,
            "",
            &["--deny", "notes"],
            3,
            &["error missing-references"],
        ),
        (&noted, "", &["--allow", "notes"], 0, &[]),
        (
            &warned,
            "[lint.levels]\nvalue-spelling = \"error\"\n",
            &[],
            3,
            &["error value-spelling"],
        ),
        (
            &warned,
            "[lint.levels]\nvalue-spelling = \"allow\"\n",
            &[],
            0,
            &[],
        ),
        (
            &noted,
            "[lint.levels]\nmissing-references = \"warning\"\n",
            &[],
            0,
            &["warning missing-references"],
        ),
        // A flag wins over the file.
        (
            &warned,
            "[lint.levels]\nvalue-spelling = \"error\"\n",
            &["--warn", "value-spelling"],
            0,
            &["warning value-spelling"],
        ),
        (
            &warned,
            "[lint.levels]\nvalue-spelling = \"allow\"\n",
            &["--deny", "value-spelling"],
            3,
            &["error value-spelling"],
        ),
    ];
    for (file, config, args, code, expected) in table {
        let (exit, shown) = levels(file, config, args);
        assert_eq!(
            (exit, shown),
            (*code, expected.iter().map(|s| (*s).to_owned()).collect()),
            "{config} {args:?}"
        );
    }
}

#[test]
fn a_level_for_what_does_not_exist_or_cannot_change_is_an_error_of_the_command() {
    for (args, config, code, told) in [
        (
            &["--deny", "value-speling"][..],
            "",
            2,
            "did you mean `value-spelling`?",
        ),
        (
            &["--allow", "invalid-severity"][..],
            "",
            2,
            "always an error",
        ),
        (
            &[][..],
            "[lint.levels]\nvalue-speling = \"error\"\n",
            2,
            "did you mean `value-spelling`?",
        ),
        (
            &[][..],
            "[lint.levels]\nvalue-spelling = \"loud\"\n",
            1,
            "loud",
        ),
    ] {
        let project = Rulepost::new()
            .file("rules/a.yaml", SOUND)
            .file("rulepost.toml", config);
        let out = validate(project, args);
        assert_eq!(out.code, code, "{args:?} {config}: {}", out.stderr);
        assert!(out.stderr.contains(told), "{args:?}: {}", out.stderr);
        assert_eq!(out.stdout, "");
    }
}

#[test]
fn a_comment_accepts_one_finding_and_is_told_when_it_accepts_none() {
    let with = |line: &str| rule(1, &[("severity: Medium", line)]);
    let table: &[(&str, i32, &[&str])] = &[
        (
            "severity: medium # rulepost: ignore[value-spelling] as our export writes it",
            0,
            &[],
        ),
        (
            "# rulepost: ignore[value-spelling] as our export writes it\nseverity: medium",
            0,
            &[],
        ),
        (
            "severity: medium # rulepost: ignore[value-spelling]",
            0,
            &["warning ignore-without-reason"],
        ),
        (
            "severity: Medium # rulepost: ignore[value-spelling] as our export writes it",
            0,
            &["warning unused-ignore"],
        ),
        (
            "severity: medium # rulepost: ignore[value-speling] as our export writes it",
            0,
            &["warning value-spelling", "warning unused-ignore"],
        ),
        (
            "severity: medium # rulepost: ignore[value-spelling,key-spelling] as our export writes it",
            0,
            &["warning unused-ignore"],
        ),
        // What makes a rule unusable stays.
        (
            "severity: Critical # rulepost: ignore[invalid-severity] we say so",
            3,
            &["error invalid-severity", "warning unused-ignore"],
        ),
    ];
    for (line, code, expected) in table {
        let (exit, shown) = levels(&with(line), "", &[]);
        assert_eq!(
            (exit, shown),
            (*code, expected.iter().map(|s| (*s).to_owned()).collect()),
            "{line}"
        );
    }
    // Denied as other warnings are, and the misspelt code has its neighbour named.
    let text = with("severity: Medium # rulepost: ignore[value-speling] x");
    let (exit, shown) = levels(&text, "", &["--deny", "unused-ignore"]);
    assert_eq!((exit, shown), (3, vec!["error unused-ignore".to_owned()]));
    let out = validate(Rulepost::new().file("rules/a.yaml", text), &[]);
    assert!(
        out.stdout
            .contains("no check of rule files is called `value-speling`"),
        "{}",
        out.stdout
    );
    assert!(
        out.stdout.contains("did you mean `value-spelling`?"),
        "{}",
        out.stdout
    );
}

#[test]
fn a_baseline_accepts_what_is_known_and_nothing_new_and_tells_what_is_gone() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let write = |name: &str, text: &str| {
        std::fs::create_dir_all(folder.path().join("rules")).expect("the folder is ours");
        std::fs::write(folder.path().join(name), text).expect("the folder is ours");
    };
    let run = |args: &[&str]| validate(Rulepost::in_dir(folder.path()), args);
    write(
        "rules/a.yaml",
        &rule(1, &[("severity: Medium", "severity: Critical")]),
    );
    write(
        "rules/b.yaml",
        &rule(2, &[("severity: Medium", "severity: medium")]),
    );

    let out = run(&["--write-baseline", "known.json"]);
    assert_eq!(out.code, 0, "{}", out.stderr);
    assert_eq!(out.stderr, "2 findings accepted in known.json\n");

    let with = ["--baseline", "known.json", "--deny", "warnings"];
    let out = run(&with);
    assert_eq!(out.code, 0, "{}", out.stdout);
    assert_eq!(
        out.stdout,
        "no findings: 2 rules in 2 files, 2 accepted by the baseline\n"
    );
    assert_eq!(out.stderr, "");

    // The configuration can name it, beside itself.
    write("rulepost.toml", "[lint]\nbaseline = \"known.json\"\n");
    assert_eq!(run(&["--deny", "warnings"]).code, 0);

    // Lines above change nothing; what is new fails.
    let more = rule(
        1,
        &[
            ("severity: Medium", "severity: Critical"),
            ("triggerOperator: gt", "triggerOperator: often"),
        ],
    );
    write("rules/a.yaml", &format!("# ours\n{more}"));
    let out = run(&with);
    assert_eq!(out.code, 3, "{}", out.stdout);
    assert!(
        out.stdout.contains("error[invalid-trigger]"),
        "{}",
        out.stdout
    );
    assert!(!out.stdout.contains("invalid-severity"), "{}", out.stdout);

    // What was repaired or taken away is told; a file that was not looked at is not.
    write("rules/a.yaml", &rule(1, &[]));
    let gone = "known.json: `invalid-severity` no longer occurs in rules/a.yaml\n";
    let renew = "`--write-baseline known.json` writes the baseline anew\n";
    let out = run(&with);
    assert_eq!((out.code, out.stderr), (0, format!("{gone}{renew}")));
    let mut part = vec!["rules/b.yaml"];
    part.extend(with);
    let out = run(&part);
    assert_eq!((out.code, out.stderr.as_str()), (0, ""));
    std::fs::remove_file(folder.path().join("rules/b.yaml")).expect("it is ours");
    let out = run(&with);
    assert!(
        out.stderr
            .contains("`value-spelling` no longer occurs in rules/b.yaml\n"),
        "{}",
        out.stderr
    );
    assert_eq!(out.code, 0);

    // Machine formats say nothing of it on standard output.
    let mut json = vec!["--format", "json"];
    json.extend(with);
    let out = run(&json);
    assert!(
        serde_json::from_str::<Value>(&out.stdout).is_ok(),
        "{}",
        out.stdout
    );
    write("known.json", "{}");
    assert_eq!(run(&with).code, 1);
}
