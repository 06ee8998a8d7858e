//! A plan for people: what would change and how, what stands in the way, what is left alone.
//!
//! Colour codes are always written; who prints drops them where they would not be seen.

mod value;

use anstyle::AnsiColor;
use anstyle::Style;

use crate::plan::Action;
use crate::plan::Change;
use crate::plan::Conflict;
use crate::plan::ConflictReason;
use crate::plan::Note;
use crate::plan::Plan;
use crate::plan::Unchanged;
use crate::plan::UpdateReason;
use crate::plan::diff::FieldChange;
use crate::plan::file::summary;
use crate::report::human::plural;

/// Green, for what is added.
pub(crate) const ADDED: Style = AnsiColor::Green.on_default();
/// Yellow, for what changes.
pub(crate) const CHANGED: Style = AnsiColor::Yellow.on_default();
/// Red, for what goes, and for what stands in the way.
pub(crate) const REMOVED: Style = AnsiColor::Red.on_default();
/// Dim, for what is said beside.
pub(crate) const ASIDE: Style = Style::new().dimmed();
/// Bold, for names.
pub(crate) const STRONG: Style = Style::new().bold();

/// Most foreign rules that are named; the others are counted.
const NAMED: usize = 10;

/// The whole plan.
pub(crate) fn human(plan: &Plan) -> String {
    let mut text = format!(
        "{STRONG}Plan for workspace `{}`{STRONG:#} {ASIDE}(resource group `{}`, source `{}`){ASIDE:#}\n\n",
        plan.workspace.name, plan.workspace.resource_group, plan.source.id
    );
    for one in &plan.changes {
        change(&mut text, one);
    }
    for one in &plan.conflicts {
        conflict(&mut text, one);
    }
    standing(&mut text, &plan.unchanged, Note::AutoDisabled);
    standing(&mut text, &plan.unchanged, Note::DisabledInWorkspace);
    standing(&mut text, &plan.unchanged, Note::TemplateKept);
    if !plan.orphans.is_empty() {
        let titles = plan.orphans.iter().map(|one| (&one.title, &one.name));
        let (is, them) = if plan.orphans.len() == 1 {
            ("rule has", "it")
        } else {
            ("rules have", "them")
        };
        text.push_str(&format!(
            "{CHANGED}{} owned {is} no file any more{CHANGED:#}; `--prune` deletes {them}\n",
            plan.orphans.len()
        ));
        names(&mut text, titles);
    }
    if !plan.foreign.is_empty() {
        let titles = plan.foreign.iter().map(|one| (&one.title, &one.name));
        let is = if plan.foreign.len() == 1 { "is" } else { "are" };
        text.push_str(&format!(
            "{ASIDE}{} {is} left alone{ASIDE:#}\n",
            plural(plan.foreign.len(), "rule of others")
                .replace("rule of otherss", "rules of others")
        ));
        names(&mut text, titles);
    }
    if !text.ends_with("\n\n") {
        text.push('\n');
    }
    text.push_str(&sentence(plan));
    text
}

/// `Plan: 2 to create, 1 to update, 23 unchanged.`
pub(crate) fn sentence(plan: &Plan) -> String {
    let counts = summary(plan);
    let mut parts = Vec::new();
    for (word, said) in [
        ("create", "to create"),
        ("update", "to update"),
        ("adopt", "to adopt"),
        ("enable", "to enable"),
        ("mark", "to mark"),
        ("delete", "to delete"),
        ("forget", "to forget"),
        ("unchanged", "unchanged"),
        ("conflicts", "in conflict"),
        ("foreign", "foreign"),
    ] {
        match counts.get(word) {
            Some(0) | None => {}
            Some(count) => parts.push(format!("{count} {said}")),
        }
    }
    if parts.is_empty() {
        parts.push("no rules".to_owned());
    }
    let nothing = if plan.changes.is_empty() {
        "nothing to do, "
    } else {
        ""
    };
    format!("Plan: {nothing}{}\n", parts.join(", "))
}

fn change(text: &mut String, change: &Change) {
    let (sign, style) = sign(&change.action);
    let place = change.path.as_ref().unwrap_or(&change.name);
    text.push_str(&format!(
        "{style}{sign} {:<6}{style:#} {STRONG}{}{STRONG:#} {ASIDE}{place}{ASIDE:#}\n",
        change.action.as_str(),
        title(&change.title, &change.name)
    ));
    if change.name != change.id {
        aside(text, &format!("live as `{}`", change.name));
    }
    match &change.action {
        Action::Mark { .. } => aside(
            text,
            "the rule is as its file wants it; only its mark is written",
        ),
        Action::Forget => aside(text, "the rule is gone; only its mark is deleted"),
        Action::Update {
            reason: UpdateReason::Waiting,
            ..
        } => aside(
            text,
            "it was deployed switched off, to be switched on later",
        ),
        _ => {}
    }
    fields(text, &change.fields);
    for note in &change.notes {
        aside(text, note.text());
    }
}

fn sign(action: &Action) -> (char, Style) {
    match action {
        Action::Create { .. } => ('+', ADDED),
        Action::Update { .. } | Action::Mark { .. } => ('~', CHANGED),
        Action::Delete { .. } | Action::Forget => ('-', REMOVED),
    }
}

/// A display name; a rule without one is called by its resource name.
pub(crate) fn title(title: &str, name: &str) -> String {
    value::printable(if title.is_empty() { name } else { title })
}

/// The fields that differ, each with what it was and what it becomes.
pub(crate) fn fields(text: &mut String, fields: &[FieldChange]) {
    for change in fields {
        value::difference(text, change);
    }
}

fn conflict(text: &mut String, conflict: &Conflict) {
    text.push_str(&format!(
        "{REMOVED}! conflict{REMOVED:#} {STRONG}{}{STRONG:#} {ASIDE}{}{ASIDE:#}\n",
        title(&conflict.title, &conflict.name),
        conflict.path
    ));
    let name = &conflict.name;
    let (why, help) = match &conflict.reason {
        ConflictReason::NotOurs => (
            format!("rule `{name}` is live and not marked as deployed from here"),
            "`--adopt` takes it over; the differences are below",
        ),
        ConflictReason::SameName => (
            format!("rule `{name}`, which is not ours, has the same display name"),
            "`--adopt` takes it over instead of creating a second; or rename one of them",
        ),
        ConflictReason::OwnedBy(owner) => (
            format!("rule `{name}` is deployed by `{owner}`"),
            "remove the file from one of the two sources; `--adopt` takes the rule over",
        ),
        ConflictReason::OfTarget(None) => (
            format!("rule `{name}` was deployed from here without a target"),
            "`--adopt` makes it a rule of this target; where nothing differs only its mark is written",
        ),
        ConflictReason::OfTarget(Some(target)) => (
            format!("rule `{name}` is deployed from here as target `{target}`"),
            "deploy it with `--target`, or leave it out of one of the two; `--adopt` takes it over",
        ),
        ConflictReason::OtherKind { live } => (
            format!(
                "rule `{name}` is live with kind `{live}`, and the service cannot change a kind"
            ),
            "give the file a new id, and let `--prune` delete the old rule",
        ),
        ConflictReason::Unreadable(reason) => (
            format!("rule `{name}` is live and cannot be read: {reason}"),
            "look at the rule in the portal",
        ),
    };
    text.push_str(&format!("    {why}\n    {ASIDE}help: {help}{ASIDE:#}\n"));
    fields(text, &conflict.fields);
}

/// Rules that stay as they are for a reason that a person wants to know.
fn standing(text: &mut String, unchanged: &[Unchanged], note: Note) {
    let noted: Vec<&Unchanged> = unchanged
        .iter()
        .filter(|one| one.notes.contains(&note))
        .collect();
    if noted.is_empty() {
        return;
    }
    text.push_str(&format!(
        "{CHANGED}{}{CHANGED:#}: {}\n",
        plural(noted.len(), "rule"),
        note.text()
    ));
    names(text, noted.iter().map(|one| (&one.title, &one.path)));
}

fn names<'a>(text: &mut String, names: impl ExactSizeIterator<Item = (&'a String, &'a String)>) {
    let count = names.len();
    for (title_of, name) in names.take(NAMED) {
        text.push_str(&format!(
            "    {} {ASIDE}{name}{ASIDE:#}\n",
            title(title_of, name)
        ));
    }
    if count > NAMED {
        text.push_str(&format!(
            "    {ASIDE}and {} more; `--format json` names them all{ASIDE:#}\n",
            count - NAMED
        ));
    }
}

fn aside(text: &mut String, line: &str) {
    text.push_str(&format!("    {ASIDE}{line}{ASIDE:#}\n"));
}

#[cfg(test)]
mod tests;
