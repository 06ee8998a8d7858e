//! Tokens, and the bearer check.

use reqwest::Method;
use serde_json::Value;

use crate::support::Emulator;
use crate::support::emulator::text;

#[test]
fn the_ready_record_is_enough_to_sign_in_and_find_the_workspace() {
    let emulator = Emulator::start();
    let ready = &emulator.ready;
    for name in [
        "listen",
        "tenant",
        "client_id",
        "client_secret",
        "subscription",
        "resource_group",
        "workspace",
        "workspace_id",
    ] {
        assert!(!text(ready, name).is_empty(), "{name}");
    }
    assert_eq!(
        text(&ready["env"], "AZURE_CLIENT_ID"),
        text(ready, "client_id")
    );
    assert_eq!(
        text(&ready["env"], "AZURE_AUTHORITY_HOST"),
        emulator.endpoint()
    );
    let workspace = emulator.call_version(Method::GET, &emulator.workspace(), "2023-09-01", None);
    assert_eq!(workspace.status, 200);
    assert_eq!(
        workspace.body["properties"]["customerId"],
        ready["workspace_id"]
    );
}

#[test]
fn a_wrong_secret_and_an_unknown_application_are_refused_with_entra_s_texts() {
    let emulator = Emulator::start();
    let tenant = text(&emulator.ready, "tenant");
    let client = text(&emulator.ready, "client_id");
    let with = |name: &'static str, value: &'static str| {
        let mut form = emulator.form();
        form.retain(|(field, _)| *field != name);
        form.push((name, value));
        emulator.token(tenant, &form)
    };
    let secret = with("client_secret", "wrong");
    assert_eq!(secret.status, 401);
    assert_eq!(secret.body["error"], "invalid_client");
    let description = text(&secret.body, "error_description");
    assert!(
        description.starts_with(&format!("AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{client}'. Trace ID: ")),
        "{description}"
    );
    let unknown = with("client_id", "nobody");
    assert_eq!(unknown.status, 400);
    assert_eq!(unknown.body["error"], "unauthorized_client");
    assert_eq!(unknown.body["error_codes"][0], 700_016);
    let tenant = emulator.token("11111111-0000-0000-0000-000000000000", &emulator.form());
    assert_eq!(
        (tenant.status, &tenant.body["error_codes"][0]),
        (400, &Value::from(90_002))
    );
    let scope = with("scope", "https://management.azure.com/");
    assert_eq!(
        (scope.status, &scope.body["error_codes"][0]),
        (400, &Value::from(70_011))
    );
}

#[test]
fn calls_without_a_good_token_are_refused_with_a_challenge() {
    let mut emulator = Emulator::start();
    let path = "/subscriptions?api-version=2022-12-01";
    let none = emulator
        .try_send(Method::GET, path, &[], None)
        .expect("an answer");
    assert_eq!((none.status, none.code()), (401, "AuthenticationFailed"));
    assert_eq!(
        none.message(),
        "Authentication failed. The 'Authorization' header is missing."
    );
    assert!(
        none.header("www-authenticate")
            .starts_with("Bearer authorization_uri=")
    );
    let forged = emulator
        .try_send(
            Method::GET,
            path,
            &[("authorization", "Bearer a.b.c")],
            None,
        )
        .expect("an answer");
    assert_eq!(
        (forged.status, forged.code()),
        (401, "InvalidAuthenticationToken")
    );
    emulator.advance("PT2H");
    let late = emulator.call_version(Method::GET, "/subscriptions", "2022-12-01", None);
    assert_eq!(
        (late.status, late.code()),
        (401, "ExpiredAuthenticationToken")
    );
    assert!(
        late.message()
            .starts_with("The access token expiry UTC time '"),
        "{late:?}"
    );

    let mut form = emulator.form();
    form.retain(|(name, _)| *name != "scope");
    form.push(("scope", "https://graph.microsoft.com/.default"));
    let token = emulator.token(text(&emulator.ready, "tenant"), &form);
    let token = text(&token.body, "access_token").to_owned();
    emulator.use_token(&token);
    let other = emulator.call_version(Method::GET, "/subscriptions", "2022-12-01", None);
    assert_eq!(
        (other.status, other.code()),
        (401, "InvalidAuthenticationTokenAudience")
    );
}

/// A JWT that nobody signed.
fn assertion(audience: &str, expiry: i64) -> String {
    let part = |text: String| {
        let mut encoded = String::new();
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        for chunk in text.as_bytes().chunks(3) {
            let mut bits = 0u32;
            for index in 0..3 {
                bits = (bits << 8) | u32::from(chunk.get(index).copied().unwrap_or(0));
            }
            for index in 0..=chunk.len() {
                let six = (bits >> (18 - 6 * index)) & 0x3f;
                encoded.push(char::from(alphabet[six as usize]));
            }
        }
        encoded
    };
    let claims = serde_json::json!({"aud": audience, "exp": expiry, "sub": "repo:x"});
    format!(
        "{}.{}.{}",
        part("{}".to_owned()),
        part(claims.to_string()),
        part("signature".to_owned())
    )
}

#[test]
fn federated_credentials_are_checked_for_form_time_and_audience() {
    let emulator = Emulator::with(&["--time", "2026-01-01T00:00:00Z"]);
    let tenant = text(&emulator.ready, "tenant");
    let now = 1_767_225_600;
    let with = |assertion: &str| {
        let mut form = emulator.form();
        form.retain(|(name, _)| *name != "client_secret");
        form.push((
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ));
        form.push(("client_assertion", assertion));
        let reply = emulator.token(tenant, &form);
        (reply.status, reply.body["error_codes"][0].as_u64())
    };
    let exchange = "api://AzureADTokenExchange";
    assert_eq!(with(&assertion(exchange, now + 60)), (200, None));
    assert_eq!(with(&assertion(exchange, now - 60)), (401, Some(700_024)));
    assert_eq!(
        with(&assertion("https://example.org", now + 60)),
        (401, Some(700_212))
    );
    assert_eq!(with("no.jwt"), (401, Some(50_027)));
    let own = format!("{}/{tenant}/oauth2/v2.0/token", emulator.endpoint());
    assert_eq!(with(&assertion(&own, now + 60)), (200, None));
}
