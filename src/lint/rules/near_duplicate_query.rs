//! Two rules with nearly the same query.

use std::collections::BTreeMap;

use crate::diag::{Diagnostic, code};
use crate::lint::query::Query;
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;

code! {
    /// The queries of two rules are equal but for numbers, texts, spaces and comments.
    ///
    /// The two fire together. One rule with a parameter, or one with a lower threshold, does the work of both.
    ///
    /// Bad:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ResultType == "50126"
    ///   | summarize Failures = count() by IPAddress
    ///   | where Failures > 10
    /// ---
    /// query: |
    ///   SigninLogs
    ///   | where ResultType == "50126"
    ///   | summarize Failures = count() by IPAddress
    ///   | where Failures > 20
    /// ```
    /// Good:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ResultType == "50126"
    ///   | summarize Failures = count() by IPAddress
    ///   | where Failures > 10
    /// ---
    /// query: |
    ///   AuditLogs
    ///   | where OperationName == "Add user"
    /// ```
    /// Source: rulepost's own rule.
    pub(crate) static CODE = "near-duplicate-query", Note, "two rules with nearly the same query";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Set(check),
};

fn check(rules: &[&Rule], found: &mut Found<'_>) {
    let mut seen: BTreeMap<String, &Rule> = BTreeMap::new();
    for rule in rules {
        let skeleton = skeleton(&rule.query.value);
        // A query of a few words is like others without being a copy.
        if skeleton.split(' ').count() < 8 {
            continue;
        }
        match seen.get(&skeleton) {
            None => {
                seen.insert(skeleton, rule);
            }
            Some(first) if first.id.value != rule.id.value => {
                found.report(
                    Diagnostic::new(
                        &CODE,
                        rule.query.span,
                        "the query is nearly that of another rule",
                    )
                    .also(first.query.span, "the other query"),
                );
            }
            Some(_) => {}
        }
    }
}

/// The words of a query, its numbers and texts left out.
fn skeleton(text: &str) -> String {
    let parsed = Query::new(text);
    let words = parsed.words().map(|(_, word)| {
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            "0"
        } else {
            word
        }
    });
    words.collect::<Vec<_>>().join(" ").to_lowercase()
}
