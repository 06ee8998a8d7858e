//! The deployment guide: its local commands run and end with what it shows, and its links lead somewhere.

use std::path::Path;

use crate::support::Rulepost;

const GUIDE: &str = include_str!("../../../docs/sftp-guide.md");

/// The blocks of one language.
fn blocks(language: &str) -> Vec<String> {
    let text = GUIDE.replace("\r\n", "\n");
    let fence = format!("```{language}\n");
    let blocks = text.split(&fence).skip(1);
    blocks
        .map(|rest| rest.split("\n```").next().unwrap_or_default().to_owned())
        .collect()
}

/// Copies the files below a folder.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("the project folder is ours");
    for entry in std::fs::read_dir(from).expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        let target = to.join(path.file_name().expect("an entry has a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("the project folder is ours");
        }
    }
}

#[test]
fn what_works_without_azure_works_as_written() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    copy(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"),
        &folder.path().join("rules"),
    );
    let run = |line: &str| {
        let args = line
            .strip_prefix("rulepost ")
            .expect("a command of ours")
            .split(' ');
        let out = Rulepost::in_dir(folder.path()).args(args).run();
        assert_eq!(out.code, 0, "{line}: {}{}", out.stdout, out.stderr);
        format!("{}{}", out.stdout, out.stderr)
    };
    let commands = blocks("sh");
    let shown = blocks("text");
    let mut last = String::new();
    let mut told = String::new();
    for line in commands[0].lines() {
        told = run(line);
        line.clone_into(&mut last);
    }
    assert!(last.contains("--cloud local"), "{last}");
    for line in shown[0].lines() {
        assert!(told.contains(line), "{line:?} is not in\n{told}");
    }
    assert!(folder.path().join("coverage.html").is_file());
    let again = run(&last);
    assert!(again.contains(shown[1].trim()), "{again}");
}

/// A line without its times and the number of the incident: they are those of the day it was run.
fn timeless(line: &str) -> String {
    let is_time = |word: &str| {
        let word = word.trim_end_matches(['.', ',']);
        word.len() > 20 && word.ends_with('Z') && word.as_bytes()[10] == b'T'
    };
    let words = line.split(' ').map(|word| {
        if is_time(word) {
            "TIME"
        } else if word.starts_with('#') {
            "#"
        } else {
            word
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_attack_on_the_own_machine_goes_as_shown() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    copy(&root.join("rules"), &folder.path().join("rules"));
    let samples = folder.path().join("docs/samples");
    copy(&root.join("docs/samples"), &samples);
    let commands = blocks("sh");
    let commands = commands
        .iter()
        .find(|block| block.contains("emulator ingest"))
        .expect("the guide has the attack");
    let mut told = String::new();
    for line in commands.lines() {
        let args = line.strip_prefix("rulepost ").expect("a command of ours");
        let out = Rulepost::in_dir(folder.path()).args(args.split(' ')).run();
        assert_eq!(out.code, 0, "{line}: {}{}", out.stdout, out.stderr);
        told.push_str(&out.stdout);
    }
    let told: Vec<String> = told.lines().map(timeless).collect();
    let shown = blocks("text");
    let shown = shown
        .iter()
        .skip_while(|block| !block.contains("rows into StorageBlobLogs"))
        .take(3);
    let mut count = 0;
    for line in shown.flat_map(|block| block.lines()) {
        count += 1;
        let line = timeless(line);
        // How a session falls on two runs depends on when the rules were deployed.
        let line = line.split(": 12 alerts").next().unwrap_or_default();
        assert!(
            told.iter().any(|told| told.starts_with(line)),
            "{line:?} is not in\n{}",
            told.join("\n")
        );
    }
    assert!(count > 15, "only {count} lines are shown");
}

#[test]
fn files_and_rules_it_names_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for target in GUIDE
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
    {
        let target = target.split('#').next().unwrap_or_default();
        if !target.is_empty() {
            assert!(root.join("docs").join(target).exists(), "{target}");
        }
    }
    for file in GUIDE
        .split("arm/")
        .skip(1)
        .filter_map(|rest| rest.split(".json").next())
    {
        assert!(root.join(format!("arm/{file}.json")).is_file(), "{file}");
    }
    let names: Vec<String> = super::records()
        .iter()
        .map(|record| super::text(record, "name"))
        .collect();
    for line in GUIDE.lines().filter(|line| line.starts_with("| `")) {
        for name in line
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|name| name.contains(' '))
        {
            assert!(
                names.iter().any(|known| known == name),
                "there is no rule `{name}`"
            );
        }
    }
}

#[test]
fn the_target_of_the_guide_is_a_plan_with_its_values() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    copy(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"),
        &folder.path().join("rules"),
    );
    let config = blocks("toml")[0].replace("WORKSPACE", "demo");
    std::fs::write(folder.path().join("rulepost.toml"), config)
        .expect("the project folder is ours");
    let run = |args: &[&str]| {
        let common = ["deploy", "--target", "prod", "--cloud", "local"];
        let out = Rulepost::in_dir(folder.path())
            .args(common.iter().chain(args).copied())
            .run();
        assert_eq!(out.code, 0, "{}{}", out.stdout, out.stderr);
    };
    run(&["--yes"]);
    // Nothing is left to be done: an exit code of 4 would tell a difference.
    run(&["--dry-run", "--exit-code"]);
    let out = Rulepost::in_dir(folder.path())
        .args(["deploy", "-w", "demo", "--cloud", "local", "--dry-run"])
        .run();
    assert!(
        out.stdout.contains("FileThreshold = 500"),
        "{}{}",
        out.stdout,
        out.stderr
    );
    assert!(out.stdout.contains("203.0.113.0/24"), "{}", out.stdout);
}
