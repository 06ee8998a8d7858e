//! What would change in a workspace, and why: a pure function from two sides to data.
//!
//! [`plan`] takes the desired bodies, the live rules and the marks, and returns a [`Plan`]: the changes in the
//! order they are made, and everything that is *not* done with its reason. It has no async, no clock, no I/O;
//! equal inputs give equal plans whatever their order. `apply` makes a plan real and decides nothing.
//! Read in this order: [`ownership`] (what may be touched), [`mod@normal`] (what counts as equal), [`diff`] (what
//! differs and who moved), [`merge`] (what is sent), [`guard`] (what is too much), [`mod@file`] (a plan as JSON).

pub(crate) mod diff;
pub(crate) mod field;
pub(crate) mod file;
pub(crate) mod guard;
pub(crate) mod mark;
pub(crate) mod merge;
pub(crate) mod normal;
pub(crate) mod outcome;
pub(crate) mod ownership;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeSet;

use crate::api::alert_rule::AlertRuleBody;
use crate::api::alert_rule::AlertRuleProperties;
use crate::api::alert_rule::AlertRuleResource;
use crate::api::lenient::ListedRule;
use crate::api::metadata::MetadataBody;
use crate::api::metadata::MetadataResource;
use crate::api::path::WorkspaceId;
use crate::plan::diff::FieldChange;
use crate::plan::field::Field;
use crate::plan::mark::Applied;
use crate::plan::mark::Mark;
use crate::plan::mark::Owner;
use crate::plan::mark::Source;
use crate::plan::normal::Normal;
use crate::plan::normal::normal;
use crate::plan::ownership::Sides;
use crate::rule::RuleId;

/// A rule as its file wants it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Desired {
    /// The id in the file.
    pub(crate) id: RuleId,
    /// The file, as it is shown.
    pub(crate) path: String,
    /// The rendered body; `enabled` is absent where the file is silent.
    pub(crate) body: AlertRuleBody,
    /// The rule's version in its file.
    pub(crate) version: Option<String>,
    /// Fields that people may change in the portal.
    pub(crate) unmanaged: BTreeSet<Field>,
    /// Whether this run may change the rule; others are only known, so that they are not taken for gone.
    pub(crate) selected: bool,
}

impl Desired {
    fn title(&self) -> &str {
        self.body
            .properties
            .display_name
            .as_deref()
            .unwrap_or_default()
    }
}

/// What a plan is made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Options {
    /// The workspace.
    pub(crate) workspace: WorkspaceId,
    /// Who deploys.
    pub(crate) source: Source,
    /// The API version of all requests.
    pub(crate) api_version: String,
    /// Take over live rules that have the id or the name of a file.
    pub(crate) adopt: bool,
    /// Delete owned rules whose file is gone.
    pub(crate) prune: bool,
    /// Whether every file of the source is among the desired, so that a missing one is gone for good.
    pub(crate) whole: bool,
}

/// What would change in one workspace.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    /// The workspace.
    pub(crate) workspace: WorkspaceId,
    /// Who deploys.
    pub(crate) source: Source,
    /// The API version of all requests.
    pub(crate) api_version: String,
    /// What is done, in the order it is done.
    pub(crate) changes: Vec<Change>,
    /// Rules that already are as their file wants them.
    pub(crate) unchanged: Vec<Unchanged>,
    /// Rules that cannot be made as their file wants them.
    pub(crate) conflicts: Vec<Conflict>,
    /// Owned rules whose file is gone and that stay.
    pub(crate) orphans: Vec<Listed>,
    /// Rules of others; never touched.
    pub(crate) foreign: Vec<Listed>,
    /// Rules of this source that are live.
    pub(crate) owned: usize,
    /// Enabled live rules before and after, `Scheduled` and `NRT` apart.
    pub(crate) quota: guard::Quota,
}

/// One rule to change.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    /// The id in the file, in lower case.
    pub(crate) id: String,
    /// The resource name; differs from the id when a rule made by hand was taken over.
    pub(crate) name: String,
    /// Display name.
    pub(crate) title: String,
    /// The file, unless it is gone.
    pub(crate) path: Option<String>,
    /// What is done.
    pub(crate) action: Action,
    /// What differs.
    pub(crate) fields: Vec<FieldChange>,
    /// What else is worth knowing.
    pub(crate) notes: Vec<Note>,
}

/// What is done to one rule, with everything that needs to be sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    /// The rule is not live: the mark is written, then the rule.
    Create {
        /// What is sent.
        body: Box<AlertRuleBody>,
        /// The mark.
        mark: Box<MetadataBody>,
    },
    /// The rule is live and differs: the rule is written, then the mark.
    Update {
        /// What is sent, with the etag of the live rule.
        body: Box<AlertRuleBody>,
        /// The mark.
        mark: Box<MetadataBody>,
        /// Why.
        reason: UpdateReason,
        /// The live rule, to restore it and to tell what moved meanwhile.
        live: Box<AlertRuleResource>,
        /// The mark it had, to restore it.
        mark_before: Option<Box<MetadataBody>>,
    },
    /// The rule is as its file wants it, the mark is not: only the mark is written.
    Mark {
        /// The mark.
        mark: Box<MetadataBody>,
        /// Whether the rule was not ours and is taken over.
        adopted: bool,
        /// The mark it had, to restore it.
        mark_before: Option<Box<MetadataBody>>,
    },
    /// The file is gone: the rule is deleted, then the mark.
    Delete {
        /// The live rule, to restore it and to tell what moved meanwhile.
        live: Box<AlertRuleResource>,
    },
    /// The file and the rule are gone: only the mark is deleted.
    Forget,
}

impl Action {
    /// The word for it in reports and in the plan file.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Update {
                reason: UpdateReason::Adopted,
                ..
            }
            | Self::Mark { adopted: true, .. } => "adopt",
            Self::Update {
                reason: UpdateReason::Waiting,
                ..
            } => "enable",
            Self::Update { .. } => "update",
            Self::Mark { .. } => "mark",
            Self::Delete { .. } => "delete",
            Self::Forget => "forget",
        }
    }

    /// Creations first, deletions last.
    fn rank(&self) -> u8 {
        match self {
            Self::Create { .. } => 0,
            Self::Update { .. } => 1,
            Self::Mark { .. } => 2,
            Self::Delete { .. } => 3,
            Self::Forget => 4,
        }
    }
}

/// Why a live rule is updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UpdateReason {
    /// It is ours and differs.
    Changed,
    /// It was not ours and is taken over.
    Adopted,
    /// It was deployed switched off because a table was missing.
    Waiting,
}

/// A remark on a rule that is no change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Note {
    /// The service switched the rule off itself after repeated failures; it is left so.
    AutoDisabled,
    /// A person switched the rule off, and the file does not say; it is left so.
    DisabledInWorkspace,
    /// The rule was changed in the workspace since it was applied last; the file wins.
    ChangedInWorkspace,
    /// The rule was deployed and has been deleted in the workspace since; or a run was cut off before creating it.
    DeletedInWorkspace,
    /// The gallery template of a live rule cannot be changed; the live one is kept.
    TemplateKept,
}

impl Note {
    /// The word for it in reports and in the plan file.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::AutoDisabled => "auto-disabled",
            Self::DisabledInWorkspace => "disabled-in-workspace",
            Self::ChangedInWorkspace => "changed-in-workspace",
            Self::DeletedInWorkspace => "deleted-in-workspace",
            Self::TemplateKept => "template-kept",
        }
    }

    /// What it means, for people.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::AutoDisabled => {
                "the service switched the rule off after repeated failures; left so"
            }
            Self::DisabledInWorkspace => {
                "switched off in the workspace, and the file does not say; left so"
            }
            Self::ChangedInWorkspace => {
                "changed in the workspace since it was applied last; the file wins"
            }
            Self::DeletedInWorkspace => {
                "marked as deployed, yet not there: deleted in the workspace, or its creation failed"
            }
            Self::TemplateKept => {
                "the template of a live rule cannot be changed; the live one is kept"
            }
        }
    }
}

/// A rule that is as its file wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unchanged {
    /// The id in the file, in lower case.
    pub(crate) id: String,
    /// Display name.
    pub(crate) title: String,
    /// The file.
    pub(crate) path: String,
    /// What else is worth knowing.
    pub(crate) notes: Vec<Note>,
}

/// A rule that cannot be made as its file wants it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Conflict {
    /// The id in the file, in lower case.
    pub(crate) id: String,
    /// The resource name of the live rule in the way.
    pub(crate) name: String,
    /// Display name.
    pub(crate) title: String,
    /// The file.
    pub(crate) path: String,
    /// Why.
    pub(crate) reason: ConflictReason,
    /// How the live rule differs from the file, where both can be compared.
    pub(crate) fields: Vec<FieldChange>,
}

/// Why a rule cannot be made as its file wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConflictReason {
    /// The id is live, and nothing says that it is ours.
    NotOurs,
    /// Another live rule that is not ours has the same display name.
    SameName,
    /// Another source has marked the live rule.
    OwnedBy(String),
    /// This repository has marked the live rule as that of another target, or without one.
    OfTarget(Option<String>),
    /// The live rule is of another kind, which the service cannot change.
    OtherKind {
        /// Kind of the live rule.
        live: String,
    },
    /// The live rule could not be read.
    Unreadable(String),
}

impl ConflictReason {
    /// The word for it in the plan file.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::NotOurs => "not-ours",
            Self::SameName => "same-name",
            Self::OwnedBy(_) => "owned-by-another",
            Self::OfTarget(_) => "of-another-target",
            Self::OtherKind { .. } => "other-kind",
            Self::Unreadable(_) => "unreadable",
        }
    }
}

/// A live rule that is only named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Resource name; empty when the item had none.
    pub(crate) name: String,
    /// Display name.
    pub(crate) title: String,
    /// Kind.
    pub(crate) kind: String,
    /// Why it is named, when that is not plain.
    pub(crate) reason: Option<String>,
}

impl Plan {
    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// What would make the live side as the files want it.
pub(crate) fn plan(
    desired: &[Desired],
    live: &[ListedRule],
    marks: &[MetadataResource],
    options: &Options,
) -> Plan {
    let sides = Sides::new(desired, live, marks, options);
    let mut plan = Plan {
        workspace: options.workspace.clone(),
        source: options.source.clone(),
        api_version: options.api_version.clone(),
        changes: Vec::new(),
        unchanged: Vec::new(),
        conflicts: Vec::new(),
        orphans: sides.orphans(),
        foreign: sides.foreign(),
        owned: sides.owned(),
        quota: guard::Quota::default(),
    };
    for pair in sides.pairs().filter(|pair| pair.desired.selected) {
        match decide(pair.desired, pair.live, options) {
            Decision::Change(change) => plan.changes.push(*change),
            Decision::Unchanged(unchanged) => plan.unchanged.push(unchanged),
            Decision::Conflict(conflict) => plan.conflicts.push(*conflict),
        }
    }
    plan.changes.extend(sides.removals());
    let key = |title: &str, id: &str| (title.to_owned(), id.to_owned());
    plan.changes
        .sort_by_cached_key(|one| (one.action.rank(), key(&one.title, &one.id)));
    plan.unchanged
        .sort_by_cached_key(|one| key(&one.title, &one.id));
    plan.conflicts
        .sort_by_cached_key(|one| key(&one.title, &one.id));
    plan.quota = guard::Quota::count(live, &plan.changes);
    plan
}

/// What becomes of one file.
enum Decision {
    Change(Box<Change>),
    Unchanged(Unchanged),
    Conflict(Box<Conflict>),
}

/// What stands on the live side of a file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Live<'a> {
    /// Nothing.
    Absent {
        /// Our mark without a rule, left by an interrupted run or a deletion in the portal.
        mark: Option<&'a Mark>,
    },
    /// A rule of ours.
    Ours {
        /// The rule.
        rule: &'a AlertRuleResource,
        /// Its mark.
        mark: &'a Mark,
    },
    /// A rule that is taken over.
    Adopted {
        /// The rule.
        rule: &'a AlertRuleResource,
        /// The mark of another, which is replaced.
        mark: Option<&'a Mark>,
    },
    /// Something in the way.
    InTheWay {
        /// Its resource name.
        name: &'a str,
        /// The rule, where it could be read.
        rule: Option<&'a AlertRuleResource>,
        /// Why it is in the way.
        reason: &'a ConflictReason,
    },
}

fn decide(desired: &Desired, live: Live<'_>, options: &Options) -> Decision {
    let (rule, mark, adopted) = match live {
        Live::Absent { mark } => {
            return Decision::Change(Box::new(create(desired, mark, options)));
        }
        Live::InTheWay { name, rule, reason } => {
            let fields = rule.map_or_else(Vec::new, |rule| {
                let managed = managed(desired, Some(rule), options);
                let wanted = normal(desired.body.kind, &desired.body.properties);
                let found = normal(&rule.kind, &rule.properties);
                diff::fields(&wanted, &found, &managed, None)
            });
            return Decision::Conflict(Box::new(conflict(desired, name, reason.clone(), fields)));
        }
        Live::Ours { rule, mark } => (rule, Some(mark), false),
        Live::Adopted { rule, mark } => (rule, mark, true),
    };
    if rule.kind != desired.body.kind {
        let reason = ConflictReason::OtherKind {
            live: rule.kind.clone(),
        };
        return Decision::Conflict(Box::new(conflict(desired, &rule.name, reason, Vec::new())));
    }
    decide_live(desired, rule, mark, adopted, options)
}

/// What becomes of a file whose rule is live and may be touched.
fn decide_live(
    desired: &Desired,
    rule: &AlertRuleResource,
    mark: Option<&Mark>,
    adopted: bool,
    options: &Options,
) -> Decision {
    let managed = managed(desired, Some(rule), options);
    let wanted = normal(desired.body.kind, &desired.body.properties);
    let found = normal(&rule.kind, &rule.properties);
    let applied = mark
        .filter(|_| !adopted)
        .and_then(|mark| mark.applied.as_ref());
    let mut fields = diff::fields(&wanted, &found, &managed, applied);
    let mut notes = Vec::new();
    if template_differs(&wanted, &found) {
        notes.push(Note::TemplateKept);
    }
    let auto_disabled = is_auto_disabled(&found);
    if auto_disabled {
        notes.push(Note::AutoDisabled);
        let by_service = |change: &FieldChange| by_service(change, &wanted, &found);
        if fields.iter().all(by_service) {
            fields.clear();
        }
    }
    let was_waiting = applied.is_some_and(|applied| applied.waiting);
    let on = desired.body.properties.enabled.unwrap_or(true);
    let off = found.get(Field::Enabled) == Some(&serde_json::Value::Bool(false));
    let enable = was_waiting && off && on && !auto_disabled && !is_unmanaged_enabled(desired);
    if enable && !fields.iter().any(|change| change.field == Field::Enabled) {
        fields.push(FieldChange::enable());
        fields.sort_by_key(|change| change.field);
    }
    if off && !enable && !auto_disabled && !managed.contains(&Field::Enabled) {
        notes.push(Note::DisabledInWorkspace);
    }
    if fields
        .iter()
        .any(|change| change.moved == diff::Moved::Live)
    {
        notes.push(Note::ChangedInWorkspace);
    }
    notes.sort_unstable();
    let next = Applied::new(&wanted, &managed, false);
    let mark_body = mark::body(
        &options.workspace,
        &options.source,
        &rule.name,
        &desired.id.to_string(),
        desired.version.as_deref(),
        &next,
    );
    let change = |action, fields| {
        Decision::Change(Box::new(Change {
            id: desired.id.to_string(),
            name: rule.name.clone(),
            title: desired.title().to_owned(),
            path: Some(desired.path.clone()),
            action,
            fields,
            notes: notes.clone(),
        }))
    };
    let mark_body = MetadataBody {
        // A mark of ours may be written over; the mark of another is replaced only as it was seen.
        etag: mark
            .filter(|mark| mark.owner != Owner::Us)
            .and_then(|mark| mark.etag.clone()),
        ..mark_body
    };
    let mark_before = mark.map(|mark| {
        Box::new(MetadataBody {
            etag: None,
            properties: mark.properties.clone(),
        })
    });
    if fields.is_empty() {
        let marked = mark.is_some_and(|mark| mark::says(mark, &mark_body));
        if marked && !adopted {
            return Decision::Unchanged(Unchanged {
                id: desired.id.to_string(),
                title: desired.title().to_owned(),
                path: desired.path.clone(),
                notes,
            });
        }
        let action = Action::Mark {
            mark: Box::new(mark_body),
            adopted,
            mark_before,
        };
        return change(action, fields);
    }
    let reason = if adopted {
        UpdateReason::Adopted
    } else if enable && fields.len() == 1 {
        UpdateReason::Waiting
    } else {
        UpdateReason::Changed
    };
    let mut body = merge::update(&desired.body, rule, &managed);
    if enable {
        body.properties.enabled = Some(true);
    }
    let action = Action::Update {
        body: Box::new(body),
        mark: Box::new(mark_body),
        reason,
        live: Box::new(rule.clone()),
        mark_before,
    };
    change(action, fields)
}

fn create(desired: &Desired, mark: Option<&Mark>, options: &Options) -> Change {
    let wanted = normal(desired.body.kind, &desired.body.properties);
    let managed = managed(desired, None, options);
    // A rule that was taken over under another name keeps that name.
    let name = mark.map_or_else(|| desired.id.to_string(), |mark| mark.rule.clone());
    let mark_body = mark::body(
        &options.workspace,
        &options.source,
        &name,
        &desired.id.to_string(),
        desired.version.as_deref(),
        &Applied::new(&wanted, &managed, false),
    );
    Change {
        id: desired.id.to_string(),
        name,
        title: desired.title().to_owned(),
        path: Some(desired.path.clone()),
        action: Action::Create {
            body: Box::new(merge::create(&desired.body)),
            mark: Box::new(mark_body),
        },
        fields: Vec::new(),
        notes: mark.map(|_| Note::DeletedInWorkspace).into_iter().collect(),
    }
}

fn conflict(
    desired: &Desired,
    name: &str,
    reason: ConflictReason,
    fields: Vec<FieldChange>,
) -> Conflict {
    Conflict {
        id: desired.id.to_string(),
        name: name.to_owned(),
        title: desired.title().to_owned(),
        path: desired.path.clone(),
        reason,
        fields,
    }
}

/// The fields that the file answers for.
///
/// Where the file is silent, `enabled` belongs to the workspace, and so does the gallery template, which cannot be
/// changed once it is set. What the API version does not carry is not compared.
pub(crate) fn managed(
    desired: &Desired,
    live: Option<&AlertRuleResource>,
    options: &Options,
) -> BTreeSet<Field> {
    let preview = options.api_version.ends_with("-preview");
    let properties: &AlertRuleProperties = &desired.body.properties;
    let linked = live.is_some_and(|rule| {
        rule.properties
            .alert_rule_template_name
            .as_deref()
            .is_some_and(|name| !name.is_empty())
    });
    let same_template = live.is_some_and(|rule| {
        let wanted = properties.alert_rule_template_name.as_deref();
        let found = rule.properties.alert_rule_template_name.as_deref();
        wanted
            .zip(found)
            .is_some_and(|(wanted, found)| wanted.eq_ignore_ascii_case(found))
    });
    Field::ALL
        .iter()
        .copied()
        .filter(|field| !desired.unmanaged.contains(field))
        .filter(|field| preview || !field.preview_only())
        .filter(|field| match field {
            Field::Enabled => properties.enabled.is_some(),
            Field::TemplateName => {
                properties.alert_rule_template_name.is_some() && (!linked || same_template)
            }
            Field::TemplateVersion => {
                properties.template_version.is_some() && (!linked || same_template)
            }
            _ => true,
        })
        .collect()
}

fn template_differs(wanted: &Normal, found: &Normal) -> bool {
    let (wanted, found) = (
        wanted.get(Field::TemplateName),
        found.get(Field::TemplateName),
    );
    wanted.is_some() && found.is_some() && wanted != found
}

fn is_unmanaged_enabled(desired: &Desired) -> bool {
    desired.unmanaged.contains(&Field::Enabled)
}

/// What the service puts before the name of a rule that it switched off.
const AUTO_DISABLED: &str = "AUTO DISABLED";

/// Whether the service switched the rule off itself.
pub(crate) fn is_auto_disabled(live: &Normal) -> bool {
    live.get(Field::Enabled) == Some(&serde_json::Value::Bool(false))
        && live
            .text(Field::DisplayName)
            .is_some_and(|name| name.starts_with(AUTO_DISABLED))
}

/// Whether a difference is one that the service makes when it switches a rule off.
fn by_service(change: &FieldChange, wanted: &Normal, found: &Normal) -> bool {
    match change.field {
        Field::Enabled => true,
        Field::DisplayName => {
            let wanted = wanted.text(Field::DisplayName).unwrap_or_default();
            let found = found.text(Field::DisplayName).unwrap_or_default();
            found.ends_with(wanted)
        }
        Field::Description => {
            let wanted = wanted.text(Field::Description).unwrap_or_default();
            let found = found.text(Field::Description).unwrap_or_default();
            found.starts_with(wanted)
        }
        _ => false,
    }
}
