//! What is too much for one run without a word from a person.

use crate::api::lenient::ListedRule;
use crate::plan::Action;
use crate::plan::Change;
use crate::plan::Plan;

/// What a run may do unasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Largest share of the owned rules that a run changes or deletes, in percent.
    pub(crate) max_percent: u8,
    /// Fewest owned rules at which the share counts.
    pub(crate) min_owned: usize,
    /// Most enabled scheduled rules of the workspace.
    pub(crate) max_scheduled: usize,
    /// Most enabled near-real-time rules of the workspace.
    pub(crate) max_nrt: usize,
}

impl Default for Limits {
    /// The quotas are those that the service documents: 512 enabled scheduled rules and 50 near-real-time rules.
    fn default() -> Self {
        Self {
            max_percent: 30,
            min_owned: 10,
            max_scheduled: 512,
            max_nrt: 50,
        }
    }
}

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
        "the plan changes or deletes {touched} of {owned} owned rules, more than {percent} percent"
    )]
    Share {
        /// Updates and deletions.
        touched: usize,
        /// Owned live rules.
        owned: usize,
        /// The largest share, in percent.
        percent: u8,
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
                "disable or remove rules first; `max-scheduled` and `max-nrt` in `[guard]` of `rulepost.toml` tell a larger quota"
            }
        }
    }
}

/// Whether a plan may be applied without a person's word that it may.
pub(crate) fn check(plan: &Plan, limits: Limits) -> Result<(), Refusal> {
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
    let percent = limits.max_percent;
    if plan.owned >= limits.min_owned && touched * 100 > plan.owned * usize::from(percent) {
        return Err(Refusal::Share {
            touched,
            owned: plan.owned,
            percent,
        });
    }
    let quota = plan.quota;
    for (kind, before, after, limit) in [
        (
            "scheduled",
            quota.scheduled_before,
            quota.scheduled_after,
            limits.max_scheduled,
        ),
        ("NRT", quota.nrt_before, quota.nrt_after, limits.max_nrt),
    ] {
        // A workspace over its limit already is no reason to refuse an update.
        if after > limit && after > before {
            return Err(Refusal::Quota { kind, after, limit });
        }
    }
    Ok(())
}
