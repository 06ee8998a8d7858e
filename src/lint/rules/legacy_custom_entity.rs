//! A legacy entity column without a mapping.

use crate::diag::{Diagnostic, code};
use crate::lint::query::Query;
use crate::lint::{Check, Found, Lint, query};
use crate::rule::Rule;

code! {
    /// The query makes a column such as `AccountCustomEntity`, and no entity mapping reads it.
    ///
    /// These columns made entities before mappings existed; they do nothing any more.
    ///
    /// Bad:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | extend AccountCustomEntity = UserPrincipalName
    /// ```
    /// Good:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | extend AccountCustomEntity = UserPrincipalName
    /// entityMappings:
    ///   - entityType: Account
    ///     fieldMappings:
    ///       - identifier: FullName
    ///         columnName: AccountCustomEntity
    /// ```
    /// Source: Azure-Sentinel's template validation (`detectionTemplateSchemaValidation`).
    pub(crate) static CODE = "legacy-custom-entity", Warning, "a legacy entity column without a mapping";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    const LEGACY: [&str; 6] = [
        "AccountCustomEntity",
        "HostCustomEntity",
        "IPCustomEntity",
        "URLCustomEntity",
        "ProcessCustomEntity",
        "FileHashCustomEntity",
    ];
    let parsed = Query::new(&rule.query.value);
    for name in LEGACY {
        let mut fields = rule
            .entity_mappings
            .iter()
            .flat_map(|mapping| &mapping.fields);
        if fields.any(|field| field.column.value == name) {
            continue;
        }
        if let Some((at, _)) = parsed.words().find(|(_, word)| *word == name) {
            let place = query::place(rule, found.sources, at..at + name.len());
            let message = format!("the column `{name}` makes no entity by itself");
            found.report(
                Diagnostic::new(&CODE, place, message)
                    .help("map it under `entityMappings`, or take it out of the query"),
            );
        }
    }
}
