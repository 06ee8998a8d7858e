//! Which way of signing in is chosen, and what is said when one cannot be used.

use super::*;
use crate::azure::endpoint::Cloud;

#[expect(clippy::unnecessary_wraps, reason = "it fills optional fields")]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn application() -> Sources {
    Sources {
        tenant: some("tenant"),
        client_id: some("client"),
        ..Sources::default()
    }
}

fn make(method: Method, sources: Sources) -> Result<Arc<Renewable>, AuthError> {
    Renewable::new(
        method,
        sources,
        &Endpoints::of(Cloud::Public),
        Limits::default(),
        Arc::default(),
        Clock::Real,
    )
}

#[test]
fn auto_takes_the_first_that_is_complete() {
    let mut sources = application();
    assert_eq!(choose(&sources).method, Method::DeveloperTools);
    sources.identity_endpoint = some("http://127.0.0.1:41/msi");
    assert_eq!(choose(&sources).method, Method::ManagedIdentity);
    sources.pipelines_url = some("https://example.org");
    sources.pipelines_token = Some(Secret::new("t"));
    sources.service_connection = some("connection");
    assert_eq!(choose(&sources).method, Method::AzurePipelines);
    sources.github_url = some("https://example.org");
    sources.github_token = Some(Secret::new("t"));
    assert_eq!(choose(&sources).method, Method::GithubOidc);
    sources.federated_token_file = Some("token".into());
    assert_eq!(choose(&sources).method, Method::WorkloadIdentity);
    sources.certificate = Some("cert.pem".into());
    assert_eq!(choose(&sources).method, Method::ClientCertificate);
    sources.client_secret = Some(Secret::new("s"));
    assert_eq!(choose(&sources).method, Method::ClientSecret);
}

#[test]
fn auto_says_why_it_passed_the_others() {
    let choice = choose(&Sources {
        federated_token_file: Some("token".into()),
        ..application()
    });
    let reasons: Vec<String> = choice
        .passed
        .iter()
        .map(|one| format!("{}: {}", one.method, one.reason))
        .collect();
    assert_eq!(
        reasons,
        [
            "client-secret: AZURE_CLIENT_SECRET is not set",
            "client-certificate: AZURE_CLIENT_CERTIFICATE_PATH is not set",
        ]
    );
}

#[test]
fn a_method_asked_for_names_what_it_lacks() {
    let error = make(Method::GithubOidc, Sources::default()).expect_err("nothing is there");
    assert_eq!(
        error.to_string(),
        "`--auth github-oidc` needs AZURE_TENANT_ID, AZURE_CLIENT_ID, ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN"
    );
}

#[test]
fn a_job_s_address_must_be_safe_to_send_a_token_to() {
    let error = make(
        Method::GithubOidc,
        Sources {
            github_url: some("http://example.org/token"),
            github_token: Some(Secret::new("t")),
            ..application()
        },
    );
    assert!(matches!(
        error,
        Err(AuthError::Address {
            source: ParseEndpointError::PlainHttp { .. },
            ..
        })
    ));
}

#[test]
fn no_secret_shows_in_debug() {
    let sources = Sources {
        client_secret: Some(Secret::new("MARKER")),
        github_token: Some(Secret::new("MARKER")),
        pipelines_token: Some(Secret::new("MARKER")),
        ..application()
    };
    assert!(!format!("{sources:?}").contains("MARKER"));
    let made = make(Method::ClientSecret, sources).expect("complete");
    assert!(!format!("{made:?}").contains("MARKER"));
}

#[test]
fn links_to_other_pages_are_left_out_of_messages() {
    assert_eq!(
        plain_text(
            "AzureCliCredential authentication failed. az not found on PATH\nTo troubleshoot, visit x"
        ),
        "az not found on PATH"
    );
    assert_eq!(
        plain_text("x Credential authentication failed.\n"),
        "x Credential authentication failed."
    );
}
