//! A secret in a query.

use crate::diag::{Diagnostic, code};
use crate::lint::query::Query;
use crate::lint::{Check, Found, Lint, query};
use crate::rule::Rule;

code! {
    /// The query holds what looks like a key, a token, a password or a signature.
    ///
    /// Rules are read by everybody who can read the workspace or the repository. Take the secret out, and change it.
    ///
    /// Bad:
    /// ```yaml
    /// query: |
    ///   externaldata(a: string)["https://x.blob.core.windows.net/c/f.csv?sv=2022-11-02&sig=abcdefghijklmnopqrstuvwxyz0123456789abcd%3D"]
    /// ```
    /// Good:
    /// ```yaml
    /// query: |
    ///   _GetWatchlist("addresses")
    /// ```
    /// Source: rulepost's own rule.
    pub(crate) static CODE = "hard-coded-secret", Warning, "a secret in a query";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    let text = &rule.query.value;
    for range in Query::new(text).strings {
        let Some(literal) = text.get(range.clone()) else {
            continue;
        };
        if let Some((what, part)) = secret(literal) {
            let start = range.start + part;
            let place = query::place(rule, found.sources, start..range.end);
            found.report(
                Diagnostic::new(&CODE, place, format!("{what} stands in the query"))
                    .help("take it out and change it; it has been read by others"),
            );
        }
    }
}

/// What a text gives away, and from which byte on.
fn secret(literal: &str) -> Option<(&'static str, usize)> {
    let long = |rest: &str, least: usize| {
        let token = rest.bytes().take_while(|byte| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'+' | b'/' | b'=' | b'%' | b'_' | b'-' | b'.')
        });
        token.count() >= least
    };
    for (mark, least, what) in [
        ("AccountKey=", 40, "a storage key"),
        ("SharedAccessKey=", 40, "a shared access key"),
        ("sig=", 40, "a shared access signature"),
        ("AKIA", 16, "an access key"),
        ("ghp_", 36, "a token"),
        ("github_pat_", 40, "a token"),
        ("xoxb-", 30, "a token"),
        ("Bearer ey", 40, "a token"),
    ] {
        for (at, _) in literal.match_indices(mark) {
            if long(&literal[at + mark.len()..], least) {
                return Some((what, at));
            }
        }
    }
    let key = literal
        .find("-----BEGIN ")
        .filter(|at| literal[*at..].contains("PRIVATE KEY-----"))?;
    // A rule that looks for keys names the header only.
    (literal.len() > key + 80).then_some(("a private key", key))
}
