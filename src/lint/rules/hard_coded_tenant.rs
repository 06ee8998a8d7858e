//! A tenant id in a query.

use crate::diag::{Diagnostic, code};
use crate::lint::query::Query;
use crate::lint::{Check, Found, Lint, query};
use crate::rule::Rule;

code! {
    /// The query compares a tenant's id with a GUID.
    ///
    /// The rule works in one tenant only. A parameter under `rulepost.parameters` takes the id of each target.
    ///
    /// Bad:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where AADTenantId == "0f1e2d3c-4b5a-4978-8796-a5b4c3d2e1f0"
    /// ```
    /// Good:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where AADTenantId == HomeTenant
    /// rulepost:
    ///   references:
    ///     - https://attack.mitre.org/techniques/T1110/
    ///   parameters:
    ///     - name: HomeTenant
    ///       type: string
    ///       default: ""
    /// ```
    /// Source: rulepost's own rule.
    pub(crate) static CODE = "hard-coded-tenant", Note, "a tenant id in a query";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    let text = &rule.query.value;
    let parsed = Query::new(text);
    for range in &parsed.strings {
        let is_guid = text
            .get(range.clone())
            .is_some_and(|literal| uuid::Uuid::parse_str(literal).is_ok());
        if !is_guid {
            continue;
        }
        let line = parsed.code[..range.start]
            .rsplit('\n')
            .next()
            .unwrap_or_default();
        let compared = line.to_ascii_lowercase();
        if compared.contains("tenantid") {
            let place = query::place(rule, found.sources, range.clone());
            found.report(
                Diagnostic::new(&CODE, place, "a tenant's id stands in the query")
                    .help("declare a parameter under `rulepost.parameters`"),
            );
        }
    }
}
