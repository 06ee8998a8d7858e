//! The `--help` of every command, as goldens, so that a change of the surface is seen.

use crate::support::Rulepost;

/// The commands that `--help` lists.
pub(crate) fn commands() -> Vec<String> {
    let help = Rulepost::new().args(["--help"]).run().stdout;
    let commands = listed(&help);
    assert!(!commands.is_empty(), "help lists the commands");
    commands
}

/// The commands that a help text lists, if any.
fn listed(help: &str) -> Vec<String> {
    let Some(list) = help.split("Commands:").nth(1) else {
        return Vec::new();
    };
    let lines = list
        .lines()
        .skip(1)
        .take_while(|line| !line.trim().is_empty());
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_help_text_is_as_recorded() {
    insta::assert_snapshot!("help", Rulepost::new().args(["--help"]).run().stdout);
    for command in commands() {
        let out = Rulepost::new().args([command.as_str(), "--help"]).run();
        assert_eq!(out.code, 0, "{out:?}");
        for part in listed(&out.stdout).iter().filter(|part| *part != "help") {
            let out = Rulepost::new()
                .args([command.as_str(), part, "--help"])
                .run();
            assert_eq!(out.code, 0, "{out:?}");
            insta::assert_snapshot!(format!("help-{command}-{part}"), out.stdout);
        }
        insta::assert_snapshot!(format!("help-{command}"), out.stdout);
    }
}

#[test]
fn every_command_shows_examples() {
    for command in commands() {
        let out = Rulepost::new().args([command.as_str(), "--help"]).run();
        assert!(
            out.stdout.contains("Examples:") || out.stdout.contains("Commands:"),
            "{command} has no examples"
        );
    }
}
