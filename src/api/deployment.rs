//! Wire types of `Microsoft.Resources/deployments`.
//!
//! Source: "Deployments - Create Or Update", "- What If" and "Deployment Operations - List" of the Azure REST API
//! reference, version 2021-04-01. What is read is read leniently: members that are missing are empty.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Body of a deployment, and of its preview.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct DeploymentBody {
    /// What is deployed.
    pub(crate) properties: DeploymentRequest,
}

/// What is deployed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct DeploymentRequest {
    /// `Incremental`: what the template does not name is left alone.
    pub(crate) mode: &'static str,
    /// The template.
    pub(crate) template: Value,
    /// Each parameter as `{"value": …}`.
    pub(crate) parameters: Value,
}

/// A deployment as it is told.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Deployment {
    /// How far it is, and why it failed.
    pub(crate) properties: DeploymentState,
}

/// How far a deployment is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct DeploymentState {
    /// `Accepted`, `Running`, `Succeeded`, `Failed`, `Canceled` and others on the way.
    pub(crate) provisioning_state: String,
    /// Found in the activity log.
    pub(crate) correlation_id: Option<String>,
    /// Why it failed.
    pub(crate) error: Option<Value>,
}

impl DeploymentState {
    /// Whether it is over.
    pub(crate) fn is_over(&self) -> bool {
        ["Succeeded", "Failed", "Canceled"]
            .iter()
            .any(|word| self.provisioning_state.eq_ignore_ascii_case(word))
    }
}

/// What a deployment did about one resource.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct DeploymentOperation {
    /// Its id within the deployment.
    pub(crate) operation_id: String,
    /// What it did.
    pub(crate) properties: OperationState,
}

/// What was done about one resource.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct OperationState {
    /// `Running`, `Succeeded`, `Failed` and others on the way.
    pub(crate) provisioning_state: String,
    /// Name of the HTTP status that the provider answered, such as `Created`.
    pub(crate) status_code: Option<String>,
    /// The provider's answer when it refused; text or an object.
    pub(crate) status_message: Option<Value>,
    /// The resource; none for operations on the deployment itself.
    pub(crate) target_resource: Option<TargetResource>,
}

/// A resource that is named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct TargetResource {
    /// Full resource id.
    pub(crate) id: String,
}

/// What a deployment would change.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct WhatIfResult {
    /// `Succeeded` or `Failed`.
    pub(crate) status: String,
    /// Why there is no preview.
    pub(crate) error: Option<Value>,
    /// The preview.
    pub(crate) properties: WhatIfProperties,
}

/// The changes of a preview.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct WhatIfProperties {
    /// One for each resource of the template, and for what the group holds beside it.
    pub(crate) changes: Vec<WhatIfChange>,
}

/// What would become of one resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct WhatIfChange {
    /// Full resource id.
    pub(crate) resource_id: String,
    /// `Create`, `Modify`, `NoChange`, `Ignore`, `Deploy`, `Delete` or `Unsupported`.
    pub(crate) change_type: String,
    /// Why nothing can be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unsupported_reason: Option<String>,
    /// What differs.
    #[serde(deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub(crate) delta: Vec<WhatIfDelta>,
}

/// One property that would change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct WhatIfDelta {
    /// Names joined by periods, or the position in an array.
    pub(crate) path: String,
    /// `Create`, `Delete`, `Modify`, `Array` or `NoEffect`.
    pub(crate) property_change_type: String,
    /// What is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<Value>,
    /// What would be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<Value>,
    /// What differs in it.
    #[serde(deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub(crate) children: Vec<Self>,
}

/// A list, or null.
fn list<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// The number of an HTTP status that operations tell by its name in .NET.
pub(crate) fn status_of(name: &str) -> Option<u16> {
    const NAMES: &[(&str, u16)] = &[
        ("BadRequest", 400),
        ("Unauthorized", 401),
        ("Forbidden", 403),
        ("NotFound", 404),
        ("MethodNotAllowed", 405),
        ("RequestTimeout", 408),
        ("Conflict", 409),
        ("Gone", 410),
        ("PreconditionFailed", 412),
        ("TooManyRequests", 429),
        ("InternalServerError", 500),
        ("BadGateway", 502),
        ("ServiceUnavailable", 503),
        ("GatewayTimeout", 504),
    ];
    let of_name = NAMES.iter().find(|(one, _)| one.eq_ignore_ascii_case(name));
    of_name
        .map(|(_, number)| *number)
        .or_else(|| name.parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_preview_is_read_whatever_is_missing_or_null() {
        let result: WhatIfResult = serde_json::from_value(json!({
            "status": "Succeeded",
            "properties": {"changes": [
                {"resourceId": "/a", "changeType": "Ignore", "delta": null},
                {"resourceId": "/b", "changeType": "Modify", "after": {}, "delta": [
                    {"path": "tags", "propertyChangeType": "Array", "children": [
                        {"path": "0", "propertyChangeType": "Modify", "before": "x", "after": "y", "children": null},
                    ]},
                ]},
            ]},
        }))
        .expect("a preview");
        let changes = &result.properties.changes;
        assert_eq!(changes[0].delta, []);
        assert_eq!(changes[1].delta[0].children[0].after, Some(json!("y")));
    }

    #[test]
    fn statuses_are_told_by_name_or_number() {
        assert_eq!(status_of("conflict"), Some(409));
        assert_eq!(status_of("424"), Some(424));
        assert_eq!(status_of("Odd"), None);
    }
}
