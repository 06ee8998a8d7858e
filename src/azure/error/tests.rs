//! How refusals are sorted and told.

use super::*;
use crate::api;

fn answer(status: u16, body: &str) -> Answer {
    Answer {
        status,
        body: api::error::decode(body.as_bytes()),
        excerpt: excerpt(body.as_bytes()),
        request_id: None,
        effort: Tried {
            times: 1,
            elapsed: Duration::ZERO,
        },
        refused_wait: None,
    }
}

fn class(status: u16, code: &str, message: &str) -> Class {
    let body = serde_json::json!({"error": {"code": code, "message": message}});
    class_of(&answer(status, &body.to_string()))
}

#[test]
fn real_texts_are_sorted_by_what_they_mean() {
    let cases = [
        (
            400,
            "BadRequest",
            "Failed to run the analytics rule query. One of the tables does not exist.",
            Class::MissingTable,
        ),
        (
            400,
            "BadRequest",
            "The rule with id 'x' was recently deleted. You need to allow some time before re-using the same id. Please try again later.",
            Class::RecentlyDeleted,
        ),
        (
            409,
            "Conflict",
            "The rule with id 'x' was recently deleted. You need to allow some time",
            Class::RecentlyDeleted,
        ),
        (
            409,
            "Conflict",
            "Newer instance of rule 'x' exists for workspace 'y' (Etag does not match). Data was not saved.",
            Class::Conflict,
        ),
        (412, "PreconditionFailed", "etag", Class::Conflict),
        (
            400,
            "BadRequest",
            "Workspace 'law-x' is not onboarded to Microsoft Sentinel. Please onboard",
            Class::NotOnboarded,
        ),
        (
            401,
            "Unauthorized",
            "Make sure you have the necessary permissions on all the workspaces in your query.",
            Class::Forbidden,
        ),
        (
            401,
            "ExpiredAuthenticationToken",
            "The access token expiry UTC time is earlier",
            Class::SignIn,
        ),
        (
            403,
            "AuthorizationFailed",
            "The client does not have authorization",
            Class::Forbidden,
        ),
        (404, "ResourceNotFound", "not found", Class::NotFound),
        (429, "TooManyRequests", "later", Class::Throttled),
        (503, "ServiceUnavailable", "later", Class::Unavailable),
        (
            400,
            "BadRequest",
            "Invalid data model. The technique 'T1550.001' is invalid.",
            Class::Invalid,
        ),
    ];
    for (status, code, message, expected) in cases {
        assert_eq!(class(status, code, message), expected, "{status} {message}");
    }
}

#[test]
fn an_error_inside_an_error_is_told_as_what_it_is() {
    let inner = serde_json::json!({"error": {"code": "BadRequest", "message": "One of the tables does not exist.\r\n"}});
    let outer = serde_json::json!({"error": {"code": "Failed", "message": inner.to_string()}});
    let answer = answer(400, &outer.to_string());
    assert_eq!(class_of(&answer), Class::MissingTable);
    assert_eq!(
        answer.to_string(),
        "the service answered 400 `BadRequest`: One of the tables does not exist."
    );
}

#[test]
fn a_text_without_an_envelope_is_quoted_in_short() {
    let long = format!("<html>\n<body>`{}`", "word ".repeat(100));
    let answer = answer(502, &long);
    let text = answer.to_string();
    assert!(
        text.starts_with("the service answered 502 with no error it defines: `<html> <body>word"),
        "{text}"
    );
    assert!(text.len() < 200 && text.ends_with("…`"), "{text}");
}

#[test]
fn every_class_that_has_a_next_step_names_it() {
    let workspace: WorkspaceId =
        "/subscriptions/s/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/law"
            .parse()
            .expect("a workspace id");
    let help = |status, code: &str, message: &str| {
        let body = serde_json::json!({"error": {"code": code, "message": message}}).to_string();
        Error::Service {
            operation: Operation::ListRules(Box::new(workspace.clone())),
            answer: Box::new(answer(status, &body)),
        }
        .help()
        .join("\n")
    };
    assert!(help(403, "AuthorizationFailed", "no").contains("`Microsoft Sentinel Reader`"));
    assert!(help(401, "InvalidAuthenticationToken", "no").contains("az login"));
    assert!(help(404, "ResourceGroupNotFound", "no").contains("--resource-group"));
    assert!(help(404, "SubscriptionNotFound", "no").contains("--subscription"));
    assert!(help(404, "ResourceNotFound", "no").contains("workspace `law`"));
    assert!(help(429, "TooManyRequests", "no").contains("--concurrency"));
    assert!(help(500, "InternalServerError", "no").contains("safe"));
}
