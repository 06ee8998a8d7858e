//! The way of a request, in order: sign-in and discovery, admin, then Azure Resource Manager behind its bearer check.

use std::net::SocketAddr;

use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, Response};
use uuid::Uuid;

use crate::api::path::WorkspaceId;
use crate::emulator::Emulator;
use crate::emulator::answer::{self, Answer, ServiceError};
use crate::emulator::auth::{self, Caller};
use crate::emulator::call::Call;
use crate::emulator::discovery;
use crate::emulator::handlers::{admin, metadata, onboarding, rules, subscriptions, workspaces};
use crate::emulator::log::Entry;
use crate::emulator::server::{Body, whole};
use crate::emulator::time::{http_date, seven_digits};

/// Answers one request.
pub(crate) fn answer(emulator: &Emulator, call: &Call, peer: SocketAddr) -> Response<Body> {
    let answer = route(emulator, call, peer);
    if !is_admin(call) {
        log(emulator, call, Some(answer.status.as_u16()));
    }
    response(emulator, call, answer)
}

fn is_admin(call: &Call) -> bool {
    call.segments
        .first()
        .is_some_and(|first| first == "__admin")
}

fn route(emulator: &Emulator, call: &Call, peer: SocketAddr) -> Answer {
    let parts = call.parts();
    match parts.as_slice() {
        ["__admin", rest @ ..] => admin::answer(emulator, call, rest, peer),
        [_, "oauth2", "v2.0", "token"] => auth::token(emulator, call),
        [.., ".well-known", "openid-configuration"] => discovery::openid(emulator, call),
        ["common", "discovery", "instance"] => discovery::instance(emulator, call),
        [_, "discovery", "v2.0", "keys"] => discovery::keys(),
        _ => arm(emulator, call).unwrap_or_else(Answer::from),
    }
}

/// Whether a segment is one of ARM's fixed words, in any case.
fn is(segment: &str, word: &str) -> bool {
    segment.eq_ignore_ascii_case(word)
}

/// Azure Resource Manager.
fn arm(emulator: &Emulator, call: &Call) -> Result<Answer, ServiceError> {
    let caller = auth::check(emulator, call)?;
    let parts = call.parts();
    let (first, rest) = parts
        .split_first()
        .ok_or_else(|| answer::no_such_path(&call.path))?;
    if !is(first, "subscriptions") {
        return Err(answer::no_such_path(&call.path));
    }
    match rest {
        [] => subscriptions::list(emulator, call, &caller),
        [subscription] => subscriptions::get(emulator, call, &caller, subscription),
        [subscription, providers, provider, kind]
            if is(providers, "providers")
                && is(provider, "Microsoft.OperationalInsights")
                && is(kind, "workspaces") =>
        {
            workspaces::list(emulator, call, &caller, subscription, None)
        }
        [
            subscription,
            groups,
            group,
            providers,
            provider,
            kind,
            rest @ ..,
        ] if is(groups, "resourceGroups")
            && is(providers, "providers")
            && is(provider, "Microsoft.OperationalInsights")
            && is(kind, "workspaces") =>
        {
            let Some((name, rest)) = rest.split_first() else {
                return workspaces::list(emulator, call, &caller, subscription, Some(group));
            };
            let id = WorkspaceId {
                subscription: (*subscription).to_owned(),
                resource_group: (*group).to_owned(),
                name: (*name).to_owned(),
            };
            workspace(emulator, call, &caller, &id, rest)
        }
        _ => Err(answer::no_such_path(&call.path)),
    }
}

/// A workspace and what is below it.
fn workspace(
    emulator: &Emulator,
    call: &Call,
    caller: &Caller,
    id: &WorkspaceId,
    rest: &[&str],
) -> Result<Answer, ServiceError> {
    let [providers, provider, kind, rest @ ..] = rest else {
        return match rest {
            [] => workspaces::get(emulator, call, caller, id),
            _ => Err(answer::no_such_path(&call.path)),
        };
    };
    if !is(providers, "providers") {
        return Err(answer::no_such_path(&call.path));
    }
    if is(provider, "Microsoft.Authorization") && is(kind, "permissions") && rest.is_empty() {
        return workspaces::permissions(emulator, call, caller, id);
    }
    if !is(provider, "Microsoft.SecurityInsights") {
        return Err(answer::no_such_path(&call.path));
    }
    if is(kind, "onboardingStates") {
        return onboarding::answer(emulator, call, caller, id, rest);
    }
    if is(kind, "alertRules") {
        return match (rest, &call.method) {
            ([], &Method::GET) => rules::list(emulator, call, caller, id),
            ([name], &Method::GET) => rules::get(emulator, call, caller, id, name),
            ([name], &Method::PUT) => rules::put(emulator, call, caller, id, name),
            ([name], &Method::DELETE) => rules::delete(emulator, call, caller, id, name),
            ([] | [_], method) => Err(answer::method_not_allowed(method.as_str())),
            _ => Err(answer::no_such_path(&call.path)),
        };
    }
    if is(kind, "metadata") {
        return match (rest, &call.method) {
            ([], &Method::GET) => metadata::list(emulator, call, caller, id),
            ([name], &Method::GET) => metadata::get(emulator, call, caller, id, name),
            ([name], &Method::PUT) => metadata::put(emulator, call, caller, id, name),
            ([name], &Method::DELETE) => metadata::delete(emulator, call, caller, id, name),
            ([] | [_], method) => Err(answer::method_not_allowed(method.as_str())),
            _ => Err(answer::no_such_path(&call.path)),
        };
    }
    Err(answer::no_such_path(&call.path))
}

fn log(emulator: &Emulator, call: &Call, status: Option<u16>) {
    let is_arm = call
        .segments
        .first()
        .is_some_and(|first| is(first, "subscriptions"));
    let body = (is_arm && matches!(call.method, Method::PUT | Method::PATCH))
        .then(|| serde_json::from_slice(&call.body).ok())
        .flatten();
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    emulator.log.push(Entry {
        at: seven_digits(emulator.time.now()),
        method: call.method.to_string(),
        path: call.path.clone(),
        query: call.raw_query.clone(),
        api_version: call.api_version().unwrap_or_default().to_owned(),
        status,
        body,
        client_request_id: some(call.header("x-ms-client-request-id")),
        user_agent: some(call.header("user-agent")),
        faults: Vec::new(),
    });
}

/// Puts the headers on that every answer of Azure Resource Manager has.
fn response(emulator: &Emulator, call: &Call, answer: Answer) -> Response<Body> {
    let now = emulator.time.now();
    let id = Uuid::new_v4().to_string();
    let mut headers: Vec<(&str, String)> = vec![
        ("date", http_date(now)),
        ("cache-control", "no-cache".to_owned()),
        ("pragma", "no-cache".to_owned()),
        ("expires", "-1".to_owned()),
        (
            "strict-transport-security",
            "max-age=31536000; includeSubDomains".to_owned(),
        ),
        ("x-content-type-options", "nosniff".to_owned()),
        (
            "x-ms-routing-request-id",
            format!("EMULATOR:{}:{id}", now.strftime("%Y%m%dT%H%M%SZ")),
        ),
        ("x-ms-correlation-request-id", id.clone()),
        ("x-ms-request-id", id),
    ];
    let client = call.header("x-ms-client-request-id");
    if !client.is_empty() && is(call.header("x-ms-return-client-request-id"), "true") {
        headers.push(("x-ms-client-request-id", client.to_owned()));
    }
    if !answer.content_type.is_empty() {
        headers.push(("content-type", answer.content_type.to_owned()));
    }
    let (remaining, global) = match call.method {
        Method::GET | Method::HEAD => (
            ("x-ms-ratelimit-remaining-subscription-reads", "1099"),
            (
                "x-ms-ratelimit-remaining-subscription-global-reads",
                "16499",
            ),
        ),
        Method::DELETE => (
            ("x-ms-ratelimit-remaining-subscription-deletes", "799"),
            (
                "x-ms-ratelimit-remaining-subscription-global-deletes",
                "11999",
            ),
        ),
        _ => (
            ("x-ms-ratelimit-remaining-subscription-writes", "799"),
            (
                "x-ms-ratelimit-remaining-subscription-global-writes",
                "11999",
            ),
        ),
    };
    for (name, value) in [remaining, global] {
        headers.push((name, value.to_owned()));
    }
    headers.extend(answer.headers);
    let mut response = Response::new(whole(answer.body));
    *response.status_mut() = answer.status;
    for (name, value) in headers {
        // Texts of a client that fit in no header are left out.
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
