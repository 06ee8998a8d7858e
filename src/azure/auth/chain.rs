//! Credentials tried one after the other.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::ErrorKind;

use crate::azure::auth::{AuthError, Method, Tried, plain_text};

/// Takes the first credential that gives a token, and stays with it.
#[derive(Debug)]
pub(super) struct Chain {
    links: Vec<(Method, Arc<dyn TokenCredential>)>,
    settled: OnceLock<usize>,
}

impl Chain {
    pub(super) fn new(links: Vec<(Method, Arc<dyn TokenCredential>)>) -> Self {
        Self {
            links,
            settled: OnceLock::new(),
        }
    }
}

#[async_trait]
impl TokenCredential for Chain {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        if let Some((_, credential)) = self.settled.get().and_then(|at| self.links.get(*at)) {
            return credential.get_token(scopes, options).await;
        }
        let mut tried = Vec::new();
        for (at, (method, credential)) in self.links.iter().enumerate() {
            match credential.get_token(scopes, options.clone()).await {
                Ok(token) => {
                    let _ = self.settled.set(at);
                    tracing::info!("signed in with `{method}`");
                    return Ok(token);
                }
                Err(error) => {
                    let reason = plain_text(&error.to_string());
                    tracing::info!("`{method}` gave no token: {reason}");
                    tried.push(Tried {
                        method: *method,
                        reason,
                    });
                }
            }
        }
        Err(azure_core::Error::new(
            ErrorKind::Credential,
            AuthError::NoneFound { tried },
        ))
    }
}
