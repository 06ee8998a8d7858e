//! From flags and environment to a client and the workspace it works on.
//!
//! The flags are one group, shared by every command that talks to Azure. Each has a variable, Azure's own name
//! where there is one. Secrets come from the environment only: a flag would show in the process list.

use std::path::PathBuf;

use azure_core::credentials::Secret;
use clap::{Args, ValueEnum};

use crate::api::version;
use crate::azure::auth::{Method, Sources};
use crate::azure::endpoint::{Cloud, Endpoint, Endpoints};
use crate::azure::{Client, Error as AzureError, Limits, Settings, Workspace, WorkspaceRef};
use crate::cli::context::Context;
use crate::cli::env::Env;
use crate::cli::error::Error;
use crate::clock::Clock;
use crate::emulator::{self, Config, Running};

/// Heading of the flags in `--help`. It stands at each flag: set for the group, it would reach into the flags of the
/// command that come after.
const HEADING: &str = "Connection options";

/// Flags that say where to connect to and as whom.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ConnectionArgs {
    /// Log Analytics workspace: its name, or its resource id
    #[arg(
        short,
        long,
        value_name = "NAME|ID",
        env = "RULEPOST_WORKSPACE",
        hide_env_values = true,
        help_heading = HEADING
    )]
    pub(crate) workspace: Option<String>,
    /// Resource group of the workspace
    #[arg(
        short = 'g',
        long,
        value_name = "NAME",
        env = "RULEPOST_RESOURCE_GROUP",
        hide_env_values = true,
        help_heading = HEADING
    )]
    pub(crate) resource_group: Option<String>,
    /// Subscription of the workspace; without it, all that the identity sees are searched
    #[arg(
        short,
        long,
        value_name = "ID",
        env = "AZURE_SUBSCRIPTION_ID",
        hide_env_values = true,
        help_heading = HEADING
    )]
    pub(crate) subscription: Option<String>,
    /// Entra ID tenant
    #[arg(
        long,
        value_name = "ID",
        env = "AZURE_TENANT_ID",
        hide_env_values = true,
        help_heading = HEADING
    )]
    pub(crate) tenant: Option<String>,
    /// Application or managed identity to sign in as
    #[arg(
        long,
        value_name = "ID",
        env = "AZURE_CLIENT_ID",
        hide_env_values = true,
        help_heading = HEADING
    )]
    pub(crate) client_id: Option<String>,
    /// Cloud [default: public]
    #[arg(
        long,
        value_name = "CLOUD",
        env = "RULEPOST_CLOUD",
        hide_env_values = true,
        help_heading = HEADING
    )]
    pub(crate) cloud: Option<CloudName>,
    /// How to sign in; auto takes the first that the environment offers [default: auto]
    #[arg(
        long,
        value_name = "METHOD",
        env = "RULEPOST_AUTH",
        hide_env_values = true,
        help_heading = HEADING
    )]
    pub(crate) auth: Option<AuthName>,
    /// Azure Resource Manager, for a private cloud
    #[arg(
        long,
        value_name = "URL",
        env = "RULEPOST_MANAGEMENT_ENDPOINT",
        hide_env_values = true,
        help_heading = HEADING
    )]
    pub(crate) management_endpoint: Option<String>,
    /// Where tokens come from, for a private cloud
    #[arg(
        long,
        value_name = "URL",
        env = "AZURE_AUTHORITY_HOST",
        hide_env_values = true,
        help_heading = HEADING
    )]
    pub(crate) authority_host: Option<String>,
    /// Log Analytics query service, for a private cloud
    #[arg(
        long,
        value_name = "URL",
        env = "RULEPOST_LOGS_ENDPOINT",
        hide_env_values = true,
        help_heading = HEADING
    )]
    pub(crate) logs_endpoint: Option<String>,
    /// Version of `Microsoft.SecurityInsights` [default: the newest preview]
    #[arg(
        long,
        value_name = "VERSION",
        env = "RULEPOST_API_VERSION",
        hide_env_values = true,
        help_heading = HEADING
    )]
    pub(crate) api_version: Option<String>,
}

/// Values of `--cloud`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CloudName {
    /// Azure's public cloud
    Public,
    /// US government
    #[value(name = "usgov")]
    UsGov,
    /// China, operated by 21Vianet
    China,
    /// The embedded emulator, its state in `.rulepost/local`; needs no Azure
    Local,
}

/// Values of `--auth`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AuthName {
    /// The first that the environment offers
    Auto,
    /// The Azure CLI's login
    Cli,
    /// The Azure Developer CLI's login
    Azd,
    /// `AZURE_CLIENT_SECRET`
    ClientSecret,
    /// `AZURE_CLIENT_CERTIFICATE_PATH`
    ClientCertificate,
    /// `AZURE_FEDERATED_TOKEN_FILE`
    WorkloadIdentity,
    /// A GitHub Actions job with `id-token: write`
    GithubOidc,
    /// The identity of the Azure machine or app
    ManagedIdentity,
    /// An Azure Pipelines service connection
    AzurePipelines,
}

impl AuthName {
    /// The method, none for `auto`.
    fn method(self) -> Option<Method> {
        Some(match self {
            Self::Auto => return None,
            Self::Cli => Method::Cli,
            Self::Azd => Method::Azd,
            Self::ClientSecret => Method::ClientSecret,
            Self::ClientCertificate => Method::ClientCertificate,
            Self::WorkloadIdentity => Method::WorkloadIdentity,
            Self::GithubOidc => Method::GithubOidc,
            Self::ManagedIdentity => Method::ManagedIdentity,
            Self::AzurePipelines => Method::AzurePipelines,
        })
    }
}

/// A connection that stands.
#[derive(Debug)]
pub(crate) struct Connected {
    /// The client.
    pub(crate) client: Client,
    /// The workspace.
    pub(crate) workspace: Workspace,
    /// The emulator of `--cloud local`, which stops when it is dropped.
    pub(crate) emulator: Option<Running>,
}

/// A client that has sent nothing yet.
#[derive(Debug)]
pub(crate) struct Open {
    /// The client.
    pub(crate) client: Client,
    /// The workspace asked for.
    pub(crate) wanted: WorkspaceRef,
    /// The emulator of `--cloud local`, which stops when it is dropped.
    pub(crate) emulator: Option<Running>,
}

impl ConnectionArgs {
    /// The workspace asked for.
    pub(crate) fn workspace_ref(&self) -> Result<WorkspaceRef, Error> {
        let Some(workspace) = given(self.workspace.as_ref()) else {
            return Err(Error::Usage {
                message: "no workspace given".into(),
                help:
                    "`--workspace NAME` names it; `--cloud local --workspace demo` needs no Azure"
                        .into(),
            });
        };
        Ok(WorkspaceRef {
            workspace,
            resource_group: given(self.resource_group.as_ref()),
            subscription: given(self.subscription.as_ref()),
        })
    }

    /// The endpoints of the cloud, with those replaced that were given.
    fn endpoints(&self) -> Result<Endpoints, AzureError> {
        let mut endpoints = Endpoints::of(match self.cloud.unwrap_or(CloudName::Public) {
            CloudName::Public | CloudName::Local => Cloud::Public,
            CloudName::UsGov => Cloud::UsGov,
            CloudName::China => Cloud::China,
        });
        let parse = |which, text: &Option<String>| match given(text.as_ref()) {
            Some(text) => Endpoint::parse(&text)
                .map(Some)
                .map_err(|source| AzureError::Endpoint { which, source }),
            None => Ok(None),
        };
        if let Some(management) = parse("management", &self.management_endpoint)? {
            endpoints.management = management;
        }
        if let Some(authority) = parse("authority", &self.authority_host)? {
            endpoints.authority = authority;
        }
        if let Some(logs) = parse("logs", &self.logs_endpoint)? {
            endpoints.logs = logs;
        }
        Ok(endpoints)
    }

    /// What there is to sign in with.
    fn sources(&self, env: &Env) -> Sources {
        let text = |name: &str| env.get(name).map(str::to_owned);
        let secret = |name: &str| text(name).map(Secret::from);
        let path = |name: &str| env.get(name).map(PathBuf::from);
        Sources {
            tenant: given(self.tenant.as_ref()),
            client_id: given(self.client_id.as_ref()),
            client_secret: secret("AZURE_CLIENT_SECRET"),
            certificate: path("AZURE_CLIENT_CERTIFICATE_PATH"),
            send_certificate_chain: env
                .get("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN")
                .is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true")),
            federated_token_file: path("AZURE_FEDERATED_TOKEN_FILE"),
            github_url: text("ACTIONS_ID_TOKEN_REQUEST_URL"),
            github_token: secret("ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
            pipelines_url: text("SYSTEM_OIDCREQUESTURI"),
            pipelines_token: secret("SYSTEM_ACCESSTOKEN"),
            service_connection: text("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"),
            identity_endpoint: text("IDENTITY_ENDPOINT"),
            subscription: given(self.subscription.as_ref()),
        }
    }

    /// A client; nothing is sent yet.
    pub(crate) fn client(&self, context: &Context) -> Result<Client, Error> {
        Ok(Client::new(Settings {
            endpoints: self.endpoints()?,
            auth: self.auth.and_then(AuthName::method),
            sources: self.sources(&context.env),
            api_version: given(self.api_version.as_ref())
                .unwrap_or_else(|| version::PREVIEW.to_owned()),
            limits: Limits::default(),
            shared: context.azure.clone(),
            clock: Clock::Real,
        })?)
    }

    /// Signs in, finds the workspace and makes sure that Sentinel is there.
    pub(crate) async fn connect(&self, context: &Context) -> Result<Connected, Error> {
        let connected = self.find(context).await?;
        connected
            .client
            .require_onboarded(&connected.workspace.id)
            .await?;
        Ok(connected)
    }

    /// Signs in and finds the workspace; whether Sentinel is there is for the caller to ask, beside its first reads.
    pub(crate) async fn find(&self, context: &Context) -> Result<Connected, Error> {
        let open = self.open(context).await?;
        let workspace = open.client.resolve_workspace(&open.wanted).await?;
        Ok(Connected {
            client: open.client,
            workspace,
            emulator: open.emulator,
        })
    }

    /// A client and the workspace asked for, before anything was sent to Azure.
    ///
    /// `--cloud local` starts the embedded emulator; signing in to it goes as to Azure, with a client secret at its
    /// token endpoint. What else was given (a subscription, a tenant) belongs to Azure then and is left aside.
    pub(crate) async fn open(&self, context: &Context) -> Result<Open, Error> {
        if self.cloud != Some(CloudName::Local) {
            return Ok(Open {
                wanted: self.workspace_ref()?,
                client: self.client(context)?,
                emulator: None,
            });
        }
        let folder = context.env.current_dir.join(".rulepost").join("local");
        let running = emulator::start(Config::local(folder))
            .await
            .map_err(Error::Emulator)?;
        let ready = &running.ready;
        let endpoint =
            Endpoint::parse(ready.endpoint()).map_err(|source| AzureError::Endpoint {
                which: "management",
                source,
            })?;
        let mut endpoints = Endpoints::of(Cloud::Public);
        endpoints.management = endpoint.clone();
        endpoints.authority = endpoint.clone();
        endpoints.logs = endpoint;
        let client = Client::new(Settings {
            endpoints,
            auth: Some(Method::ClientSecret),
            sources: Sources {
                tenant: Some(ready.tenant.clone()),
                client_id: Some(ready.client_id.clone()),
                client_secret: Some(Secret::from(ready.client_secret.clone())),
                subscription: Some(ready.subscription.clone()),
                ..Sources::default()
            },
            api_version: given(self.api_version.as_ref())
                .unwrap_or_else(|| version::PREVIEW.to_owned()),
            limits: Limits::default(),
            shared: context.azure.clone(),
            clock: Clock::Real,
        })?;
        let wanted = WorkspaceRef {
            workspace: given(self.workspace.as_ref()).unwrap_or_else(|| ready.workspace.clone()),
            resource_group: None,
            subscription: Some(ready.subscription.clone()),
        };
        Ok(Open {
            client,
            wanted,
            emulator: Some(running),
        })
    }
}

/// A value that says something: pipelines set variables they have no value for to nothing.
fn given(value: Option<&String>) -> Option<String> {
    value.cloned().filter(|value| !value.is_empty())
}
