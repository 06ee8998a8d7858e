//! Entra ID: tokens for applications, and the check of tokens on every call.
//!
//! A token is a JWT in form; its signature is a digest with a key of the data folder, so that a token of another
//! emulator is refused. Assertions of federated credentials are checked for form, audience and time; whose they
//! are cannot be checked here and is not.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::emulator::Emulator;
use crate::emulator::answer::{self, Answer, ServiceError};
use crate::emulator::call::Call;
use crate::emulator::identity::{Role, guid_of};

/// How long a token is good for, in seconds; Entra ID gives a little over an hour.
const LIFETIME: i64 = 3_599;

/// Who calls.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) tenant: String,
    pub(crate) client_id: String,
    /// Id of the application's service principal.
    pub(crate) object_id: String,
    pub(crate) role: Role,
}

/// An error of the token endpoint.
struct SignInError {
    status: StatusCode,
    error: &'static str,
    code: u32,
    text: String,
}

/// `POST /{tenant}/oauth2/v2.0/token`.
pub(crate) fn token(emulator: &Emulator, call: &Call) -> Answer {
    match issue(emulator, call) {
        Ok(body) => Answer::ok(&body),
        Err(error) => refusal(emulator, call, &error),
    }
}

fn refusal(emulator: &Emulator, call: &Call, error: &SignInError) -> Answer {
    let now = emulator.time.now();
    let (trace, given) = (Uuid::new_v4().to_string(), call.header("client-request-id"));
    let correlation = if given.is_empty() {
        Uuid::new_v4().to_string()
    } else {
        given.to_owned()
    };
    let timestamp = now.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    let body = json!({
        "error": error.error,
        "error_description": format!(
            "AADSTS{}: {} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}",
            error.code, error.text
        ),
        "error_codes": [error.code],
        "timestamp": timestamp,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": format!("{}/error?code={}", call.origin(), error.code),
    });
    Answer::json(error.status, &body)
}

fn sign_in_error(
    status: StatusCode,
    error: &'static str,
    code: u32,
    text: impl Into<String>,
) -> SignInError {
    SignInError {
        status,
        error,
        code,
        text: text.into(),
    }
}

fn issue(emulator: &Emulator, call: &Call) -> Result<Value, SignInError> {
    let form: std::collections::BTreeMap<String, String> = url::form_urlencoded::parse(&call.body)
        .into_owned()
        .collect();
    let bad = StatusCode::BAD_REQUEST;
    let field = |name: &str| {
        let value = form.get(name).filter(|value| !value.is_empty());
        value.map(String::as_str).ok_or_else(|| {
            let text = format!("The request body must contain the following parameter: '{name}'.");
            sign_in_error(bad, "invalid_request", 900_144, text)
        })
    };
    let tenant = call.segments.first().map_or("", String::as_str);
    let identity = emulator
        .identity
        .lock()
        .expect("no holder of this lock panics");
    let known = |one: &&str| one.eq_ignore_ascii_case(tenant);
    let mut tenants = identity.clients.iter().map(|client| client.tenant.as_str());
    if !tenants.any(|one| known(&one)) {
        let text = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."
        );
        return Err(sign_in_error(bad, "invalid_request", 90_002, text));
    }
    let grant = field("grant_type")?;
    if grant != "client_credentials" {
        let text = format!("The app requested an unsupported grant type '{grant}'.");
        return Err(sign_in_error(bad, "unsupported_grant_type", 70_003, text));
    }
    let client_id = field("client_id")?;
    let Some(client) = identity.clients.iter().find(|client| {
        client.client_id.eq_ignore_ascii_case(client_id) && known(&client.tenant.as_str())
    }) else {
        let text = format!(
            "Application with identifier '{client_id}' was not found in the directory '{tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant."
        );
        return Err(sign_in_error(bad, "unauthorized_client", 700_016, text));
    };
    let scope = field("scope")?;
    let Some(audience) = scope.strip_suffix("/.default") else {
        let text = format!(
            "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid."
        );
        return Err(sign_in_error(bad, "invalid_scope", 70_011, text));
    };
    if form.contains_key("client_assertion") {
        let kind = field("client_assertion_type")?;
        if kind != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
            let text = format!(
                "The provided value '{kind}' for the input parameter 'client_assertion_type' is not valid."
            );
            return Err(sign_in_error(bad, "invalid_request", 900_023, text));
        }
        check_assertion(emulator, call, field("client_assertion")?)?;
    } else {
        let secret = form.get("client_secret").filter(|text| !text.is_empty());
        let Some(secret) = secret else {
            let text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
            return Err(sign_in_error(
                StatusCode::UNAUTHORIZED,
                "invalid_client",
                7_000_218,
                text,
            ));
        };
        if *secret != client.client_secret {
            let text = format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{}'.",
                client.client_id
            );
            return Err(sign_in_error(
                StatusCode::UNAUTHORIZED,
                "invalid_client",
                7_000_215,
                text,
            ));
        }
    }
    let now = emulator.time.now().as_second();
    let claims = json!({
        "aud": audience,
        "iss": format!("https://sts.windows.net/{}/", client.tenant),
        "uti": serial(emulator),
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME,
        "appid": client.client_id,
        "oid": guid_of(&client.client_id),
        "tid": client.tenant,
        "ver": "1.0",
    });
    Ok(json!({
        "token_type": "Bearer",
        "expires_in": LIFETIME,
        "ext_expires_in": LIFETIME,
        "access_token": sign(&claims, &identity.signing_key),
    }))
}

/// The serial number of the next token.
fn serial(emulator: &Emulator) -> u64 {
    let mut tokens = emulator
        .tokens
        .lock()
        .expect("no holder of this lock panics");
    tokens.given += 1;
    tokens.given
}

/// Refuses, from now on, every token given out so far.
pub(crate) fn expire_tokens(emulator: &Emulator) {
    let mut tokens = emulator
        .tokens
        .lock()
        .expect("no holder of this lock panics");
    tokens.expired = tokens.given;
}

/// Checks form, time and audience of an assertion.
fn check_assertion(emulator: &Emulator, call: &Call, assertion: &str) -> Result<(), SignInError> {
    let refuse = |code, text| {
        Err(sign_in_error(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            code,
            text,
        ))
    };
    let Some(claims) = claims(assertion) else {
        return refuse(50_027, "JWT token is invalid or malformed.".to_owned());
    };
    let now = emulator.time.now().as_second();
    let expiry = claims.get("exp").and_then(Value::as_i64).unwrap_or(0);
    if expiry < now {
        return refuse(
            700_024,
            format!(
                "Client assertion is not within its valid time range. Current time: {}, expiry time of assertion {}.",
                moment(now),
                moment(expiry)
            ),
        );
    }
    let audience = match claims.get("aud") {
        Some(Value::String(one)) => one.clone(),
        Some(Value::Array(all)) => all
            .first()
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        _ => String::new(),
    };
    // A federated credential names the exchange, a certificate's assertion this endpoint.
    let own = call.path.as_str();
    if audience != "api://AzureADTokenExchange" && !audience.ends_with(own) {
        return refuse(
            700_212,
            format!(
                "No matching federated identity record found for presented assertion audience '{audience}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion."
            ),
        );
    }
    Ok(())
}

fn moment(second: i64) -> String {
    Timestamp::from_second(second).map_or_else(|_| second.to_string(), |at| at.to_string())
}

/// The claims of a JWT, unchecked.
fn claims(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (_, body, _) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).ok()?).ok()
}

fn sign(claims: &Value, key: &str) -> String {
    let header = json!({"typ": "JWT", "alg": "emulator"});
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", encode(&header), encode(claims));
    format!("{text}.{}", digest(&text, key))
}

fn digest(text: &str, key: &str) -> String {
    let digest = Sha256::new()
        .chain_update(key)
        .chain_update(text)
        .chain_update(key)
        .finalize();
    URL_SAFE_NO_PAD.encode(digest)
}

/// Who a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Azure Resource Manager.
    Management,
    /// The query API of Log Analytics.
    Query,
    /// Data collection endpoints of Azure Monitor.
    Ingestion,
}

impl Audience {
    /// The services' own addresses in the clouds there are.
    fn roots(self) -> &'static [&'static str] {
        match self {
            Self::Management => &[
                "https://management.core.windows.net",
                "https://management.azure.com",
                "https://management.usgovcloudapi.net",
                "https://management.chinacloudapi.cn",
            ],
            Self::Query => &[
                "https://api.loganalytics.io",
                "https://api.loganalytics.azure.com",
                "https://api.loganalytics.us",
                "https://api.loganalytics.azure.cn",
            ],
            Self::Ingestion => &[
                "https://monitor.azure.com",
                "https://monitor.azure.us",
                "https://monitor.azure.cn",
            ],
        }
    }
}

/// Audiences that a service takes, its own address among them.
fn audiences(call: &Call, audience: Audience) -> Vec<String> {
    let mut allowed = Vec::new();
    for root in audience.roots() {
        allowed.push(format!("{root}/"));
        allowed.push((*root).to_owned());
    }
    // Credentials that insist on TLS ask with https for a server that speaks http to the loopback interface.
    for scheme in ["http", "https"] {
        let own = format!("{scheme}://{}", call.header("host"));
        allowed.push(format!("{own}/"));
        allowed.push(own);
    }
    allowed
}

/// Checks the bearer token of a call.
pub(crate) fn check(
    emulator: &Emulator,
    call: &Call,
    audience: Audience,
) -> Result<Caller, ServiceError> {
    let identity = emulator
        .identity
        .lock()
        .expect("no holder of this lock panics");
    let authority = format!("{}/{}", call.origin(), identity.main.tenant);
    let header = call.header("authorization");
    let token = header
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| answer::authentication_failed(&authority))?;
    let invalid = || answer::invalid_token(&authority);
    let (text, signature) = token.rsplit_once('.').ok_or_else(invalid)?;
    if digest(text, &identity.signing_key) != signature {
        return Err(invalid());
    }
    let claims = claims(token).ok_or_else(invalid)?;
    let claim = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let allowed = audiences(call, audience);
    if !allowed.iter().any(|one| one == claim("aud")) {
        return Err(answer::wrong_audience(&authority, claim("aud"), &allowed));
    }
    let now = emulator.time.now();
    let expiry = claims.get("exp").and_then(Value::as_i64).unwrap_or(0);
    let serial = claims.get("uti").and_then(Value::as_u64).unwrap_or(0);
    let tokens = emulator
        .tokens
        .lock()
        .expect("no holder of this lock panics");
    if expiry <= now.as_second() || serial <= tokens.expired {
        let shown = |second: i64| {
            Timestamp::from_second(second)
                .map(|at| at.strftime("%-m/%-d/%Y %-I:%M:%S %p").to_string())
                .unwrap_or_default()
        };
        return Err(answer::expired_token(
            &authority,
            &shown(expiry),
            &shown(now.as_second()),
        ));
    }
    let client = identity
        .clients
        .iter()
        .find(|client| client.client_id == claim("appid") && client.tenant == claim("tid"))
        .ok_or_else(invalid)?;
    Ok(Caller {
        tenant: client.tenant.clone(),
        client_id: client.client_id.clone(),
        object_id: claim("oid").to_owned(),
        role: client.role,
    })
}

impl Caller {
    /// Refuses what the caller's role does not cover; `action` as Azure names it, such as
    /// `Microsoft.SecurityInsights/alertRules/write`.
    pub(crate) fn may(&self, action: &str, scope: &str) -> Result<(), ServiceError> {
        let allowed = match self.role {
            Role::Contributor => true,
            Role::Reader => action.ends_with("/read"),
            Role::None => false,
        };
        if allowed {
            return Ok(());
        }
        Err(answer::authorization_failed(
            &self.client_id,
            &self.object_id,
            action,
            scope,
        ))
    }
}
