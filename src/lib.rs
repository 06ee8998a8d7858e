//! rulepost deploys Microsoft Sentinel analytics rules as code.
//!
#![doc = include_str!("../ARCHITECTURE.md")]

mod alert;
mod api;
mod apply;
mod azure;
mod cases;
mod cli;
mod clock;
mod coverage;
mod diag;
mod docs;
#[doc(hidden)]
pub mod door;
mod drift;
mod duration;
mod emulator;
mod engine;
mod import;
mod kql;
mod lint;
mod mitre;
mod plan;
mod project;
mod render;
mod report;
mod rule;

pub use crate::cli::run;
