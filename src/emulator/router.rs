//! The way of a request, in order: sign-in and discovery, admin, then Azure Resource Manager behind its bearer check.

use std::net::SocketAddr;
use std::time::Duration;

use hyper::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use hyper::{Method, Response};
use uuid::Uuid;

use crate::api::path::WorkspaceId;
use crate::emulator::Emulator;
use crate::emulator::answer::{self, Answer, ServiceError};
use crate::emulator::auth::{self, Audience, Caller};
use crate::emulator::call::Call;
use crate::emulator::deployment;
use crate::emulator::discovery;
use crate::emulator::faults::Fault;
use crate::emulator::faults::bucket::Taken;
use crate::emulator::faults::effect::{self, Delivery};
use crate::emulator::handlers::{
    Asked, admin, deployments, incidents, ingest, logs, metadata, onboarding, rules, schema,
    subscriptions, tables, workspaces,
};
use crate::emulator::log::Entry;
use crate::emulator::server::{Body, Cut, half, slow, whole};
use crate::emulator::time::{http_date, seven_digits};

/// Answers one request, or breaks the connection when a fault says so.
pub(crate) async fn answer(
    emulator: &Emulator,
    mut call: Call,
    peer: SocketAddr,
) -> Result<Response<Body>, Cut> {
    if is_admin(&call) {
        let answer = route(emulator, &call, peer);
        return deliver(emulator, &call, answer, None, Delivery::Whole);
    }
    let struck = emulator
        .faults
        .lock()
        .expect("no holder of this lock panics")
        .strike(call.method.as_str(), &call.path);
    if struck.wait_ms > 0 {
        let wait = Duration::from_millis(struck.wait_ms);
        emulator.time.sleep(wait).await;
    }
    let fault = struck.fault.as_ref();
    match fault {
        Some(Fault::CutBefore) => {
            log(emulator, &call, None, fault);
            return Err(Cut);
        }
        Some(Fault::ExpiredToken) => auth::expire_tokens(emulator),
        Some(Fault::StaleRead) => call.stale = true,
        _ => {}
    }
    let now = emulator.time.now();
    let taken = is_arm(&call).then(|| {
        let mut faults = emulator
            .faults
            .lock()
            .expect("no holder of this lock panics");
        faults.throttle(&call, now)
    });
    let taken = taken.flatten();
    let refused = taken.and_then(|taken| effect::bucket_empty(&call, taken));
    let was_refused = refused.is_some();
    let customer_id = customer_id(emulator, &call);
    let instead = || fault.and_then(|fault| effect::instead(fault, &call, now, &customer_id));
    let mut answer = refused
        .or_else(instead)
        .unwrap_or_else(|| route(emulator, &call, peer));
    let mut delivery = Delivery::Whole;
    if let Some(fault) = fault.filter(|_| !was_refused) {
        if *fault == Fault::AutoDisable && answer.status.is_success() {
            admin::auto_disable(emulator, &call);
        }
        delivery = effect::after(fault, &call, &mut answer);
    }
    let status = (delivery != Delivery::Nothing).then(|| answer.status.as_u16());
    log(emulator, &call, status, fault);
    deliver(emulator, &call, answer, taken, delivery)
}

/// The `customerId` of the workspace a call is about; empty when it is about none.
fn customer_id(emulator: &Emulator, call: &Call) -> String {
    let id = call.segments.get(..8).map(|segments| segments.join("/"));
    let Some(id) = id.and_then(|id| id.parse::<WorkspaceId>().ok()) else {
        return String::new();
    };
    let state = emulator.state();
    state
        .workspace(&id)
        .map(|workspace| workspace.facts.customer_id.clone())
        .unwrap_or_default()
}

/// Whether a call is one to Azure Resource Manager.
fn is_arm(call: &Call) -> bool {
    let first = call.segments.first();
    first.is_some_and(|first| is(first, "subscriptions"))
}

fn is_admin(call: &Call) -> bool {
    call.segments
        .first()
        .is_some_and(|first| first == "__admin")
}

fn route(emulator: &Emulator, call: &Call, peer: SocketAddr) -> Answer {
    deployment::advance(emulator);
    let parts = call.parts();
    match parts.as_slice() {
        ["__admin", rest @ ..] => admin::answer(emulator, call, rest, peer),
        [_, "oauth2", "v2.0", "token"] => auth::token(emulator, call),
        [.., ".well-known", "openid-configuration"] => discovery::openid(emulator, call),
        ["common", "discovery", "instance"] => discovery::instance(emulator, call),
        [_, "discovery", "v2.0", "keys"] => discovery::keys(),
        ["v1", "workspaces", customer, "query"] => {
            logs::answer(emulator, call, customer).unwrap_or_else(Answer::from)
        }
        ["dataCollectionRules", rule, "streams", stream] => {
            ingest::answer(emulator, call, rule, stream).unwrap_or_else(Answer::from)
        }
        _ => arm(emulator, call).unwrap_or_else(Answer::from),
    }
}

/// Whether a segment is one of ARM's fixed words, in any case.
fn is(segment: &str, word: &str) -> bool {
    segment.eq_ignore_ascii_case(word)
}

/// Azure Resource Manager.
fn arm(emulator: &Emulator, call: &Call) -> Result<Answer, ServiceError> {
    let caller = auth::check(emulator, call, Audience::Management)?;
    served(emulator, call, &caller)
}

/// A call of Azure Resource Manager itself, on behalf of who sent a template; it meets the fault that was drawn for it.
pub(crate) fn within(
    emulator: &Emulator,
    call: &Call,
    caller: &Caller,
    fault: Option<&Fault>,
) -> Answer {
    let now = emulator.time.now();
    let customer_id = customer_id(emulator, call);
    let answer = fault
        .and_then(|fault| effect::instead(fault, call, now, &customer_id))
        .unwrap_or_else(|| served(emulator, call, caller).unwrap_or_else(Answer::from));
    if fault == Some(&Fault::AutoDisable) && answer.status.is_success() {
        admin::auto_disable(emulator, call);
    }
    if call.method == Method::PUT && !call.dry {
        log(emulator, call, Some(answer.status.as_u16()), fault);
    }
    answer
}

/// What is below the bearer check.
fn served(emulator: &Emulator, call: &Call, caller: &Caller) -> Result<Answer, ServiceError> {
    let parts = call.parts();
    let (first, rest) = parts
        .split_first()
        .ok_or_else(|| answer::no_such_path(&call.path))?;
    if !is(first, "subscriptions") {
        return Err(answer::no_such_path(&call.path));
    }
    match rest {
        [] => subscriptions::list(emulator, call, caller),
        [subscription] => subscriptions::get(emulator, call, caller, subscription),
        [subscription, providers, provider, kind]
            if is(providers, "providers")
                && is(provider, "Microsoft.OperationalInsights")
                && is(kind, "workspaces") =>
        {
            workspaces::list(emulator, call, caller, subscription, None)
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
                return workspaces::list(emulator, call, caller, subscription, Some(group));
            };
            let id = WorkspaceId {
                subscription: (*subscription).to_owned(),
                resource_group: (*group).to_owned(),
                name: (*name).to_owned(),
            };
            let asked = Asked {
                emulator,
                call,
                caller,
                id: &id,
            };
            workspace(asked, rest)
        }
        [subscription, results, id] if is(results, "operationresults") => {
            deployments::result(emulator, call, caller, subscription, id)
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
            && is(provider, "Microsoft.Resources")
            && is(kind, "deployments") =>
        {
            let group = deployments::Group {
                subscription,
                name: group,
            };
            deployments::answer(emulator, call, caller, group, rest)
        }
        _ => Err(answer::no_such_path(&call.path)),
    }
}

/// A workspace and what is below it.
fn workspace(asked: Asked<'_>, rest: &[&str]) -> Result<Answer, ServiceError> {
    let call = asked.call;
    let (provider, kind, rest) = match rest {
        [] => return workspaces::get(asked),
        [kind, rest @ ..] if is(kind, "tables") => {
            return tables::answer(asked, rest);
        }
        [kind] if is(kind, "savedSearches") => {
            return schema::saved_searches(asked);
        }
        [kind] if is(kind, "query") => return logs::through(asked),
        [api, kind] if is(api, "api") && is(kind, "query") => {
            return logs::through(asked);
        }
        [providers, provider, kind, rest @ ..] if is(providers, "providers") => {
            (provider, kind, rest)
        }
        _ => return Err(answer::no_such_path(&call.path)),
    };
    if is(provider, "Microsoft.Authorization") && is(kind, "permissions") && rest.is_empty() {
        return workspaces::permissions(asked);
    }
    if !is(provider, "Microsoft.SecurityInsights") {
        return Err(answer::no_such_path(&call.path));
    }
    if is(kind, "onboardingStates") {
        return onboarding::answer(asked, rest);
    }
    if is(kind, "watchlists") {
        return schema::watchlists(asked, rest);
    }
    if is(kind, "incidents") {
        return incidents::answer(asked, rest);
    }
    if is(kind, "alertRules") {
        return match (rest, &call.method) {
            ([], &Method::GET) => rules::list(asked),
            ([name], &Method::GET) => rules::get(asked, name),
            ([name], &Method::PUT) => rules::put(asked, name),
            ([name], &Method::DELETE) => rules::delete(asked, name),
            ([] | [_], method) => Err(answer::method_not_allowed(method.as_str())),
            _ => Err(answer::no_such_path(&call.path)),
        };
    }
    if is(kind, "metadata") {
        return match (rest, &call.method) {
            ([], &Method::GET) => metadata::list(asked),
            ([name], &Method::GET) => metadata::get(asked, name),
            ([name], &Method::PUT) => metadata::put(asked, name),
            ([name], &Method::DELETE) => metadata::delete(asked, name),
            ([] | [_], method) => Err(answer::method_not_allowed(method.as_str())),
            _ => Err(answer::no_such_path(&call.path)),
        };
    }
    Err(answer::no_such_path(&call.path))
}

fn log(emulator: &Emulator, call: &Call, status: Option<u16>, fault: Option<&Fault>) {
    let body = (is_arm(call) && matches!(call.method, Method::PUT | Method::PATCH))
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
        fault: fault.map(Fault::name),
    });
}

/// Puts the headers on that every answer of Azure Resource Manager has, and sends it on its way.
fn deliver(
    emulator: &Emulator,
    call: &Call,
    answer: Answer,
    taken: Option<Taken>,
    delivery: Delivery,
) -> Result<Response<Body>, Cut> {
    let headers = headers(emulator, call, &answer, taken);
    let length = answer.body.len();
    let body = match delivery {
        Delivery::Nothing => return Err(Cut),
        Delivery::Whole => whole(answer.body),
        Delivery::Half => half(answer.body),
        Delivery::Slow(ms) => slow(answer.body, Duration::from_millis(ms)),
    };
    let mut response = Response::new(body);
    *response.status_mut() = answer.status;
    for (name, value) in headers.into_iter().chain(answer.headers) {
        // Texts of a client that fit in no header are left out.
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) {
            response.headers_mut().insert(name, value);
        }
    }
    if delivery != Delivery::Whole {
        response
            .headers_mut()
            .insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    Ok(response)
}

fn headers(
    emulator: &Emulator,
    call: &Call,
    answer: &Answer,
    taken: Option<Taken>,
) -> Vec<(&'static str, String)> {
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
    if !is_arm(call) {
        return headers;
    }
    // Without buckets these stand where recorded ones did.
    let (name, global, recorded) = match call.method {
        Method::GET | Method::HEAD => (
            "x-ms-ratelimit-remaining-subscription-reads",
            (
                "x-ms-ratelimit-remaining-subscription-global-reads",
                "16499",
            ),
            1_099,
        ),
        Method::DELETE => (
            "x-ms-ratelimit-remaining-subscription-deletes",
            (
                "x-ms-ratelimit-remaining-subscription-global-deletes",
                "11999",
            ),
            799,
        ),
        _ => (
            "x-ms-ratelimit-remaining-subscription-writes",
            (
                "x-ms-ratelimit-remaining-subscription-global-writes",
                "11999",
            ),
            799,
        ),
    };
    let remaining = taken.map_or(recorded, |taken| taken.remaining);
    headers.push((name, remaining.to_string()));
    headers.push((global.0, global.1.to_owned()));
    headers
}
