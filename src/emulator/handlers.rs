//! One file per resource type, and what they share.

pub(crate) mod admin;
pub(crate) mod deployments;
pub(crate) mod incidents;
pub(crate) mod ingest;
pub(crate) mod logs;
pub(crate) mod metadata;
pub(crate) mod onboarding;
pub(crate) mod rules;
pub(crate) mod schema;
pub(crate) mod subscriptions;
pub(crate) mod tables;
pub(crate) mod what_if;
pub(crate) mod workspaces;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::api::path::WorkspaceId;
use crate::emulator::Emulator;
use crate::emulator::answer::{self, Answer, ServiceError};
use crate::emulator::auth::Caller;
use crate::emulator::call::Call;
use crate::emulator::state::{Facts, Slot, State, Touch, Workspace};
use crate::emulator::store::Shelf;

/// Something asked of a workspace: by which call, by whom, and of which workspace.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) emulator: &'a Emulator,
    pub(crate) call: &'a Call,
    pub(crate) caller: &'a Caller,
    pub(crate) id: &'a WorkspaceId,
}

impl Asked<'_> {
    /// The workspace, if the caller may do `action` in it.
    fn workspace<'s>(
        &self,
        state: &'s mut State,
        action: &str,
    ) -> Result<&'s mut Workspace, ServiceError> {
        let id = self.id;
        subscription(self.emulator, self.caller, &id.subscription)?;
        self.caller.may(action, &self.call.path)?;
        let same_group = |one: &Workspace| {
            one.facts
                .subscription
                .eq_ignore_ascii_case(&id.subscription)
                && one
                    .facts
                    .resource_group
                    .eq_ignore_ascii_case(&id.resource_group)
        };
        if !state.workspaces.values().any(same_group) {
            return Err(answer::group_not_found(&id.resource_group));
        }
        state
            .workspace_mut(id)
            .ok_or_else(|| answer::workspace_not_found(id))
    }

    /// The same, and Sentinel is switched on.
    fn onboarded<'s>(
        &self,
        state: &'s mut State,
        action: &str,
    ) -> Result<&'s mut Workspace, ServiceError> {
        let found = self.workspace(state, action)?;
        if found.facts.onboarded.is_none() {
            return Err(answer::not_onboarded(&found.facts.name));
        }
        Ok(found)
    }

    /// The JSON body of the request.
    fn body(&self) -> Result<Value, ServiceError> {
        body(self.call)
    }

    /// The caller at this time, for `systemData`.
    fn touch(&self) -> Touch {
        Touch {
            at: self.emulator.time.now(),
            by: self.caller.client_id.clone(),
            by_type: "Application".to_owned(),
        }
    }

    /// Writes what is at `key` now into the data folder; `None` takes it away.
    fn keep(&self, shelf: Shelf, key: &str, slot: Option<&Slot>) -> Result<(), ServiceError> {
        let store = &self.emulator.store;
        store
            .write_slot(self.id, shelf, key, slot)
            .map_err(|error| broken(&error))
    }

    /// Writes what the workspace itself is now into the data folder.
    fn keep_facts(&self, facts: &Facts) -> Result<(), ServiceError> {
        let store = &self.emulator.store;
        store.write_facts(facts).map_err(|error| broken(&error))
    }
}

/// Refuses a subscription that is not of the caller's tenant.
fn subscription(emulator: &Emulator, caller: &Caller, id: &str) -> Result<(), ServiceError> {
    let identity = emulator
        .identity
        .lock()
        .expect("no holder of this lock panics");
    match identity.subscription(id) {
        Some(subscription) if subscription.tenant.eq_ignore_ascii_case(&caller.tenant) => Ok(()),
        _ => Err(answer::subscription_not_found(id)),
    }
}

/// One page of a list. The link to the next names the last item of this one, so that what is written in between
/// neither repeats nor hides an item.
fn page<T>(
    asked: Asked<'_>,
    slots: &BTreeMap<String, T>,
    show: impl Fn(&T) -> Option<Value>,
) -> Answer {
    let Asked { emulator, call, .. } = asked;
    let after = call.query.get("$skiptoken");
    let mut shown = slots
        .iter()
        .filter(|(key, _)| after.is_none_or(|after| *key > after))
        .filter_map(|(key, slot)| Some((key, show(slot)?)));
    let items: Vec<(&String, Value)> = shown.by_ref().take(emulator.page_size).collect();
    let next = shown.next().and(items.last()).map(|(key, _)| {
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("api-version", call.api_version().unwrap_or_default())
            .append_pair("$skipToken", key)
            .finish();
        format!("{}{}?{query}", call.origin(), call.path)
    });
    let values: Vec<Value> = items.into_iter().map(|(_, value)| value).collect();
    let mut body = json!({ "value": values });
    if let Some(next) = next {
        body["nextLink"] = Value::String(next);
    }
    Answer::ok(&body)
}

/// The JSON body of a request.
fn body(call: &Call) -> Result<Value, ServiceError> {
    serde_json::from_slice(&call.body).map_err(|error| answer::invalid_content(&error.to_string()))
}

/// An error of the data folder, told as the service tells its own failures.
fn broken(error: &crate::emulator::error::Error) -> ServiceError {
    let mut text = error.to_string();
    if let Some(source) = std::error::Error::source(error) {
        text.push_str(&format!(": {source}"));
    }
    answer::internal(&text)
}
