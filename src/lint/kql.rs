//! The query itself: syntax, names and types, and whether the columns that the rule takes are in the result.
//!
//! The checks are those of [`crate::kql`], against the built-in tables and what the project knows of its workspace.
//! A workspace has tables, columns and saved functions of its own, so what depends on the schema is a warning until
//! the workspace's own was pulled; a syntax error is an error anywhere.
//! [`check`] is, with a schema, the `extra` of [`crate::lint::run`].

use crate::diag::{Code, Diagnostic, Fix, Level, Spanned, code};
use crate::kql::span::TextSpan;
use crate::kql::{self, Checked, Schema, Type};
use crate::lint::{Found, query};
use crate::rule::Rule;
use crate::rule::field::ParameterType;

/// Every code of this area, in the order of `explain`.
pub(crate) static CODES: &[&Code] = &[
    &SYNTAX,
    &UNKNOWN_TABLE,
    &UNKNOWN_COLUMN,
    &MISUSE,
    &ACROSS_TYPES,
    &RESULT_COLUMN,
    &NO_TIME,
];

code! {
    /// The query cannot be parsed.
    ///
    /// The service refuses a rule whose query it cannot read, and says so only when it is deployed.
    ///
    /// Bad:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ResultType ==
    /// ```
    /// Good:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ResultType == "0"
    /// ```
    /// Source: the reference of the Kusto query language.
    pub(crate) static SYNTAX = "kql-syntax", Error, "a query that cannot be parsed";

    /// The query names a table or function that is neither built in nor declared by `let`.
    ///
    /// A custom table or a saved function of the workspace is fine; a slip of the pen makes the service refuse the rule.
    /// `[schema]` of `rulepost.toml` declares tables, functions and watchlists. `rulepost schema pull` fetches those of
    /// the workspace, and what is in neither is an error then.
    ///
    /// Bad:
    /// ```yaml
    /// query: |
    ///   SiginLogs
    ///   | where ResultType == "0"
    /// ```
    /// Good:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ResultType == "0"
    /// ```
    /// Source: the Azure Monitor table reference and the ASIM parser list.
    pub(crate) static UNKNOWN_TABLE = "kql-unknown-table", Warning, "a query that names an unknown table or function";

    /// The query names a column that its tables, as far as they are built in, do not have at that point.
    ///
    /// A column that the workspace added is fine; any other makes the service refuse the rule.
    ///
    /// Bad:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ResultTyp == "0"
    /// ```
    /// Good:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ResultType == "0"
    /// ```
    /// Source: the Azure Monitor table reference.
    pub(crate) static UNKNOWN_COLUMN = "kql-unknown-column", Warning, "a query that names an unknown column";

    /// A function, operator or value is used as the language does not allow: a wrong type, a wrong number of
    /// arguments, an aggregate outside of `summarize`.
    ///
    /// The service refuses the query, or it runs and finds nothing.
    ///
    /// Bad:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where TimeGenerated > "2024-01-01"
    /// ```
    /// Good:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where TimeGenerated > datetime(2024-01-01)
    /// ```
    /// Source: the reference of the Kusto query language.
    pub(crate) static MISUSE = "kql-misuse", Warning, "a query that uses a function or operator wrongly";

    /// A text is compared with a number, or other values of types that have nothing in common, by `==` or `!=`.
    ///
    /// The service lets it pass and converts one side, row by row and past the index; what cannot be converted is never equal.
    /// A text column is compared with a text in quotes, a number with a number. `--fix` writes the constant that way.
    ///
    /// Bad:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ingestion_time() > ago(1h)
    ///   | where ResultType == 50126
    /// ```
    /// Good:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ingestion_time() > ago(1h)
    ///   | where ResultType == "50126"
    /// ```
    /// Source: the reference of the Kusto query language: numerical and string operators.
    pub(crate) static ACROSS_TYPES = "compared-across-types", Warning, "a comparison of a text with a number, or the like";

    /// The result of the query has no point in time.
    ///
    /// The service takes start and end of an alert from `TimeGenerated` of the result. Without it, and without another time that
    /// a person could read, nobody sees when it happened.
    ///
    /// Bad:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ingestion_time() > ago(1h)
    ///   | project UserPrincipalName, IPAddress
    /// ```
    /// Good:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ingestion_time() > ago(1h)
    ///   | project TimeGenerated, UserPrincipalName, IPAddress
    /// ```
    /// Source: "Microsoft Sentinel security alert schema reference": `StartTime` and `EndTime` are those of `TimeGenerated`.
    pub(crate) static NO_TIME = "no-time-in-result", Note, "a result without a point in time";

    /// An entity mapping, custom detail or alert override takes a column that the query's result does not have.
    ///
    /// The service refuses such a rule, or its alerts lack the entity. Columns are told apart by upper and lower case.
    ///
    /// Bad:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | project TimeGenerated, IPAddress
    /// customDetails:
    ///   Address: IpAddress
    /// ```
    /// Good:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | project TimeGenerated, IPAddress
    /// customDetails:
    ///   Address: IPAddress
    /// ```
    /// Source: "Map data fields to entities": the columns are those of the query's result.
    pub(crate) static RESULT_COLUMN = "column-not-in-result", Warning, "a column that the query does not give";
}

/// Checks the query of a rule, its parameters given, against the tables and functions of `schema`.
pub(crate) fn check(rule: &Rule, schema: &Schema, found: &mut Found<'_>) {
    let text = &rule.query.value;
    if text.trim().is_empty() {
        return;
    }
    let given: Vec<(&str, Type)> = rule
        .extension
        .parameters
        .iter()
        .map(|p| (p.name.value.as_str(), parameter_type(p.kind.value)))
        .collect();
    let checked = kql::check_given(text, schema, &given);
    let broken = checked
        .diagnostics
        .iter()
        .find(|d| d.is_syntax())
        .map(|d| d.span.start);
    if let Some(first) = checked
        .diagnostics
        .iter()
        .find(|d| d.is_syntax() && !d.cascade)
    {
        // What else is wrong with a broken query is told better once it is repaired.
        report(rule, schema, found, first);
    }
    for finding in &checked.diagnostics {
        if finding.cascade || finding.is_syntax() || broken.is_some() {
            continue;
        }
        report(rule, schema, found, finding);
    }
    if broken.is_none() {
        for mismatch in &checked.mismatches {
            across_types(rule, *mismatch, found);
        }
    }
    if broken.is_none() && !checked.more && checked.tabular {
        result_columns(rule, &checked, found);
        time(rule, &checked, found);
    }
}

/// Reports a comparison of a text with a number, or the like.
fn across_types(rule: &Rule, mismatch: kql::Mismatch, found: &mut Found<'_>) {
    let (left, right) = (mismatch.left, mismatch.right);
    let [first, second] = mismatch.sides;
    let place = query::place(rule, found.sources, first.to(second).range());
    let message = format!("`{left}` is compared with `{right}`");
    let mut diagnostic = Diagnostic::new(&ACROSS_TYPES, place, message).help(match (left, right) {
        (Type::String, other) | (other, Type::String) if other.is_number() => {
            "write the constant as the column has it: in quotes for a text, without for a number"
                .to_owned()
        }
        (left, _) => format!("`to{left}()` converts on purpose"),
    });
    let text = |span: TextSpan| rule.query.value.get(span.range()).unwrap_or_default();
    let instead = as_the_other(text(second), left)
        .map(|instead| (second, instead))
        .or_else(|| as_the_other(text(first), right).map(|instead| (first, instead)));
    if let Some((span, instead)) = instead
        && let Some(edits) = query::edits(rule, found.sources, &[(span, &instead)])
    {
        diagnostic = diagnostic.fix(Fix {
            title: format!("write `{instead}`"),
            edits,
        });
    }
    found.report(diagnostic);
}

/// A constant as it is written when it has the type of what it is compared with: a number without its quotes, or in them.
fn as_the_other(constant: &str, other: Type) -> Option<String> {
    // Only one spelling of a number is the text of it.
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        digits && text.len() <= 18 && (text == "0" || !text.starts_with('0'))
    };
    let quoted = ['"', '\'']
        .into_iter()
        .find_map(|quote| constant.strip_prefix(quote)?.strip_suffix(quote));
    match (quoted, other) {
        (None, Type::String) if number(constant) => Some(format!("\"{constant}\"")),
        (Some(text), Type::Int | Type::Long) if number(text) => Some(text.to_owned()),
        (Some(text), Type::Bool) => ["true", "false"]
            .into_iter()
            .find(|value| text.eq_ignore_ascii_case(value))
            .map(str::to_owned),
        _ => None,
    }
}

/// Reports a result without any time in it.
fn time(rule: &Rule, checked: &Checked, found: &mut Found<'_>) {
    let is_time = |ty: Type| matches!(ty, Type::Datetime | Type::Dynamic | Type::Unknown);
    let named = |name: &str| name.eq_ignore_ascii_case("TimeGenerated");
    let has_time = checked
        .columns
        .iter()
        .any(|c| is_time(c.ty) || named(&c.name));
    if has_time || checked.columns.is_empty() {
        return;
    }
    let text = rule.query.value.trim_end();
    let last = text.rfind('\n').map_or(0, |at| at + 1);
    let last = last + text[last..].len() - text[last..].trim_start().len();
    let place = query::place(rule, found.sources, last..text.len());
    found.report(
        Diagnostic::new(&NO_TIME, place, "the result has no point in time")
            .help("keep `TimeGenerated`, or `StartTime = min(TimeGenerated), EndTime = max(TimeGenerated)` of a group"),
    );
}

fn parameter_type(kind: ParameterType) -> Type {
    // An array parameter is a `dynamic` in the query; every other type has the language's own name.
    Type::from_name(kind.as_str()).unwrap_or(Type::Dynamic)
}

fn code_of(finding: &kql::Diagnostic) -> &'static Code {
    match finding.code {
        _ if finding.is_syntax() => &SYNTAX,
        "kql-unknown-table"
        | "kql-unknown-function"
        | "kql-unknown-name"
        | "kql-unknown-database"
        | "kql-unknown-plugin"
        | "kql-unknown-watchlist"
        | "kql-unknown-graph" => &UNKNOWN_TABLE,
        "kql-unknown-column" | "kql-join-column" => &UNKNOWN_COLUMN,
        _ => &MISUSE,
    }
}

fn report(rule: &Rule, schema: &Schema, found: &mut Found<'_>, finding: &kql::Diagnostic) {
    let place = query::place(rule, found.sources, finding.span.range());
    let code = code_of(finding);
    let mut diagnostic = Diagnostic::new(code, place, finding.message.clone());
    if let Some(help) = &finding.help {
        diagnostic = diagnostic.help(help.clone());
    }
    if *code == UNKNOWN_TABLE {
        let name = rule.query.value.get(finding.span.range());
        diagnostic = unknown(diagnostic, name.unwrap_or_default(), schema);
    }
    found.report(diagnostic);
}

/// What is said of a name that nothing knows: an error once the workspace's own schema is known.
fn unknown(mut diagnostic: Diagnostic, name: &str, schema: &Schema) -> Diagnostic {
    if !schema.is_complete() {
        return diagnostic;
    }
    diagnostic.level = Level::Error;
    let elsewhere =
        kql::schema::built_in_columns(name).is_some() || kql::schema::is_asim_function(name);
    diagnostic.help(if elsewhere {
        "Sentinel knows it, yet the workspace does not have it; `rulepost schema pull` asks the workspace again"
    } else {
        "`rulepost schema pull` asks the workspace again"
    })
}

/// Reports the columns that the rule takes from the result and that are not in it.
fn result_columns(rule: &Rule, checked: &Checked, found: &mut Found<'_>) {
    let entities = rule
        .entity_mappings
        .iter()
        .flat_map(|m| m.fields.iter().map(|f| &f.column));
    let details = rule.custom_details.iter().map(|(_, column)| column);
    let overrides = rule.alert_details.iter().flat_map(|alert| {
        let named = alert.tactics_column.iter().chain(&alert.severity_column);
        named.chain(alert.dynamic_properties.iter().map(|(_, column)| column))
    });
    for column in entities.chain(details).chain(overrides) {
        missing(column, checked, found);
    }
}

fn missing(column: &Spanned<String>, checked: &Checked, found: &mut Found<'_>) {
    let name = column.value.trim();
    if name.is_empty() || checked.columns.iter().any(|c| *c.name == *name) {
        return;
    }
    let diagnostic = Diagnostic::new(
        &RESULT_COLUMN,
        column.span,
        format!("the query's result has no column `{name}`"),
    );
    found.report(
        match kql::nearest(name, checked.columns.iter().map(|c| &*c.name)) {
            Some(near) => diagnostic.help(format!("there is `{near}`")),
            None => diagnostic,
        },
    );
}
