//! Any text as a query that needs no tables, run by the test engine: it gives rows of as many values as there are
//! columns, or says why not.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rulepost::door::engine::run;

/// Digits of the numbers that are left out: as counts of rows they ask for more work than a run of the target may take.
const LARGE: usize = 7;

fuzz_target!(|bytes: &[u8]| {
    let query = String::from_utf8_lossy(bytes);
    let digits = query.split(|c: char| !c.is_ascii_digit());
    if digits.map(str::len).max().unwrap_or(0) > LARGE {
        return;
    }
    let Ok(document) = run(&query, "2026-01-01T00:00:00Z") else {
        return;
    };
    let count = |name: &str| document[name].as_array().map(Vec::len);
    for row in document["rows"].as_array().into_iter().flatten() {
        assert_eq!(row.as_array().map(Vec::len), count("columns"), "{query}");
    }
});
