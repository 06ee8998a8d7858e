//! The credential of each method, made of what is at hand.

use std::sync::Arc;

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::{ClientOptions, RetryOptions};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, AzureDeveloperCliCredential,
    AzureDeveloperCliCredentialOptions, AzurePipelinesCredential, AzurePipelinesCredentialOptions,
    ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions, ManagedIdentityCredential, ManagedIdentityCredentialOptions,
    UserAssignedId, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use url::Url;

use crate::azure::auth::{
    AuthError, Method, Sources, certificate, chain, github, missing, plain_text,
};
use crate::azure::endpoint::{Endpoint, ParseEndpointError};
use crate::azure::retry::{Limits, Retry, Traffic};
use crate::azure::transport::{Transport, Web};
use crate::clock::Clock;

/// All that is needed to make a credential, again and again.
#[derive(Debug)]
pub(super) struct Recipe {
    pub(super) method: Method,
    pub(super) sources: Sources,
    pub(super) authority: Endpoint,
    pub(super) limits: Limits,
    pub(super) web: Arc<Web>,
    pub(super) clock: Clock,
}

impl Recipe {
    /// Makes the credential; what is missing is named by its variable or flag.
    pub(super) fn make(&self) -> Result<Arc<dyn TokenCredential>, AuthError> {
        let missing = match self.method {
            // Asked for by name, a virtual machine's identity needs no variable.
            Method::ManagedIdentity => Vec::new(),
            method => missing(method, &self.sources),
        };
        if !missing.is_empty() {
            return Err(AuthError::Missing {
                method: self.method,
                missing,
            });
        }
        let sources = &self.sources;
        // `missing` saw to it that what a method needs is there.
        let tenant = sources.tenant.clone().unwrap_or_default();
        let client_id = sources.client_id.clone().unwrap_or_default();
        let made: azure_core::Result<Arc<dyn TokenCredential>> = match self.method {
            Method::Cli => self.cli(),
            Method::Azd => self.azd(),
            Method::DeveloperTools => {
                return Ok(Arc::new(chain::Chain::new(vec![
                    (
                        Method::Cli,
                        self.cli().map_err(|error| self.refused(&error))?,
                    ),
                    (
                        Method::Azd,
                        self.azd().map_err(|error| self.refused(&error))?,
                    ),
                ])));
            }
            Method::ClientSecret => ClientSecretCredential::new(
                &tenant,
                client_id,
                sources
                    .client_secret
                    .clone()
                    .unwrap_or_else(|| Secret::new("")),
                Some(ClientSecretCredentialOptions {
                    client_options: self.options(self.transport(Vec::new())),
                }),
            )
            .map(|made| made as _),
            Method::ClientCertificate => {
                let path = sources.certificate.clone().unwrap_or_default();
                let endpoint = format!("{}/{tenant}/oauth2/v2.0/token", self.authority);
                let assertion = certificate::Assertion::read(
                    &path,
                    certificate::Claims {
                        client_id: client_id.clone(),
                        audience: endpoint,
                        send_chain: sources.send_certificate_chain,
                    },
                    self.clock.clone(),
                )?;
                ClientAssertionCredential::new(
                    tenant,
                    client_id,
                    assertion,
                    Some(self.assertion_options(self.transport(Vec::new()))),
                )
                .map(|made| made as _)
            }
            Method::WorkloadIdentity => {
                WorkloadIdentityCredential::new(Some(WorkloadIdentityCredentialOptions {
                    credential_options: self.assertion_options(self.transport(Vec::new())),
                    client_id: Some(client_id),
                    tenant_id: Some(tenant),
                    token_file_path: sources.federated_token_file.clone(),
                }))
                .map(|made| made as _)
            }
            Method::GithubOidc => {
                let url = address(
                    "ACTIONS_ID_TOKEN_REQUEST_URL",
                    sources.github_url.as_deref().unwrap_or_default(),
                )?;
                let token = sources
                    .github_token
                    .clone()
                    .unwrap_or_else(|| Secret::new(""));
                let own = self.options(self.transport(vec![url.endpoint.clone()]));
                let assertion = github::JobToken::new(url.url, token, own);
                ClientAssertionCredential::new(
                    tenant,
                    client_id,
                    assertion,
                    Some(self.assertion_options(self.transport(Vec::new()))),
                )
                .map(|made| made as _)
            }
            Method::AzurePipelines => {
                let url = address(
                    "SYSTEM_OIDCREQUESTURI",
                    sources.pipelines_url.as_deref().unwrap_or_default(),
                )?;
                AzurePipelinesCredential::new(
                    tenant,
                    client_id,
                    sources.service_connection.as_deref().unwrap_or_default(),
                    sources
                        .pipelines_token
                        .clone()
                        .unwrap_or_else(|| Secret::new("")),
                    Some(AzurePipelinesCredentialOptions {
                        credential_options: self
                            .assertion_options(self.transport(vec![url.endpoint])),
                    }),
                )
                .map(|made| made as _)
            }
            Method::ManagedIdentity => {
                let service = sources
                    .identity_endpoint
                    .as_deref()
                    .unwrap_or("http://169.254.169.254/");
                let service = Url::parse(service).map_err(|_not_a_url| AuthError::Address {
                    variable: "IDENTITY_ENDPOINT",
                    source: ParseEndpointError::NotAUrl {
                        text: service.to_owned(),
                    },
                })?;
                let transport = self.transport(Vec::new()).with_metadata_service(service);
                ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
                    user_assigned_id: sources.client_id.clone().map(UserAssignedId::ClientId),
                    client_options: self.options(transport),
                }))
                .map(|made| made as _)
            }
        };
        made.map_err(|error| self.refused(&error))
    }

    fn refused(&self, error: &azure_core::Error) -> AuthError {
        AuthError::Refused {
            method: self.method,
            reason: plain_text(&error.to_string()),
        }
    }

    fn cli(&self) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let options = AzureCliCredentialOptions {
            subscription: self.sources.subscription.clone(),
            tenant_id: self.sources.tenant.clone(),
            ..AzureCliCredentialOptions::default()
        };
        Ok(AzureCliCredential::new(Some(options))?)
    }

    fn azd(&self) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let options = AzureDeveloperCliCredentialOptions {
            tenant_id: self.sources.tenant.clone(),
            ..AzureDeveloperCliCredentialOptions::default()
        };
        Ok(AzureDeveloperCliCredential::new(Some(options))?)
    }

    /// A transport to the authority, and to whatever else this method asks.
    fn transport(&self, mut others: Vec<Endpoint>) -> Transport {
        others.insert(0, self.authority.clone());
        Transport::new(Arc::clone(&self.web), others)
    }

    fn options(&self, transport: Transport) -> ClientOptions {
        let retry = Retry {
            limits: self.limits,
            clock: self.clock.clone(),
            traffic: Traffic::Tokens,
            budgets: None,
            credential: None,
        };
        let mut cloud = CustomConfiguration::default();
        cloud.authority_host = self.authority.secure().to_string();
        ClientOptions {
            per_call_policies: vec![Arc::new(retry)],
            retry: RetryOptions::none(),
            transport: Some(azure_core::http::Transport::new(Arc::new(transport))),
            cloud: Some(Arc::new(CloudConfiguration::Custom(cloud))),
            ..ClientOptions::default()
        }
    }

    fn assertion_options(&self, transport: Transport) -> ClientAssertionCredentialOptions {
        ClientAssertionCredentialOptions {
            client_options: self.options(transport),
        }
    }
}

/// An address given by a job's environment: the whole URL, and the endpoint it leads to.
struct Address {
    url: Url,
    endpoint: Endpoint,
}

fn address(variable: &'static str, text: &str) -> Result<Address, AuthError> {
    let wrap = |source| AuthError::Address { variable, source };
    let url = Url::parse(text).map_err(|_not_a_url| {
        wrap(ParseEndpointError::NotAUrl {
            text: text.to_owned(),
        })
    })?;
    let endpoint = Endpoint::parse(&url.origin().ascii_serialization()).map_err(wrap)?;
    let url = endpoint.reached(&url);
    Ok(Address { url, endpoint })
}
