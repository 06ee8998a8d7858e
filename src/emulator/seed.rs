//! What to put into an emulator before, or while, it is used.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::api::path::{WorkspaceId, is_resource_group, is_workspace_name};
use crate::emulator::error::Error;
use crate::emulator::identity::{Application, Identity, Role, Subscription, guid_of};
use crate::emulator::logs::Declared;
use crate::emulator::state::{Facts, Slot, State, Stored, Touch, Workspace, key, new_etag};
use crate::emulator::store::{Shelf, Store};
use crate::kql::Schema;
use crate::kql::schema::{SchemaError, SchemaFile};

/// Applications and workspaces; what is there already is kept.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Seed {
    /// Applications that can sign in.
    clients: Vec<SeedClient>,
    /// Workspaces.
    workspaces: Vec<SeedWorkspace>,
}

/// An application.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SeedClient {
    client_id: String,
    client_secret: String,
    tenant: Option<String>,
    #[serde(default)]
    role: Role,
}

impl std::fmt::Debug for SeedClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SeedClient")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// A workspace; only its name must be given.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SeedWorkspace {
    name: String,
    resource_group: Option<String>,
    subscription: Option<String>,
    /// Tenant of the subscription, when the subscription is new.
    tenant: Option<String>,
    customer_id: Option<String>,
    #[serde(default = "west_europe")]
    location: String,
    #[serde(default = "yes")]
    onboarded: bool,
    #[serde(default)]
    tables: BTreeSet<String>,
    #[serde(default)]
    schema: SchemaFile,
    /// Address ranges and their places.
    #[serde(default)]
    geo: BTreeMap<String, Value>,
    /// Rules of any kind, put in as they are.
    #[serde(default)]
    alert_rules: Vec<SeedResource>,
    /// Metadata resources, put in as they are.
    #[serde(default)]
    metadata: Vec<SeedResource>,
}

/// A resource as the service would return it.
#[derive(Debug, Clone, Deserialize)]
struct SeedResource {
    name: String,
    kind: Option<String>,
    properties: Map<String, Value>,
}

fn west_europe() -> String {
    "westeurope".to_owned()
}

fn yes() -> bool {
    true
}

impl Seed {
    /// The one workspace that a fresh emulator has.
    pub(crate) fn first(identity: &Identity) -> Self {
        Self {
            clients: Vec::new(),
            workspaces: vec![SeedWorkspace {
                name: identity.main.workspace.clone(),
                resource_group: None,
                subscription: None,
                tenant: None,
                customer_id: None,
                location: west_europe(),
                onboarded: true,
                tables: BTreeSet::new(),
                schema: SchemaFile::default(),
                geo: BTreeMap::new(),
                alert_rules: Vec::new(),
                metadata: Vec::new(),
            }],
        }
    }

    /// Puts everything in that is not there yet, and keeps it.
    pub(crate) fn apply(
        self,
        identity: &mut Identity,
        state: &mut State,
        store: &Store,
        now: Timestamp,
    ) -> Result<(), Error> {
        for client in self.clients {
            let known = &mut identity.clients;
            known.retain(|one| one.client_id != client.client_id);
            known.push(Application {
                tenant: client
                    .tenant
                    .unwrap_or_else(|| identity.main.tenant.clone()),
                client_id: client.client_id,
                client_secret: client.client_secret,
                role: client.role,
            });
        }
        for workspace in self.workspaces {
            workspace.apply(identity, state, store, now)?;
        }
        store.write_identity(identity)
    }
}

impl SeedWorkspace {
    fn apply(
        self,
        identity: &mut Identity,
        state: &mut State,
        store: &Store,
        now: Timestamp,
    ) -> Result<(), Error> {
        let main = &identity.main;
        let id = WorkspaceId {
            subscription: self
                .subscription
                .unwrap_or_else(|| main.subscription.clone()),
            resource_group: self
                .resource_group
                .unwrap_or_else(|| main.resource_group.clone()),
            name: self.name,
        };
        if !is_workspace_name(&id.name) || !is_resource_group(&id.resource_group) {
            return Err(Error::Seed {
                reason: format!("`{id}` is no resource id of a workspace"),
            });
        }
        if identity.subscription(&id.subscription).is_none() {
            let tenant = self.tenant.unwrap_or_else(|| main.tenant.clone());
            identity.subscriptions.push(Subscription {
                id: id.subscription.clone(),
                tenant,
                name: format!("subscription of {}", id.name),
            });
        }
        let workspace = state.workspaces.entry(key(&id)).or_insert_with(|| {
            Workspace::new(Facts {
                customer_id: self.customer_id.unwrap_or_else(|| guid_of(&key(&id))),
                subscription: id.subscription.clone(),
                resource_group: id.resource_group.clone(),
                name: id.name.clone(),
                location: self.location,
                created: now,
                onboarded: self.onboarded.then_some(now),
                tables: BTreeSet::new(),
                schemas: BTreeMap::new(),
                schema: SchemaFile::default(),
                geo: BTreeMap::new(),
            })
        });
        workspace.facts.tables.extend(self.tables);
        let mut schema = self.schema;
        let refused = |error: SchemaError| Error::Seed {
            reason: error.to_string(),
        };
        Schema::built_in().add(&schema).map_err(refused)?;
        for (name, columns) in std::mem::take(&mut schema.tables) {
            let columns = columns.pairs(&name).map_err(refused)?;
            let declared = columns.into_iter().map(|(name, ty)| Declared {
                name,
                kind: ty.name().to_owned(),
            });
            let schemas = &mut workspace.facts.schemas;
            schemas.insert(name, declared.collect());
        }
        workspace.facts.schema.extend(schema);
        workspace.facts.geo.extend(self.geo);
        store.write_facts(&workspace.facts)?;
        for (shelf, resources, slots) in [
            (Shelf::AlertRules, self.alert_rules, &mut workspace.rules),
            (Shelf::Metadata, self.metadata, &mut workspace.metadata),
        ] {
            for resource in resources {
                let touch = Touch {
                    at: now,
                    by: "seed".to_owned(),
                    by_type: "Application".to_owned(),
                };
                let key = resource.name.to_lowercase();
                if slots.get(&key).is_some_and(|slot| slot.live().is_some()) {
                    continue;
                }
                let slot = Slot::Live(Box::new(Stored {
                    etag: new_etag(now),
                    kind: resource.kind,
                    properties: resource.properties,
                    created: touch.clone(),
                    modified: touch,
                    name: resource.name,
                }));
                store.write_slot(&id, shelf, &key, Some(&slot))?;
                slots.insert(key, slot);
            }
        }
        Ok(())
    }
}
