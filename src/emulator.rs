//! A local Sentinel: Entra ID's token endpoint and the part of Azure Resource Manager that rules need.
//!
//! It is an independent witness. It takes bodies as raw JSON, judges them by itself ([`validate`]) and answers as
//! the real service does, error texts and server defaults included ([`fill`]); from `api` it uses only paths,
//! versions and the error body. It is strict: members the service does not know are refused unless `loose`.
//! Its state is files that are replaced whole ([`store`]), so a killed process leaves a readable state.
//! [`deployment`] runs templates through the same handlers. [`faults`] makes it misbehave on purpose. Start at [`start`]; one request's way is in [`router`].
//! What is recorded, documented or assumed of the service is told apart in `docs/emulator.md`.

#![allow(
    clippy::disallowed_methods,
    reason = "the emulator keeps its state in files"
)]

mod answer;
mod auth;
mod call;
mod config;
mod deployment;
mod discovery;
mod entities;
mod error;
mod faults;
mod fill;
mod handlers;
mod identity;
mod incident;
mod log;
mod logs;
mod query;
mod reader;
mod remote;
mod router;
mod schedule;
mod seed;
mod server;
mod state;
mod store;
mod template;
mod time;
mod tls;
mod validate;
mod version;

use std::sync::{Arc, Mutex, MutexGuard};

use jiff::SignedDuration;

pub(crate) use crate::emulator::config::{Config, Ready};
pub(crate) use crate::emulator::error::Error;
pub(crate) use crate::emulator::faults::Plan as FaultPlan;
pub(crate) use crate::emulator::remote::{Remote, RemoteError};
pub(crate) use crate::emulator::seed::Seed;
pub(crate) use crate::emulator::server::{Running, start};

use crate::emulator::deployment::Deployments;
use crate::emulator::faults::Faults;
use crate::emulator::identity::Identity;
use crate::emulator::log::RequestLog;
use crate::emulator::schedule::Runs;
use crate::emulator::state::State;
use crate::emulator::store::Store;
use crate::emulator::time::Time;

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Emulator {
    /// The record printed when it was ready.
    ready: Ready,
    /// Members of bodies that the service does not know are dropped instead of refused.
    loose: bool,
    /// Items on one page of a list.
    page_size: usize,
    /// Who may sign in.
    identity: Mutex<Identity>,
    /// Workspaces with their rules.
    state: Mutex<State>,
    /// Where the state is kept.
    store: Store,
    /// How long rows are under way before they can be queried.
    ingestion_delay: SignedDuration,
    /// The emulator's time.
    time: Time,
    /// What rules that ran have made.
    runs: Runs,
    /// How it misbehaves.
    faults: Mutex<Faults>,
    /// Tokens given out so far, and how many of them are refused as expired.
    tokens: Mutex<Tokens>,
    /// Template deployments.
    deployments: Mutex<Deployments>,
    /// What was asked.
    log: RequestLog,
}

impl Emulator {
    /// The workspaces with their rules, held until the guard is dropped.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock panics")
    }

    /// Template deployments, held until the guard is dropped. Whoever holds both takes these before the state.
    fn deployments(&self) -> MutexGuard<'_, Deployments> {
        self.deployments
            .lock()
            .expect("no holder of this lock panics")
    }
}

/// Serial numbers of tokens.
#[derive(Debug, Default)]
struct Tokens {
    given: u64,
    expired: u64,
}

/// The emulator as handlers get it.
type Shared = Arc<Emulator>;
