//! A name for a finding that survives edits elsewhere in its file.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::diagnostic::Diagnostic;
use super::source::SourceMap;

/// The code, the file and the text of the line, hashed: 32 hexadecimal digits.
///
/// The line's number is left out, so that lines added above change nothing; two equal lines of one file share a
/// fingerprint.
pub(crate) fn fingerprint(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let span = diagnostic.primary.span;
    let file = sources.get(span.source);
    let place = file.line_column(span.start as usize);
    let start = file.line_start(place.line).unwrap_or(0);
    let text = file.text();
    let line = text[start..].lines().next().unwrap_or_default();
    let path = file.path().to_string_lossy().replace('\\', "/");
    let mut hash = Sha256::new();
    for part in [diagnostic.code.id, &path, line.trim()] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let digest = hash.finalize();
    digest[..16].iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
