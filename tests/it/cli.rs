//! One file per command, and what all commands share.

mod coverage;
mod docs;
mod exit_codes;
mod explain;
mod findings;
pub(crate) mod help;
mod import;
mod kql;
mod lsp;
mod new;
mod query;
mod render;
mod schema;
mod test;
pub(crate) mod validate;
