//! Findings that are already known, for repositories that begin with many.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::diag::{Diagnostic, SourceMap, fingerprint};

/// The file's format; a later one is refused.
const VERSION: u32 = 1;

/// A baseline file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Baseline {
    version: u32,
    /// How often a finding of this fingerprint is accepted.
    findings: BTreeMap<String, u32>,
    /// What the fingerprints stand for, for readers and for entries that occur no more; older files have none.
    #[serde(default)]
    places: BTreeMap<String, Place>,
}

/// Where a finding was accepted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Place {
    /// The file, with forward slashes.
    pub(crate) path: String,
    /// The kind of finding.
    pub(crate) code: String,
}

/// What a baseline did to the findings of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Applied {
    /// How many findings it took away.
    pub(crate) accepted: usize,
    /// Entries without a finding, in order; those of files that were not checked are among them.
    pub(crate) gone: Vec<Place>,
}

/// Why a baseline cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BaselineError {
    /// It is no baseline.
    #[error("the baseline cannot be understood")]
    Format(#[source] serde_json::Error),
    /// It is of another version.
    #[error("the baseline is of version {found}, and only version {VERSION} is known")]
    Version {
        /// The version it has.
        found: u32,
    },
}

impl Baseline {
    /// Accepts exactly these findings.
    pub(crate) fn of(diagnostics: &[Diagnostic], sources: &SourceMap) -> Self {
        let (mut findings, mut places) = (BTreeMap::new(), BTreeMap::new());
        for diagnostic in diagnostics {
            let key = fingerprint(diagnostic, sources);
            let path = sources.get(diagnostic.primary.span.source).path();
            let place = Place {
                path: path.to_string_lossy().replace('\\', "/"),
                code: diagnostic.code.id.to_owned(),
            };
            places.insert(key.clone(), place);
            *findings.entry(key).or_insert(0) += 1;
        }
        Self {
            version: VERSION,
            findings,
            places,
        }
    }

    /// Reads a baseline file.
    pub(crate) fn read(text: &str) -> Result<Self, BaselineError> {
        let baseline: Self = serde_json::from_str(text).map_err(BaselineError::Format)?;
        if baseline.version != VERSION {
            return Err(BaselineError::Version {
                found: baseline.version,
            });
        }
        Ok(baseline)
    }

    /// The file's text.
    pub(crate) fn write(&self) -> String {
        let text = serde_json::to_string_pretty(self);
        text.expect("a map of numbers can be written") + "\n"
    }

    /// Takes away the findings that are accepted; tells how many, and which entries found nothing.
    pub(crate) fn apply(&self, diagnostics: &mut Vec<Diagnostic>, sources: &SourceMap) -> Applied {
        let mut left = self.findings.clone();
        let before = diagnostics.len();
        diagnostics.retain(
            |diagnostic| match left.get_mut(&fingerprint(diagnostic, sources)) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    false
                }
                _ => true,
            },
        );
        let gone = left.iter().filter(|(_, count)| **count > 0);
        let mut gone: Vec<Place> = gone
            .filter_map(|(key, _)| self.places.get(key).cloned())
            .collect();
        gone.sort();
        Applied {
            accepted: before - diagnostics.len(),
            gone,
        }
    }
}
