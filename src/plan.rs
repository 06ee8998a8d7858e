//! What would change in a workspace, and why: a pure function from two sides to data.
//!
//! [`plan`] takes the desired bodies, the live rules and the marks, and returns a [`Plan`]: the changes in the
//! order they are made, and everything that is *not* done with its reason. It has no async, no clock, no I/O;
//! equal inputs give equal plans whatever their order. `apply` makes a plan real and decides nothing.
//! Read in this order: [`ownership`] (what may be touched), [`mod@decide`] (what becomes of a file),
//! [`mod@normal`] (what counts as equal), [`diff`] (what
//! differs and who moved), [`merge`] (what is sent), [`guard`] (what is too much), [`mod@file`] (a plan as JSON).

mod decide;
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
use crate::api::alert_rule::AlertRuleResource;
use crate::api::lenient::ListedRule;
use crate::api::metadata::MetadataBody;
use crate::api::metadata::MetadataResource;
use crate::api::path::WorkspaceId;
use crate::plan::decide::Decision;
use crate::plan::decide::decide;
use crate::plan::diff::FieldChange;
use crate::plan::field::Field;
use crate::plan::mark::Mark;
use crate::plan::mark::Source;
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
