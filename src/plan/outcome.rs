//! What became of each change; here, so that reports need no module that touches the world.

use crate::plan::Change;
use crate::plan::diff::FieldChange;

/// What became of one change.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outcome {
    /// The id in the file.
    pub(crate) id: String,
    /// The resource name.
    pub(crate) name: String,
    /// Display name.
    pub(crate) title: String,
    /// The file, unless it is gone.
    pub(crate) path: Option<String>,
    /// What was to be done, as [`crate::plan::Action::as_str`] says it.
    pub(crate) action: &'static str,
    /// What became of it.
    pub(crate) status: Status,
    /// The service's id of the last request, for its support.
    pub(crate) request_id: Option<String>,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Status {
    /// Done.
    Applied {
        /// The answer was lost, and reading back showed that the write was stored.
        recovered: bool,
    },
    /// Deployed switched off, because a table is missing; a later run switches it on.
    Waiting,
    /// Left out, because a table is missing and the run was told to skip such rules.
    SkippedTable,
    /// The rule was changed or deleted in the workspace since the plan was made; it was left alone.
    Conflict {
        /// What is live now against what was live then; empty when the rule is gone.
        moved: Vec<FieldChange>,
        /// Whether the rule is gone.
        gone: bool,
    },
    /// The id was used by a rule deleted a short while ago.
    Deferred(Failure),
    /// The service or the network refused.
    Failed(Failure),
    /// Done, and undone again because another change failed.
    RolledBack,
    /// Created, and switched off again because another change failed; deleting would block its id.
    SwitchedOff,
    /// Done, and could not be undone.
    NotRolledBack(Failure),
    /// The run ended before.
    NotStarted,
    /// The run ended while it was in flight; whether it is done is for the next run to see.
    InDoubt,
}

/// Why a change failed, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The error and its causes, outermost first.
    pub(crate) causes: Vec<String>,
    /// What to do next.
    pub(crate) help: Vec<String>,
}

impl Failure {
    /// An error in words: itself and its causes, then what to do.
    pub(crate) fn of(error: &dyn std::error::Error, help: Vec<String>) -> Self {
        let mut causes = vec![error.to_string()];
        let mut source = error.source();
        while let Some(cause) = source {
            causes.push(cause.to_string());
            source = cause.source();
        }
        Self { causes, help }
    }
}

impl Status {
    /// The word for it in reports.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Applied { .. } => "applied",
            Self::Waiting => "waiting",
            Self::SkippedTable => "skipped",
            Self::Conflict { .. } => "conflict",
            Self::Deferred(_) => "deferred",
            Self::Failed(_) => "failed",
            Self::RolledBack => "rolled-back",
            Self::SwitchedOff => "switched-off",
            Self::NotRolledBack(_) => "not-rolled-back",
            Self::NotStarted => "not-started",
            Self::InDoubt => "in-doubt",
        }
    }

    /// Whether what was to be done is done.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self, Self::Applied { .. } | Self::Waiting)
    }

    /// Whether the run ended before this was done, which is no failure of its own.
    pub(crate) fn is_cut_off(&self) -> bool {
        matches!(self, Self::NotStarted | Self::InDoubt)
    }

    /// Whether what was to be done was neither done nor left out on purpose.
    pub(crate) fn is_failure(&self) -> bool {
        !self.is_done() && !matches!(self, Self::SkippedTable)
    }
}

impl Outcome {
    /// An outcome of `change`.
    pub(crate) fn new(change: &Change, status: Status, request_id: Option<String>) -> Self {
        Self {
            id: change.id.clone(),
            name: change.name.clone(),
            title: change.title.clone(),
            path: change.path.clone(),
            action: change.action.as_str(),
            status,
            request_id,
        }
    }
}

/// One write that was tried, for the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Write {
    /// The resource name of the rule.
    pub(crate) rule: String,
    /// Display name of the rule.
    pub(crate) title: String,
    /// `rule` or `mark`.
    pub(crate) resource: &'static str,
    /// `put` or `delete`.
    pub(crate) verb: &'static str,
    /// Hash of the content before, where it is known.
    pub(crate) before: Option<String>,
    /// Hash of the content sent; absent for a deletion.
    pub(crate) after: Option<String>,
    /// The service's id of the request.
    pub(crate) request_id: Option<String>,
    /// `created`, `updated`, `deleted`, `absent`, or the reason of a refusal.
    pub(crate) outcome: String,
}
