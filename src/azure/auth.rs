//! Who we are: from what is at hand to a credential of `azure_identity`.
//!
//! [`Method`] is what the user asks for, [`Sources`] what the surroundings offer. [`choose`] picks one method and
//! says why, [`Renewable`] holds the credential and can start it afresh. Nothing is kept on disk.

mod certificate;
mod chain;
mod github;
mod recipe;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};

use crate::azure::auth::recipe::Recipe;
use crate::azure::endpoint::{Endpoints, ParseEndpointError};
use crate::azure::retry::Limits;
use crate::azure::transport::Web;
use crate::clock::Clock;

/// A way to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Method {
    /// The Azure CLI's login.
    Cli,
    /// The Azure Developer CLI's login.
    Azd,
    /// An application's secret.
    ClientSecret,
    /// An application's certificate.
    ClientCertificate,
    /// A Kubernetes service account federated with Entra ID.
    WorkloadIdentity,
    /// A GitHub Actions job federated with Entra ID.
    GithubOidc,
    /// The identity of the Azure machine or app this runs on.
    ManagedIdentity,
    /// An Azure Pipelines service connection federated with Entra ID.
    AzurePipelines,
    /// The Azure CLI, then the Azure Developer CLI.
    DeveloperTools,
}

impl fmt::Display for Method {
    /// The value of `--auth`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cli => "cli",
            Self::Azd => "azd",
            Self::ClientSecret => "client-secret",
            Self::ClientCertificate => "client-certificate",
            Self::WorkloadIdentity => "workload-identity",
            Self::GithubOidc => "github-oidc",
            Self::ManagedIdentity => "managed-identity",
            Self::AzurePipelines => "azure-pipelines",
            Self::DeveloperTools => "cli or azd",
        })
    }
}

/// What the flags and the environment offer; each field names its variable.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources {
    /// `AZURE_TENANT_ID`.
    pub(crate) tenant: Option<String>,
    /// `AZURE_CLIENT_ID`.
    pub(crate) client_id: Option<String>,
    /// `AZURE_CLIENT_SECRET`.
    pub(crate) client_secret: Option<Secret>,
    /// `AZURE_CLIENT_CERTIFICATE_PATH`: PEM with certificate and private key.
    pub(crate) certificate: Option<PathBuf>,
    /// `AZURE_CLIENT_SEND_CERTIFICATE_CHAIN`: put the certificates themselves into the assertion, for applications
    /// that are registered by subject name and issuer.
    pub(crate) send_certificate_chain: bool,
    /// `AZURE_FEDERATED_TOKEN_FILE`.
    pub(crate) federated_token_file: Option<PathBuf>,
    /// `ACTIONS_ID_TOKEN_REQUEST_URL`.
    pub(crate) github_url: Option<String>,
    /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
    pub(crate) github_token: Option<Secret>,
    /// `SYSTEM_OIDCREQUESTURI`.
    pub(crate) pipelines_url: Option<String>,
    /// `SYSTEM_ACCESSTOKEN`.
    pub(crate) pipelines_token: Option<Secret>,
    /// `AZURESUBSCRIPTION_SERVICE_CONNECTION_ID`.
    pub(crate) service_connection: Option<String>,
    /// `IDENTITY_ENDPOINT` or `MSI_ENDPOINT`: the platform offers a managed identity.
    pub(crate) identity_endpoint: Option<String>,
    /// `AZURE_SUBSCRIPTION_ID`; tells the Azure CLI which of its accounts to use.
    pub(crate) subscription: Option<String>,
}

/// A credential that could not be made or gave no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AuthError {
    /// A method lacks what it needs.
    #[error("`--auth {method}` needs {}", enumerate(missing))]
    Missing {
        /// The method.
        method: Method,
        /// What is not there: variables, flags.
        missing: Vec<&'static str>,
    },
    /// None of the tools gave a token.
    #[error("no credential was found")]
    NoneFound {
        /// What was tried and why it did not do, in order.
        tried: Vec<Tried>,
    },
    /// The credential's own library refused what it was given.
    #[error("the credential for `--auth {method}` cannot be made: {reason}")]
    Refused {
        /// The method.
        method: Method,
        /// What the library says.
        reason: String,
    },
    /// The certificate's file cannot be used.
    #[error("the certificate in `{}` cannot be used: {reason}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why, without anything that the file holds.
        reason: String,
    },
    /// An address in the environment cannot be used.
    #[error("the address in `{variable}` cannot be used")]
    Address {
        /// The variable.
        variable: &'static str,
        /// Why.
        #[source]
        source: ParseEndpointError,
    },
}

/// A method that did not do, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tried {
    /// The method.
    pub(crate) method: Method,
    /// Why it did not do.
    pub(crate) reason: String,
}

/// The choice of `--auth auto`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    /// The method chosen.
    pub(crate) method: Method,
    /// Those before it in the order, and why each was not chosen.
    pub(crate) passed: Vec<Tried>,
}

/// Picks a method from what is at hand; the first whose variables are all there wins, the developer tools come last.
pub(crate) fn choose(sources: &Sources) -> Choice {
    const ORDER: [Method; 6] = [
        Method::ClientSecret,
        Method::ClientCertificate,
        Method::WorkloadIdentity,
        Method::GithubOidc,
        Method::AzurePipelines,
        Method::ManagedIdentity,
    ];
    let mut passed = Vec::new();
    for method in ORDER {
        let missing = missing(method, sources);
        if missing.is_empty() {
            return Choice { method, passed };
        }
        let verb = if missing.len() == 1 { "is" } else { "are" };
        let reason = format!("{} {verb} not set", enumerate(&missing));
        passed.push(Tried { method, reason });
    }
    Choice {
        method: Method::DeveloperTools,
        passed,
    }
}

/// What a method needs and does not have.
fn missing(method: Method, sources: &Sources) -> Vec<&'static str> {
    let tenant = ("AZURE_TENANT_ID", sources.tenant.is_some());
    let client = ("AZURE_CLIENT_ID", sources.client_id.is_some());
    let needs: Vec<(&'static str, bool)> = match method {
        Method::ClientSecret => vec![
            tenant,
            client,
            ("AZURE_CLIENT_SECRET", sources.client_secret.is_some()),
        ],
        Method::ClientCertificate => vec![
            tenant,
            client,
            (
                "AZURE_CLIENT_CERTIFICATE_PATH",
                sources.certificate.is_some(),
            ),
        ],
        Method::WorkloadIdentity => vec![
            tenant,
            client,
            (
                "AZURE_FEDERATED_TOKEN_FILE",
                sources.federated_token_file.is_some(),
            ),
        ],
        Method::GithubOidc => vec![
            tenant,
            client,
            ("ACTIONS_ID_TOKEN_REQUEST_URL", sources.github_url.is_some()),
            (
                "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
                sources.github_token.is_some(),
            ),
        ],
        Method::AzurePipelines => vec![
            tenant,
            client,
            ("SYSTEM_OIDCREQUESTURI", sources.pipelines_url.is_some()),
            ("SYSTEM_ACCESSTOKEN", sources.pipelines_token.is_some()),
            (
                "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
                sources.service_connection.is_some(),
            ),
        ],
        Method::ManagedIdentity => vec![("IDENTITY_ENDPOINT", sources.identity_endpoint.is_some())],
        Method::Cli | Method::Azd | Method::DeveloperTools => Vec::new(),
    };
    needs
        .into_iter()
        .filter(|(_, there)| !there)
        .map(|(name, _)| name)
        .collect()
}

/// `A`, `A and B`, `A, B and C`.
fn enumerate(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// A credential that can be started afresh when the service no longer takes its token.
///
/// The credentials of `azure_identity` keep a token until shortly before it expires and cannot be told that it was
/// refused; making a new one is the way to a new token.
pub(crate) struct Renewable {
    method: Method,
    make: Box<Make>,
    current: tokio::sync::Mutex<Current>,
}

/// A credential and the tokens it gave; the command-line tools take a second for each, and keep none.
struct Current {
    credential: Arc<dyn TokenCredential>,
    tokens: BTreeMap<String, AccessToken>,
}

/// How a credential is made, again and again.
type Make = dyn Fn() -> Result<Arc<dyn TokenCredential>, AuthError> + Send + Sync;

impl fmt::Debug for Renewable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewable")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

impl Renewable {
    /// Makes the credential of a method.
    pub(crate) fn new(
        method: Method,
        sources: Sources,
        endpoints: &Endpoints,
        limits: Limits,
        web: Arc<Web>,
        clock: Clock,
    ) -> Result<Arc<Self>, AuthError> {
        let recipe = Recipe {
            method,
            sources,
            authority: endpoints.authority.clone(),
            limits,
            web,
            clock,
        };
        Self::with(method, Box::new(move || recipe.make()))
    }

    /// Makes the credential in a way of one's own.
    pub(super) fn with(method: Method, make: Box<Make>) -> Result<Arc<Self>, AuthError> {
        let current = Current {
            credential: make()?,
            tokens: BTreeMap::new(),
        };
        Ok(Arc::new(Self {
            method,
            make,
            current: tokio::sync::Mutex::new(current),
        }))
    }

    /// The method in use.
    pub(crate) fn method(&self) -> Method {
        self.method
    }

    /// Forgets the tokens, so that the next request asks for a new one.
    pub(crate) async fn renew(&self) -> azure_core::Result<()> {
        let fresh = (self.make)().map_err(|error| {
            azure_core::Error::new(azure_core::error::ErrorKind::Credential, error)
        })?;
        *self.current.lock().await = Current {
            credential: fresh,
            tokens: BTreeMap::new(),
        };
        Ok(())
    }
}

#[async_trait]
impl TokenCredential for Renewable {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        // Renewed as early as the bearer policy asks for it.
        const BEFORE_EXPIRY: azure_core::time::Duration = azure_core::time::Duration::minutes(5);
        let key = scopes.join(" ");
        // Held while the token is fetched: who comes meanwhile waits for the same one.
        let mut current = self.current.lock().await;
        if let Some(token) = current.tokens.get(&key)
            && token.expires_on > azure_core::time::OffsetDateTime::now_utc() + BEFORE_EXPIRY
        {
            return Ok(token.clone());
        }
        let token = current.credential.get_token(scopes, options).await?;
        current.tokens.insert(key, token.clone());
        Ok(token)
    }
}

/// A library's message on one line, without its own type's name and the links to its troubleshooting pages.
pub(crate) fn plain_text(message: &str) -> String {
    let kept: Vec<&str> = message
        .lines()
        .filter(|line| !line.trim_start().starts_with("To troubleshoot, visit"))
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let line = kept.join(" ");
    match line.split_once("Credential authentication failed.") {
        Some((name, rest)) if !name.contains(' ') && !rest.trim().is_empty() => {
            rest.trim().to_owned()
        }
        _ => line,
    }
}

#[cfg(test)]
mod tests;
