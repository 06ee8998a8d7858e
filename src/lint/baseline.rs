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
        let mut findings = BTreeMap::new();
        for diagnostic in diagnostics {
            let key = fingerprint(diagnostic, sources);
            *findings.entry(key).or_insert(0) += 1;
        }
        Self {
            version: VERSION,
            findings,
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

    /// Takes away the findings that are accepted; tells how many.
    pub(crate) fn apply(&self, diagnostics: &mut Vec<Diagnostic>, sources: &SourceMap) -> usize {
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
        before - diagnostics.len()
    }
}
