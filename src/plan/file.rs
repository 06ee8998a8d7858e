//! A plan as JSON, version 1: for people and programs that review it, and saved to be applied later.
//!
//! These structs are the format; the types of the plan itself may change without it. Members are only ever added.
//! A saved plan holds everything that was decided, etags and bodies included. It is applied by planning again and
//! comparing: equal inputs give an equal plan, so any difference means that the files or the workspace moved.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::plan::Action;
use crate::plan::Change;
use crate::plan::Listed;
use crate::plan::Note;
use crate::plan::Plan;
use crate::plan::diff::FieldChange;

/// Names the format of [`PlanV1`].
pub(crate) const SCHEMA: &str = "rulepost/plan/v1";

/// A plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlanV1 {
    /// [`SCHEMA`].
    pub(crate) schema: String,
    /// Resource id of the workspace.
    pub(crate) workspace: String,
    /// Who deploys.
    pub(crate) source: SourceV1,
    /// The API version of all requests.
    pub(crate) api_version: String,
    /// How many of each.
    pub(crate) summary: BTreeMap<String, usize>,
    /// What is done, in order.
    pub(crate) changes: Vec<ChangeV1>,
    /// Files whose rules are as they want them.
    pub(crate) unchanged: Vec<RuleV1>,
    /// Files whose rules cannot be made so.
    pub(crate) conflicts: Vec<ConflictV1>,
    /// Owned rules without a file that stay.
    pub(crate) orphans: Vec<ListedV1>,
    /// Rules of others.
    pub(crate) foreign: Vec<ListedV1>,
}

/// Who deploys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SourceV1 {
    /// Repository and target.
    pub(crate) id: String,
    /// Shown in the portal.
    pub(crate) name: String,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ChangeV1 {
    /// The id in the file.
    pub(crate) id: String,
    /// The resource name.
    pub(crate) name: String,
    /// Display name.
    pub(crate) title: String,
    /// The file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) file: Option<String>,
    /// `create`, `update`, `adopt`, `enable`, `mark`, `delete` or `forget`.
    pub(crate) action: String,
    /// The tag of the live rule the change was planned against.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) etag: Option<String>,
    /// What differs.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) fields: Vec<FieldV1>,
    /// Remarks.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) notes: Vec<String>,
    /// The body of the PUT of the rule.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) body: Option<Value>,
    /// The body of the PUT of the mark.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) mark: Option<Value>,
}

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FieldV1 {
    /// Its path below `properties`.
    pub(crate) path: String,
    /// What the workspace has, in normal form.
    pub(crate) live: Value,
    /// What the file wants, in normal form.
    pub(crate) desired: Value,
    /// Which side moved since the last deployment: `file`, `workspace`, `both` or `unknown`.
    pub(crate) moved: String,
}

/// A rule that needs nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RuleV1 {
    /// The id in the file.
    pub(crate) id: String,
    /// Display name.
    pub(crate) title: String,
    /// The file.
    pub(crate) file: String,
    /// Remarks.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) notes: Vec<String>,
}

/// A rule that cannot be made as its file wants it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ConflictV1 {
    /// The id in the file.
    pub(crate) id: String,
    /// Resource name of the live rule in the way.
    pub(crate) name: String,
    /// Display name.
    pub(crate) title: String,
    /// The file.
    pub(crate) file: String,
    /// `not-ours`, `same-name`, `owned-by-another`, `of-another-target`, `other-kind` or `unreadable`.
    pub(crate) reason: String,
    /// What differs.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) fields: Vec<FieldV1>,
}

/// A live rule that is only named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ListedV1 {
    /// Resource name.
    pub(crate) name: String,
    /// Display name.
    pub(crate) title: String,
    /// Kind.
    pub(crate) kind: String,
    /// Why it is named, when that is not plain.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) reason: Option<String>,
}

/// The counts that reports and the plan file show, each under its word.
pub(crate) fn summary(plan: &Plan) -> BTreeMap<String, usize> {
    let mut summary: BTreeMap<String, usize> = [
        "create", "update", "adopt", "enable", "mark", "delete", "forget",
    ]
    .into_iter()
    .map(|word| (word.to_owned(), 0))
    .collect();
    for change in &plan.changes {
        *summary
            .entry(change.action.as_str().to_owned())
            .or_default() += 1;
    }
    for (word, count) in [
        ("unchanged", plan.unchanged.len()),
        ("conflicts", plan.conflicts.len()),
        ("orphans", plan.orphans.len()),
        ("foreign", plan.foreign.len()),
    ] {
        summary.insert(word.to_owned(), count);
    }
    summary
}

impl From<&Plan> for PlanV1 {
    fn from(plan: &Plan) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            workspace: plan.workspace.to_string(),
            source: SourceV1 {
                id: plan.source.id.clone(),
                name: plan.source.name.clone(),
            },
            api_version: plan.api_version.clone(),
            summary: summary(plan),
            changes: plan.changes.iter().map(change).collect(),
            unchanged: plan
                .unchanged
                .iter()
                .map(|one| RuleV1 {
                    id: one.id.clone(),
                    title: one.title.clone(),
                    file: one.path.clone(),
                    notes: notes(&one.notes),
                })
                .collect(),
            conflicts: plan
                .conflicts
                .iter()
                .map(|one| ConflictV1 {
                    id: one.id.clone(),
                    name: one.name.clone(),
                    title: one.title.clone(),
                    file: one.path.clone(),
                    reason: one.reason.as_str().to_owned(),
                    fields: one.fields.iter().map(field).collect(),
                })
                .collect(),
            orphans: plan.orphans.iter().map(listed).collect(),
            foreign: plan.foreign.iter().map(listed).collect(),
        }
    }
}

fn change(change: &Change) -> ChangeV1 {
    let json = |value: serde_json::Result<Value>| value.expect("wire types are JSON");
    let (etag, body, mark) = match &change.action {
        Action::Create { body, mark } => (
            None,
            Some(json(serde_json::to_value(body))),
            Some(json(serde_json::to_value(mark))),
        ),
        Action::Update {
            body, mark, live, ..
        } => (
            live.etag.clone(),
            Some(json(serde_json::to_value(body))),
            Some(json(serde_json::to_value(mark))),
        ),
        Action::Mark { mark, .. } => (None, None, Some(json(serde_json::to_value(mark)))),
        Action::Delete { live } => (live.etag.clone(), None, None),
        Action::Forget => (None, None, None),
    };
    ChangeV1 {
        id: change.id.clone(),
        name: change.name.clone(),
        title: change.title.clone(),
        file: change.path.clone(),
        action: change.action.as_str().to_owned(),
        etag,
        fields: change.fields.iter().map(field).collect(),
        notes: notes(&change.notes),
        body,
        mark,
    }
}

/// A field that differs, in this format.
pub(crate) fn field(change: &FieldChange) -> FieldV1 {
    FieldV1 {
        path: change.field.path().to_owned(),
        live: change.live.clone().unwrap_or_default(),
        desired: change.desired.clone().unwrap_or_default(),
        moved: change.moved.as_str().to_owned(),
    }
}

fn notes(notes: &[Note]) -> Vec<String> {
    notes.iter().map(|note| note.as_str().to_owned()).collect()
}

fn listed(one: &Listed) -> ListedV1 {
    ListedV1 {
        name: one.name.clone(),
        title: one.title.clone(),
        kind: one.kind.clone(),
        reason: one.reason.clone(),
    }
}

/// What moved between a saved plan and one made now, one line each; empty when nothing did.
pub(crate) fn moved(saved: &PlanV1, now: &PlanV1) -> Vec<String> {
    let mut lines = Vec::new();
    for (what, then, is) in [
        ("workspace", &saved.workspace, &now.workspace),
        ("source", &saved.source.id, &now.source.id),
        ("API version", &saved.api_version, &now.api_version),
    ] {
        if then != is {
            lines.push(format!("the {what} was `{then}` and is `{is}`"));
        }
    }
    let by_id = |plan: &PlanV1| -> BTreeMap<String, ChangeV1> {
        let changes = plan.changes.iter().cloned();
        changes.map(|change| (change.id.clone(), change)).collect()
    };
    let (then, is) = (by_id(saved), by_id(now));
    for (id, change) in &then {
        let title = &change.title;
        match is.get(id) {
            None => lines.push(format!(
                "`{title}` ({id}) was to {} and is no more",
                change.action
            )),
            Some(now) if now.action != change.action => lines.push(format!(
                "`{title}` ({id}) was to {} and is to {}",
                change.action, now.action
            )),
            Some(now) if now.etag != change.etag => {
                lines.push(format!("`{title}` ({id}) was changed in the workspace"));
            }
            Some(now) if now.body != change.body => {
                lines.push(format!("`{title}` ({id}) was changed in its file"));
            }
            Some(now) if now != change => {
                lines.push(format!("`{title}` ({id}) differs otherwise"));
            }
            Some(_) => {}
        }
    }
    for (id, change) in is.iter().filter(|(id, _)| !then.contains_key(*id)) {
        let title = &change.title;
        lines.push(format!("`{title}` ({id}) is to {} now", change.action));
    }
    // Conflicts decide what is left undone; the rest of a plan is only shown.
    if lines.is_empty() && saved.conflicts != now.conflicts {
        lines.push("the conflicts differ".to_owned());
    }
    lines
}
