//! Azure Resource Manager, as far as rules need it: credentials, one HTTP pipeline, typed calls.
//!
//! Every request goes through the same steps, outermost first: [`retry`] (with the shared [`throttle`]), request id
//! and user agent, bearer token, log, and last [`transport`], which lets nothing out to a host that is not
//! configured. What is left to callers is what a call means: [`Client`] has one method for each.
//! Start at [`Client::new`]; failures are [`Error`].

#![allow(
    clippy::disallowed_methods,
    reason = "the Azure CLI is started by `azure_identity`, certificates are read here"
)]

pub(crate) mod auth;
mod client;
pub(crate) mod doctor;
mod echo;
pub(crate) mod endpoint;
pub(crate) mod error;
mod near;
mod pipeline;
mod retry;
mod shared;
pub(crate) mod throttle;
mod transport;

pub(crate) use client::deployments::{operation_error, show_command};
pub(crate) use client::{Client, ListedTable, ListedWatchlist, SavedFunction};
pub(crate) use client::{Settings, Workspace, WorkspaceRef};
pub(crate) use error::{Class, Error, Operation};
pub(crate) use retry::Limits;
pub(crate) use shared::Shared;
