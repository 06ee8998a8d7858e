//! What the end of a deployment means for each of its rules: over, or into a further deployment.

use crate::api::alert_rule::AlertRuleBody;
use crate::api::alert_rule::AlertRuleResource;
use crate::api::deployment::OperationState;
use crate::api::error::innermost;
use crate::apply::OnMissingTable;
use crate::apply::deployment::{Ended, Item, Run, succeeded};
use crate::apply::step;
use crate::azure::Class;
use crate::azure::Error;
use crate::azure::operation_error;
use crate::azure::show_command;
use crate::plan::Action;
use crate::plan::diff;
use crate::plan::field::Field;
use crate::plan::mark::Applied;
use crate::plan::outcome::Failure;
use crate::plan::outcome::Status;

/// What is known of a rule after a deployment.
pub(super) enum Verdict {
    /// It is over.
    Over(Status),
    /// Another deployment is needed.
    Again(Box<Item>),
    /// The deployment was stopped before it.
    Untouched,
}

impl Run<'_> {
    /// What the end of a deployment means for one rule.
    pub(super) async fn judge(&self, item: &Item, ended: &Ended, last: bool) -> Verdict {
        if self.is_there(item, ended) {
            return Verdict::Over(if item.waiting {
                Status::Waiting
            } else {
                Status::Applied { recovered: false }
            });
        }
        let id = ended.state.correlation_id.clone();
        let failed = |resource: &str, state: Option<&OperationState>| {
            let state = state.filter(|state| state.status_message.is_some())?;
            let error = operation_error(&self.operation(item, resource), state, id.clone());
            (!succeeded(Some(state))).then_some(error)
        };
        let rule = self.rule_of(item, ended);
        if let Some(error) = failed("rule", rule) {
            return self.refused(item, error, last).await;
        }
        if let Some(error) = failed("mark", self.mark_of(item, ended)) {
            if item.entry.mark_first
                && item.entry.rule.is_some()
                && step::wants_parent(&error)
                && !last
            {
                let mut item = item.clone();
                item.entry.mark_first = false;
                return Verdict::Again(Box::new(item));
            }
            return Verdict::Over(Status::Failed(step::failure(&error)));
        }
        if ended
            .state
            .provisioning_state
            .eq_ignore_ascii_case("Canceled")
        {
            if succeeded(rule) {
                return Verdict::Over(Status::Failed(Failure {
                    causes: vec![
                        "the deployment was cancelled between the rule and its mark".to_owned(),
                    ],
                    help: vec!["run again: the rule is written, its mark follows".to_owned()],
                }));
            }
            return Verdict::Untouched;
        }
        Verdict::Over(Status::Failed(self.untold(item, ended)))
    }

    /// A deployment that ended without a word on a rule.
    fn untold(&self, item: &Item, ended: &Ended) -> Failure {
        let mut causes = vec![
            format!("cannot {}", self.operation(item, "rule")),
            format!(
                "deployment `{}` ended as `{}`",
                ended.name, ended.state.provisioning_state
            ),
        ];
        if let Some(error) = ended.state.error.as_ref().and_then(innermost) {
            causes.push(format!("`{}`: {}", error.code, error.message));
        }
        let command = show_command(&self.plan.workspace, &ended.name);
        Failure {
            causes,
            help: vec![format!("`{command}` tells more")],
        }
    }

    /// A rule that its provider refused.
    async fn refused(&self, item: &Item, error: Error, last: bool) -> Verdict {
        let again = |change: &dyn Fn(&mut Item)| {
            let mut item = item.clone();
            item.again = true;
            change(&mut item);
            Verdict::Again(Box::new(item))
        };
        match error.class() {
            Class::Conflict if !last => self.moved(item, &error).await,
            Class::MissingTable => self.without_table(item, &error, last),
            Class::RecentlyDeleted if !item.again && !last => again(&|_| {}),
            Class::RecentlyDeleted => Verdict::Over(Status::Deferred(step::failure(&error))),
            _ => Verdict::Over(Status::Failed(step::failure(&error))),
        }
    }

    /// The tag of the rule no longer fits: whether it really moved, and what then.
    async fn moved(&self, item: &Item, error: &Error) -> Verdict {
        let (Some(rule), workspace) = (&item.entry.rule, &self.plan.workspace) else {
            return Verdict::Over(Status::Failed(step::failure(error)));
        };
        let before: Option<&AlertRuleResource> = match &self.change(item).action {
            Action::Update { live, .. } => Some(live),
            _ => None,
        };
        let now = match self.client.get_rule(workspace, &item.entry.name).await {
            Ok(Some(now)) => now,
            Ok(None) if before.is_none() => {
                return Verdict::Over(Status::Failed(step::failure(error)));
            }
            Ok(None) => {
                return Verdict::Over(Status::Conflict {
                    moved: Vec::new(),
                    gone: true,
                });
            }
            Err(error) => return Verdict::Over(Status::Failed(step::failure(&error))),
        };
        let mut item = item.clone();
        if step::form(&now) == step::form_of(rule) {
            // Somebody made the same change: only the mark is left to write.
            item.entry.rule = None;
            return Verdict::Again(Box::new(item));
        }
        let moved = if let Some(before) = before {
            step::moved(before, &now)
        } else {
            let all = Field::ALL.iter().copied().collect();
            diff::fields(&step::form_of(rule), &step::form(&now), &all, None)
        };
        if !moved.is_empty() && !self.options.force {
            return Verdict::Over(Status::Conflict { moved, gone: false });
        }
        item.entry.rule = Some(AlertRuleBody {
            etag: now.etag,
            ..rule.clone()
        });
        Verdict::Again(Box::new(item))
    }

    /// The query names a table that the workspace does not have.
    fn without_table(&self, item: &Item, error: &Error, last: bool) -> Verdict {
        let was_on = match &self.change(item).action {
            Action::Update { live, .. } => live.properties.enabled != Some(false),
            _ => false,
        };
        match (self.options.on_missing_table, &item.entry.rule) {
            (OnMissingTable::Skip, _) => Verdict::Over(Status::SkippedTable),
            (OnMissingTable::DeployDisabled, _) if was_on => Verdict::Over(Status::SkippedTable),
            (OnMissingTable::DeployDisabled, Some(rule)) if !item.waiting && !last => {
                let mut item = item.clone();
                let mut rule = rule.clone();
                if rule.properties.enabled != Some(false)
                    && let Some(waiting) = Applied::waiting(&item.entry.mark)
                {
                    item.entry.mark = waiting;
                }
                rule.properties.enabled = Some(false);
                item.entry.rule = Some(rule);
                item.waiting = true;
                Verdict::Again(Box::new(item))
            }
            _ => Verdict::Over(Status::Failed(step::failure(error))),
        }
    }
}
