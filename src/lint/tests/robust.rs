//! Reading, checking and repairing end on any bytes, without a panic, with every place inside its text and with
//! something told of every file.

use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::{BASE, check, fix};
use crate::diag::SourceId;
use crate::project::text::decode;
use crate::rule::format::format;
use crate::rule::lower::lower;
use crate::rule::yaml;

/// Everything that is done with the bytes of a file.
fn exercise(bytes: Vec<u8>) {
    let text = decode(bytes).text;
    let (sources, found) = check(&text);
    for finding in &found {
        let file = sources.get(finding.primary.span.source);
        assert!(
            file.text().get(finding.primary.span.range()).is_some(),
            "{finding:?}"
        );
    }
    let stream = yaml::read(SourceId(0), &text);
    let file = lower(SourceId(0), Path::new("rule.yaml"), &text, &stream);
    assert!(
        !(file.rules.is_empty() && file.skipped.is_empty())
            || stream.problem.is_some()
            || !file.diagnostics.is_empty(),
        "nothing is told of the file"
    );
    for repaired in fix::apply(&found, &sources).into_values() {
        check(&repaired.text);
    }
    format(&text);
}

/// Pieces that a reader of YAML or KQL may trip over.
const PIECES: &[&str] = &[
    "\t", "\r", "\n", "\u{feff}", "'", "\"", "|", ">", "{", "}", "[", "]", "&a ", "*a", "!!str ",
    "<<: ", "---\n", "...", "# ", "\\", "é", "\u{2028}", "%", ": ", "- ", "//", "```", "{{", "}}",
    "null", "x{9", "\0",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..300)) {
        exercise(bytes);
    }

    #[test]
    fn pieces_alone(pieces in vec(any::<Index>(), 0..12)) {
        let bytes = pieces.iter().flat_map(|piece| piece.get(PIECES).bytes());
        exercise(bytes.collect());
    }

    #[test]
    fn a_rule_with_pieces_put_in_and_taken_out(
        changes in vec((any::<Index>(), any::<Index>(), 0usize..12), 1..6),
    ) {
        let mut bytes = BASE.as_bytes().to_vec();
        for (at, piece, gone) in changes {
            let at = at.index(bytes.len());
            let end = (at + gone).min(bytes.len());
            bytes.splice(at..end, piece.get(PIECES).bytes());
        }
        exercise(bytes);
    }
}
