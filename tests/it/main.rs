//! The one integration test binary: every test that runs the program from outside, and the repository's own rules.

#![allow(
    clippy::disallowed_methods,
    reason = "tests make files, read them and start processes"
)]

#[cfg(target_os = "linux")]
mod action;
mod arm_schema;
mod azure;
mod cli;
mod conformance;
mod corpus;
mod deploy;
mod docs_pages;
mod emulator;
mod faults;
mod kql_types;
mod pack;
mod readme;
mod support;
mod tidy;
