//! Answers, and every error of Azure Resource Manager and Sentinel as a named constructor.
//!
//! A text marked *recorded* was seen in an exchange or a report of the real service, one marked *documented* is in
//! its documentation or its template validator; the rest is shaped after those.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::api::error::ErrorBody;
use crate::api::path::WorkspaceId;

/// What is sent back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Headers beside those every answer has.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// `Content-Type`; empty when there is no body.
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
}

/// What `Content-Type` says of JSON.
pub(crate) const JSON: &str = "application/json; charset=utf-8";

impl Answer {
    /// A JSON body, compact.
    pub(crate) fn json(status: StatusCode, body: &Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            content_type: JSON,
            body: body.to_string().into_bytes(),
        }
    }

    /// 200 with a JSON body.
    pub(crate) fn ok(body: &Value) -> Self {
        Self::json(StatusCode::OK, body)
    }

    /// No body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: Vec::new(),
            content_type: "",
            body: Vec::new(),
        }
    }

    /// Adds a header.
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// An error of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// `WWW-Authenticate`, for 401.
    pub(crate) challenge: Option<String>,
}

impl From<ServiceError> for Answer {
    fn from(error: ServiceError) -> Self {
        let body = ErrorBody {
            code: error.code.to_owned(),
            message: error.message,
        };
        let answer = Self::json(error.status, &json!({ "error": body }));
        match error.challenge {
            Some(challenge) => answer.with("www-authenticate", challenge),
            None => answer,
        }
    }
}

fn error(status: StatusCode, code: &'static str, message: impl Into<String>) -> ServiceError {
    ServiceError {
        status,
        code,
        message: message.into(),
        challenge: None,
    }
}

/// 400 `BadRequest`.
pub(crate) fn bad_request(message: impl Into<String>) -> ServiceError {
    error(StatusCode::BAD_REQUEST, "BadRequest", message)
}

/// 400: the body breaks the data model. The frame is recorded.
pub(crate) fn invalid_data_model(reason: impl AsRef<str>) -> ServiceError {
    bad_request(format!("Invalid data model. [: {}]", reason.as_ref()))
}

/// 400: a property breaks a rule of its kind. Documented.
pub(crate) fn invalid_properties(kind: &str, reason: &str) -> ServiceError {
    bad_request(format!(
        "Invalid Properties for {kind} alert rule: {reason}"
    ))
}

/// 400: the body is no JSON.
pub(crate) fn invalid_content(reason: &str) -> ServiceError {
    error(
        StatusCode::BAD_REQUEST,
        "InvalidRequestContent",
        format!("The request content was invalid and could not be deserialized: '{reason}'."),
    )
}

/// 400: no `api-version`.
pub(crate) fn missing_api_version() -> ServiceError {
    error(
        StatusCode::BAD_REQUEST,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
    )
}

/// 400: Sentinel does not know this version.
pub(crate) fn unsupported_api_version(url: &str, version: &str) -> ServiceError {
    error(
        StatusCode::BAD_REQUEST,
        "UnsupportedApiVersion",
        format!(
            "The HTTP resource that matches the request URI '{url}' does not support the API version '{version}'."
        ),
    )
}

/// 400: the provider of workspaces does not know this version. Recorded.
pub(crate) fn no_registered_provider(
    location: &str,
    version: &str,
    kind: &str,
    supported: &[&str],
) -> ServiceError {
    error(
        StatusCode::BAD_REQUEST,
        "NoRegisteredProviderFound",
        format!(
            "No registered resource provider found for location '{location}' and API version '{version}' for type '{kind}'. The supported api-versions are '{}'. The supported locations are '{location}'.",
            supported.join(", ")
        ),
    )
}

/// 400: Azure Resource Manager itself does not know this version. Recorded.
pub(crate) fn invalid_api_version(version: &str, supported: &[&str]) -> ServiceError {
    error(
        StatusCode::BAD_REQUEST,
        "InvalidApiVersionParameter",
        format!(
            "The api-version '{version}' is invalid. The supported versions are '{}'.",
            supported.join(",")
        ),
    )
}

/// 401 without a usable `Authorization` header.
pub(crate) fn authentication_failed(authority: &str) -> ServiceError {
    let text = "Authentication failed. The 'Authorization' header is missing.";
    challenged(
        authority,
        "AuthenticationFailed",
        text.to_owned(),
        "The authentication failed because of missing 'Authorization' header.",
    )
}

/// 401: no token of ours.
pub(crate) fn invalid_token(authority: &str) -> ServiceError {
    let text = "The access token is invalid.";
    challenged(
        authority,
        "InvalidAuthenticationToken",
        text.to_owned(),
        text,
    )
}

/// 401: the token was for somebody else.
pub(crate) fn wrong_audience(authority: &str, audience: &str, allowed: &[String]) -> ServiceError {
    let allowed: Vec<String> = allowed.iter().map(|one| format!("'{one}'")).collect();
    let text = format!(
        "The access token has been obtained for wrong audience or resource '{audience}'. It should exactly match with one of the allowed audiences {}.",
        allowed.join(",")
    );
    challenged(
        authority,
        "InvalidAuthenticationTokenAudience",
        text.clone(),
        &text,
    )
}

/// 401: the token ran out.
pub(crate) fn expired_token(authority: &str, expiry: &str, now: &str) -> ServiceError {
    let text = format!(
        "The access token expiry UTC time '{expiry}' is earlier than current UTC time '{now}'."
    );
    challenged(authority, "ExpiredAuthenticationToken", text.clone(), &text)
}

fn challenged(
    authority: &str,
    code: &'static str,
    message: String,
    description: &str,
) -> ServiceError {
    ServiceError {
        challenge: Some(format!(
            "Bearer authorization_uri=\"{authority}\", error=\"invalid_token\", error_description=\"{description}\""
        )),
        ..error(StatusCode::UNAUTHORIZED, code, message)
    }
}

/// 403 of Azure Resource Manager. Documented.
pub(crate) fn authorization_failed(
    client: &str,
    object: &str,
    action: &str,
    scope: &str,
) -> ServiceError {
    error(
        StatusCode::FORBIDDEN,
        "AuthorizationFailed",
        format!(
            "The client '{client}' with object id '{object}' does not have authorization to perform action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials."
        ),
    )
}

/// 404: no such subscription in the tenant.
pub(crate) fn subscription_not_found(id: &str) -> ServiceError {
    error(
        StatusCode::NOT_FOUND,
        "SubscriptionNotFound",
        format!("The subscription '{id}' could not be found."),
    )
}

/// 404: no such resource group.
pub(crate) fn group_not_found(name: &str) -> ServiceError {
    error(
        StatusCode::NOT_FOUND,
        "ResourceGroupNotFound",
        format!("Resource group '{name}' could not be found."),
    )
}

/// 404: no such workspace.
pub(crate) fn workspace_not_found(id: &WorkspaceId) -> ServiceError {
    error(
        StatusCode::NOT_FOUND,
        "ResourceNotFound",
        format!(
            "The Resource 'Microsoft.OperationalInsights/workspaces/{}' under resource group '{}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
            id.name, id.resource_group
        ),
    )
}

/// 404: no such resource below the workspace.
pub(crate) fn not_found(kind: &str, name: &str) -> ServiceError {
    error(
        StatusCode::NOT_FOUND,
        "NotFound",
        format!("{kind} '{name}' was not found."),
    )
}

/// 404: a path that the emulator does not serve.
pub(crate) fn no_such_path(path: &str) -> ServiceError {
    error(
        StatusCode::NOT_FOUND,
        "InvalidResourceType",
        format!("The resource type at '{path}' could not be found."),
    )
}

/// 405: the path is known, the method is not.
pub(crate) fn method_not_allowed(method: &str) -> ServiceError {
    error(
        StatusCode::METHOD_NOT_ALLOWED,
        "MethodNotAllowed",
        format!("The requested resource does not support http method '{method}'."),
    )
}

/// 400: Sentinel is not switched on. Recorded.
pub(crate) fn not_onboarded(workspace: &str) -> ServiceError {
    bad_request(format!(
        "Workspace '{workspace}' is not onboarded to Microsoft Sentinel. Please onboard through the portal or use the OnboardingStates ARM api to onboard to Sentinel."
    ))
}

/// 409: somebody else wrote in the meantime. Recorded.
pub(crate) fn newer_instance(rule: &str, customer_id: &str) -> ServiceError {
    error(
        StatusCode::CONFLICT,
        "Conflict",
        format!(
            "Newer instance of rule '{rule}' exists for workspace '{customer_id}' (Etag does not match). Data was not saved."
        ),
    )
}

/// 409 for any other resource.
pub(crate) fn newer_resource(kind: &str, name: &str, customer_id: &str) -> ServiceError {
    error(
        StatusCode::CONFLICT,
        "Conflict",
        format!(
            "Newer instance of {kind} '{name}' exists for workspace '{customer_id}' (Etag does not match). Data was not saved."
        ),
    )
}

/// 400: the id belonged to a rule that was deleted a while ago. Recorded.
pub(crate) fn recently_deleted(rule: &str) -> ServiceError {
    bad_request(format!(
        "The rule with id '{rule}' was recently deleted. You need to allow some time before re-using the same id. Please try again later."
    ))
}

/// 400: a table of the query is not there. Recorded.
pub(crate) fn table_missing() -> ServiceError {
    bad_request("Failed to run the analytics rule query. One of the tables does not exist.")
}

/// 404 of a data collection endpoint: no such data collection rule.
pub(crate) fn no_collection_rule(rule: &str) -> ServiceError {
    error(
        StatusCode::NOT_FOUND,
        "NotFound",
        format!("Data collection rule with immutable Id '{rule}' not found."),
    )
}

/// 403 of a data collection endpoint: the caller may not send.
pub(crate) fn no_ingestion_access(rule: &str) -> ServiceError {
    error(
        StatusCode::FORBIDDEN,
        "OperationFailed",
        format!(
            "The authentication token provided does not have access to ingest data for the data collection rule with immutable Id '{rule}'."
        ),
    )
}

/// 400 of a data collection endpoint: the rule has no such stream.
pub(crate) fn no_stream(rule: &str, stream: &str) -> ServiceError {
    error(
        StatusCode::BAD_REQUEST,
        "InvalidStream",
        format!(
            "The stream {stream} was not configured in Data Collection Rule with immutable Id {rule}."
        ),
    )
}

/// 413 of a data collection endpoint. The first sentence is recorded.
pub(crate) fn content_too_long(most: usize, length: usize) -> ServiceError {
    error(
        StatusCode::PAYLOAD_TOO_LARGE,
        "ContentLengthLimitExceeded",
        format!(
            "Maximum allowed content length: {most} bytes ({} MB). Provided content length: {length} bytes.",
            most >> 20
        ),
    )
}

/// 404 of the query API: no such workspace.
pub(crate) fn no_query_workspace(id: &str) -> ServiceError {
    error(
        StatusCode::NOT_FOUND,
        "WorkspaceNotFoundError",
        format!("The workspace could not be found: {id}"),
    )
}

/// 400: the template cannot be deployed. Documented.
pub(crate) fn invalid_template(reason: &str) -> ServiceError {
    error(
        StatusCode::BAD_REQUEST,
        "InvalidTemplate",
        format!(
            "Deployment template validation failed: '{}'.",
            reason.trim_end_matches('.')
        ),
    )
}

/// 400: Azure knows it, the emulator does not.
pub(crate) fn not_served(what: &str) -> ServiceError {
    bad_request(format!("The emulator does not serve {what}."))
}

/// 400: a deployment's name is too long. Documented.
pub(crate) fn deployment_name_length(name: &str, length: usize) -> ServiceError {
    error(
        StatusCode::BAD_REQUEST,
        "InvalidDeploymentNameLength",
        format!(
            "The provided deployment name '{name}' has a length of '{length}' which exceeds the maximum length of '64'. Please see https://aka.ms/arm-deploy for usage details."
        ),
    )
}

/// 400: a deployment's name has characters that it may not have.
pub(crate) fn deployment_name_form(name: &str) -> ServiceError {
    error(
        StatusCode::BAD_REQUEST,
        "InvalidDeploymentNameCharacters",
        format!(
            "The provided deployment name '{name}' has these invalid characters: only letters, digits, '-', '_', '.', '(' and ')' are allowed."
        ),
    )
}

/// 404: no such deployment. Documented.
pub(crate) fn deployment_not_found(name: &str) -> ServiceError {
    error(
        StatusCode::NOT_FOUND,
        "DeploymentNotFound",
        format!("Deployment '{name}' could not be found."),
    )
}

/// 409: a deployment of that name still runs. Documented.
pub(crate) fn deployment_active(name: &str, started: &str) -> ServiceError {
    error(
        StatusCode::CONFLICT,
        "DeploymentActive",
        format!(
            "Unable to edit or replace deployment '{name}': previous deployment from '{started}' is still active. Please see https://aka.ms/arm-deploy for usage details."
        ),
    )
}

/// 409: a deployment that is over cannot be cancelled.
pub(crate) fn cannot_cancel(name: &str, state: &str) -> ServiceError {
    error(
        StatusCode::CONFLICT,
        "DeploymentCannotBeCancelled",
        format!(
            "Unable to cancel the deployment '{name}', since the provisioning state is '{state}'."
        ),
    )
}

/// 500: the emulator's own disk failed.
pub(crate) fn internal(reason: &str) -> ServiceError {
    error(
        StatusCode::INTERNAL_SERVER_ERROR,
        "InternalServerError",
        format!("The emulator cannot keep its state: {reason}"),
    )
}
