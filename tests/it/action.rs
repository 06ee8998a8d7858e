//! The GitHub Action: its steps are taken from `action.yml` and executed in a shell, against the emulator.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::cli::validate::SOUND;

/// What a runner gives an action, and the project it works on.
struct Runner {
    dir: TempDir,
}

/// How the action ended.
#[derive(Debug)]
struct Ended {
    code: i32,
    stdout: String,
    outputs: BTreeMap<String, String>,
    summary: String,
}

/// One step of `action.yml`: variables with their expressions, and the command.
#[derive(Debug, Default)]
struct Step {
    env: Vec<(String, String)>,
    run: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The defaults of the inputs, and the steps.
fn action() -> (BTreeMap<String, String>, Vec<Step>) {
    let text = std::fs::read_to_string(root().join("action.yml")).expect("the action");
    let (mut inputs, mut steps) = (BTreeMap::new(), Vec::<Step>::new());
    let (mut section, mut input) = (String::new(), String::new());
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        let (key, value) = line
            .trim()
            .split_once(": ")
            .unwrap_or((line.trim().trim_end_matches(':'), ""));
        match (indent, section.as_str()) {
            (0, _) => key.clone_into(&mut section),
            (2, "inputs") => key.clone_into(&mut input),
            (4, "inputs") if key == "default" => {
                inputs.insert(input.clone(), value.trim_matches('"').to_owned());
            }
            (4, "runs") if key.starts_with("- ") => steps.push(Step::default()),
            (6, "runs") if key == "run" => {
                value
                    .trim_matches('\'')
                    .clone_into(&mut steps.last_mut().expect("a step").run);
            }
            (8, "runs") => steps
                .last_mut()
                .expect("a step")
                .env
                .push((key.to_owned(), value.to_owned())),
            _ => {}
        }
    }
    assert!(
        steps.len() == 2 && steps.iter().all(|step| !step.run.is_empty()),
        "{steps:?}"
    );
    (inputs, steps)
}

impl Runner {
    fn new() -> Self {
        let runner = Self {
            dir: TempDir::with_prefix("rulepost-action-").expect("a folder"),
        };
        for folder in ["work/rules", "temp", "release", "bin"] {
            std::fs::create_dir_all(runner.path(folder)).expect("ours");
        }
        std::fs::write(runner.path("work/rules/a.yaml"), SOUND).expect("ours");
        runner
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A release as the release workflow makes it; the program in it hands on to the one under test.
    fn release(&self) {
        let version = env!("CARGO_PKG_VERSION");
        let name = format!("rulepost-{version}-x86_64-unknown-linux-musl");
        let folder = self.path("release").join(&name);
        std::fs::create_dir_all(&folder).expect("ours");
        let script = format!(
            "#!/bin/sh\nexec '{}' \"$@\"\n",
            env!("CARGO_BIN_EXE_rulepost")
        );
        std::fs::write(folder.join("rulepost"), script).expect("ours");
        let shell = format!(
            "chmod +x {name}/rulepost && tar -czf {name}.tar.gz {name} && sha256sum {name}.tar.gz > SHA256SUMS"
        );
        let made = Command::new("bash")
            .args(["-c", &shell])
            .current_dir(self.path("release"))
            .status();
        assert!(made.expect("bash starts").success());
    }

    /// Executes the action's steps with these inputs.
    fn run(&self, given: &[(&str, &str)]) -> Ended {
        let (mut inputs, steps) = action();
        inputs.extend(
            given
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        for file in ["output", "summary", "path"] {
            std::fs::write(self.path(file), "").expect("ours");
        }
        let mut ended = Ended {
            code: 0,
            stdout: String::new(),
            outputs: BTreeMap::new(),
            summary: String::new(),
        };
        for step in steps {
            let added = std::fs::read_to_string(self.path("path")).expect("ours");
            let path = std::env::var("PATH").expect("there is a path");
            let path: Vec<&str> = added.lines().chain([path.as_str()]).collect();
            let mut command = Command::new("bash");
            // As the runner starts `shell: bash`.
            command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &step.run]);
            command
                .current_dir(self.path("work"))
                .env_clear()
                .env("PATH", path.join(":"));
            command.env("HOME", self.dir.path()).env(
                "DOWNLOAD_URL",
                format!("file://{}", self.path("release").display()),
            );
            command
                .env("GITHUB_ACTION_PATH", root())
                .env("RUNNER_TEMP", self.path("temp"));
            command.env("RUNNER_OS", "Linux").env("RUNNER_ARCH", "X64");
            command
                .env("GITHUB_OUTPUT", self.path("output"))
                .env("GITHUB_STEP_SUMMARY", self.path("summary"));
            command.env("GITHUB_PATH", self.path("path"));
            for (name, expression) in &step.env {
                let input = expression
                    .trim_start_matches("${{ inputs.")
                    .trim_end_matches(" }}");
                let value = inputs
                    .get(input)
                    .unwrap_or_else(|| panic!("`{expression}` names no input or it is required"));
                command.env(name, value);
            }
            let out = command.output().expect("bash starts");
            ended.code = out.status.code().unwrap_or(-1);
            ended.stdout.push_str(&String::from_utf8_lossy(&out.stdout));
            ended.stdout.push_str(&String::from_utf8_lossy(&out.stderr));
            if ended.code != 0 {
                break;
            }
        }
        let outputs = std::fs::read_to_string(self.path("output")).expect("ours");
        ended.outputs = outputs
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        ended.summary = std::fs::read_to_string(self.path("summary")).expect("ours");
        ended
    }
}

#[test]
fn the_action_installs_a_release_whose_checksum_fits_and_no_other() {
    let runner = Runner::new();
    let out = runner.run(&[("command", "validate")]);
    assert!(
        out.code == 1
            && out
                .stdout
                .contains("::error title=rulepost::cannot download"),
        "{out:?}"
    );
    runner.release();
    let out = runner.run(&[("command", "validate")]);
    assert_eq!(out.code, 0, "{out:?}");
    let archive = format!(
        "release/rulepost-{}-x86_64-unknown-linux-musl.tar.gz",
        env!("CARGO_PKG_VERSION")
    );
    let mut bytes = std::fs::read(runner.path(&archive)).expect("made above");
    bytes.push(0);
    std::fs::write(runner.path(&archive), bytes).expect("ours");
    let out = runner.run(&[("command", "validate")]);
    assert!(
        out.code == 1 && out.stdout.contains("the checksum of rulepost-"),
        "{out:?}"
    );
}

#[test]
fn the_action_annotates_findings_and_leaves_sarif_and_a_summary() {
    let runner = Runner::new();
    runner.release();
    let broken = SOUND.replace("- CredentialAccess", "- Stealth");
    std::fs::write(runner.path("work/rules/a.yaml"), broken).expect("ours");
    let out = runner.run(&[("command", "validate")]);
    assert_eq!(out.code, 3, "{out:?}");
    assert!(
        out.stdout.contains("::error file=rules/a.yaml,line="),
        "{out:?}"
    );
    assert_eq!(
        (
            out.outputs["exit-code"].as_str(),
            out.outputs["pending"].as_str()
        ),
        ("3", "false")
    );
    let sarif = std::fs::read_to_string(&out.outputs["sarif"]).expect("SARIF");
    let sarif: serde_json::Value = serde_json::from_str(&sarif).expect("JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    assert!(
        results
            .iter()
            .any(|result| result["ruleId"] == "invalid-tactic"),
        "{sarif:#}"
    );
    assert!(out.summary.contains("invalid-tactic"), "{}", out.summary);
}

#[test]
fn the_action_plans_deploys_and_finds_nothing_more_to_do() {
    let runner = Runner::new();
    runner.release();
    let run = |command: &str, more: &[(&str, &str)]| {
        let mut inputs = vec![
            ("command", command),
            ("workspace", "demo"),
            ("cloud", "local"),
        ];
        inputs.extend(more);
        runner.run(&inputs)
    };
    let out = run("plan", &[]);
    assert_eq!(
        (out.code, out.outputs["pending"].as_str()),
        (0, "true"),
        "{out:?}"
    );
    assert!(
        out.summary.contains("### rulepost plan for demo")
            && out.summary.contains("Many failed logins"),
        "{out:?}"
    );
    let plan = std::fs::read_to_string(&out.outputs["plan"]).expect("the saved plan");
    assert!(plan.contains("\"create\""), "{plan}");
    let out = run("plan", &[("fail-on-pending", "true")]);
    assert_eq!(
        (out.code, out.outputs["exit-code"].as_str()),
        (4, "4"),
        "{out:?}"
    );
    let out = run("deploy", &[]);
    assert_eq!(out.code, 0, "{out:?}");
    let out = run(
        "plan",
        &[
            ("fail-on-pending", "true"),
            ("rules", "rules\n"),
            ("arguments", "--only\n*failed*\n"),
        ],
    );
    assert_eq!(
        (out.code, out.outputs["pending"].as_str()),
        (0, "false"),
        "{out:?}"
    );
    let out = run("explode", &[]);
    assert!(
        out.code == 2 && out.stdout.contains("`command` is `explode`; it can be"),
        "{out:?}"
    );
}

/// Runs a script of the action with a `gh` that notes what it was asked, and answers `id` to a list.
fn with_gh(script: &str, id: &str, env: &[(&str, &str)]) -> (String, String) {
    let runner = Runner::new();
    // Notes its arguments, and the files that fields are read from.
    let gh = format!(
        "#!/usr/bin/env bash\necho \"$*\" >>'{log}'\ncase \"$*\" in\n  *--method*) for field; do [[ $field != body=@* ]] || cat \"${{field#body=@}}\" >>'{log}'; done ;;\n  *) printf '%s\\n' '{id}' ;;\nesac\n",
        log = runner.path("gh.log").display(),
    );
    std::fs::write(runner.path("bin/gh"), gh).expect("ours");
    std::fs::write(
        runner.path("report.md"),
        "### rulepost plan\n\n```text\n1 to create\n```\n",
    )
    .expect("ours");
    let path = format!(
        "{}:{}",
        runner.path("bin").display(),
        std::env::var("PATH").expect("there is a path")
    );
    let shell = format!(
        "chmod +x '{}' && '{}'",
        runner.path("bin/gh").display(),
        root().join("action").join(script).display()
    );
    let mut command = Command::new("bash");
    command
        .args(["-c", &shell])
        .env("PATH", path)
        .env("REPORT", runner.path("report.md"));
    command.envs(env.iter().copied());
    let out = command.output().expect("bash starts");
    assert!(out.status.success(), "{out:?}");
    let log = std::fs::read_to_string(runner.path("gh.log")).expect("gh was asked");
    (String::from_utf8_lossy(&out.stdout).into_owned(), log)
}

#[test]
fn the_plan_is_one_comment_that_is_replaced() {
    let env = [
        ("KEY", "plan:demo"),
        ("REPOSITORY", "o/r"),
        ("NUMBER", "7"),
        ("GH_TOKEN", "x"),
    ];
    let (said, log) = with_gh("comment", "", &env);
    assert_eq!(said, "wrote the comment\n");
    assert!(
        log.contains("--method POST repos/o/r/issues/7/comments")
            && log.contains("<!-- rulepost:plan:demo -->"),
        "{log}"
    );
    assert!(log.contains("1 to create"), "{log}");
    let (said, log) = with_gh("comment", "41", &env);
    assert_eq!(said, "replaced comment 41\n");
    assert!(
        log.contains("--method PATCH repos/o/r/issues/comments/41"),
        "{log}"
    );
}

#[test]
fn drift_is_one_issue_that_is_opened_updated_and_closed() {
    let env = |pending: &'static str| {
        [
            ("KEY", "demo"),
            ("REPOSITORY", "o/r"),
            ("PENDING", pending),
            ("RUN_URL", "https://example.invalid/1"),
            ("GH_TOKEN", "x"),
        ]
    };
    let (said, log) = with_gh("issue", "", &env("true"));
    assert_eq!(said, "opened an issue\n");
    assert!(
        log.contains("rulepost: demo has drifted from git")
            && log.contains("https://example.invalid/1"),
        "{log}"
    );
    let (said, log) = with_gh("issue", "9", &env("true"));
    assert_eq!(said, "updated issue 9\n");
    assert!(log.contains("--method PATCH repos/o/r/issues/9"), "{log}");
    let (said, log) = with_gh("issue", "9", &env("false"));
    assert_eq!(said, "closed issue 9: nothing drifts any more\n");
    assert!(log.contains("--raw-field state=closed"), "{log}");
    assert_eq!(with_gh("issue", "", &env("false")).0, "nothing drifts\n");
}
