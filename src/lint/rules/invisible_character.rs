//! A character in the query that cannot be seen.

use crate::diag::{Diagnostic, code};
use crate::lint::query::Query;
use crate::lint::{Check, Found, Lint, query};
use crate::rule::Rule;

code! {
    /// The query holds a no-break space, a zero-width character or a typographic quote mark outside of a text.
    ///
    /// They come from documents and web pages. KQL does not take them for spaces and quotes, and nobody sees why.
    ///
    /// Bad:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ResultType == "50126"
    /// ```
    /// Good:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ResultType == "50126"
    /// ```
    /// Source: rulepost's own rule.
    pub(crate) static CODE = "invisible-character", Warning, "a character in the query that cannot be seen";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    let parsed = Query::new(&rule.query.value);
    for (at, character) in parsed.code.char_indices() {
        let name = match character {
            '\u{a0}' => "a no-break space",
            '\u{200b}'..='\u{200d}' | '\u{feff}' | '\u{2060}' => "a zero-width character",
            '\u{201c}' | '\u{201d}' | '\u{2018}' | '\u{2019}' => "a typographic quote mark",
            _ => continue,
        };
        let place = query::place(rule, found.sources, at..at + character.len_utf8());
        found.report(Diagnostic::new(
            &CODE,
            place,
            format!("{name} in the query"),
        ));
        // One is enough: where one is, there are most often many.
        break;
    }
}
