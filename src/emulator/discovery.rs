//! The documents that sign-in libraries read before they ask for a token.

use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::emulator::answer::Answer;
use crate::emulator::call::Call;

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`, and without `v2.0`.
pub(crate) fn openid(emulator: &Emulator, call: &Call) -> Answer {
    let tenant = match call.segments.first() {
        Some(first) if first != ".well-known" => first.as_str(),
        _ => emulator.ready.tenant.as_str(),
    };
    let root = format!("{}/{tenant}", call.origin());
    Answer::ok(&json!({
        "token_endpoint": format!("{root}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "jwks_uri": format!("{root}/discovery/v2.0/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": format!("{root}/v2.0"),
        "authorization_endpoint": format!("{root}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{root}/oauth2/v2.0/devicecode"),
        "http_logout_supported": false,
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "tid", "ver"],
        "tenant_region_scope": Value::Null,
        "cloud_instance_name": call.header("host"),
    }))
}

/// `GET /common/discovery/instance`.
pub(crate) fn instance(emulator: &Emulator, call: &Call) -> Answer {
    let host = call.header("host");
    let endpoint = format!(
        "{}/{}/v2.0/.well-known/openid-configuration",
        call.origin(),
        emulator.ready.tenant
    );
    Answer::ok(&json!({
        "tenant_discovery_endpoint": endpoint,
        "api-version": "1.1",
        "metadata": [{
            "preferred_network": host,
            "preferred_cache": host,
            "aliases": [host],
        }],
    }))
}

/// `GET /{tenant}/discovery/v2.0/keys`; access tokens are for the emulator alone, so there is no key to publish.
pub(crate) fn keys() -> Answer {
    Answer::ok(&json!({ "keys": [] }))
}
