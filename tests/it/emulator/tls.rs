//! `--tls`.

use reqwest::Certificate;
use serde_json::Value;

use crate::support::emulator::{Emulator, TESTER, text};

/// Reads a document over TLS, trusting nothing but the certificate.
fn read(certificate: &str, url: &str) -> Result<Value, reqwest::Error> {
    let pem = std::fs::read(certificate).expect("the certificate is there");
    let root = Certificate::from_pem(&pem).expect("it is PEM");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be made");
    runtime.block_on(async {
        let client = reqwest::Client::builder()
            .user_agent(TESTER)
            .no_proxy()
            .tls_certs_only([root])
            .build()?;
        client.get(url).send().await?.json().await
    })
}

#[test]
fn clients_that_trust_its_certificate_find_everything_over_tls() {
    let emulator = Emulator::with(&["--tls"]);
    let env = &emulator.ready["env"];
    let endpoint = text(env, "AZURE_AUTHORITY_HOST");
    assert!(endpoint.starts_with("https://127.0.0.1:"), "{endpoint}");
    let certificate = text(env, "SSL_CERT_FILE");
    assert_eq!(certificate, text(env, "REQUESTS_CA_BUNDLE"));
    let tenant = text(&emulator.ready, "tenant");
    let path = format!("{tenant}/v2.0/.well-known/openid-configuration");
    let document = read(certificate, &format!("{endpoint}/{path}")).expect("a document");
    assert_eq!(
        text(&document, "token_endpoint"),
        format!("{endpoint}/{tenant}/oauth2/v2.0/token")
    );
    let port = endpoint.rsplit(':').next().expect("a port");
    let by_name = format!("https://localhost:{port}/{path}");
    assert!(read(certificate, &by_name).is_ok());
}

#[test]
fn the_certificate_outlives_a_restart_and_the_key_is_for_the_owner_only() {
    let mut emulator = Emulator::with(&["--tls"]);
    let certificate = text(&emulator.ready["env"], "SSL_CERT_FILE").to_owned();
    let before = std::fs::read(&certificate).expect("it is there");
    emulator.kill_and_restart(&["--tls"]);
    assert_eq!(std::fs::read(&certificate).expect("it is there"), before);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let key = certificate.replace("certificate.pem", "key.pem");
        let mode = std::fs::metadata(key)
            .expect("it is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn the_program_itself_deploys_over_tls_when_it_is_told_what_to_trust() {
    let emulator = Emulator::with(&["--tls"]);
    let project = crate::deploy::project([1, 2]);
    let out = crate::deploy::deploy(&emulator, &project, &["--yes"]);
    assert_eq!((out.code, out.stderr.as_str()), (0, ""), "{}", out.stdout);
    assert_eq!(crate::deploy::last(&out.stdout), "Applied 2 changes");
    // Without the certificate, nothing is sent.
    let seen = emulator.requests().len();
    let out = emulator
        .rulepost_in(project.path())
        .env("SSL_CERT_FILE", "")
        .args(["deploy", "--yes"])
        .run();
    assert_eq!(out.code, 1, "{out:?}");
    assert_eq!(emulator.requests().len(), seen);
}
