//! A column name that no query can return.

use crate::diag::{Diagnostic, Spanned, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;

code! {
    /// A mapped column has a name that is not made of letters, digits and `_`, a letter or `_` first, or that is longer than
    /// 500 characters.
    ///
    /// The community's validation refuses it: it is an expression or a placeholder where a column's name belongs.
    ///
    /// Bad:
    /// ```yaml
    /// entityMappings:
    ///   - entityType: IP
    ///     fieldMappings:
    ///       - identifier: Address
    ///         columnName: tostring(IPAddress)
    /// ```
    /// Good:
    /// ```yaml
    /// entityMappings:
    ///   - entityType: IP
    ///     fieldMappings:
    ///       - identifier: Address
    ///         columnName: IPAddress
    /// ```
    /// Source: Azure-Sentinel's template validation (`detectionTemplateSchemaValidation`).
    pub(crate) static CODE = "column-name-form", Warning, "a column name that no query can return";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    let fields = rule
        .entity_mappings
        .iter()
        .flat_map(|mapping| &mapping.fields);
    let columns = fields
        .map(|field| &field.column)
        .chain(rule.custom_details.iter().map(|(_, column)| column))
        .chain(&rule.sentinel_entities);
    for column in columns {
        if !is_column(column) {
            let message = format!("`{}` is not the name of a column", column.value.trim());
            found.report(
                Diagnostic::new(&CODE, column.span, message)
                    .help("letters, digits and `_` are accepted, a letter or `_` first"),
            );
        }
    }
}

fn is_column(column: &Spanned<String>) -> bool {
    let text = &column.value;
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
        && text.chars().count() <= 500
}
