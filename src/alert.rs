//! From the results of a rule's run to alerts, and from alerts to incidents.
//!
//! The settings come from a request body as the service gets it ([`Settings::of`]), never from a rule file, so that
//! the tests of rules and the emulator can share what is here without the emulator learning of files.
//! [`alerts`] makes the alerts of a run: trigger, event grouping, entities, custom details, overridden details.
//! [`incident::group`] puts them into incidents. Times are counted in ticks, as the engine does; nothing here asks a
//! clock.

mod build;
pub(crate) mod incident;
mod settings;
#[cfg(test)]
mod tests;

pub(crate) use build::alerts;
pub(crate) use settings::Grouping;
pub(crate) use settings::Matching;
pub(crate) use settings::Settings;

use serde_json::{Map, Value};

/// A row of results: column and value, as the query API writes them.
pub(crate) type Record = Map<String, Value>;

/// Ticks of one hundred nanoseconds in a second: what the language counts time in.
pub(crate) const TICKS_PER_SECOND: i64 = 10_000_000;

/// An alert that a run made.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Alert {
    /// The time of the run, in ticks.
    pub(crate) at: i64,
    /// Its display name.
    pub(crate) title: String,
    /// Its description; empty where the rule has none.
    pub(crate) description: String,
    /// `Informational`, `Low`, `Medium` or `High`.
    pub(crate) severity: String,
    /// Tactics in the API's spelling.
    pub(crate) tactics: Vec<String>,
    /// Techniques and sub-techniques.
    pub(crate) techniques: Vec<String>,
    /// The entities, each once, in the order of the rule's mappings.
    pub(crate) entities: Vec<Entity>,
    /// Custom details: key and the different values, in the order of the rows.
    pub(crate) custom_details: Vec<(String, Vec<String>)>,
    /// Dynamic properties such as `AlertLink`, with their values.
    pub(crate) properties: Vec<(String, String)>,
    /// Which rows of the results it is about.
    pub(crate) rows: Vec<usize>,
}

/// An entity of an alert.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entity {
    /// Its type, as the mapping names it: `IP`.
    pub(crate) kind: String,
    /// Identifiers with their values; none is null or empty.
    pub(crate) identifiers: Map<String, Value>,
}
