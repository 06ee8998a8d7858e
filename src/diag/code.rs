//! The record each kind of finding has once.

use super::diagnostic::Level;

/// What is known about one kind of finding, whatever the place it is found at.
///
/// Records are `static`; areas list theirs in a `CODES` slice, and `explain` prints them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Code {
    /// Kebab-case name of the bad thing, so that "allow CODE" reads well.
    pub(crate) id: &'static str,
    /// One line, lower case, no full stop.
    pub(crate) title: &'static str,
    /// Level when nothing remaps it.
    pub(crate) level: Level,
    /// Markdown for `explain`: what, why, a bad example, a good example, the source.
    pub(crate) docs: &'static str,
}
