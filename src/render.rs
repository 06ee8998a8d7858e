//! Rules to what the service takes: bodies of PUT requests, and one ARM template.
//!
//! Nothing here knows a workspace: what is kept from the live rule (`enabled` where the file is silent) is merged
//! by `plan`. What a version of the API cannot carry is dropped with a warning, never in silence.
//! Start at [`rest::body`]; [`arm::template`] wraps bodies into a template, [`deployment`] adds parameters and parts
//! to it, [`submission`] wraps what a plan writes, [`bicep::module`] makes a module, [`literal`] writes parameters as KQL.

pub(crate) mod arm;
pub(crate) mod bicep;
mod codes;
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
use crate::diag::Diagnostic;

pub(crate) use codes::CODES;
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
