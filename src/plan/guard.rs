//! What is too much for one run without a word from a person.

use crate::api::lenient::ListedRule;
use crate::plan::Action;
use crate::plan::Change;
use crate::plan::Plan;

/// Fewest owned rules at which the share counts.
const FEWEST: usize = 10;

/// Largest share of the owned rules that a run changes or deletes unasked, in percent.
const SHARE: usize = 30;

/// Most enabled scheduled rules of a workspace.
const MAX_SCHEDULED: usize = 512;

/// Most enabled near-real-time rules of a workspace.
const MAX_NRT: usize = 50;

/// Enabled rules before and after a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Quota {
    /// `Scheduled`, now.
    pub(crate) scheduled_before: usize,
    /// `Scheduled`, afterwards.
    pub(crate) scheduled_after: usize,
    /// `NRT`, now.
    pub(crate) nrt_before: usize,
    /// `NRT`, afterwards.
    pub(crate) nrt_after: usize,
}

impl Quota {
    /// Counts what is live and what the changes make of it.
    pub(crate) fn count(live: &[ListedRule], changes: &[Change]) -> Self {
        let mut quota = Self::default();
        let mut seen = std::collections::BTreeSet::new();
        for item in live {
            if let ListedRule::Rule(rule) = item
                && rule.properties.enabled == Some(true)
                && seen.insert(rule.name.to_ascii_lowercase())
            {
                *quota.before(&rule.kind) += 1;
            }
        }
        quota.scheduled_after = quota.scheduled_before;
        quota.nrt_after = quota.nrt_before;
        for change in changes {
            let (kind, was, is) = match &change.action {
                Action::Create { body, .. } => {
                    (body.kind, false, body.properties.enabled == Some(true))
                }
                Action::Update { body, live, .. } => (
                    body.kind,
                    live.properties.enabled == Some(true),
                    body.properties.enabled == Some(true),
                ),
                Action::Delete { live } => (
                    live.kind.as_str(),
                    live.properties.enabled == Some(true),
                    false,
                ),
                Action::Mark { .. } | Action::Forget => continue,
            };
            let count = quota.after(kind);
            *count = (*count + usize::from(is)).saturating_sub(usize::from(was));
        }
        quota
    }

    fn before(&mut self, kind: &str) -> &mut usize {
        if kind == "NRT" {
            &mut self.nrt_before
        } else {
            &mut self.scheduled_before
        }
    }

    fn after(&mut self, kind: &str) -> &mut usize {
        if kind == "NRT" {
            &mut self.nrt_after
        } else {
            &mut self.scheduled_after
        }
    }
}

/// Why a run is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// Too large a share of what is ours.
    #[error(
        "the plan changes or deletes {touched} of {owned} owned rules, more than {SHARE} percent"
    )]
    Share {
        /// Updates and deletions.
        touched: usize,
        /// Owned live rules.
        owned: usize,
    },
    /// More enabled rules than a workspace takes.
    #[error("the plan leads to {after} enabled {kind} rules; a workspace takes {limit}")]
    Quota {
        /// Kind of the rules.
        kind: &'static str,
        /// Enabled rules afterwards.
        after: usize,
        /// What a workspace takes.
        limit: usize,
    },
}

impl Refusal {
    /// What to do next.
    pub(crate) fn help(&self) -> &'static str {
        match self {
            Self::Share { .. } => "look at the plan; `--yes-many` applies it all the same",
            Self::Quota { .. } => {
                "disable or remove rules first; `--yes-many` goes on where the workspace has a larger quota"
            }
        }
    }
}

/// Whether a plan may be applied; `many` is a person's word that it may.
pub(crate) fn check(plan: &Plan, many: bool) -> Result<(), Refusal> {
    if many {
        return Ok(());
    }
    let touched = plan
        .changes
        .iter()
        .filter(|change| match &change.action {
            // Enabling what was only waiting is what the earlier run promised.
            Action::Update { reason, .. } => *reason == crate::plan::UpdateReason::Changed,
            Action::Delete { .. } => true,
            Action::Create { .. } | Action::Mark { .. } | Action::Forget => false,
        })
        .count();
    if plan.owned >= FEWEST && touched * 100 > plan.owned * SHARE {
        return Err(Refusal::Share {
            touched,
            owned: plan.owned,
        });
    }
    let quota = plan.quota;
    for (kind, before, after, limit) in [
        (
            "scheduled",
            quota.scheduled_before,
            quota.scheduled_after,
            MAX_SCHEDULED,
        ),
        ("NRT", quota.nrt_before, quota.nrt_after, MAX_NRT),
    ] {
        // A workspace over its limit already is no reason to refuse an update.
        if after > limit && after > before {
            return Err(Refusal::Quota { kind, after, limit });
        }
    }
    Ok(())
}
