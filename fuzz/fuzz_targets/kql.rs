//! Any text as a query: reading, checking and laying it out end, and the layout is a fixpoint that keeps every token.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use rulepost::door::kql::{Schema, check, format, tokens};

fuzz_target!(|bytes: &[u8]| {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    let schema = SCHEMA.get_or_init(Schema::built_in);
    let query = String::from_utf8_lossy(bytes);
    let answer = check(schema, &query);
    let units = query.encode_utf16().count();
    for finding in &answer.diagnostics {
        assert!(finding.start + finding.length <= units, "{finding:?}");
    }
    let syntax = answer
        .diagnostics
        .iter()
        .any(|d| d.code.starts_with("kql-syntax") && d.code != "kql-syntax-first-operator");
    let Some(laid_out) = format(&query) else {
        return;
    };
    assert!(!syntax, "a query with syntax errors was laid out: {query:?}");
    assert_eq!(tokens(&query), tokens(&laid_out), "{query:?}");
    assert_eq!(
        format(&laid_out).as_deref(),
        Some(laid_out.as_str()),
        "{query:?}"
    );
});
