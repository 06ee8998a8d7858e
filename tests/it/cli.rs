//! One file per command, and what all commands share.

mod exit_codes;
pub(crate) mod help;
pub(crate) mod validate;
