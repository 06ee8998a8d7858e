//! The laws of a plan, on rules made at random and on what the real service was recorded to do.

mod laws;
pub(crate) mod model;
mod ownership;
mod recorded;
