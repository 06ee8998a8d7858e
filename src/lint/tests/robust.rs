//! Reading, checking and repairing end on any bytes, without a panic and with every place inside its text.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::{BASE, check, fix};
use crate::project::text::decode;
use crate::rule::format::format;

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
