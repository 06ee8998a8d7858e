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
    ///
    /// An example is a piece of a rule file. It is laid over a sound rule by the tests, which then expect the
    /// finding of the bad one and not of the good one; a line `# no KEY` takes a key away.
    pub(crate) docs: &'static str,
}

impl Code {
    /// The documentation as markdown, without the blank that begins every line of a doc comment.
    pub(crate) fn text(&self) -> String {
        let lines = self.docs.lines();
        let lines: Vec<&str> = lines
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .collect();
        lines.join("\n")
    }
}

/// Declares a [`Code`] whose documentation is its doc comment.
///
/// ```text
/// code! {
///     /// What it is and why it matters.
///     pub(crate) static NAME = "the-code", Warning, "its title";
/// }
/// ```
macro_rules! code {
    ($($(#[doc = $doc:literal])+ $vis:vis static $name:ident = $id:literal, $level:ident, $title:literal;)+) => {
        $(
            #[doc = $title]
            $vis static $name: $crate::diag::Code = $crate::diag::Code {
                id: $id,
                title: $title,
                level: $crate::diag::Level::$level,
                docs: concat!($($doc, "\n"),+),
            };
        )+
    };
}
pub(crate) use code;
