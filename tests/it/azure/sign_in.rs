//! Each way of signing in, and what is said when one fails.

use std::fs;

use serde_json::json;

use super::{against, check, line_with};
use crate::support::{Emulator, Rulepost, Scripted};

const JSON: &str = "application/json";

#[test]
fn without_any_credential_each_source_is_named_with_its_reason() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let out = Rulepost::in_dir(dir.path())
        .args(["doctor", "-w", "sec-prod", "-v"])
        // A path on which no `az` can be.
        .env("PATH", "/nowhere")
        .run();
    assert_eq!(out.code, 1, "{out:?}");
    insta::assert_snapshot!("no-credential", format!("{}{}", out.stderr, out.stdout));
}

#[test]
fn a_wrong_secret_is_said_to_be_one() {
    let emulator = Emulator::start();
    let out = emulator
        .rulepost()
        .env("AZURE_CLIENT_SECRET", "SECRETMARKER")
        .args(["doctor"])
        .run();
    assert_eq!(out.code, 1, "{out:?}");
    let line = check(&out.stdout, "credential");
    assert!(line.contains("AADSTS7000215"), "{line}");
    assert!(
        out.stdout
            .contains("`AZURE_CLIENT_SECRET` must be the secret's value, not its id"),
        "{}",
        out.stdout
    );
    assert!(!format!("{out:?}").contains("SECRETMARKER"));
}

#[test]
fn a_tenant_that_does_not_exist_is_said_to_be_one() {
    let emulator = Emulator::start();
    let out = emulator
        .rulepost()
        .args(["doctor", "--tenant", "00000000-0000-0000-0000-000000000001"])
        .run();
    assert_eq!(out.code, 1, "{out:?}");
    assert!(out.stdout.contains("AADSTS90002"), "{}", out.stdout);
    assert!(
        out.stdout.contains("no such tenant; check `--tenant`"),
        "{}",
        out.stdout
    );
}

#[test]
fn a_github_job_proves_itself_with_its_identity_token() {
    let github = Scripted::start(|_| {
        let claims = json!({"aud": "api://AzureADTokenExchange", "exp": 4_000_000_000_u64});
        (200, JSON, json!({"value": jwt(&claims)}).to_string())
    });
    let emulator = Emulator::start();
    let out = emulator
        .rulepost()
        .env("AZURE_CLIENT_SECRET", "")
        .env(
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            format!("{}/token?job=7", github.endpoint()),
        )
        .env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "REQUESTMARKER")
        .args(["doctor", "-vv"])
        .run();
    assert_eq!(out.code, 0, "{out:?}");
    assert!(
        out.stdout.contains("signed in with `github-oidc`"),
        "{}",
        out.stdout
    );
    let asked = github.asked();
    assert_eq!(
        asked[0].line,
        "GET /token?job=7&audience=api%3A%2F%2FAzureADTokenExchange"
    );
    assert!(
        asked[0]
            .headers
            .contains(&"authorization: bearer REQUESTMARKER".to_owned())
    );
    let told = format!("{}{}", out.stdout, out.stderr);
    assert!(
        !told.contains("REQUESTMARKER") && !told.contains("eyJ"),
        "{told}"
    );
}

#[test]
fn a_github_job_without_the_permission_is_told_which() {
    let out = Rulepost::new()
        .args(["doctor", "-w", "w11", "--auth", "github-oidc"])
        .run();
    assert_eq!(out.code, 1, "{out:?}");
    assert!(
        out.stderr.contains("`permissions: id-token: write`"),
        "{}",
        out.stderr
    );
}

#[test]
fn a_workload_s_token_file_is_proof() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let file = dir.path().join("token");
    let claims = json!({"aud": "api://AzureADTokenExchange", "exp": 4_000_000_000_u64});
    fs::write(&file, jwt(&claims)).expect("the folder is ours");
    let emulator = Emulator::start();
    let out = emulator
        .rulepost()
        .env("AZURE_CLIENT_SECRET", "")
        .env("AZURE_FEDERATED_TOKEN_FILE", file.to_string_lossy())
        .args(["doctor"])
        .run();
    assert_eq!(out.code, 0, "{out:?}");
    assert!(
        out.stdout.contains("signed in with `workload-identity`"),
        "{}",
        out.stdout
    );
}

#[test]
fn a_certificate_signs_in_without_openssl() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let file = dir.path().join("client.pem");
    fs::write(&file, client_pem()).expect("the folder is ours");
    let emulator = Emulator::start();
    let out = emulator
        .rulepost()
        .env("AZURE_CLIENT_SECRET", "")
        .env("AZURE_CLIENT_CERTIFICATE_PATH", file.to_string_lossy())
        .args(["doctor", "-vv"])
        .run();
    assert_eq!(out.code, 0, "{out:?}");
    assert!(
        out.stdout.contains("signed in with `client-certificate`"),
        "{}",
        out.stdout
    );
    assert!(!format!("{out:?}").contains("eyJ"), "an assertion shows");
}

#[test]
fn a_certificate_file_that_is_none_is_said_to_be_none() {
    let out = Rulepost::new()
        .file("client.pfx", b"\x30\x82not PEM")
        .env("AZURE_TENANT_ID", "t")
        .env("AZURE_CLIENT_ID", "c")
        .env("AZURE_CLIENT_CERTIFICATE_PATH", "client.pfx")
        .args(["doctor", "-w", "w11"])
        .run();
    assert_eq!(out.code, 1, "{out:?}");
    assert_eq!(
        line_with(&out.stderr, "error"),
        "error: the certificate in `client.pfx` cannot be used: it holds no certificate"
    );
    assert!(out.stderr.contains("openssl pkcs12"), "{}", out.stderr);
}

#[test]
fn an_authority_that_answers_html_is_no_authority() {
    let server = Scripted::start(|_| (200, "text/html", "<html>Log in to the Wi-Fi".into()));
    let out = against(&server).args(["doctor", "-w", "w11"]).run();
    assert_eq!(out.code, 1, "{out:?}");
    let line = check(&out.stdout, "credential");
    assert!(
        line.contains("the authority gave no token answer"),
        "{line}"
    );
}

#[test]
fn a_token_refused_in_mid_run_is_renewed() {
    let emulator = Emulator::start();
    let fault = json!({"path": "alertRules", "fault": {"kind": "expiredToken"}});
    emulator.admin(reqwest::Method::POST, "/faults", Some(&fault));
    let out = emulator.rulepost().args(["doctor", "-v"]).run();
    assert_eq!(out.code, 0, "{out:?}");
    assert!(
        out.stderr.contains("asking for a new one"),
        "{}",
        out.stderr
    );
}

#[test]
fn a_managed_identity_is_asked_at_the_platform_s_own_address() {
    let platform = Scripted::start(|_| {
        let body = json!({
            "access_token": "TOKENMARKER", "expires_on": "4000000000", "token_type": "Bearer",
            "resource": "https://management.azure.com"
        });
        (200, JSON, body.to_string())
    });
    let service = Scripted::start(|_| (200, JSON, json!({"value": []}).to_string()));
    let out = against(&service)
        .env("AZURE_CLIENT_SECRET", "")
        .env(
            "IDENTITY_ENDPOINT",
            format!("{}/msi/token", platform.endpoint()),
        )
        .env("IDENTITY_HEADER", "HEADERMARKER")
        .args(["doctor", "-w", "w11", "-vv"])
        .run();
    assert!(
        out.stdout.contains("signed in with `managed-identity`"),
        "{out:?}"
    );
    assert!(platform.asked()[0].line.starts_with("GET /msi/token?"));
    let told = format!("{}{}", out.stdout, out.stderr);
    for marker in ["TOKENMARKER", "HEADERMARKER"] {
        assert!(!told.contains(marker), "{marker} shows: {told}");
    }
    assert!(
        service
            .asked()
            .iter()
            .all(|asked| !asked.line.contains("oauth2"))
    );
}

#[cfg(unix)]
#[test]
fn the_azure_cli_is_asked_once_for_a_run() {
    use std::os::unix::fs::PermissionsExt as _;

    let emulator = Emulator::start();
    let tenant = emulator.ready["tenant"].as_str().expect("it is there");
    let token = emulator.token(tenant, &emulator.form());
    let token = token.body["access_token"].as_str().expect("a token");
    let dir = tempfile::tempdir().expect("a temporary folder");
    let asked = dir.path().join("asked");
    let answer =
        json!({"accessToken": token, "expires_on": 4_000_000_000_u64, "tokenType": "Bearer"});
    let script = format!(
        "#!/bin/sh\necho \"$@\" >> '{}'\necho '{answer}'\n",
        asked.display()
    );
    let az = dir.path().join("az");
    fs::write(&az, script).expect("the folder is ours");
    fs::set_permissions(&az, fs::Permissions::from_mode(0o755)).expect("the file is ours");
    let out = emulator
        .rulepost()
        .env("AZURE_CLIENT_SECRET", "")
        .env("PATH", format!("{}:/usr/bin:/bin", dir.path().display()))
        .args(["doctor", "-vv"])
        .run();
    assert_eq!(out.code, 0, "{out:?}");
    let asked = fs::read_to_string(&asked).expect("az was asked");
    assert_eq!(asked.lines().count(), 1, "{asked}");
    assert!(
        asked.contains("--scope https://management.azure.com/.default"),
        "{asked}"
    );
    assert!(asked.contains(&format!("--tenant {tenant}")), "{asked}");
    let told = format!("{}{}", out.stdout, out.stderr);
    assert!(!told.contains(token), "the token shows: {told}");
}

#[test]
fn a_pipeline_proves_itself_through_its_service_connection() {
    let pipeline = Scripted::start(|_| {
        let claims = json!({"aud": "api://AzureADTokenExchange", "exp": 4_000_000_000_u64});
        (200, JSON, json!({"oidcToken": jwt(&claims)}).to_string())
    });
    let emulator = Emulator::start();
    let out = emulator
        .rulepost()
        .env("AZURE_CLIENT_SECRET", "")
        .env(
            "SYSTEM_OIDCREQUESTURI",
            format!("{}/oidc", pipeline.endpoint()),
        )
        .env("SYSTEM_ACCESSTOKEN", "REQUESTMARKER")
        .env("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "connection-1")
        .args(["doctor", "-vv"])
        .run();
    assert_eq!(out.code, 0, "{out:?}");
    assert!(
        out.stdout.contains("signed in with `azure-pipelines`"),
        "{}",
        out.stdout
    );
    let asked = pipeline.asked();
    assert!(
        asked[0].line.contains("serviceConnectionId=connection-1"),
        "{asked:?}"
    );
    let told = format!("{}{}", out.stdout, out.stderr);
    assert!(
        !told.contains("REQUESTMARKER") && !told.contains("eyJ"),
        "{told}"
    );
}

/// A JWT in form, which is all that the emulator can judge.
fn jwt(claims: &serde_json::Value) -> String {
    let encode = |value: &serde_json::Value| base64(value.to_string().as_bytes(), true);
    format!(
        "{}.{}.c2ln",
        encode(&json!({"alg": "RS256"})),
        encode(claims)
    )
}

fn client_pem() -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/azure/");
    let block = |name: &str, file: &str| {
        let der = fs::read(format!("{folder}{file}")).expect("a fixture");
        format!(
            "-----BEGIN {name}-----\n{}\n-----END {name}-----\n",
            base64(&der, false)
        )
    };
    block("CERTIFICATE", "client-certificate.der") + &block("PRIVATE KEY", "client-key.der")
}

/// Base64, in the alphabet for URLs without padding or in the usual one with it.
fn base64(bytes: &[u8], url: bool) -> String {
    let last = if url { "-_" } else { "+/" };
    let alphabet: Vec<char> = ('A'..='Z')
        .chain('a'..='z')
        .chain('0'..='9')
        .chain(last.chars())
        .collect();
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut number = 0_usize;
        for at in 0..3 {
            number = number << 8 | usize::from(*chunk.get(at).unwrap_or(&0));
        }
        for at in 0..=chunk.len() {
            text.push(alphabet[number >> (18 - 6 * at) & 63]);
        }
        if !url {
            text.push_str(&"=".repeat(3 - chunk.len()));
        }
    }
    text
}
