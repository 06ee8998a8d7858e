//! Queries on the rows of a workspace.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::emulator::logs::{View, Window};
use crate::emulator::query::{self, Fault};
use crate::emulator::state::Workspace;
use crate::engine::{self, Environment, Table};

/// Stack of the thread a query runs on: functions of a query nest, and each level takes many frames.
const STACK: usize = 32 << 20;

/// A query that can run, with the rows it reads; it needs no lock any more.
#[derive(Debug)]
pub(crate) struct Question {
    text: String,
    views: BTreeMap<String, View>,
    /// Address ranges and their places.
    geo: Vec<(String, serde_json::Value)>,
    now: i64,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The service refuses it too.
    Refused(Fault),
    /// The engine.
    Engine(engine::Error),
    /// The machine has no thread for it.
    Thread(std::io::Error),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(fault) => fault.fmt(f),
            Self::Engine(error) => error.fmt(f),
            Self::Thread(error) => write!(f, "no thread for the query: {error}"),
        }
    }
}

impl Question {
    /// A query over a workspace; `window` says which rows it sees and `now` what `now()` is, in ticks.
    pub(crate) fn new(
        workspace: &Workspace,
        text: &str,
        window: Window,
        now: i64,
    ) -> Result<Self, Failure> {
        let facts = &workspace.facts;
        let (checked, fault) = query::read(text, facts);
        if let Some(fault) = fault {
            return Err(Failure::Refused(fault));
        }
        // A wildcard of `union` means tables that the query does not name.
        let held = workspace.logs.names().map(str::to_owned);
        let read = checked.tables.iter().map(ToString::to_string);
        let views = read
            .chain(held)
            .filter(|name| query::has_table(facts, name))
            .map(|name| {
                let declared = facts.schemas.get(&name).map(Vec::as_slice);
                let view = workspace.logs.view(&name, declared, window);
                (name, view)
            });
        Ok(Self {
            text: query::schema(facts).declarations(text) + text,
            views: views.collect(),
            geo: facts.geo.clone().into_iter().collect(),
            now,
        })
    }

    /// The answer.
    pub(crate) fn answer(self) -> Result<Table, Failure> {
        let thread = std::thread::Builder::new()
            .name("query".to_owned())
            .stack_size(STACK);
        let run = move || {
            let places = self.geo.into_iter().map(|(range, place)| {
                let place = engine::json::parse(&place.to_string());
                (range, place.unwrap_or_default())
            });
            let mut env = Environment {
                now: self.now,
                geo: Some(Arc::new(places.collect())),
                ..Environment::default()
            };
            for (name, view) in self.views {
                env.tables.insert(name, Box::new(view));
            }
            engine::run(&self.text, &env)
        };
        let handle = thread.spawn(run).map_err(Failure::Thread)?;
        match handle.join() {
            Ok(result) => result.map_err(Failure::Engine),
            Err(_panicked) => Err(Failure::Engine(engine::Error::Limit(
                "the query ended the thread it ran on".to_owned(),
            ))),
        }
    }
}
