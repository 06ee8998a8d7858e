//! Who may sign in, and for which subscriptions.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Applications, tenants and subscriptions; kept in `identity.json`.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Identity {
    /// Tenant, application, subscription and workspace of the ready record.
    pub(crate) main: Main,
    /// Applications that can sign in.
    pub(crate) clients: Vec<Application>,
    /// Subscriptions and the tenants they belong to.
    pub(crate) subscriptions: Vec<Subscription>,
    /// Signs access tokens.
    pub(crate) signing_key: String,
}

/// What the ready record tells.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Main {
    pub(crate) tenant: String,
    pub(crate) client_id: String,
    pub(crate) subscription: String,
    pub(crate) resource_group: String,
    pub(crate) workspace: String,
}

/// An application that can sign in.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Application {
    pub(crate) tenant: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    #[serde(default)]
    pub(crate) role: Role,
}

/// What an application may do in every workspace of its tenant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// Microsoft Sentinel Contributor.
    #[default]
    Contributor,
    /// Microsoft Sentinel Reader.
    Reader,
    /// No role at all: signing in works, nothing else does.
    None,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    pub(crate) tenant: String,
    pub(crate) name: String,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity")
            .field("main", &self.main)
            .finish_non_exhaustive()
    }
}

/// A GUID that is the same wherever the same thing is named.
pub(crate) fn guid_of(name: &str) -> String {
    let space = Uuid::new_v5(&Uuid::NAMESPACE_URL, b"rulepost:emulator");
    Uuid::new_v5(&space, name.as_bytes()).to_string()
}

impl Identity {
    /// One tenant, one application with a fresh secret, one subscription.
    pub(crate) fn fresh() -> Self {
        let main = Main {
            tenant: guid_of("tenant"),
            client_id: guid_of("client"),
            subscription: guid_of("subscription"),
            resource_group: "rulepost".to_owned(),
            workspace: "demo".to_owned(),
        };
        Self {
            clients: vec![Application {
                tenant: main.tenant.clone(),
                client_id: main.client_id.clone(),
                client_secret: format!("local~{}", Uuid::new_v4().simple()),
                role: Role::Contributor,
            }],
            subscriptions: vec![Subscription {
                id: main.subscription.clone(),
                tenant: main.tenant.clone(),
                name: "rulepost emulator".to_owned(),
            }],
            signing_key: Uuid::new_v4().simple().to_string(),
            main,
        }
    }

    /// The application of the ready record.
    pub(crate) fn main_client(&self) -> Option<&Application> {
        self.clients
            .iter()
            .find(|client| client.client_id == self.main.client_id)
    }

    /// A subscription by its id, in any case.
    pub(crate) fn subscription(&self, id: &str) -> Option<&Subscription> {
        self.subscriptions
            .iter()
            .find(|one| one.id.eq_ignore_ascii_case(id))
    }
}
