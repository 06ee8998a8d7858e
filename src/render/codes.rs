//! The kinds of finding that rendering a rule for the service can make.

use crate::diag::{Code, code};

/// Every code of this area, in the order of `explain`.
pub(crate) static CODES: &[&Code] = &[
    &NRT_NEEDS_PREVIEW,
    &PARAMETER_VALUE,
    &RENDERED_QUERY_TOO_LONG,
    &SENTINEL_ENTITIES_DROPPED,
    &SUB_TECHNIQUE_DROPPED,
];

code! {
    /// A stable version of the API is chosen with `--api-version`, and the rule has sub-techniques.
    ///
    /// Stable versions of the alert rules API have `techniques` only; `subTechniques` exists in preview versions. The
    /// sub-techniques are left out of the request and their parents stay. Leave `--api-version` out, or name a preview
    /// version, to keep them.
    ///
    /// Bad:
    /// ```sh
    /// rulepost deploy --api-version 2025-09-01  # a rule has T1110.003
    /// ```
    /// Good:
    /// ```sh
    /// rulepost deploy
    /// ```
    /// Source: the API's definition of alert rules.
    pub(crate) static SUB_TECHNIQUE_DROPPED = "sub-technique-dropped", Warning, "a stable API version carries no sub-techniques";

    /// A stable version of the API is chosen with `--api-version`, and the rule has `sentinelEntitiesMappings`.
    ///
    /// These exist in preview versions of the alert rules API only, so they are left out of the request. Leave
    /// `--api-version` out, or name a preview version, to keep them.
    ///
    /// Bad:
    /// ```sh
    /// rulepost deploy --api-version 2025-09-01  # a rule has sentinelEntitiesMappings
    /// ```
    /// Good:
    /// ```sh
    /// rulepost deploy
    /// ```
    /// Source: the API's definition of alert rules.
    pub(crate) static SENTINEL_ENTITIES_DROPPED = "sentinel-entities-dropped", Warning, "a stable API version carries no `sentinelEntitiesMappings`";

    /// A stable version of the API is chosen with `--api-version`, and the rule is near-real-time.
    ///
    /// No stable version of the alert rules API knows the kind `NRT`, so there is nothing that could be sent. Leave
    /// `--api-version` out, or name a preview version.
    ///
    /// Bad:
    /// ```sh
    /// rulepost deploy --api-version 2025-09-01  # a rule is of kind NRT
    /// ```
    /// Good:
    /// ```sh
    /// rulepost deploy
    /// ```
    /// Source: the API's definition of alert rules.
    pub(crate) static NRT_NEEDS_PREVIEW = "nrt-needs-preview", Error, "near-real-time rules need a preview API version";

    /// A parameter's value, or a target's override of it, is not of the parameter's type.
    ///
    /// A parameter under `rulepost: parameters:` becomes `let NAME = VALUE;` before the query, written as a literal of its
    /// type: `string`, `long`, `real`, `bool`, `timespan` (`1h`, `PT30M`, `1.12:00:00`), `datetime` (`2026-01-31` or
    /// `2026-01-31T08:00:00Z`) or `dynamic` (any list or map). A value of another type would make another query of it, or
    /// none.
    ///
    /// Bad:
    /// ```toml
    /// [targets.prod.parameters]
    /// FailureThreshold = "ten"  # of type long
    /// ```
    /// Good:
    /// ```toml
    /// [targets.prod.parameters]
    /// FailureThreshold = 10
    /// ```
    /// Source: rulepost's own rule.
    pub(crate) static PARAMETER_VALUE = "parameter-value", Error, "a parameter's value does not fit its type";

    /// The query is longer than the service takes once its parameters stand before it.
    ///
    /// The service takes queries of up to 10,000 characters. Parameters are sent as `let` statements before the query and
    /// count too. Shorten the values, or move a long list into a watchlist.
    ///
    /// Bad:
    /// ```yaml
    /// rulepost:
    ///   parameters:
    ///     - name: Allowed
    ///       type: dynamic
    ///       default: ["192.0.2.1", "192.0.2.2"]  # and a thousand more
    /// ```
    /// Good:
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where IPAddress !in ((_GetWatchlist('allowed') | project SearchKey))
    /// ```
    /// Source: the API's definition of alert rules.
    pub(crate) static RENDERED_QUERY_TOO_LONG = "rendered-query-too-long", Error, "the query with its parameters is over the limit";
}
