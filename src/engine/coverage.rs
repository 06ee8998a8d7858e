//! Which conditions of `where` were ever true, and which ever false.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

/// What was seen of one condition.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// It was true for a row.
    pub(crate) held: AtomicBool,
    /// It was false, or null, for a row.
    pub(crate) failed: AtomicBool,
}

impl Seen {
    /// Whether it was ever true, and whether it was ever false or null.
    pub(crate) fn outcomes(&self) -> (bool, bool) {
        let flag = |flag: &AtomicBool| flag.load(Ordering::Relaxed);
        (flag(&self.held), flag(&self.failed))
    }

    /// Notes one outcome.
    pub(crate) fn note(&self, held: bool) {
        let flag = if held { &self.held } else { &self.failed };
        flag.store(true, Ordering::Relaxed);
    }
}

/// The conditions by their place in the query's text.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    /// Start and end in bytes.
    pub(crate) conditions: BTreeMap<(u32, u32), Arc<Seen>>,
}
