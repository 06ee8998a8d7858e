//! What became of a plan, for people.

use comfy_table::Table;

use crate::plan::outcome::Failure;
use crate::plan::outcome::Outcome;
use crate::plan::outcome::Status;
use crate::report::human::plural;
use crate::report::plan;
use crate::report::plan::ADDED;
use crate::report::plan::ASIDE;
use crate::report::plan::CHANGED;
use crate::report::plan::REMOVED;
use crate::report::plan::STRONG;

/// The actions in the order of the table, each with its word for the past.
const ACTIONS: &[(&str, &str)] = &[
    ("create", "created"),
    ("update", "updated"),
    ("adopt", "adopted"),
    ("enable", "enabled"),
    ("mark", "marked"),
    ("delete", "deleted"),
    ("forget", "forgotten"),
];

/// What was done, what was not, and why: first each rule that needs a person, then the table.
pub(crate) fn human(outcomes: &[Outcome]) -> String {
    format!("{}{}", trouble(outcomes), table(outcomes))
}

/// Each rule that needs a person.
pub(crate) fn trouble(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    for outcome in outcomes {
        told(&mut text, outcome);
    }
    text
}

/// One target of several.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    /// Its name.
    pub(crate) target: &'a str,
    /// What became of it, unless it could not be planned.
    pub(crate) outcomes: Option<&'a [Outcome]>,
    /// Rules that could not be planned.
    pub(crate) conflicts: usize,
}

/// All targets, one line each.
pub(crate) fn targets(rows: &[Row<'_>]) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["target", "changes", "done", "not done", "result"]);
    for row in rows {
        let Some(outcomes) = row.outcomes else {
            table.add_row([row.target, "-", "-", "-", "not reached"]);
            continue;
        };
        let done = outcomes.iter().filter(|one| one.status.is_done()).count();
        let left = outcomes.len() - done;
        let result = match (done, left, row.conflicts) {
            (0, 0, 0) => "nothing to do",
            (_, 0, 0) => "applied",
            (0, _, _) => "not applied",
            _ => "applied in part",
        };
        table.add_row([
            row.target.to_owned(),
            outcomes.len().to_string(),
            done.to_string(),
            left.to_string(),
            result.to_owned(),
        ]);
    }
    lines(&table)
}

/// The table without blanks at line ends.
fn lines(table: &Table) -> String {
    let lines: Vec<String> = table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    format!("{}\n", lines.join("\n"))
}

/// One line that says how it went; the last of a run.
pub(crate) fn sentence(outcomes: &[Outcome]) -> String {
    let done = outcomes.iter().filter(|one| one.status.is_done()).count();
    let of = plural(outcomes.len(), "change");
    let left: Vec<String> = [
        "conflict",
        "deferred",
        "failed",
        "skipped",
        "rolled-back",
        "switched-off",
        "not-rolled-back",
        "in-doubt",
        "not-started",
    ]
    .into_iter()
    .filter_map(|word| {
        let count = outcomes
            .iter()
            .filter(|one| one.status.as_str() == word)
            .count();
        (count > 0).then(|| format!("{count} {}", said(word)))
    })
    .collect();
    if left.is_empty() {
        format!("{ADDED}Applied {of}{ADDED:#}\n")
    } else {
        format!(
            "{REMOVED}Applied {done} of {of}{REMOVED:#}: {}\n",
            left.join(", ")
        )
    }
}

fn said(word: &str) -> String {
    match word {
        "conflict" => "in conflict".to_owned(),
        word => word.replace('-', " "),
    }
}

fn told(text: &mut String, outcome: &Outcome) {
    let place = outcome.path.as_ref().unwrap_or(&outcome.name);
    let name = plan::title(&outcome.title, &outcome.name);
    let mut head = |style: anstyle::Style, word: &str| {
        text.push_str(&format!(
            "{style}{word}{style:#} {STRONG}{name}{STRONG:#} {ASIDE}{place}{ASIDE:#}\n"
        ));
    };
    match &outcome.status {
        Status::Applied { recovered: false } | Status::RolledBack | Status::NotStarted => {}
        Status::Applied { recovered: true } => {
            head(CHANGED, "recovered");
            line(
                text,
                "the answer was lost; reading back shows that the rule is stored",
            );
        }
        Status::Waiting => {
            head(CHANGED, "waiting");
            line(
                text,
                "a table is missing; deployed switched off, a later run switches it on",
            );
        }
        Status::SkippedTable => {
            head(CHANGED, "skipped");
            line(text, "a table is missing; what is live was left as it was");
        }
        Status::SwitchedOff => {
            head(CHANGED, "switched off");
            line(
                text,
                "created and switched off again; deleting would block its id for about a day",
            );
        }
        Status::InDoubt => {
            head(CHANGED, "in doubt");
            line(
                text,
                "the run was ended while this was in flight; the next run sees what was stored",
            );
        }
        Status::Conflict { moved, gone } => {
            head(REMOVED, "conflict");
            if *gone {
                line(
                    text,
                    "the rule was deleted in the workspace since the plan was made",
                );
            } else {
                line(
                    text,
                    "the rule was changed in the workspace since the plan was made; it was left alone",
                );
            }
            plan::fields(text, moved);
            line(
                text,
                "help: look at the change and run again; `--force` overwrites it",
            );
        }
        Status::Deferred(failure) => {
            head(REMOVED, "deferred");
            say(text, failure);
        }
        Status::Failed(failure) => {
            head(REMOVED, "failed");
            say(text, failure);
        }
        Status::NotRolledBack(failure) => {
            head(REMOVED, "not rolled back");
            say(text, failure);
        }
    }
}

fn say(text: &mut String, failure: &Failure) {
    for (index, cause) in failure.causes.iter().enumerate() {
        let by = if index > 0 { "caused by: " } else { "" };
        line(text, &format!("{by}{cause}"));
    }
    for help in &failure.help {
        text.push_str(&format!("    {ASIDE}help: {help}{ASIDE:#}\n"));
    }
}

fn line(text: &mut String, line: &str) {
    text.push_str(&format!("    {line}\n"));
}

/// Actions against what became of them.
fn table(outcomes: &[Outcome]) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["", "planned", "done", "not done"]);
    for (action, past) in ACTIONS {
        let of_action: Vec<&Outcome> = outcomes
            .iter()
            .filter(|one| one.action == *action)
            .collect();
        if of_action.is_empty() {
            continue;
        }
        let done = of_action.iter().filter(|one| one.status.is_done()).count();
        table.add_row([
            (*past).to_owned(),
            of_action.len().to_string(),
            done.to_string(),
            (of_action.len() - done).to_string(),
        ]);
    }
    lines(&table)
}
