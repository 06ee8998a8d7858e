//! The typed calls, and the care each needs.
//!
//! Lists are read leniently and to their last page. A write whose answer was lost is looked up before it is
//! repeated. What an answer means beyond that (conflict, missing table) is for the caller, through
//! [`Error::class`].

pub(super) mod deployments;
mod find;
mod probe;
mod rules;
mod schema;
mod send;

use std::sync::Arc;

use azure_core::http::{HttpClient, Pipeline};
use jiff::Timestamp;

use crate::azure::auth::{self, Choice, Renewable, Sources};
use crate::azure::endpoint::Endpoints;
use crate::azure::error::Error;
use crate::azure::pipeline;
use crate::azure::retry::{Limits, Retry, Traffic};
use crate::azure::shared::Shared;
use crate::azure::throttle::Budgets;
use crate::azure::transport::Transport;
use crate::clock::Clock;

pub(crate) use find::{Workspace, WorkspaceRef};
pub(crate) use probe::{Permission, SubscriptionFacts, TokenFacts};
pub(crate) use schema::{ListedTable, ListedWatchlist, SavedFunction};

/// What a client is made of.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Where the service is.
    pub(crate) endpoints: Endpoints,
    /// How to sign in; `None` picks from what is at hand.
    pub(crate) auth: Option<auth::Method>,
    /// What is at hand to sign in with.
    pub(crate) sources: Sources,
    /// Version of `Microsoft.SecurityInsights` for every call.
    pub(crate) api_version: String,
    /// Limits of each request.
    pub(crate) limits: Limits,
    /// What all clients of the process share.
    pub(crate) shared: Shared,
    /// The time.
    pub(crate) clock: Clock,
}

/// A signed-in client; clones share everything.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    endpoints: Endpoints,
    pipeline: Pipeline,
    credential: Arc<Renewable>,
    api_version: String,
    limits: Limits,
    clock: Clock,
}

/// What a client is joined from.
struct Parts {
    credential: Arc<Renewable>,
    transport: Arc<dyn HttpClient>,
    budgets: Arc<Budgets>,
    endpoints: Endpoints,
    api_version: String,
    limits: Limits,
    clock: Clock,
}

impl Client {
    /// Makes a client. No request is sent; the first call signs in.
    pub(crate) fn new(settings: Settings) -> Result<Self, Error> {
        let Settings {
            endpoints,
            auth,
            sources,
            api_version,
            limits,
            shared,
            clock,
        } = settings;
        let method = auth.unwrap_or_else(|| {
            let Choice { method, passed } = auth::choose(&sources);
            for one in &passed {
                tracing::info!("not `--auth {}`: {}", one.method, one.reason);
            }
            tracing::info!("signing in with `{method}`");
            method
        });
        let parts = Parts {
            credential: shared.credential(method, sources, &endpoints, limits)?,
            transport: Arc::new(Transport::new(
                shared.web(),
                vec![endpoints.management.clone(), endpoints.logs.clone()],
            )),
            budgets: shared.budgets(),
            endpoints,
            api_version,
            limits,
            clock,
        };
        Ok(Self::assemble(parts))
    }

    /// Joins the parts of a client; tests bring a transport and a credential of their own.
    fn assemble(parts: Parts) -> Self {
        let retry = Retry {
            limits: parts.limits,
            clock: parts.clock.clone(),
            traffic: Traffic::Management,
            budgets: Some(parts.budgets),
            credential: Some(Arc::clone(&parts.credential)),
        };
        let pipeline = pipeline::build(
            retry,
            Arc::clone(&parts.credential),
            parts.endpoints.management_scope(),
            parts.transport,
        );
        Self {
            inner: Arc::new(Inner {
                endpoints: parts.endpoints,
                pipeline,
                credential: parts.credential,
                api_version: parts.api_version,
                limits: parts.limits,
                clock: parts.clock,
            }),
        }
    }

    /// The endpoints in use.
    pub(crate) fn endpoints(&self) -> &Endpoints {
        &self.inner.endpoints
    }

    /// The way of signing in that is in use.
    pub(crate) fn auth_method(&self) -> auth::Method {
        self.inner.credential.method()
    }

    /// The version of the service's API in use.
    pub(crate) fn api_version(&self) -> &str {
        &self.inner.api_version
    }

    /// The time by this client's clock.
    pub(crate) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }
}

#[cfg(test)]
mod tests;
