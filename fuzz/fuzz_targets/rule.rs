//! Any bytes as a rule file: reading, checking and laying it out end, and every finding lies within the
//! text and can be shown in every format.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rulepost::door::rule::{format, judge};

fuzz_target!(|bytes: &[u8]| {
    let judged = judge(bytes);
    assert_eq!(judged.misplaced(), None);
    let _shown = judged.reports();
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Some(laid_out) = format(text)
    {
        assert_eq!(format(&laid_out).as_ref(), Some(&laid_out), "{text}");
        let plain = judge(laid_out.as_bytes()).plain_values();
        assert_eq!(judged.plain_values(), plain, "{laid_out}");
    }
});
