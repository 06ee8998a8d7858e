//! The emulator's contract, one test per documented behaviour, over HTTP against the program.

mod azure;
mod deployments;
mod document;
mod faults;
mod logs;
mod query;
mod recordings;
mod rules;
mod schedule;
mod sign_in;
mod tls;
mod validation;
