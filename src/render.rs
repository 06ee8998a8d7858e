//! Rules to what the service takes: bodies of PUT requests, and one ARM template.
//!
//! Nothing here knows a workspace: what is kept from the live rule (`enabled` where the file is silent) is merged
//! by `plan`. What a version of the API cannot carry is dropped with a warning, never in silence.
//! Start at [`rest::body`]; [`arm::template`] wraps bodies into a template, [`deployment`] adds parameters and parts
//! to it, [`submission`] wraps what a plan writes, [`bicep::module`] makes a module, [`literal`] writes parameters as KQL.

pub(crate) mod arm;
pub(crate) mod bicep;
pub(crate) mod deployment;
pub(crate) mod literal;
pub(crate) mod rest;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod submission;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::api::alert_rule::AlertRuleBody;
use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::Level;

pub(crate) use rest::body as rest;

/// How rules are rendered.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct RenderOptions {
    /// API version of the request; decides which fields can be sent. Empty is [`crate::api::version::PREVIEW`].
    pub(crate) api_version: String,
    /// Values that replace the defaults of parameters of the same name.
    pub(crate) parameters: BTreeMap<String, Value>,
    /// What `enabled` is where the file is silent; `None` leaves it out, so that `plan` keeps the live value.
    pub(crate) enabled_when_silent: Option<bool>,
}

impl RenderOptions {
    /// The API version to render for.
    pub(crate) fn version(&self) -> &str {
        if self.api_version.is_empty() {
            crate::api::version::PREVIEW
        } else {
            &self.api_version
        }
    }

    /// Whether the API version carries what only previews carry.
    pub(crate) fn preview(&self) -> bool {
        self.version().ends_with("-preview")
    }
}

/// A rendered rule, with what could not be rendered as written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rendered {
    /// The body of the PUT, without etag.
    pub(crate) body: AlertRuleBody,
    /// What was dropped or cannot be sent.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// A sub-technique that a stable API version cannot carry.
pub(crate) static SUB_TECHNIQUE_DROPPED: Code = Code {
    id: "sub-technique-dropped",
    title: "a stable API version carries no sub-techniques",
    level: Level::Warning,
    docs: "Stable versions of the alert rules API have `techniques` only; `subTechniques` exists in preview \
           versions. When a stable version is chosen with `--api-version`, sub-techniques are left out of the \
           request and their parents stay.\n\nLeave `--api-version` out, or name a preview version, to keep them.",
};

/// Columns holding entities that a stable API version cannot carry.
pub(crate) static SENTINEL_ENTITIES_DROPPED: Code = Code {
    id: "sentinel-entities-dropped",
    title: "a stable API version carries no `sentinelEntitiesMappings`",
    level: Level::Warning,
    docs: "`sentinelEntitiesMappings` exists in preview versions of the alert rules API only. When a stable \
           version is chosen with `--api-version`, it is left out of the request.\n\nLeave `--api-version` out, \
           or name a preview version, to keep it.",
};

/// A near-real-time rule for a stable API version.
pub(crate) static NRT_NEEDS_PREVIEW: Code = Code {
    id: "nrt-needs-preview",
    title: "near-real-time rules need a preview API version",
    level: Level::Error,
    docs: "No stable version of the alert rules API knows the kind `NRT`.\n\nLeave `--api-version` out, or name \
           a preview version.",
};

/// A parameter value that is not of the parameter's type.
pub(crate) static PARAMETER_VALUE: Code = Code {
    id: "parameter-value",
    title: "a parameter's value does not fit its type",
    level: Level::Error,
    docs: "A parameter under `rulepost: parameters:` becomes `let NAME = VALUE;` before the query, written as a \
           literal of its type: `string`, `long`, `real`, `bool`, `timespan` (`1h`, `PT30M`, `1.12:00:00`), \
           `datetime` (`2026-01-31` or `2026-01-31T08:00:00Z`) or `dynamic` (any list or map). The value, or the \
           target's override of it, has to be of that type, and the name a KQL name.",
};

/// A query that outgrew the limit through its parameters.
pub(crate) static RENDERED_QUERY_TOO_LONG: Code = Code {
    id: "rendered-query-too-long",
    title: "the query with its parameters is over the limit",
    level: Level::Error,
    docs: "The service takes queries of up to 10,000 characters. Parameters are sent as `let` statements before \
           the query and count too.\n\nShorten the values, or move a long list into a watchlist.",
};

/// The codes of this area.
pub(crate) static CODES: &[&Code] = &[
    &NRT_NEEDS_PREVIEW,
    &PARAMETER_VALUE,
    &RENDERED_QUERY_TOO_LONG,
    &SENTINEL_ENTITIES_DROPPED,
    &SUB_TECHNIQUE_DROPPED,
];
