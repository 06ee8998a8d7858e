//! Drift, in the four formats it has.

use serde::Serialize;

use crate::drift::Drift;
use crate::drift::Rule;
use crate::drift::State;
use crate::plan::diff::Moved;
use crate::plan::file::FieldV1;
use crate::plan::file::field;
use crate::plan::outcome::Failure;
use crate::report::plan::ADDED;
use crate::report::plan::ASIDE;
use crate::report::plan::CHANGED;
use crate::report::plan::REMOVED;
use crate::report::plan::STRONG;
use crate::report::plan::fields;
use crate::report::plan::title;

/// One workspace.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    /// Its name in the configuration, if it has one.
    pub(crate) name: Option<&'a str>,
    /// What drifted, unless it could not be found out.
    pub(crate) drift: Option<&'a Drift>,
    /// Why it could not.
    pub(crate) error: Option<&'a Failure>,
}

/// For people: each rule that is not in sync, then the counts.
pub(crate) fn human(drift: &Drift) -> String {
    let mut text = format!(
        "{STRONG}Drift of workspace `{}`{STRONG:#}\n\n",
        drift.workspace
    );
    for rule in drift.rules.iter().filter(|rule| is_shown(rule.state)) {
        let style = if rule.state.is_drift() {
            REMOVED
        } else {
            CHANGED
        };
        let place = rule.path.as_ref().unwrap_or(&rule.id);
        text.push_str(&format!(
            "{style}{}{style:#} {STRONG}{}{STRONG:#} {ASIDE}{place}{ASIDE:#}\n",
            rule.state.text(),
            title(&rule.title, &rule.id)
        ));
        if let Some(changed) = &rule.changed {
            text.push_str(&format!(
                "    {ASIDE}last changed by {} at {}{ASIDE:#}\n",
                title(&changed.by, "unknown"),
                changed.at
            ));
        }
        fields(&mut text, &rule.fields);
    }
    if !text.ends_with("\n\n") {
        text.push('\n');
    }
    let style = if drift.is_any() { REMOVED } else { ADDED };
    text.push_str(&format!("{style}{}{style:#}\n", sentence(drift)));
    text
}

/// What agrees, and what is not ours, is only counted.
fn is_shown(state: State) -> bool {
    !matches!(state, State::InSync | State::Foreign)
}

/// `Drift: 1 changed in the workspace, 24 in sync`.
fn sentence(drift: &Drift) -> String {
    let counts: Vec<String> = State::ALL
        .into_iter()
        .filter(|state| drift.count(*state) > 0)
        .map(|state| format!("{} {}", drift.count(state), state.text()))
        .collect();
    let none = if drift.is_any() { "" } else { "none, " };
    if counts.is_empty() {
        "Drift: none, no rules".to_owned()
    } else {
        format!("Drift: {none}{}", counts.join(", "))
    }
}

/// Markdown, for a comment or a step summary.
pub(crate) fn markdown(targets: &[Target<'_>]) -> String {
    let mut text = String::new();
    for target in targets {
        let heading = match (target.name, target.drift) {
            (Some(name), Some(drift)) => format!("`{name}` (workspace `{}`)", drift.workspace),
            (None, Some(drift)) => format!("workspace `{}`", drift.workspace),
            (name, None) => format!("`{}`", name.unwrap_or("workspace")),
        };
        text.push_str(&format!("## Drift of {heading}\n\n"));
        if let Some(error) = target.error {
            text.push_str(&format!("{}\n\n", escaped(&error.causes.join(": "))));
        }
        let Some(drift) = target.drift else { continue };
        text.push_str(&format!("{}\n\n", escaped(&sentence(drift))));
        let shown: Vec<&Rule> = drift
            .rules
            .iter()
            .filter(|rule| is_shown(rule.state))
            .collect();
        if shown.is_empty() {
            continue;
        }
        text.push_str("| rule | state | fields | changed by |\n| --- | --- | --- | --- |\n");
        for rule in shown {
            let moved: Vec<String> = rule
                .fields
                .iter()
                .map(|change| match change.moved {
                    Moved::Live | Moved::Both => format!("**{}**", change.field),
                    Moved::File | Moved::Unknown => change.field.to_string(),
                })
                .collect();
            let by = rule.changed.as_ref().map_or(String::new(), |changed| {
                format!("{} at {}", changed.by, changed.at)
            });
            text.push_str(&format!(
                "| {} | {} | {} | {} |\n",
                escaped(&title(&rule.title, &rule.id)),
                rule.state.text(),
                moved.join(", "),
                escaped(&by)
            ));
        }
        text.push('\n');
    }
    text
}

/// Text that Markdown does not read as markup, nor a table as a cell's end.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        if matches!(
            character,
            '|' | '*' | '_' | '<' | '>' | '[' | ']' | '\\' | '#'
        ) {
            out.push('\\');
        }
        out.push(if character.is_control() {
            ' '
        } else {
            character
        });
    }
    out
}

/// Workflow commands of GitHub: an annotation at the file of each rule that drifted.
pub(crate) fn github(targets: &[Target<'_>]) -> String {
    let mut text = String::new();
    for target in targets {
        if let Some(error) = target.error {
            text.push_str(&format!(
                "::error title=Drift::{}\n",
                data(&error.causes.join(": "))
            ));
        }
        let Some(drift) = target.drift else { continue };
        for rule in drift.rules.iter().filter(|rule| rule.state.is_drift()) {
            let file = rule
                .path
                .as_ref()
                .map_or(String::new(), |path| format!("file={},", property(path)));
            let fields: Vec<String> = rule
                .fields
                .iter()
                .map(|change| change.field.to_string())
                .collect();
            let fields = if fields.is_empty() {
                String::new()
            } else {
                format!(" ({})", fields.join(", "))
            };
            text.push_str(&format!(
                "::warning {file}title=Drift of workspace {}::{}\n",
                property(&drift.workspace),
                data(&format!(
                    "`{}` is {}{fields}",
                    title(&rule.title, &rule.id),
                    rule.state.text()
                ))
            ));
        }
        text.push_str(&format!("{}\n", data(&sentence(drift))));
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Names the format of the document below.
const SCHEMA: &str = "rulepost/drift/v1";

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DriftV1<'a> {
    schema: &'static str,
    drifted: bool,
    targets: Vec<TargetV1<'a>>,
}

#[derive(Debug, Serialize)]
struct TargetV1<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a [String]>,
    rules: Vec<RuleV1<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RuleV1<'a> {
    id: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    state: &'static str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    fields: Vec<FieldV1>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed_at: Option<&'a str>,
}

/// JSON, version 1. Members are only ever added.
pub(crate) fn json(targets: &[Target<'_>]) -> String {
    let document = DriftV1 {
        schema: SCHEMA,
        drifted: targets
            .iter()
            .any(|target| target.drift.is_some_and(Drift::is_any)),
        targets: targets
            .iter()
            .map(|target| TargetV1 {
                name: target.name,
                workspace: target.drift.map(|drift| drift.workspace.as_str()),
                error: target.error.map(|error| &error.causes[..]),
                rules: target
                    .drift
                    .map_or(&[][..], |drift| &drift.rules)
                    .iter()
                    .map(|rule| RuleV1 {
                        id: &rule.id,
                        title: &rule.title,
                        file: rule.path.as_deref(),
                        state: rule.state.as_str(),
                        fields: rule.fields.iter().map(field).collect(),
                        changed_by: rule.changed.as_ref().map(|changed| changed.by.as_str()),
                        changed_at: rule.changed.as_ref().map(|changed| changed.at.as_str()),
                    })
                    .collect(),
            })
            .collect(),
    };
    let mut text =
        serde_json::to_string_pretty(&document).expect("strings, numbers and lists are JSON");
    text.push('\n');
    text
}
