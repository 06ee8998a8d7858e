//! The language server: what `validate`, `explain`, `fmt` and the query checker know, while a rule is written.
//!
//! `text` counts as editors count, `document` holds one open file with what was found in it, `neighbours` knows the
//! other rules of the folder, `completion` and `hover`
//! answer inside the query, `server` speaks the protocol. Nothing here writes a file.

mod completion;
mod document;
mod hover;
mod neighbours;
mod server;
mod text;

pub(crate) use server::serve;
