//! Which workspace is meant, and whether Sentinel is there.

use serde::Deserialize;
use tokio::task::JoinSet;
use url::Url;

use crate::api::path::{self, WorkspaceId};
use crate::api::version;
use crate::azure::client::Client;
use crate::azure::error::{Class, Error, Operation};
use crate::azure::near::near;

/// A workspace as a person names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WorkspaceRef {
    /// Name or resource id.
    pub(crate) workspace: String,
    /// `--resource-group`.
    pub(crate) resource_group: Option<String>,
    /// `--subscription`.
    pub(crate) subscription: Option<String>,
}

/// A workspace that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Workspace {
    /// Where it is.
    pub(crate) id: WorkspaceId,
    /// The GUID that the query service knows it by.
    pub(crate) customer_id: Option<String>,
}

#[derive(Deserialize)]
struct WorkspaceResource {
    id: String,
    #[serde(default)]
    properties: WorkspaceProperties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WorkspaceProperties {
    customer_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subscription {
    subscription_id: String,
}

impl WorkspaceResource {
    fn known(self) -> Option<Workspace> {
        Some(Workspace {
            id: self.id.parse().ok()?,
            customer_id: self.properties.customer_id,
        })
    }
}

impl Client {
    /// Finds a workspace by resource id, or by name among those that the identity sees.
    ///
    /// Two of the same name are an error that names both.
    pub(crate) async fn resolve_workspace(
        &self,
        wanted: &WorkspaceRef,
    ) -> Result<Workspace, Error> {
        if let Ok(id) = wanted.workspace.parse::<WorkspaceId>() {
            return self.read_workspace(&id).await;
        }
        let scope = match &wanted.subscription {
            Some(subscription) => format!("subscription `{subscription}`"),
            None => "the subscriptions that the identity sees".to_owned(),
        };
        let all = match &wanted.subscription {
            Some(subscription) => self.list_workspaces(subscription).await?,
            None => self.list_all_workspaces().await?,
        };
        let in_group = |workspace: &Workspace| {
            wanted
                .resource_group
                .as_ref()
                .is_none_or(|group| workspace.id.resource_group.eq_ignore_ascii_case(group))
        };
        let mut found: Vec<Workspace> = all
            .iter()
            .filter(|workspace| workspace.id.name.eq_ignore_ascii_case(&wanted.workspace))
            .filter(|workspace| in_group(workspace))
            .cloned()
            .collect();
        found.sort_by(|one, other| one.id.cmp(&other.id));
        if found.len() > 1 {
            return Err(Error::WorkspaceAmbiguous {
                name: wanted.workspace.clone(),
                found: found.into_iter().map(|workspace| workspace.id).collect(),
            });
        }
        found.pop().ok_or_else(|| {
            let names = all.into_iter().map(|workspace| workspace.id.name).collect();
            let scope = match &wanted.resource_group {
                Some(group) => format!("resource group `{group}` of {scope}"),
                None => scope,
            };
            Error::WorkspaceNotFound {
                name: wanted.workspace.clone(),
                scope,
                near: near(&wanted.workspace, names),
            }
        })
    }

    async fn read_workspace(&self, id: &WorkspaceId) -> Result<Workspace, Error> {
        let operation = Operation::ReadWorkspace(Box::new(id.clone()));
        let url = self.url(&id.to_string(), version::WORKSPACES);
        let resource: WorkspaceResource = self.get(&operation, url).await?.read(&operation)?;
        Ok(Workspace {
            id: id.clone(),
            customer_id: resource.properties.customer_id,
        })
    }

    /// The workspaces of a subscription; items that cannot be read are left out.
    pub(crate) async fn list_workspaces(
        &self,
        subscription: &str,
    ) -> Result<Vec<Workspace>, Error> {
        let operation = Operation::ListWorkspaces(subscription.to_owned());
        let url = self.url(&path::workspaces(subscription), version::WORKSPACES);
        let read = |item| WorkspaceResource::deserialize(item).ok()?.known();
        self.list(&operation, url, read).await
    }

    /// The ids of the subscriptions that the identity sees.
    pub(crate) async fn list_subscriptions(&self) -> Result<Vec<String>, Error> {
        let operation = Operation::ListSubscriptions;
        let url = self.url("/subscriptions", version::SUBSCRIPTIONS);
        let read = |item| Some(Subscription::deserialize(item).ok()?.subscription_id);
        self.list(&operation, url, read).await
    }

    /// The workspaces of every subscription; those that the identity may not look into are passed over.
    async fn list_all_workspaces(&self) -> Result<Vec<Workspace>, Error> {
        const AT_ONCE: usize = 8;
        let mut left = self.list_subscriptions().await?.into_iter();
        let mut running = JoinSet::new();
        let mut all = Vec::new();
        loop {
            while running.len() < AT_ONCE
                && let Some(subscription) = left.next()
            {
                let client = self.clone();
                running.spawn(async move {
                    let listed = client.list_workspaces(&subscription).await;
                    (subscription, listed)
                });
            }
            match running.join_next().await {
                None => return Ok(all),
                Some(Ok((_, Ok(listed)))) => all.extend(listed),
                Some(Ok((subscription, Err(error))))
                    if matches!(error.class(), Class::Forbidden | Class::NotFound) =>
                {
                    tracing::info!("passing over subscription `{subscription}`: {error}");
                }
                Some(Ok((_, Err(error)))) => return Err(error),
                Some(Err(panic)) => std::panic::resume_unwind(panic.into_panic()),
            }
        }
    }

    /// Makes sure that Sentinel is enabled on a workspace.
    pub(crate) async fn require_onboarded(&self, workspace: &WorkspaceId) -> Result<(), Error> {
        let operation = Operation::ReadOnboarding(Box::new(workspace.clone()));
        let url = self.sentinel_url(&workspace.onboarding_state());
        match self.get(&operation, url).await {
            Ok(_) => Ok(()),
            Err(error) if is_workspace_missing(&error) => Err(error),
            Err(error) if matches!(error.class(), Class::NotFound | Class::NotOnboarded) => {
                Err(Error::NotOnboarded {
                    workspace: workspace.clone(),
                })
            }
            Err(error) => Err(error),
        }
    }

    /// URL of a path of `Microsoft.SecurityInsights`.
    pub(super) fn sentinel_url(&self, path: &str) -> Url {
        self.url(path, &self.inner.api_version)
    }
}

/// Whether a 404 is about the workspace, its group or its subscription, not about what was asked for in it.
pub(super) fn is_workspace_missing(error: &Error) -> bool {
    let Some(body) = error
        .answer()
        .filter(|answer| answer.status == 404)
        .and_then(|answer| answer.body.as_ref())
    else {
        return false;
    };
    let group = matches!(
        body.code.as_str(),
        "ResourceGroupNotFound" | "SubscriptionNotFound" | "InvalidSubscriptionId"
    );
    let message = body.message.to_lowercase();
    group
        || (message.contains("microsoft.operationalinsights/workspaces/")
            && !message.contains("microsoft.securityinsights"))
}
