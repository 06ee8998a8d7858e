//! Any bytes as a rule file that `validate --fix` repairs: it ends, what it leaves needs no more repairs, and each
//! rule says the same as before. Of its query only that it is there: repairs write conditions that mean the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rulepost::door::rule::{Judged, judge};

/// Rounds after which `validate --fix` stops.
const MOST_ROUNDS: usize = 8;

/// What the rules send, but for the text of their queries.
fn said(judged: &Judged) -> Vec<Vec<(String, String)>> {
    let rules = judged.plain_values();
    let said = |(name, value): (String, serde_json::Value)| match &*name {
        "query" => (name, value.is_string().to_string()),
        _ => (name, value.to_string()),
    };
    rules
        .into_iter()
        .map(|rule| rule.into_iter().map(said).collect())
        .collect()
}

fuzz_target!(|bytes: &[u8]| {
    let before = judge(bytes);
    let mut text = None;
    let mut after = before.repaired();
    for _ in 0..MOST_ROUNDS {
        let Some(repaired) = after.take() else { break };
        after = judge(repaired.as_bytes()).repaired();
        text = Some(repaired);
    }
    let Some(text) = text else { return };
    assert_eq!(after, None, "repairs do not come to an end: {text}");
    let mended = judge(text.as_bytes());
    // A rule that could not be read whole may be readable now; those that could be say what they said.
    let (before, mended) = (said(&before), said(&mended));
    if mended.len() == before.len() {
        assert_eq!(before, mended, "{text}");
    } else {
        assert!(mended.len() > before.len(), "a rule is lost: {text}");
    }
});
