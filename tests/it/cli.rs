//! One file per command, and what all commands share.

mod exit_codes;
pub(crate) mod help;
mod render;
pub(crate) mod validate;
