//! The README's tables say what the program says.

use crate::support::Rulepost;

/// The first column of the table under a heading of the README, without backticks.
fn column(heading: &str) -> Vec<String> {
    let readme = include_str!("../../README.md");
    let section = readme
        .split(&format!("\n## {heading}\n"))
        .nth(1)
        .expect("the README has the heading");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    let cells = rows.filter_map(|row| row.split('|').nth(1));
    cells
        .map(|cell| cell.trim().trim_matches('`').to_owned())
        .collect()
}

#[test]
fn the_exit_codes_are_those_of_help() {
    let help = Rulepost::new().args(["--help"]).run().stdout;
    let list = help
        .split("Exit codes:")
        .nth(1)
        .expect("help lists the exit codes");
    let list = list.replace('\n', " ");
    let codes = list
        .split(", ")
        .filter_map(|item| item.split_whitespace().next());
    let codes: Vec<&str> = codes.collect();
    assert_eq!(column("Exit codes"), codes);
}

#[test]
fn the_commands_are_those_of_help() {
    let mut table = column("Commands");
    let mut commands = crate::cli::help::commands();
    table.sort();
    commands.sort();
    assert_eq!(table, commands);
}
