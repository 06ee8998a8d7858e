//! Rules and their ownership marks.

use azure_core::http::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize as _, Serialize};
use serde_json::Value;
use url::Url;

use crate::api::alert_rule::{AlertRuleBody, AlertRuleResource};
use crate::api::lenient::ListedRule;
use crate::api::metadata::{MetadataBody, MetadataResource};
use crate::api::path::WorkspaceId;
use crate::azure::client::Client;
use crate::azure::client::find::is_workspace_missing;
use crate::azure::client::send::Received;
use crate::azure::echo;
use crate::azure::error::{Class, Error, Fault, Operation};

/// A resource that was written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Written<T> {
    /// What the service holds now.
    pub(crate) resource: T,
    /// Whether it is new.
    pub(crate) created: bool,
    /// Whether the answer was lost and the write was found done by reading back.
    pub(crate) recovered: bool,
    /// The service's id of the request.
    pub(crate) request_id: Option<String>,
}

/// A resource that is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Deleted {
    /// Whether it was there.
    pub(crate) existed: bool,
    /// The service's id of the request.
    pub(crate) request_id: Option<String>,
}

impl Client {
    /// All rules of a workspace, of every kind.
    pub(crate) async fn list_rules(
        &self,
        workspace: &WorkspaceId,
    ) -> Result<Vec<ListedRule>, Error> {
        let operation = Operation::ListRules(Box::new(workspace.clone()));
        let url = self.sentinel_url(&workspace.alert_rules());
        let read = |item| Some(ListedRule::from_value(item));
        self.list(&operation, url, read).await
    }

    /// One rule, if it is there.
    pub(crate) async fn get_rule(
        &self,
        workspace: &WorkspaceId,
        rule: &str,
    ) -> Result<Option<AlertRuleResource>, Error> {
        let operation = Operation::ReadRule(Box::new(workspace.clone()), rule.to_owned());
        let url = self.sentinel_url(&workspace.alert_rule(rule));
        match self.get(&operation, url).await {
            Ok(answer) => answer.read(&operation).map(Some),
            Err(error) if is_absence(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Creates a rule or replaces it whole.
    ///
    /// With an etag in the body the service refuses when the rule moved ([`Class::Conflict`]).
    pub(crate) async fn put_rule(
        &self,
        workspace: &WorkspaceId,
        rule: &str,
        body: &AlertRuleBody,
    ) -> Result<Written<AlertRuleResource>, Error> {
        let operation = Operation::WriteRule(Box::new(workspace.clone()), rule.to_owned());
        let url = self.sentinel_url(&workspace.alert_rule(rule));
        self.put(&operation, url, body, body.etag.as_deref()).await
    }

    /// Deletes a rule; one that is not there is no error.
    pub(crate) async fn delete_rule(
        &self,
        workspace: &WorkspaceId,
        rule: &str,
    ) -> Result<Deleted, Error> {
        let operation = Operation::DeleteRule(Box::new(workspace.clone()), rule.to_owned());
        let url = self.sentinel_url(&workspace.alert_rule(rule));
        self.delete(&operation, url).await
    }

    /// All metadata resources of a workspace that can be read, not only the marks of rules.
    pub(crate) async fn list_metadata(
        &self,
        workspace: &WorkspaceId,
    ) -> Result<Vec<MetadataResource>, Error> {
        let operation = Operation::ListMarks(Box::new(workspace.clone()));
        let url = self.sentinel_url(&workspace.metadata_list());
        let read = |item: Value| match MetadataResource::deserialize(&item) {
            Ok(resource) => Some(resource),
            Err(error) => {
                tracing::info!("passing over a metadata resource that cannot be read: {error}");
                None
            }
        };
        self.list(&operation, url, read).await
    }

    /// Writes the ownership mark of a rule.
    pub(crate) async fn put_metadata(
        &self,
        workspace: &WorkspaceId,
        rule: &str,
        body: &MetadataBody,
    ) -> Result<Written<MetadataResource>, Error> {
        let operation = Operation::WriteMark(Box::new(workspace.clone()), rule.to_owned());
        let url = self.sentinel_url(&workspace.rule_metadata(rule));
        self.put(&operation, url, body, body.etag.as_deref()).await
    }

    /// Deletes the ownership mark of a rule; one that is not there is no error.
    pub(crate) async fn delete_metadata(
        &self,
        workspace: &WorkspaceId,
        rule: &str,
    ) -> Result<Deleted, Error> {
        let operation = Operation::DeleteMark(Box::new(workspace.clone()), rule.to_owned());
        let url = self.sentinel_url(&workspace.rule_metadata(rule));
        self.delete(&operation, url).await
    }

    async fn delete(&self, operation: &Operation, url: Url) -> Result<Deleted, Error> {
        let answer = self
            .send(operation, Method::Delete, url, None::<&Value>)
            .await?;
        let (status, request_id) = (answer.status, answer.request_id.clone());
        if answer.is_success() {
            return Ok(Deleted {
                existed: status != 204,
                request_id,
            });
        }
        let error = answer.into_error(operation);
        if is_absence(&error) {
            return Ok(Deleted {
                existed: false,
                request_id,
            });
        }
        Err(error)
    }

    /// Writes a resource whole.
    ///
    /// A failure after which the service may have stored the write all the same (a cut connection, a 5xx, an answer
    /// that ends early) puts it in doubt; then the resource is read back, and the write is repeated only when what
    /// is there is still what it was planned against. A repeated PUT carries the etag of the plan and would be
    /// refused if its first try had been stored, so such a refusal is looked up in the same way.
    async fn put<B, R>(
        &self,
        operation: &Operation,
        url: Url,
        body: &B,
        planned: Option<&str>,
    ) -> Result<Written<R>, Error>
    where
        B: Serialize + Sync,
        R: DeserializeOwned,
    {
        let started = self.now();
        let limits = self.inner.limits;
        let mut failures = 0;
        loop {
            let outcome = self
                .send(operation, Method::Put, url.clone(), Some(body))
                .await;
            let (failure, wait) = match outcome {
                Ok(answer) if answer.is_success() => match answer.read(operation) {
                    Ok(resource) => {
                        return Ok(Written {
                            resource,
                            created: answer.status == 201,
                            recovered: false,
                            request_id: answer.request_id,
                        });
                    }
                    Err(error) => (error, None),
                },
                Ok(answer) => {
                    let wait = answer.wait;
                    let in_doubt = is_doubtful(answer.status)
                        || (failures > 0 && matches!(answer.status, 409 | 412));
                    let error = answer.into_error(operation);
                    if !in_doubt {
                        return Err(error);
                    }
                    (error, wait)
                }
                Err(error) if is_lost(&error) => (error, None),
                Err(error) => return Err(error),
            };
            failures += 1;
            let wait = wait.unwrap_or_else(|| limits.backoff(failures));
            let elapsed = std::time::Duration::try_from(self.now().duration_since(started));
            let over = failures >= limits.attempts
                || elapsed.unwrap_or_default().saturating_add(wait) > limits.total;
            tracing::info!("the outcome of a write is in doubt ({failure}); reading back");
            if !over {
                self.inner.clock.sleep(wait).await;
            }
            match self.read_back(operation, &url, body, planned).await? {
                Found::Ours(resource, answer) => {
                    return Ok(Written {
                        resource,
                        created: planned.is_none(),
                        recovered: true,
                        request_id: answer.request_id,
                    });
                }
                Found::Theirs => {
                    return Err(Error::Overtaken {
                        operation: operation.clone(),
                    });
                }
                Found::Unchanged if over => return Err(failure),
                Found::Unchanged => {}
            }
        }
    }

    /// What a resource holds after a write whose outcome is not known.
    async fn read_back<B, R>(
        &self,
        operation: &Operation,
        url: &Url,
        body: &B,
        planned: Option<&str>,
    ) -> Result<Found<R>, Error>
    where
        B: Serialize + Sync,
        R: DeserializeOwned,
    {
        let answer = match self.get(operation, url.clone()).await {
            Ok(answer) => answer,
            Err(error) if is_absence(&error) => return Ok(Found::Unchanged),
            Err(error) => return Err(error),
        };
        let stored: Value = answer.read(operation)?;
        let mut sent = serde_json::to_value(body).expect("our bodies are maps with text keys");
        if let Some(sent) = sent.as_object_mut() {
            sent.remove("etag");
        }
        if echo::holds(&sent, &stored) {
            let resource = answer.read(operation)?;
            return Ok(Found::Ours(resource, answer));
        }
        let etag = stored.get("etag").and_then(Value::as_str);
        Ok(match planned {
            Some(planned) if etag != Some(planned) => Found::Theirs,
            _ => Found::Unchanged,
        })
    }
}

/// What was found when reading back.
enum Found<R> {
    /// What was sent is stored.
    Ours(R, Received),
    /// Neither what was sent nor what was planned against.
    Theirs,
    /// Nothing, or what was planned against.
    Unchanged,
}

/// Statuses after which a write may have been stored.
pub(super) fn is_doubtful(status: u16) -> bool {
    matches!(status, 408 | 500..=599)
}

/// Failures after which a write may have been stored.
pub(super) fn is_lost(error: &Error) -> bool {
    matches!(
        error,
        Error::Unreachable {
            fault: Fault::Cut | Fault::Timeout,
            ..
        }
    )
}

/// Whether an error only says that there is no such resource.
fn is_absence(error: &Error) -> bool {
    error.class() == Class::NotFound && !is_workspace_missing(error)
}
