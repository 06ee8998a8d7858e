//! One change, write by write.

use crate::api::alert_rule::AlertRuleBody;
use crate::api::alert_rule::AlertRuleResource;
use crate::api::metadata::MetadataBody;
use crate::apply::Event;
use crate::apply::Listener;
use crate::apply::OnMissingTable;
use crate::apply::Options;
use crate::azure::Class;
use crate::azure::Client;
use crate::azure::Error;
use crate::plan::Action;
use crate::plan::Change;
use crate::plan::Note;
use crate::plan::Plan;
use crate::plan::diff;
use crate::plan::diff::FieldChange;
use crate::plan::field::Field;
use crate::plan::mark::Applied;
use crate::plan::normal::Normal;
use crate::plan::normal::normal;
use crate::plan::outcome::Failure;
use crate::plan::outcome::Outcome;
use crate::plan::outcome::Status;
use crate::plan::outcome::Write;

/// How often a refusal for a stale etag is looked into before it counts as one.
const LOOKS: usize = 3;

/// What the writes of one change share.
pub(super) struct Step<'a> {
    pub(super) client: &'a Client,
    pub(super) plan: &'a Plan,
    pub(super) change: &'a Change,
    pub(super) options: &'a Options,
    pub(super) listener: &'a Listener,
    /// The service's id of the last request.
    pub(super) request_id: Option<String>,
}

/// How a change that is not done ended.
enum Stop {
    /// With a status of its own.
    With(Status),
    /// With an error.
    Error(Box<Error>),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(Box::new(error))
    }
}

/// Does what the plan says for one rule, and tells what became of it.
pub(super) async fn step(
    client: &Client,
    plan: &Plan,
    change: &Change,
    options: &Options,
    listener: &Listener,
) -> Outcome {
    let mut step = Step {
        client,
        plan,
        change,
        options,
        listener,
        request_id: None,
    };
    let result = match &change.action {
        Action::Create { body, mark } => step.create(body, mark).await,
        Action::Update {
            body, mark, live, ..
        } => step.update(body, mark, live).await,
        Action::Mark { mark, .. } => step.mark(mark).await.map(|()| done(false)),
        Action::Delete { live } => step.delete(live).await,
        Action::Forget => step.forget().await,
    };
    let status = match result {
        Ok(status) | Err(Stop::With(status)) => status,
        Err(Stop::Error(error)) => {
            if error.request_id().is_some() {
                step.request_id = error.request_id().map(str::to_owned);
            }
            failed(&error)
        }
    };
    Outcome::new(change, status, step.request_id)
}

fn done(recovered: bool) -> Status {
    Status::Applied { recovered }
}

fn failed(error: &Error) -> Status {
    let failure = failure(error);
    if error.class() == Class::RecentlyDeleted {
        Status::Deferred(failure)
    } else {
        Status::Failed(failure)
    }
}

/// An error in words: itself and its causes, then what to do.
pub(super) fn failure(error: &Error) -> Failure {
    Failure::of(error, error.help())
}

impl Step<'_> {
    /// Marks, then creates. The mark of a rule that could not be created is taken back.
    async fn create(&mut self, body: &AlertRuleBody, mark: &MetadataBody) -> Result<Status, Stop> {
        // A service that wants the rule before its mark refuses the mark; then the mark comes second, and a run that
        // is killed between the two leaves a rule that has to be adopted.
        let marked = match self.mark(mark).await {
            Ok(()) => true,
            Err(Stop::Error(error)) if wants_parent(&error) => false,
            Err(stop) => return Err(stop),
        };
        let result = self.put_new(body, mark).await;
        match &result {
            Ok(status) => {
                if !marked && matches!(status, Status::Applied { .. }) {
                    self.mark(mark).await?;
                }
            }
            // In doubt, the rule may be there; the mark stays, so that the next run knows it for ours.
            Err(Stop::Error(error)) if !in_doubt(error) => self.unmark().await,
            Err(Stop::With(Status::SkippedTable)) => self.unmark().await,
            Err(_) => {}
        }
        result
    }

    async fn put_new(&mut self, body: &AlertRuleBody, mark: &MetadataBody) -> Result<Status, Stop> {
        match self.put(body, None).await {
            Ok(recovered) => Ok(done(recovered)),
            // Something stands there although the list did not show it.
            Err(error) if error.class() == Class::Conflict => {
                let Some(live) = self.read().await? else {
                    return Err(error.into());
                };
                if form(&live) == form_of(body) {
                    return Ok(done(true));
                }
                if !self.options.force {
                    let wanted = form_of(body);
                    let all = Field::ALL.iter().copied().collect();
                    return Err(Stop::With(Status::Conflict {
                        moved: diff::fields(&wanted, &form(&live), &all, None),
                        gone: false,
                    }));
                }
                let body = AlertRuleBody {
                    etag: live.etag.clone(),
                    ..body.clone()
                };
                Ok(done(self.put(&body, Some(&live)).await?))
            }
            Err(error) if error.class() == Class::MissingTable => {
                self.without_table(error, body, mark, None).await
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Writes over the live rule that the plan saw, then marks.
    async fn update(
        &mut self,
        body: &AlertRuleBody,
        mark: &MetadataBody,
        live: &AlertRuleResource,
    ) -> Result<Status, Stop> {
        let mut body = body.clone();
        let mut refused = None;
        for _ in 0..LOOKS {
            let error = match self.put(&body, Some(live)).await {
                Ok(recovered) => {
                    self.mark(mark).await?;
                    return Ok(done(recovered));
                }
                Err(error) if error.class() == Class::Conflict => error,
                Err(error) if error.class() == Class::MissingTable => {
                    return self.without_table(error, &body, mark, Some(live)).await;
                }
                Err(error) => return Err(error.into()),
            };
            let Some(now) = self.read().await? else {
                return Err(Stop::With(Status::Conflict {
                    moved: Vec::new(),
                    gone: true,
                }));
            };
            if form(&now) == form_of(&body) {
                // Our own write, whose answer was lost, or somebody made the same change.
                self.mark(mark).await?;
                return Ok(done(true));
            }
            let moved = moved(live, &now);
            if !moved.is_empty() && !self.options.force {
                return Err(Stop::With(Status::Conflict { moved, gone: false }));
            }
            // The content is what the plan saw, only the tag is another; or the run was told to overwrite.
            body.etag.clone_from(&now.etag);
            refused = Some(error);
        }
        let error = refused.expect("the loop above ran at least once");
        Err(error.into())
    }

    /// The query names a table that the workspace does not have.
    async fn without_table(
        &mut self,
        error: Error,
        body: &AlertRuleBody,
        mark: &MetadataBody,
        live: Option<&AlertRuleResource>,
    ) -> Result<Status, Stop> {
        let was_on = live.is_some_and(|live| live.properties.enabled != Some(false));
        match self.options.on_missing_table {
            OnMissingTable::Fail => Err(error.into()),
            OnMissingTable::Skip => Err(Stop::With(Status::SkippedTable)),
            // What detects something now is not switched off for what cannot run yet.
            OnMissingTable::DeployDisabled if was_on => Err(Stop::With(Status::SkippedTable)),
            OnMissingTable::DeployDisabled => {
                let mut body = body.clone();
                let wanted_on = body.properties.enabled != Some(false);
                body.properties.enabled = Some(false);
                self.put(&body, live).await?;
                let waiting = Applied::waiting(mark).filter(|_| wanted_on);
                self.mark(waiting.as_ref().unwrap_or(mark)).await?;
                Ok(Status::Waiting)
            }
        }
    }

    /// Deletes the rule as the plan saw it, then its mark.
    async fn delete(&mut self, live: &AlertRuleResource) -> Result<Status, Stop> {
        if let Some(now) = self.read().await?
            && now.etag != live.etag
            && !self.options.force
        {
            let moved = moved(live, &now);
            if !moved.is_empty() {
                return Err(Stop::With(Status::Conflict { moved, gone: false }));
            }
        }
        let result = self
            .client
            .delete_rule(&self.plan.workspace, &self.change.name)
            .await;
        let before = Some(hash(&form(live)));
        let told = result
            .as_ref()
            .map(|gone| (gone_word(gone.existed), gone.request_id.clone()));
        self.tell("rule", "delete", before, None, told);
        self.request_id = result?.request_id;
        self.remove_mark().await?;
        Ok(done(false))
    }

    /// Deletes a mark that stands beside no rule.
    async fn forget(&mut self) -> Result<Status, Stop> {
        // A list may lag behind; a rule that is there after all keeps its mark.
        if self.read().await?.is_some() {
            return Err(Stop::With(Status::Conflict {
                moved: Vec::new(),
                gone: false,
            }));
        }
        self.remove_mark().await?;
        Ok(done(false))
    }

    /// Takes a mark back, as well as it goes: one that stays is forgotten or used by the next run.
    ///
    /// The mark of a rule that is there is never taken: a list may have hidden a rule that was created before, and
    /// a refusal may follow a write that was stored.
    async fn unmark(&mut self) {
        let was_marked = self.change.notes.contains(&Note::DeletedInWorkspace);
        if was_marked || !matches!(self.read().await, Ok(None)) {
            return;
        }
        let request_id = self.request_id.clone();
        if let Err(error) = self.remove_mark().await {
            tracing::info!("the mark of rule `{}` stays: {error}", self.change.name);
        }
        self.request_id = request_id;
    }

    pub(super) async fn read(&self) -> Result<Option<AlertRuleResource>, Error> {
        self.client
            .get_rule(&self.plan.workspace, &self.change.name)
            .await
    }

    /// Writes the rule; whether its answer was lost and found.
    pub(super) async fn put(
        &mut self,
        body: &AlertRuleBody,
        live: Option<&AlertRuleResource>,
    ) -> Result<bool, Error> {
        let result = self
            .client
            .put_rule(&self.plan.workspace, &self.change.name, body)
            .await;
        let told = result
            .as_ref()
            .map(|written| (written_word(written.created), written.request_id.clone()));
        let before = live.map(|live| hash(&form(live)));
        self.tell("rule", "put", before, Some(hash(&form_of(body))), told);
        let written = result?;
        self.request_id.clone_from(&written.request_id);
        Ok(written.recovered)
    }

    async fn mark(&mut self, mark: &MetadataBody) -> Result<(), Stop> {
        Ok(self.put_mark(mark).await?)
    }

    /// Writes the mark.
    pub(super) async fn put_mark(&mut self, mark: &MetadataBody) -> Result<(), Error> {
        let result = self
            .client
            .put_metadata(&self.plan.workspace, &self.change.name, mark)
            .await;
        let told = result
            .as_ref()
            .map(|written| (written_word(written.created), written.request_id.clone()));
        self.tell("mark", "put", None, None, told);
        result.map(drop)
    }

    /// Deletes the mark.
    pub(super) async fn remove_mark(&mut self) -> Result<(), Error> {
        let result = self
            .client
            .delete_metadata(&self.plan.workspace, &self.change.name)
            .await;
        let told = result
            .as_ref()
            .map(|gone| (gone_word(gone.existed), gone.request_id.clone()));
        self.tell("mark", "delete", None, None, told);
        result.map(drop)
    }

    fn tell(
        &self,
        resource: &'static str,
        verb: &'static str,
        before: Option<String>,
        after: Option<String>,
        told: Result<(&'static str, Option<String>), &Error>,
    ) {
        let (outcome, request_id) = match told {
            Ok((word, request_id)) => (word.to_owned(), request_id),
            Err(error) => (
                failure(error).causes.join(": "),
                error.request_id().map(str::to_owned),
            ),
        };
        (self.listener)(Event::Write(&Write {
            rule: self.change.name.clone(),
            title: self.change.title.clone(),
            resource,
            verb,
            before,
            after,
            request_id,
            outcome,
        }));
    }
}

fn written_word(created: bool) -> &'static str {
    if created { "created" } else { "updated" }
}

fn gone_word(existed: bool) -> &'static str {
    if existed { "deleted" } else { "absent" }
}

pub(super) fn form(rule: &AlertRuleResource) -> Normal {
    normal(&rule.kind, &rule.properties)
}

pub(super) fn form_of(body: &AlertRuleBody) -> Normal {
    normal(body.kind, &body.properties)
}

pub(super) fn hash(form: &Normal) -> String {
    form.hash(&Field::ALL.iter().copied().collect())
}

/// What is live now against what the plan saw.
pub(super) fn moved(then: &AlertRuleResource, now: &AlertRuleResource) -> Vec<FieldChange> {
    let all = Field::ALL.iter().copied().collect();
    diff::fields(&form(now), &form(then), &all, None)
}

/// Whether a mark was refused because its rule is not there yet.
pub(super) fn wants_parent(error: &Error) -> bool {
    let says_so = error
        .answer()
        .and_then(|answer| answer.body.as_ref())
        .is_some_and(|body| body.message.to_lowercase().contains("parent"));
    match error.class() {
        Class::NotFound => true,
        Class::Invalid => says_so,
        _ => false,
    }
}

/// Whether a write may have been stored although it failed.
fn in_doubt(error: &Error) -> bool {
    matches!(
        error.class(),
        Class::Network | Class::Unavailable | Class::Throttled | Class::Other
    )
}
