//! The environment, read once.

#![allow(
    clippy::disallowed_methods,
    reason = "this is the module the fence points to"
)]

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::PathBuf;

/// What the program may know of its surroundings.
///
/// Its `Debug` shows no value: variables hold secrets.
#[derive(Clone, Default)]
pub(crate) struct Env {
    variables: BTreeMap<String, String>,
    /// The folder the program was started in; empty when it has none.
    pub(crate) current_dir: PathBuf,
    /// Whether standard input is a terminal, so that questions can be asked.
    pub(crate) stdin_is_terminal: bool,
    /// Whether standard error is a terminal, so that progress can be drawn.
    pub(crate) stderr_is_terminal: bool,
}

impl std::fmt::Debug for Env {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Env")
            .field("current_dir", &self.current_dir)
            .finish_non_exhaustive()
    }
}

impl Env {
    /// Reads the environment of this process; variables that are no text are left out.
    pub(crate) fn read() -> Self {
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self {
            variables: variables.collect(),
            current_dir: std::env::current_dir().unwrap_or_default(),
            stdin_is_terminal: std::io::stdin().is_terminal(),
            stderr_is_terminal: std::io::stderr().is_terminal(),
        }
    }

    /// A variable's value; an empty one counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}
