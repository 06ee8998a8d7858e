//! An emulator of its own for each test, and the calls of a plain client to it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Once;

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::cmd::Rulepost;
use super::contract;

/// What the plain client calls itself; its bodies may be wrong on purpose.
pub(crate) const TESTER: &str = "rulepost-contract-test";

/// The version that tests ask for when it does not matter.
pub(crate) const VERSION: &str = "2025-10-01-preview";

/// A running emulator. When it goes, every body it was sent has been held against the service's own definition.
#[derive(Debug)]
pub(crate) struct Emulator {
    child: Child,
    /// The line it printed when it was ready.
    pub(crate) ready: Value,
    dir: TempDir,
    http: Http,
    token: String,
}

/// A plain client.
#[derive(Debug)]
struct Http {
    runtime: Runtime,
    client: reqwest::Client,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The body as JSON; null when it is none.
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Reply {
    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// `error.code` of the body.
    pub(crate) fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// `error.message` of the body.
    pub(crate) fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap_or_default()
    }
}

impl Http {
    fn new(ready: &Value) -> Self {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            let provider = rustls::crypto::ring::default_provider();
            provider.install_default().expect("installed once");
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime can be made");
        let mut builder = reqwest::Client::builder().user_agent(TESTER).no_proxy();
        if let Some(certificate) = ready["env"]["SSL_CERT_FILE"].as_str() {
            let pem = std::fs::read(certificate).expect("the certificate is there");
            let root = reqwest::Certificate::from_pem(&pem).expect("it is PEM");
            builder = builder.tls_certs_only([root]);
        }
        let client = builder.build().expect("a client can be made");
        Self { runtime, client }
    }

    fn send(&self, request: reqwest::RequestBuilder) -> Result<Reply, reqwest::Error> {
        self.runtime.block_on(async {
            let response = request.send().await?;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let text = response.text().await?;
            Ok(Reply {
                status,
                headers,
                body: serde_json::from_str(&text).unwrap_or(Value::Null),
                text,
            })
        })
    }
}

impl Emulator {
    /// An emulator as it is by default.
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// An emulator with more flags.
    pub(crate) fn with(args: &[&str]) -> Self {
        let dir = TempDir::with_prefix("rulepost-emulator-").expect("a temporary folder");
        Self::over(dir, args)
    }

    /// An emulator with a seed.
    pub(crate) fn seeded(seed: &Value) -> Self {
        let dir = TempDir::with_prefix("rulepost-emulator-").expect("a temporary folder");
        let path = dir.path().join("seed.json");
        std::fs::write(&path, seed.to_string()).expect("the folder is ours");
        let path = path.to_string_lossy().into_owned();
        Self::over(dir, &["--seed", &path])
    }

    fn over(dir: TempDir, args: &[&str]) -> Self {
        let (child, ready) = spawn(dir.path(), args);
        let mut emulator = Self {
            child,
            http: Http::new(&ready),
            ready,
            dir,
            token: String::new(),
        };
        emulator.token = emulator.sign_in();
        emulator
    }

    /// Kills it without a word, and starts another over the same folder.
    pub(crate) fn kill_and_restart(&mut self, args: &[&str]) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
        (self.child, self.ready) = spawn(self.dir.path(), args);
        self.token = self.sign_in();
    }

    /// Its folder.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A run of the program that finds this emulator.
    pub(crate) fn rulepost(&self) -> Rulepost {
        self.equip(Rulepost::new())
    }

    /// A run that finds this emulator, in a folder that outlives it.
    pub(crate) fn rulepost_in(&self, dir: impl AsRef<Path>) -> Rulepost {
        self.equip(Rulepost::in_dir(dir))
    }

    fn equip(&self, run: Rulepost) -> Rulepost {
        let env = self.ready["env"].as_object().expect("the record has it");
        env.iter().fold(run, |run, (name, value)| {
            run.env(name, value.as_str().expect("variables are text"))
        })
    }

    /// `http://127.0.0.1:port`, or with `https`.
    pub(crate) fn endpoint(&self) -> String {
        text(&self.ready["env"], "RULEPOST_MANAGEMENT_ENDPOINT").to_owned()
    }

    /// Path of the workspace.
    pub(crate) fn workspace(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}",
            text(&self.ready, "subscription"),
            text(&self.ready, "resource_group"),
            text(&self.ready, "workspace")
        )
    }

    /// Path of the Sentinel provider of the workspace.
    pub(crate) fn sentinel(&self) -> String {
        format!("{}/providers/Microsoft.SecurityInsights", self.workspace())
    }

    /// Path of a rule.
    pub(crate) fn rule(&self, name: &str) -> String {
        format!("{}/alertRules/{name}", self.sentinel())
    }

    /// Asks the token endpoint with a form.
    pub(crate) fn token(&self, tenant: &str, form: &[(&str, &str)]) -> Reply {
        let url = format!("{}/{tenant}/oauth2/v2.0/token", self.endpoint());
        let body: String = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let request = self.http.client.post(url).body(body);
        self.http.send(request).expect("the emulator answers")
    }

    /// The form that signs the application of the ready record in.
    pub(crate) fn form(&self) -> Vec<(&str, &str)> {
        vec![
            ("grant_type", "client_credentials"),
            ("client_id", text(&self.ready, "client_id")),
            ("client_secret", text(&self.ready, "client_secret")),
            ("scope", "https://management.azure.com/.default"),
        ]
    }

    fn sign_in(&self) -> String {
        let reply = self.token(text(&self.ready, "tenant"), &self.form());
        assert_eq!(reply.status, 200, "{reply:?}");
        text(&reply.body, "access_token").to_owned()
    }

    /// The token of its calls.
    pub(crate) fn token_text(&self) -> &str {
        &self.token
    }

    /// Takes another token for the calls that follow.
    pub(crate) fn use_token(&mut self, token: &str) {
        token.clone_into(&mut self.token);
    }

    /// Sends a request as it is; an error is a connection that broke.
    pub(crate) fn try_send(
        &self,
        method: Method,
        path_and_query: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Result<Reply, reqwest::Error> {
        let url = format!("{}{path_and_query}", self.endpoint());
        let mut request = self.http.client.request(method, url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body);
        }
        self.http.send(request)
    }

    /// Calls Azure Resource Manager with the token and a version.
    pub(crate) fn call_version(
        &self,
        method: Method,
        path: &str,
        version: &str,
        body: Option<&Value>,
    ) -> Reply {
        let bearer = format!("Bearer {}", self.token);
        self.try_send(
            method,
            &format!("{path}?api-version={version}"),
            &[("authorization", &bearer)],
            body.map(Value::to_string),
        )
        .expect("the emulator answers")
    }

    /// Calls Azure Resource Manager with the token; an error is a connection that broke.
    pub(crate) fn try_call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Reply, reqwest::Error> {
        let bearer = format!("Bearer {}", self.token);
        self.try_send(
            method,
            &format!("{path}?api-version={VERSION}"),
            &[("authorization", &bearer)],
            body.map(Value::to_string),
        )
    }

    /// Reads a resource or a list.
    pub(crate) fn get(&self, path: &str) -> Reply {
        self.call_version(Method::GET, path, VERSION, None)
    }

    /// Writes a resource.
    pub(crate) fn put(&self, path: &str, body: &Value) -> Reply {
        self.call_version(Method::PUT, path, VERSION, Some(body))
    }

    /// Deletes a resource.
    pub(crate) fn delete(&self, path: &str) -> Reply {
        self.call_version(Method::DELETE, path, VERSION, None)
    }

    /// Calls an admin route.
    pub(crate) fn admin(&self, method: Method, path: &str, body: Option<&Value>) -> Reply {
        let path = format!("/__admin{path}");
        self.try_send(method, &path, &[], body.map(Value::to_string))
            .expect("the emulator answers")
    }

    /// Moves its clock on.
    pub(crate) fn advance(&self, by: &str) {
        let reply = self.admin(Method::POST, "/clock", Some(&json!({ "advance": by })));
        assert_eq!(reply.status, 200, "{reply:?}");
    }

    /// Edits a rule as a person in the portal does.
    pub(crate) fn edit_in_portal(&self, rule: &str, properties: &Value) {
        let body = json!({ "properties": properties });
        let reply = self.admin(Method::PATCH, &self.rule(rule), Some(&body));
        assert_eq!(reply.status, 200, "{reply:?}");
    }

    /// What it was asked so far.
    pub(crate) fn requests(&self) -> Vec<Value> {
        let log = self.admin(Method::GET, "/requests", None).body;
        log["requests"].as_array().expect("a list").clone()
    }

    /// The requests of one method whose path ends so, admin calls and sign-in left out.
    pub(crate) fn requests_of(&self, method: &str, path_part: &str) -> Vec<Value> {
        let mut all = self.requests();
        all.retain(|one| one["method"] == method && text(one, "path").contains(path_part));
        all
    }

    /// Tells it to stop as an operating system does, and waits for the end.
    #[cfg(unix)]
    pub(crate) fn terminate(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        let kill = std::process::Command::new("kill")
            .args(["-TERM", &id])
            .status();
        assert!(kill.expect("kill runs").success());
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let log = self.try_send(Method::GET, "/__admin/requests", &[], None);
        // Whoever already ended it, or fails anyway, has seen the log or has worse to tell.
        let checked = log.map(|reply| reply.body);
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let (Ok(log), false) = (checked, std::thread::panicking()) {
            contract::check_log(&log);
        }
    }
}

fn spawn(dir: &Path, args: &[&str]) -> (Child, Value) {
    let data = dir.join("data").to_string_lossy().into_owned();
    let mut command = Rulepost::in_dir(dir)
        .args(["emulator", "--data-dir", &data])
        .args(args.iter().copied())
        .command();
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    let mut child = command.spawn().expect("the program starts");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("piped");
    BufReader::new(stdout)
        .read_line(&mut line)
        .expect("it prints text");
    let ready = serde_json::from_str(&line).unwrap_or_else(|error| {
        panic!("the ready line is no JSON ({error}): {line:?}");
    });
    (child, ready)
}

/// A member that is text.
pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().expect("the member is text")
}

/// The smallest scheduled rule that the service takes.
pub(crate) fn scheduled(name: &str) -> Value {
    json!({
        "kind": "Scheduled",
        "properties": {
            "displayName": name,
            "enabled": true,
            "severity": "Medium",
            "query": "SecurityEvent | take 1",
            "queryFrequency": "PT1H",
            "queryPeriod": "P1D",
            "triggerOperator": "GreaterThan",
            "triggerThreshold": 0,
            "suppressionEnabled": false,
            "suppressionDuration": "PT5H",
        },
    })
}

/// The smallest near-real-time rule that the service takes.
pub(crate) fn nrt(name: &str) -> Value {
    json!({
        "kind": "NRT",
        "properties": {
            "displayName": name,
            "enabled": true,
            "severity": "Medium",
            "query": "SecurityEvent | take 1",
            "suppressionEnabled": false,
            "suppressionDuration": "PT5H",
        },
    })
}
