//! The service's contract as data: paths, versions, request builders, wire types.
//!
//! Nothing here does I/O. The client and the emulator both speak through it, the emulator through
//! [`path`], [`version`] and [`error`] only, so that it judges bodies by itself.
//! Source: the service definition of `Microsoft.SecurityInsights`, 2025-09-01 and 2025-07-01-preview.

pub(crate) mod alert_rule;
pub(crate) mod deployment;
pub(crate) mod error;
pub(crate) mod lenient;
pub(crate) mod metadata;
pub(crate) mod page;
pub(crate) mod path;
pub(crate) mod version;
