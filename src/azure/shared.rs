//! What all clients of a process share: connections, budgets, credentials.
//!
//! A run over many targets talks to one service with one identity. It opens one set of connections, signs in once
//! for each identity, and spends one budget for each subscription.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::azure::auth::{AuthError, Method, Renewable, Sources};
use crate::azure::endpoint::Endpoints;
use crate::azure::retry::Limits;
use crate::azure::throttle::Budgets;
use crate::azure::transport::Web;
use crate::clock::Clock;

/// What is shared; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    web: Arc<Web>,
    budgets: Arc<Budgets>,
    credentials: Arc<Mutex<BTreeMap<Identity, Arc<Renewable>>>>,
    clock: Clock,
}

/// What makes two credentials the same. The secrets come from one environment and need not be compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Identity {
    method: Method,
    authority: String,
    tenant: Option<String>,
    client_id: Option<String>,
    /// The Azure CLI picks one of its accounts by it.
    subscription: Option<String>,
}

impl Shared {
    /// Nothing is open yet.
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            web: Arc::default(),
            budgets: Arc::new(Budgets::new(clock.clone())),
            credentials: Arc::default(),
            clock,
        }
    }

    pub(super) fn web(&self) -> Arc<Web> {
        Arc::clone(&self.web)
    }

    pub(super) fn budgets(&self) -> Arc<Budgets> {
        Arc::clone(&self.budgets)
    }

    /// The credential of an identity, made when it is first asked for.
    pub(super) fn credential(
        &self,
        method: Method,
        sources: Sources,
        endpoints: &Endpoints,
        limits: Limits,
    ) -> Result<Arc<Renewable>, AuthError> {
        let uses_subscription = matches!(method, Method::Cli | Method::DeveloperTools);
        let identity = Identity {
            method,
            authority: endpoints.authority.to_string(),
            tenant: sources.tenant.clone(),
            client_id: sources.client_id.clone(),
            subscription: sources.subscription.clone().filter(|_| uses_subscription),
        };
        let mut known = self
            .credentials
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(credential) = known.get(&identity) {
            return Ok(Arc::clone(credential));
        }
        let credential = Renewable::new(
            method,
            sources,
            endpoints,
            limits,
            self.web(),
            self.clock.clone(),
        )?;
        known.insert(identity, Arc::clone(&credential));
        Ok(credential)
    }
}

#[cfg(test)]
mod tests {
    use azure_core::credentials::Secret;

    use super::*;
    use crate::azure::endpoint::Cloud;

    #[test]
    fn one_identity_signs_in_once() {
        let shared = Shared::new(Clock::Real);
        let credential = |tenant: &str, subscription: &str| {
            let sources = Sources {
                tenant: Some(tenant.to_owned()),
                client_id: Some("client".to_owned()),
                client_secret: Some(Secret::new("secret")),
                subscription: Some(subscription.to_owned()),
                ..Sources::default()
            };
            shared
                .clone()
                .credential(
                    Method::ClientSecret,
                    sources,
                    &Endpoints::of(Cloud::Public),
                    Limits::default(),
                )
                .expect("complete")
        };
        let first = credential("t1", "s1");
        assert!(Arc::ptr_eq(&first, &credential("t1", "s2")));
        assert!(!Arc::ptr_eq(&first, &credential("t2", "s1")));
    }
}
