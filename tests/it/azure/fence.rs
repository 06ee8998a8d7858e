//! No request leaves for a host that is not configured, and none in plain text for another machine.

use std::io::Write as _;

use serde_json::json;

use super::{against, check, token};
use crate::support::{Rulepost, Scripted};

const JSON: &str = "application/json";

#[test]
fn a_link_to_another_host_is_not_followed() {
    let elsewhere = Scripted::start(|_| (200, JSON, json!({"value": []}).to_string()));
    let link = format!("{}/subscriptions?page=2", elsewhere.endpoint());
    let server = Scripted::start(move |asked| {
        let body = if asked.line.contains("oauth2") {
            token()
        } else {
            json!({"value": [], "nextLink": link}).to_string()
        };
        (200, JSON, body)
    });
    let out = against(&server).args(["doctor", "-w", "w11"]).run();
    assert_eq!(out.code, 1, "{out:?}");
    assert!(
        out.stdout.contains(&format!(
            "refused to send a request to `{}`, which is not a configured endpoint",
            elsewhere.endpoint()
        )),
        "{}",
        out.stdout
    );
    assert!(elsewhere.asked().is_empty(), "{:?}", elsewhere.asked());
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = Scripted::start(|_| (200, JSON, json!({"value": []}).to_string()));
    let server = Scripted::start(|asked| {
        if asked.line.contains("oauth2") {
            return (200, JSON, token());
        }
        (307, "text/plain\r\nlocation: /elsewhere", String::new())
    });
    let out = against(&server).args(["doctor", "-w", "w11"]).run();
    assert_eq!(out.code, 1, "{out:?}");
    assert!(
        out.stdout.contains("the service answered 307"),
        "{}",
        out.stdout
    );
    assert!(elsewhere.asked().is_empty());
    assert!(
        server
            .asked()
            .iter()
            .all(|asked| !asked.line.contains("elsewhere"))
    );
}

#[test]
fn plain_http_is_refused_before_anything_is_sent() {
    let flags = [
        "--management-endpoint",
        "--authority-host",
        "--logs-endpoint",
    ];
    for flag in flags {
        let out = Rulepost::new()
            .args(["doctor", "-w", "w11", flag, "http://management.azure.com"])
            .run();
        assert_eq!(out.code, 2, "{out:?}");
        assert!(
            out.stderr
                .contains("is plain http; only a loopback address may be spoken to without TLS"),
            "{}",
            out.stderr
        );
    }
}

#[test]
fn a_proxy_is_not_asked_for_the_loopback_interface() {
    let proxy = Scripted::start(|_| (200, JSON, "{}".into()));
    let server = Scripted::start(|asked| {
        let body = if asked.line.contains("oauth2") {
            token()
        } else {
            json!({"value": []}).to_string()
        };
        (200, JSON, body)
    });
    let out = against(&server)
        .env("HTTP_PROXY", proxy.endpoint())
        .env("http_proxy", proxy.endpoint())
        .env("ALL_PROXY", proxy.endpoint())
        .args(["doctor", "-w", "w11"])
        .run();
    assert!(
        out.stdout.contains("signed in with `client-secret`"),
        "{out:?}"
    );
    assert!(proxy.asked().is_empty(), "{:?}", proxy.asked());
    assert!(!server.asked().is_empty());
}

#[test]
fn a_proxy_that_gives_no_way_is_named_as_what_stops() {
    let proxy = Scripted::start(|_| (407, "text/plain", "no".into()));
    let out = Rulepost::new()
        .env("AZURE_TENANT_ID", "00000000-0000-0000-0000-0000000000aa")
        .env("AZURE_CLIENT_ID", "00000000-0000-0000-0000-0000000000bb")
        .env("AZURE_CLIENT_SECRET", "SECRETMARKER")
        .env("HTTPS_PROXY", proxy.endpoint())
        .args(["doctor", "-w", "w11"])
        .run();
    assert_eq!(out.code, 1, "{out:?}");
    let asked = proxy.asked();
    assert!(!asked.is_empty());
    for one in &asked {
        assert_eq!(one.line, "CONNECT login.microsoftonline.com:443");
    }
    let line = check(&out.stdout, "credential");
    assert!(line.contains("the proxy gave no way to"), "{line}");
    assert!(out.stdout.contains("check `HTTPS_PROXY`"), "{}", out.stdout);
}

#[test]
fn a_service_that_speaks_no_tls_is_said_to() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let server = Scripted::start(|_| (200, JSON, token()));
    let out = against(&server)
        .args(["doctor", "-w", "w11", "--management-endpoint"])
        .args([format!("https://{address}")])
        .run();
    assert_eq!(out.code, 1, "{out:?}");
    let line = check(&out.stdout, "subscription");
    assert!(
        line.contains("no secure connection to `127.0.0.1`"),
        "{line}"
    );
    assert!(out.stdout.contains("`SSL_CERT_FILE`"), "{}", out.stdout);
}
