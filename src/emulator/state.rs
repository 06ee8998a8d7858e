//! Workspaces and what is in them, as plain data.
//!
//! Names compare without case, as Azure's do: the maps are keyed by the lower-cased name.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::api::path::WorkspaceId;
use crate::emulator::logs::{Declared, Logs};
use crate::emulator::schedule::Timing;
use crate::kql::schema::SchemaFile;

/// All workspaces, keyed by their lower-cased resource id.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) workspaces: BTreeMap<String, Workspace>,
}

/// One workspace.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// Its own facts.
    pub(crate) facts: Facts,
    /// Alert rules, those deleted lately included.
    pub(crate) rules: BTreeMap<String, Slot>,
    /// What each rule was before its last write since the start; none when it was not there.
    pub(crate) before: BTreeMap<String, Option<Slot>>,
    /// Metadata resources.
    pub(crate) metadata: BTreeMap<String, Slot>,
    /// Incidents, by their number.
    pub(crate) incidents: BTreeMap<String, Slot>,
    /// When each rule runs.
    pub(crate) timings: BTreeMap<String, Timing>,
    /// The rows of its tables.
    pub(crate) logs: Logs,
}

impl Workspace {
    /// A workspace without anything in it.
    pub(crate) fn new(facts: Facts) -> Self {
        Self {
            facts,
            rules: BTreeMap::new(),
            before: BTreeMap::new(),
            metadata: BTreeMap::new(),
            incidents: BTreeMap::new(),
            timings: BTreeMap::new(),
            logs: Logs::default(),
        }
    }

    /// Puts a rule, or the trace of one, in its place.
    pub(crate) fn set_rule(&mut self, key: &str, slot: Slot) {
        let old = self.rules.insert(key.to_owned(), slot);
        self.before.insert(key.to_owned(), old);
    }

    /// The rules as a read sees them that misses the last write of each.
    pub(crate) fn rules_before(&self) -> BTreeMap<String, Slot> {
        let mut rules = self.rules.clone();
        for (key, old) in &self.before {
            match old {
                Some(slot) => rules.insert(key.clone(), slot.clone()),
                None => rules.remove(key),
            };
        }
        rules
    }
}

/// What `workspace.json` holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Facts {
    pub(crate) subscription: String,
    pub(crate) resource_group: String,
    pub(crate) name: String,
    pub(crate) customer_id: String,
    pub(crate) location: String,
    pub(crate) created: Timestamp,
    /// When Sentinel was switched on, if it was.
    pub(crate) onboarded: Option<Timestamp>,
    /// Tables known by their names alone, beside those of the built-in schema.
    #[serde(default)]
    pub(crate) tables: BTreeSet<String>,
    /// Tables that were made with their columns.
    #[serde(default)]
    pub(crate) schemas: BTreeMap<String, Vec<Declared>>,
    /// Tables with their columns, saved functions and watchlists.
    #[serde(default)]
    pub(crate) schema: SchemaFile,
    /// Where the addresses of a range are, as `geo_info_from_ip_address()` tells it; all others are nowhere.
    #[serde(default)]
    pub(crate) geo: BTreeMap<String, Value>,
}

impl Facts {
    /// The resource id.
    pub(crate) fn id(&self) -> WorkspaceId {
        WorkspaceId {
            subscription: self.subscription.clone(),
            resource_group: self.resource_group.clone(),
            name: self.name.clone(),
        }
    }
}

/// A resource, or the trace of one that was deleted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Slot {
    /// It is there.
    Live(Box<Stored>),
    /// It was deleted at this time; its name cannot be used for a while.
    Deleted(Timestamp),
}

impl Slot {
    /// The resource, if it is there.
    pub(crate) fn live(&self) -> Option<&Stored> {
        match self {
            Self::Live(stored) => Some(stored),
            Self::Deleted(_) => None,
        }
    }
}

/// A resource as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stored {
    /// The name in the case it was created with.
    pub(crate) name: String,
    /// Its tag, with the quotes that are part of it.
    pub(crate) etag: String,
    /// `Scheduled`, `NRT`, …; none for metadata.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    /// Its properties, filled.
    pub(crate) properties: Map<String, Value>,
    /// Who created it and when.
    pub(crate) created: Touch,
    /// Who wrote it last and when.
    pub(crate) modified: Touch,
}

/// Who did something, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Touch {
    pub(crate) at: Timestamp,
    pub(crate) by: String,
    /// `Application` or `User`.
    pub(crate) by_type: String,
}

/// A tag of the form the service uses: `"61004e36-0000-0100-0000-69c3928d0000"`, quotes included.
/// The first group tells writes of one second apart, the last begins with the time.
pub(crate) fn new_etag(at: Timestamp) -> String {
    let (unique, _, _, _) = Uuid::new_v4().as_fields();
    let second = at.as_second().unsigned_abs() & 0xffff_ffff;
    format!("\"{unique:08x}-0000-0100-0000-{second:08x}0000\"")
}

impl State {
    /// A workspace by subscription, group and name, in any case.
    pub(crate) fn workspace(&self, id: &WorkspaceId) -> Option<&Workspace> {
        self.workspaces.get(&key(id))
    }

    /// The same, to be changed.
    pub(crate) fn workspace_mut(&mut self, id: &WorkspaceId) -> Option<&mut Workspace> {
        self.workspaces.get_mut(&key(id))
    }
}

/// The key of a workspace.
pub(crate) fn key(id: &WorkspaceId) -> String {
    id.to_string().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_have_the_form_of_recorded_ones() {
        let at = Timestamp::from_second(0x69c3_928d).expect("a time");
        let tag = new_etag(at);
        assert_eq!(tag.len(), "\"61004e36-0000-0100-0000-69c3928d0000\"".len());
        assert!(tag.ends_with("-0000-0100-0000-69c3928d0000\""), "{tag}");
        assert_ne!(tag, new_etag(at));
    }
}
