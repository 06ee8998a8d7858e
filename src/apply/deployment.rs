//! Makes a plan real through template deployments: everything is written by Azure Resource Manager, nothing by us.
//!
//! Rules and marks go as templates of up to 800 resources, one deployment after the other. What each operation of a
//! deployment says is judged as the answer to a plain write is, and what would be repeated there goes into a further
//! deployment. A template deletes nothing, so plans for this engine hold no deletions ([`left_out`]), and the mark of
//! a rule that could not be created stays for the next run to use. Start at [`execute`]; [`preview`] asks what the
//! deployments would change.

mod verdict;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;

use crate::api::deployment::DeploymentBody;
use crate::api::deployment::DeploymentRequest;
use crate::api::deployment::DeploymentState;
use crate::api::deployment::OperationState;
use crate::api::deployment::WhatIfChange;
use crate::api::metadata::MetadataBody;
use crate::apply::Event;
use crate::apply::Listener;
use crate::apply::Options;
use crate::apply::deployment::verdict::Verdict;
use crate::apply::step;
use crate::azure::Client;
use crate::azure::Error;
use crate::azure::Operation;
use crate::azure::operation_error;
use crate::azure::show_command;
use crate::plan::Action;
use crate::plan::Change;
use crate::plan::Plan;
use crate::plan::outcome::Outcome;
use crate::plan::outcome::Status;
use crate::plan::outcome::Write;
use crate::render::deployment::MAX_BYTES;
use crate::render::deployment::MAX_RESOURCES;
use crate::render::submission;
use crate::render::submission::Entry;
use crate::render::submission::Limits;

/// Deployments that a rule may go through in all: for a tag that no longer fits, or a missing table.
const ROUNDS: usize = 3;

const LIMITS: Limits = Limits {
    resources: MAX_RESOURCES,
    bytes: MAX_BYTES,
};

/// Takes from a plan what a template cannot do; how many changes that were.
pub(crate) fn left_out(plan: &mut Plan) -> usize {
    let before = plan.changes.len();
    plan.changes
        .retain(|change| !matches!(change.action, Action::Delete { .. } | Action::Forget));
    before - plan.changes.len()
}

/// What Azure Resource Manager says the plan would change.
pub(crate) async fn preview(plan: &Plan, client: &Client) -> Result<Vec<WhatIfChange>, Error> {
    let items: Vec<Item> = items(plan);
    let run = name(client);
    let mut changes: Vec<WhatIfChange> = Vec::new();
    for (number, part) in parts(&items, plan).into_iter().enumerate() {
        let name = format!("{run}-{}", number + 1);
        let more = client
            .what_if(&plan.workspace, &name, &body(part, plan))
            .await?;
        for change in more {
            // What the group holds beside the template is told with every part.
            if !changes.contains(&change) {
                changes.push(change);
            }
        }
    }
    Ok(changes)
}

/// A rule on its way.
#[derive(Debug, Clone)]
struct Item {
    /// Position of its change in the plan.
    index: usize,
    entry: Entry,
    /// Whether it is deployed switched off because a table is missing.
    waiting: bool,
    /// Whether it went through a deployment already.
    again: bool,
}

fn items(plan: &Plan) -> Vec<Item> {
    let item = |index, change: &Change| {
        let (rule, mark, mark_first) = match &change.action {
            Action::Create { body, mark } => (Some(&**body), mark, true),
            Action::Update { body, mark, .. } => (Some(&**body), mark, false),
            Action::Mark { mark, .. } => (None, mark, true),
            Action::Delete { .. } | Action::Forget => return None,
        };
        Some(Item {
            index,
            entry: Entry {
                name: change.name.clone(),
                rule: rule.cloned(),
                mark: MetadataBody::clone(mark),
                mark_first,
            },
            waiting: false,
            again: false,
        })
    };
    let changes = plan.changes.iter().enumerate();
    changes
        .filter_map(|(index, change)| item(index, change))
        .collect()
}

/// The items of each template.
fn parts<'a>(items: &'a [Item], plan: &Plan) -> Vec<&'a [Item]> {
    let entries = entries(items);
    let mut rest = items;
    submission::split(&entries, &plan.api_version, LIMITS)
        .into_iter()
        .map(|count| {
            let (part, others) = rest.split_at(count);
            rest = others;
            part
        })
        .collect()
}

fn entries(items: &[Item]) -> Vec<Entry> {
    items.iter().map(|item| item.entry.clone()).collect()
}

fn body(items: &[Item], plan: &Plan) -> DeploymentBody {
    DeploymentBody {
        properties: DeploymentRequest {
            mode: "Incremental",
            template: submission::template(&entries(items), &plan.api_version),
            parameters: json!({"workspace": {"value": plan.workspace.name}}),
        },
    }
}

/// A name for the deployments of a run that no other run has.
fn name(client: &Client) -> String {
    let unique = uuid::Uuid::new_v4().simple().to_string();
    format!(
        "rulepost-{}-{}",
        client.now().strftime("%Y%m%d-%H%M%S"),
        unique.get(..8).unwrap_or_default()
    )
}

/// What the deployments of one run share.
struct Run<'a> {
    plan: &'a Plan,
    client: &'a Client,
    options: &'a Options,
    listener: &'a Listener,
    outcomes: Vec<Option<Outcome>>,
}

/// Applies a plan; one outcome per change, in the order of the plan.
pub(crate) async fn execute(
    plan: Arc<Plan>,
    client: Client,
    options: Options,
    listener: Listener,
) -> Vec<Outcome> {
    let mut run = Run {
        plan: &plan,
        client: &client,
        options: &options,
        listener: &listener,
        outcomes: vec![None; plan.changes.len()],
    };
    let prefix = name(&client);
    let mut number = 0;
    let mut pending = items(&plan);
    for round in 1..=ROUNDS {
        let mut again = Vec::new();
        let parts: Vec<Vec<Item>> = parts(&pending, &plan)
            .into_iter()
            .map(<[_]>::to_vec)
            .collect();
        for part in parts {
            if options.stop.is_cancelled() || (options.fail_fast && run.has_failed()) {
                break;
            }
            number += 1;
            let name = format!("{prefix}-{number}");
            again.extend(run.deploy(&name, part, round == ROUNDS).await);
        }
        pending = again;
    }
    let outcomes = std::mem::take(&mut run.outcomes);
    outcomes
        .into_iter()
        .zip(&plan.changes)
        .map(|(outcome, change)| {
            outcome.unwrap_or_else(|| Outcome::new(change, Status::NotStarted, None))
        })
        .collect()
}

/// What a deployment came to.
struct Ended {
    name: String,
    state: DeploymentState,
    /// What was done about each resource, by its id in lower case.
    done: BTreeMap<String, OperationState>,
}

impl Ended {
    fn of(&self, id: &str) -> Option<&OperationState> {
        self.done.get(&id.to_lowercase())
    }
}

fn succeeded(state: Option<&OperationState>) -> bool {
    state.is_some_and(|state| state.provisioning_state.eq_ignore_ascii_case("Succeeded"))
}

impl Run<'_> {
    fn has_failed(&self) -> bool {
        let mut outcomes = self.outcomes.iter().flatten();
        outcomes.any(|outcome| outcome.status.is_failure())
    }

    fn change(&self, item: &Item) -> &Change {
        &self.plan.changes[item.index]
    }

    /// Submits one template and waits for its end; the items that need another deployment.
    async fn deploy(&mut self, name: &str, items: Vec<Item>, last: bool) -> Vec<Item> {
        let workspace = &self.plan.workspace;
        let body = body(&items, self.plan);
        let followed = async {
            let submitted = self.client.submit(workspace, name, &body).await;
            submitted.map_err(|error| (error, false))?;
            let ended = self.watch(name, &items).await;
            ended.map_err(|error| (error, true))
        };
        let followed = tokio::select! {
            followed = followed => followed,
            () = self.options.abort.cancelled() => {
                for item in &items {
                    self.settle(item, Status::InDoubt, None);
                }
                return Vec::new();
            }
        };
        let ended = match followed {
            Ok(ended) => ended,
            Err((error, submitted)) => {
                let mut failure = step::failure(&error);
                if submitted {
                    failure.help = vec![format!(
                        "the deployment goes on by itself; `{}` tells how it ends, and running again is safe",
                        show_command(workspace, name)
                    )];
                }
                for item in &items {
                    let status = Status::Failed(failure.clone());
                    self.settle(item, status, error.request_id());
                }
                return Vec::new();
            }
        };
        let mut again = Vec::new();
        for item in items {
            self.tell(&item, &ended);
            let id = ended.state.correlation_id.as_deref();
            match self.judge(&item, &ended, last).await {
                Verdict::Over(status) => self.settle(&item, status, id),
                Verdict::Again(item) => again.push(*item),
                Verdict::Untouched => {}
            }
        }
        again
    }

    fn settle(&mut self, item: &Item, status: Status, id: Option<&str>) {
        let outcome = Outcome::new(self.change(item), status, id.map(str::to_owned));
        (self.listener)(Event::Finished(&outcome));
        if let Some(place) = self.outcomes.get_mut(item.index) {
            *place = Some(outcome);
        }
    }

    /// Follows a deployment to its end, and cancels it when the run is to stop.
    async fn watch(&self, name: &str, items: &[Item]) -> Result<Ended, Error> {
        let workspace = &self.plan.workspace;
        let (mut cancelled, mut shown) = (false, BTreeSet::new());
        let mut look = 0;
        loop {
            tokio::select! {
                () = self.client.wait_for_deployment(look) => {}
                () = self.options.stop.cancelled(), if !cancelled => {}
            }
            look += 1;
            let state = self.client.deployment(workspace, name).await?;
            let operations = self.client.deployment_operations(workspace, name).await?;
            let mut done = BTreeMap::new();
            for operation in operations {
                if let Some(target) = &operation.properties.target_resource {
                    done.insert(target.id.to_lowercase(), operation.properties);
                }
            }
            let ended = Ended {
                name: name.to_owned(),
                state,
                done,
            };
            if ended.state.is_over() {
                return Ok(ended);
            }
            self.show(items, &ended, &mut shown);
            let failed = |state: &OperationState| state.provisioning_state == "Failed";
            let stop = self.options.stop.is_cancelled()
                || (self.options.fail_fast && ended.done.values().any(failed));
            if stop && !cancelled {
                cancelled = true;
                if let Err(error) = self.client.cancel_deployment(workspace, name).await {
                    tracing::warn!(
                        "the deployment goes on: {}",
                        step::failure(&error).causes.join(": ")
                    );
                }
            }
        }
    }

    /// Tells of rules that are done while the deployment goes on.
    fn show(&self, items: &[Item], ended: &Ended, shown: &mut BTreeSet<usize>) {
        for item in items {
            if self.is_there(item, ended) && !item.waiting && shown.insert(item.index) {
                let status = Status::Applied { recovered: false };
                let outcome = Outcome::new(self.change(item), status, None);
                (self.listener)(Event::Finished(&outcome));
            }
        }
    }

    fn rule_of<'a>(&self, item: &Item, ended: &'a Ended) -> Option<&'a OperationState> {
        ended.of(&self.plan.workspace.alert_rule(&item.entry.name))
    }

    fn mark_of<'a>(&self, item: &Item, ended: &'a Ended) -> Option<&'a OperationState> {
        ended.of(&self.plan.workspace.rule_metadata(&item.entry.name))
    }

    fn is_there(&self, item: &Item, ended: &Ended) -> bool {
        (item.entry.rule.is_none() || succeeded(self.rule_of(item, ended)))
            && succeeded(self.mark_of(item, ended))
    }

    /// Tells of the writes that the deployment tried for an item.
    fn tell(&self, item: &Item, ended: &Ended) {
        let change = self.change(item);
        let live = match &change.action {
            Action::Update { live, .. } => Some(step::hash(&step::form(live))),
            _ => None,
        };
        let rule = item
            .entry
            .rule
            .as_ref()
            .map(|rule| step::hash(&step::form_of(rule)));
        for (resource, state, before, after) in [
            ("rule", self.rule_of(item, ended), live, rule),
            ("mark", self.mark_of(item, ended), None, None),
        ] {
            let Some(state) = state else { continue };
            let outcome = match state.status_code.as_deref() {
                _ if !succeeded(Some(state)) => {
                    let error = operation_error(&self.operation(item, resource), state, None);
                    step::failure(&error).causes.join(": ")
                }
                Some(code) if code.eq_ignore_ascii_case("Created") => "created".to_owned(),
                _ => "updated".to_owned(),
            };
            (self.listener)(Event::Write(&Write {
                rule: item.entry.name.clone(),
                title: change.title.clone(),
                resource,
                verb: "put",
                before,
                after,
                request_id: ended.state.correlation_id.clone(),
                outcome,
            }));
        }
    }

    fn operation(&self, item: &Item, resource: &str) -> Operation {
        let (workspace, name) = (
            Box::new(self.plan.workspace.clone()),
            item.entry.name.clone(),
        );
        if resource == "mark" {
            Operation::WriteMark(workspace, name)
        } else {
            Operation::WriteRule(workspace, name)
        }
    }
}
