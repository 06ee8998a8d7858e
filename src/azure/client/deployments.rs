//! Template deployments in the resource group of a workspace.

use std::time::Duration;

use azure_core::http::Method;
use serde::Deserialize as _;
use serde_json::Value;

use crate::api;
use crate::api::deployment::{
    Deployment, DeploymentBody, DeploymentOperation, DeploymentState, OperationState, WhatIfChange,
    WhatIfResult,
};
use crate::api::path::WorkspaceId;
use crate::api::version;
use crate::azure::client::Client;
use crate::azure::client::rules::{is_doubtful, is_lost};
use crate::azure::client::send::Received;
use crate::azure::error::{Answer, Class, Error, Operation, Tried};

/// Longest wait between two looks at a deployment.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

impl Client {
    /// Submits a deployment under a name that was never used before.
    ///
    /// When the answer is lost, the name tells whether it was accepted.
    pub(crate) async fn submit(
        &self,
        workspace: &WorkspaceId,
        name: &str,
        body: &DeploymentBody,
    ) -> Result<(), Error> {
        let operation = Operation::Deploy(Box::new(workspace.clone()), name.to_owned());
        let url = self.url(&workspace.deployment(name), version::DEPLOYMENTS);
        let mut failures = 0;
        loop {
            let outcome = self
                .send(&operation, Method::Put, url.clone(), Some(body))
                .await;
            let failure = match outcome {
                Ok(answer) if answer.is_success() => return Ok(()),
                Ok(answer) if is_doubtful(answer.status) => answer.into_error(&operation),
                Ok(answer) => return Err(answer.into_error(&operation)),
                Err(error) if is_lost(&error) => error,
                Err(error) => return Err(error),
            };
            failures += 1;
            tracing::info!("whether deployment `{name}` was accepted is in doubt ({failure})");
            self.pause(self.inner.limits.backoff(failures)).await;
            match self.deployment(workspace, name).await {
                Ok(_) => return Ok(()),
                Err(error) if error.class() == Class::NotFound => {}
                Err(error) => return Err(error),
            }
            if failures >= self.inner.limits.attempts {
                return Err(failure);
            }
        }
    }

    /// How far a deployment is.
    pub(crate) async fn deployment(
        &self,
        workspace: &WorkspaceId,
        name: &str,
    ) -> Result<DeploymentState, Error> {
        let operation = Operation::ReadDeployment(Box::new(workspace.clone()), name.to_owned());
        let url = self.url(&workspace.deployment(name), version::DEPLOYMENTS);
        let answer = self.get(&operation, url).await?;
        let deployment: Deployment = answer.read(&operation)?;
        Ok(deployment.properties)
    }

    /// What a deployment did so far.
    pub(crate) async fn deployment_operations(
        &self,
        workspace: &WorkspaceId,
        name: &str,
    ) -> Result<Vec<DeploymentOperation>, Error> {
        let operation = Operation::ReadDeployment(Box::new(workspace.clone()), name.to_owned());
        let path = format!("{}/operations", workspace.deployment(name));
        let url = self.url(&path, version::DEPLOYMENTS);
        let read = |item: Value| DeploymentOperation::deserialize(item).ok();
        self.list(&operation, url, read).await
    }

    /// Stops a deployment; one that is over is no error.
    pub(crate) async fn cancel_deployment(
        &self,
        workspace: &WorkspaceId,
        name: &str,
    ) -> Result<(), Error> {
        let operation = Operation::CancelDeployment(Box::new(workspace.clone()), name.to_owned());
        let path = format!("{}/cancel", workspace.deployment(name));
        let url = self.url(&path, version::DEPLOYMENTS);
        let answer = self
            .send(&operation, Method::Post, url, None::<&Value>)
            .await?;
        if answer.is_success() || answer.status == 409 {
            return Ok(());
        }
        Err(answer.into_error(&operation))
    }

    /// What a deployment would change, as Azure Resource Manager sees it.
    pub(crate) async fn what_if(
        &self,
        workspace: &WorkspaceId,
        name: &str,
        body: &DeploymentBody,
    ) -> Result<Vec<WhatIfChange>, Error> {
        let operation = Operation::PreviewDeployment(Box::new(workspace.clone()), name.to_owned());
        let path = format!("{}/whatIf", workspace.deployment(name));
        let url = self.url(&path, version::DEPLOYMENTS);
        let mut answer = self.send(&operation, Method::Post, url, Some(body)).await?;
        let mut next = None;
        for look in 0.. {
            if !answer.is_success() {
                return Err(answer.into_error(&operation));
            }
            if answer.status != 202 {
                break;
            }
            // A later answer need not repeat where the result will be.
            let url = match &answer.location {
                Some(location) => self.next_page(&operation, location)?,
                None => next
                    .take()
                    .ok_or_else(|| without_location(&operation, &answer))?,
            };
            self.pause(answer.wait.unwrap_or_else(|| wait(look))).await;
            next = Some(url.clone());
            answer = self.get(&operation, url).await?;
        }
        let result: WhatIfResult = answer.read(&operation)?;
        match &result.error {
            Some(error) => Err(refusal(&operation, 400, Some(error), answer.request_id)),
            None => Ok(result.properties.changes),
        }
    }

    /// Waits before look number `look` (from 0) at a deployment: a little at first, a few seconds later on.
    pub(crate) async fn wait_for_deployment(&self, look: u32) {
        self.pause(wait(look)).await;
    }

    async fn pause(&self, wait: Duration) {
        self.inner.clock.sleep(wait).await;
    }
}

fn wait(look: u32) -> Duration {
    let doubled = Duration::from_millis(200).saturating_mul(1 << look.min(16));
    doubled.min(LONGEST_WAIT)
}

fn without_location(operation: &Operation, answer: &Received) -> Error {
    Error::Unreadable {
        operation: operation.clone(),
        problem: "the answer does not say where the result will be".to_owned(),
        excerpt: crate::azure::error::Detail("status 202 without `Location`".to_owned()),
        request_id: answer.request_id.clone(),
    }
}

/// What a provider refused within a deployment, as the same refusal of a plain request would be.
pub(crate) fn operation_error(
    operation: &Operation,
    state: &OperationState,
    correlation: Option<String>,
) -> Error {
    let name = state.status_code.as_deref().unwrap_or_default();
    let status = api::deployment::status_of(name).unwrap_or(400);
    refusal(
        operation,
        status,
        state.status_message.as_ref(),
        correlation,
    )
}

fn refusal(operation: &Operation, status: u16, told: Option<&Value>, id: Option<String>) -> Error {
    Error::Service {
        operation: operation.clone(),
        answer: Box::new(Answer {
            status,
            body: told.and_then(api::error::innermost),
            excerpt: String::new(),
            request_id: id,
            effort: Tried {
                times: 1,
                elapsed: Duration::ZERO,
            },
            refused_wait: None,
        }),
    }
}

/// The command of the Azure CLI that shows a deployment.
pub(crate) fn show_command(workspace: &WorkspaceId, name: &str) -> String {
    format!(
        "az deployment group show --subscription {} -g {} -n {name}",
        workspace.subscription, workspace.resource_group
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_grow_up_to_some_seconds() {
        let waits: Vec<u128> = [0, 1, 2, 4, 5, 40]
            .map(|look| wait(look).as_millis())
            .into();
        assert_eq!(waits, [200, 400, 800, 3_200, 5_000, 5_000]);
    }
}
