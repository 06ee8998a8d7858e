//! A query of more than 10000 characters.

use crate::diag::{Diagnostic, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;

code! {
    /// The query, with the parameters that are put before it, is longer than 10000 characters.
    ///
    /// That is the documented limit. Lists belong into a watchlist, shared steps into a function.
    ///
    /// Bad:
    /// ```yaml
    /// query: x{10001}
    /// ```
    /// Good:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | take 10
    /// ```
    /// Source: "Create custom analytics rules", the limits of rule queries.
    pub(crate) static CODE = "query-too-long", Warning, "a query of more than 10000 characters";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    let parameters = rule.extension.parameters.iter().map(|parameter| {
        // `let NAME = VALUE;` and a line end.
        parameter.name.value.chars().count()
            + parameter.default.value.to_string().chars().count()
            + 9
    });
    let length = rule.query.value.chars().count() + parameters.sum::<usize>();
    if length > 10_000 {
        let message = format!("the query has {length} characters, at most 10000 are documented");
        found.report(
            Diagnostic::new(&CODE, rule.query.span, message)
                .help("move lists into a watchlist and shared steps into a function"),
        );
    }
}
