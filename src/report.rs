//! Findings as text, one format a file. Everything here returns strings; only `cli` prints.

pub(crate) mod deploy;
pub(crate) mod drift;
pub(crate) mod github;
pub(crate) mod human;
pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod markdown;
pub(crate) mod outcome;
pub(crate) mod plan;
pub(crate) mod sarif;
pub(crate) mod tested;
pub(crate) mod what_if;

use std::path::Path;
use std::path::PathBuf;

use crate::diag::Diagnostic;
use crate::diag::Level;
use crate::diag::SourceId;
use crate::diag::SourceMap;

/// What one run of a command that checks has to tell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Findings<'a> {
    /// The command: `validate`, `test`.
    pub(crate) command: &'static str,
    /// The texts that were checked.
    pub(crate) sources: &'a SourceMap,
    /// What was found, in the order of the texts.
    pub(crate) list: &'a [Diagnostic],
    /// How many files were looked at.
    pub(crate) files: usize,
    /// How many rules were in them.
    pub(crate) rules: usize,
    /// What was no rule.
    pub(crate) skipped: &'a [NoRule],
    /// Checks that have names, in the order of their findings; each passed where it has none.
    pub(crate) checks: &'a [Check],
}

/// A check that has a name, such as a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    /// The text it is written in.
    pub(crate) source: SourceId,
    /// Its name.
    pub(crate) name: String,
    /// Which of the findings are its own.
    pub(crate) found: std::ops::Range<usize>,
}

/// A document that was skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NoRule {
    /// The file.
    pub(crate) path: PathBuf,
    /// The line it begins at.
    pub(crate) line: usize,
    /// What it is: `hunting query`, `parser`.
    pub(crate) what: String,
}

impl Findings<'_> {
    /// How many findings ended with a level.
    pub(crate) fn count(&self, level: Level) -> usize {
        let of_level = |found: &&Diagnostic| found.level == level;
        self.list.iter().filter(of_level).count()
    }
}

/// A path with forward slashes, the form of every machine format.
pub(crate) fn slashed(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests;
