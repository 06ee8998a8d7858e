//! Who moved: files, what was applied last, and the workspace, rule by rule.
//!
//! A plan already compares the three; drift only asks another question of it: not what a deployment would do, but
//! what somebody did to the workspace meanwhile. A field that the file is silent about, or that is declared
//! unmanaged, is no drift. Nothing here decides or writes.

use crate::plan::Action;
use crate::plan::Change;
use crate::plan::Note;
use crate::plan::Plan;
use crate::plan::UpdateReason;
use crate::plan::diff::FieldChange;
use crate::plan::diff::Moved;

/// What became of the rules of one workspace since they were applied.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Drift {
    /// Name of the workspace.
    pub(crate) workspace: String,
    /// Every rule, what drifted first, then by display name.
    pub(crate) rules: Vec<Rule>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rule {
    /// The id in the file; the resource name where there is no file.
    pub(crate) id: String,
    /// Display name.
    pub(crate) title: String,
    /// The file, where there is one.
    pub(crate) path: Option<String>,
    /// What became of it.
    pub(crate) state: State,
    /// What differs; only what moved in the workspace counts as drift.
    pub(crate) fields: Vec<FieldChange>,
    /// Who changed it last and when, where the service tells.
    pub(crate) changed: Option<Changed>,
}

/// Who changed a live rule last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changed {
    /// A person or an application, as the service names it.
    pub(crate) by: String,
    /// When, as the service writes it.
    pub(crate) at: String,
}

/// What became of a rule. The order is that of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    /// Somebody changed it in the workspace.
    Changed,
    /// Somebody deleted it in the workspace.
    Deleted,
    /// The service switched it off after repeated failures.
    AutoDisabled,
    /// It is live and in the way of a file.
    Conflict,
    /// Its file is gone; it is live and ours.
    NoFile,
    /// Its file changed, or is new; a deployment would bring it.
    Pending,
    /// It waits for a table, deployed switched off.
    Waiting,
    /// Somebody switched it off, and the file does not say.
    SwitchedOff,
    /// All three agree.
    InSync,
    /// It is not ours.
    Foreign,
}

impl State {
    /// Every state.
    pub(crate) const ALL: [Self; 10] = [
        Self::Changed,
        Self::Deleted,
        Self::AutoDisabled,
        Self::Conflict,
        Self::NoFile,
        Self::Pending,
        Self::Waiting,
        Self::SwitchedOff,
        Self::InSync,
        Self::Foreign,
    ];

    /// The word for it in JSON.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed-in-workspace",
            Self::Deleted => "deleted-in-workspace",
            Self::AutoDisabled => "auto-disabled",
            Self::Conflict => "conflict",
            Self::NoFile => "no-file",
            Self::Pending => "pending",
            Self::Waiting => "waiting",
            Self::SwitchedOff => "switched-off",
            Self::InSync => "in-sync",
            Self::Foreign => "foreign",
        }
    }

    /// What it is called for people.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Changed => "changed in the workspace",
            Self::Deleted => "deleted in the workspace",
            Self::AutoDisabled => "switched off by the service",
            Self::Conflict => "in conflict",
            Self::NoFile => "without a file",
            Self::Pending => "pending deployment",
            Self::Waiting => "waiting to be switched on",
            Self::SwitchedOff => "switched off in the workspace, the file is silent",
            Self::InSync => "in sync",
            Self::Foreign => "foreign",
        }
    }

    /// Whether the workspace moved away from what was applied.
    pub(crate) fn is_drift(self) -> bool {
        matches!(self, Self::Changed | Self::Deleted | Self::AutoDisabled)
    }
}

impl Drift {
    /// Whether anything drifted.
    pub(crate) fn is_any(&self) -> bool {
        self.rules.iter().any(|rule| rule.state.is_drift())
    }

    /// How many rules are in a state.
    pub(crate) fn count(&self, state: State) -> usize {
        self.rules.iter().filter(|rule| rule.state == state).count()
    }
}

/// Reads the drift off a plan that was made without adopting and pruning.
pub(crate) fn drift(plan: &Plan) -> Drift {
    let mut rules: Vec<Rule> = plan.changes.iter().filter_map(of_change).collect();
    rules.extend(plan.unchanged.iter().map(|one| {
        let state = if one.notes.contains(&Note::AutoDisabled) {
            State::AutoDisabled
        } else if one.notes.contains(&Note::DisabledInWorkspace) {
            State::SwitchedOff
        } else {
            State::InSync
        };
        rule(&one.id, &one.title, Some(&one.path), state)
    }));
    rules.extend(plan.conflicts.iter().map(|one| Rule {
        fields: one.fields.clone(),
        ..rule(&one.id, &one.title, Some(&one.path), State::Conflict)
    }));
    for (list, state) in [
        (&plan.orphans, State::NoFile),
        (&plan.foreign, State::Foreign),
    ] {
        rules.extend(
            list.iter()
                .map(|one| rule(&one.name, &one.title, None, state)),
        );
    }
    rules.sort_by(|a, b| (a.state, &a.title, &a.id).cmp(&(b.state, &b.title, &b.id)));
    Drift {
        workspace: plan.workspace.name.clone(),
        rules,
    }
}

fn rule(id: &str, title: &str, path: Option<&String>, state: State) -> Rule {
    Rule {
        id: id.to_owned(),
        title: title.to_owned(),
        path: path.cloned(),
        state,
        fields: Vec::new(),
        changed: None,
    }
}

/// The state of a rule that a deployment would write; `None` for a mark that stands alone.
fn of_change(change: &Change) -> Option<Rule> {
    let (state, live) = match &change.action {
        Action::Create { .. } if change.notes.contains(&Note::DeletedInWorkspace) => {
            (State::Deleted, None)
        }
        Action::Create { .. } => (State::Pending, None),
        Action::Update { live, reason, .. } => {
            let moved = |change: &FieldChange| matches!(change.moved, Moved::Live | Moved::Both);
            let state = if change.notes.contains(&Note::AutoDisabled) {
                State::AutoDisabled
            } else if *reason == UpdateReason::Waiting {
                State::Waiting
            } else if change.fields.iter().any(moved) {
                State::Changed
            } else {
                State::Pending
            };
            (state, Some(live))
        }
        Action::Mark { .. } => (State::InSync, None),
        Action::Delete { live } => (State::NoFile, Some(live)),
        Action::Forget => return None,
    };
    let changed = live
        .filter(|_| state == State::Changed)
        .and_then(|live| live.system_data.as_ref())
        .and_then(|data| {
            Some(Changed {
                by: data.last_modified_by.clone()?,
                at: data.last_modified_at.clone()?,
            })
        });
    Some(Rule {
        fields: change.fields.clone(),
        changed,
        ..rule(&change.id, &change.title, change.path.as_ref(), state)
    })
}
