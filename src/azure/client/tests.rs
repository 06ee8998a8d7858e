//! The client against a service that follows a script.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::ErrorKind;
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, Body, Request, StatusCode};
use azure_core::time::OffsetDateTime;
use serde_json::{Value, json};

use super::*;
use crate::api::alert_rule::{AlertRuleBody, AlertRuleProperties};
use crate::api::lenient::ListedRule;
use crate::api::path::WorkspaceId;
use crate::azure::auth::Method as AuthMethod;
use crate::azure::endpoint::{Cloud, Endpoint};
use crate::azure::error::{Class, Fault};
use crate::clock::ManualClock;

/// What the service does next.
#[derive(Debug, Clone)]
enum Step {
    /// Answers with a status, headers and a body.
    Answer(u16, Vec<(&'static str, String)>, String),
    /// Breaks the connection.
    Fail(ErrorKind),
}

fn json(status: u16, body: &Value) -> Step {
    Step::Answer(
        status,
        vec![("content-type", "application/json".into())],
        body.to_string(),
    )
}

fn refusal(status: u16, code: &str, message: &str) -> Step {
    json(
        status,
        &json!({"error": {"code": code, "message": message}}),
    )
}

/// A request as it was sent.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    line: String,
    body: Value,
    token: String,
}

#[derive(Debug, Default)]
struct Script {
    steps: Mutex<VecDeque<Step>>,
    seen: Mutex<Vec<Seen>>,
}

#[async_trait]
impl HttpClient for Script {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let body = match request.body() {
            Body::Bytes(bytes) => serde_json::from_slice(bytes).unwrap_or_default(),
            Body::SeekableStream(_) => Value::Null,
        };
        let token = request
            .headers()
            .get_optional_str(&azure_core::http::headers::AUTHORIZATION)
            .unwrap_or_default();
        self.seen.lock().expect("not poisoned").push(Seen {
            line: format!("{} {}", request.method(), request.url().path()),
            body,
            token: token.to_owned(),
        });
        let step = self.steps.lock().expect("not poisoned").pop_front();
        match step.expect("the script goes on") {
            Step::Fail(kind) => Err(azure_core::Error::with_message(kind, "cut")),
            Step::Answer(status, pairs, body) => {
                let mut headers = Headers::new();
                for (name, value) in pairs {
                    headers.insert(name, value);
                }
                Ok(AsyncRawResponse::from_bytes(
                    StatusCode::from(status),
                    headers,
                    body.into_bytes(),
                ))
            }
        }
    }
}

/// A credential whose token tells how often it was made.
#[derive(Debug)]
struct Numbered(usize);

#[async_trait]
impl TokenCredential for Numbered {
    async fn get_token(
        &self,
        _: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let year = azure_core::time::Duration::days(365);
        Ok(AccessToken::new(
            format!("token-{}", self.0),
            OffsetDateTime::now_utc() + year,
        ))
    }
}

struct Stage {
    client: Client,
    script: Arc<Script>,
    clock: Clock,
}

impl Stage {
    fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self::at(Endpoints::of(Cloud::Public), steps)
    }

    fn at(endpoints: Endpoints, steps: impl IntoIterator<Item = Step>) -> Self {
        let clock = Clock::Manual(ManualClock::new(Timestamp::UNIX_EPOCH));
        let script = Arc::new(Script {
            steps: Mutex::new(steps.into_iter().collect()),
            seen: Mutex::default(),
        });
        let made = AtomicUsize::new(0);
        let credential = Renewable::with(
            AuthMethod::Cli,
            Box::new(move || Ok(Arc::new(Numbered(made.fetch_add(1, Ordering::Relaxed))))),
        )
        .expect("a credential");
        let client = Client::assemble(Parts {
            credential,
            transport: Arc::clone(&script) as _,
            budgets: Arc::new(Budgets::new(clock.clone())),
            endpoints,
            api_version: "2025-10-01-preview".into(),
            limits: Limits::default(),
            clock: clock.clone(),
        });
        Self {
            client,
            script,
            clock,
        }
    }

    fn lines(&self) -> Vec<String> {
        let seen = self.script.seen.lock().expect("not poisoned");
        seen.iter().map(|one| short(&one.line)).collect()
    }

    fn tokens(&self) -> Vec<String> {
        let seen = self.script.seen.lock().expect("not poisoned");
        seen.iter().map(|one| one.token.clone()).collect()
    }

    fn seconds(&self) -> i64 {
        self.clock.now().as_second()
    }
}

/// Method and last two segments.
fn short(line: &str) -> String {
    let (method, path) = line.split_once(' ').expect("method and path");
    let mut segments: Vec<&str> = path.rsplit('/').take(2).collect();
    segments.reverse();
    format!("{method} {}", segments.join("/"))
}

fn workspace() -> WorkspaceId {
    "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/law"
        .parse()
        .expect("a workspace id")
}

fn body(etag: Option<&str>) -> AlertRuleBody {
    AlertRuleBody {
        kind: "Scheduled",
        etag: etag.map(str::to_owned),
        properties: AlertRuleProperties {
            display_name: Some("A".into()),
            severity: Some("High".into()),
            query_frequency: Some("PT60M".into()),
            ..AlertRuleProperties::default()
        },
    }
}

fn stored(etag: &str, severity: &str) -> Value {
    json!({
        "id": "/x/alertRules/r1", "name": "r1", "etag": etag, "kind": "Scheduled",
        "properties": {"displayName": "A", "severity": severity, "queryFrequency": "PT1H", "tactics": null}
    })
}

#[tokio::test]
async fn a_write_tells_whether_it_created() {
    let stage = Stage::new([
        json(201, &stored("e1", "High")),
        json(200, &stored("e2", "High")),
    ]);
    let first = stage.client.put_rule(&workspace(), "r1", &body(None)).await;
    assert!(first.expect("created").created);
    let second = stage
        .client
        .put_rule(&workspace(), "r1", &body(Some("e1")))
        .await;
    let second = second.expect("updated");
    assert!(!second.created && !second.recovered);
    assert_eq!(second.resource.etag.as_deref(), Some("e2"));
    let seen = stage.script.seen.lock().expect("not poisoned");
    assert_eq!(seen[1].body["etag"], "e1");
    assert_eq!(seen[0].token, "Bearer token-0");
}

#[tokio::test]
async fn all_pages_are_read_and_strange_items_kept() {
    let link = "https://management.azure.com/page2?$skipToken=x&api-version=1";
    let stage = Stage::new([
        json(
            200,
            &json!({"value": [stored("e", "Low")], "nextLink": link}),
        ),
        json(
            200,
            &json!({"value": [{"kind": "Fusion", "name": "f"}, 7], "nextLink": null}),
        ),
    ]);
    let rules = stage.client.list_rules(&workspace()).await.expect("a list");
    assert_eq!(rules.len(), 3);
    assert!(matches!(rules[0], ListedRule::Rule(_)));
    assert_eq!(stage.lines()[1], "GET /page2");
}

#[tokio::test]
async fn a_link_that_repeats_ends_the_list_with_an_error() {
    let link = "https://management.azure.com/again?api-version=1";
    let page = json(200, &json!({"value": [], "nextLink": link}));
    let stage = Stage::new([page.clone(), page]);
    let error = stage
        .client
        .list_rules(&workspace())
        .await
        .expect_err("a loop");
    assert!(matches!(error, Error::PageLoop { page: 3, .. }), "{error}");
    assert_eq!(stage.lines().len(), 2);
}

#[tokio::test]
async fn reads_outlast_passing_failures_and_honour_the_wait() {
    let stage = Stage::new([
        Step::Fail(ErrorKind::Io),
        Step::Answer(503, vec![("retry-after", "7".into())], String::new()),
        json(500, &json!({})),
        json(200, &json!({"value": []})),
    ]);
    stage.client.list_rules(&workspace()).await.expect("a list");
    assert_eq!(stage.lines().len(), 4);
    assert!((7..=12).contains(&stage.seconds()), "{}", stage.seconds());
}

#[tokio::test]
async fn a_write_refused_for_rate_is_repeated_after_the_wait() {
    let stage = Stage::new([
        Step::Answer(
            429,
            vec![("x-ms-retry-after-ms", "2500".into())],
            String::new(),
        ),
        Step::Answer(429, vec![("retry-after", "3".into())], String::new()),
        json(201, &stored("e1", "High")),
    ]);
    stage
        .client
        .put_rule(&workspace(), "r1", &body(None))
        .await
        .expect("created");
    assert_eq!(stage.lines(), ["PUT alertRules/r1"; 3]);
    assert!((5..=7).contains(&stage.seconds()), "{}", stage.seconds());
}

#[tokio::test]
async fn a_wait_that_is_too_long_ends_the_request_at_once() {
    let stage = Stage::new([Step::Answer(
        429,
        vec![("retry-after", "3600".into())],
        r#"{"error":{"code":"TooManyRequests","message":"later"}}"#.into(),
    )]);
    let error = stage
        .client
        .list_rules(&workspace())
        .await
        .expect_err("too long");
    assert_eq!(error.class(), Class::Throttled);
    assert_eq!(stage.seconds(), 0);
    assert_eq!(
        error.help(),
        ["the service asks to wait 3600 s, longer than a request may take; run again after that"]
    );
}

#[tokio::test]
async fn a_service_that_stays_away_is_given_up_on() {
    let stage = Stage::new(vec![Step::Fail(ErrorKind::Io); 6]);
    let error = stage.client.list_rules(&workspace()).await;
    let error = error.expect_err("gone").to_string();
    assert!(error.contains("tried 6 times"), "{error}");
    let stage = Stage::new(vec![Step::Fail(ErrorKind::Connection); 3]);
    let error = stage
        .client
        .list_rules(&workspace())
        .await
        .expect_err("gone");
    assert_eq!(error.class(), Class::Network);
    assert!(error.to_string().contains("tried 3 times"), "{error}");
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let expired = refusal(401, "ExpiredAuthenticationToken", "The access token expiry");
    let stage = Stage::new([expired.clone(), json(201, &stored("e", "High"))]);
    stage
        .client
        .put_rule(&workspace(), "r1", &body(None))
        .await
        .expect("created");
    assert_eq!(stage.tokens(), ["Bearer token-0", "Bearer token-1"]);

    let stage = Stage::new([expired.clone(), expired]);
    let error = stage
        .client
        .list_rules(&workspace())
        .await
        .expect_err("refused");
    assert_eq!(error.class(), Class::SignIn);

    let role = refusal(
        401,
        "Unauthorized",
        "Make sure you have the necessary permissions on all the workspaces in your query.",
    );
    let stage = Stage::new([role]);
    let error = stage.client.put_rule(&workspace(), "r1", &body(None)).await;
    assert_eq!(error.expect_err("no role").class(), Class::Forbidden);
}

#[tokio::test]
async fn a_lost_answer_is_looked_up_before_anything_else() {
    for lost in [
        Step::Fail(ErrorKind::Io),
        json(502, &json!({})),
        Step::Answer(201, vec![], "{\"id\"".into()),
    ] {
        let stage = Stage::new([lost, json(200, &stored("e2", "High"))]);
        let written = stage
            .client
            .put_rule(&workspace(), "r1", &body(Some("e1")))
            .await;
        let written = written.expect("it was stored");
        assert!(written.recovered && !written.created);
        assert_eq!(stage.lines(), ["PUT alertRules/r1", "GET alertRules/r1"]);
    }
}

#[tokio::test]
async fn a_write_that_was_not_stored_is_repeated() {
    let absent = refusal(404, "NotFound", "no such rule");
    let stage = Stage::new([
        Step::Fail(ErrorKind::Io),
        absent,
        json(201, &stored("e1", "High")),
    ]);
    let written = stage
        .client
        .put_rule(&workspace(), "r1", &body(None))
        .await
        .expect("created");
    assert!(written.created && !written.recovered);

    let stage = Stage::new([
        json(500, &json!({})),
        json(200, &stored("e1", "Low")),
        json(200, &stored("e2", "High")),
    ]);
    let written = stage
        .client
        .put_rule(&workspace(), "r1", &body(Some("e1")))
        .await;
    assert!(!written.expect("updated").recovered);
}

#[tokio::test]
async fn a_lost_answer_with_a_portal_edit_on_top_is_a_conflict() {
    let stage = Stage::new([Step::Fail(ErrorKind::Io), json(200, &stored("e9", "Low"))]);
    let error = stage
        .client
        .put_rule(&workspace(), "r1", &body(Some("e1")))
        .await;
    let error = error.expect_err("someone else");
    assert_eq!(error.class(), Class::Conflict);
    assert_eq!(stage.lines().len(), 2);
}

#[tokio::test]
async fn a_conflict_after_a_doubtful_try_may_be_our_own_write() {
    let stage = Stage::new([
        Step::Fail(ErrorKind::Io),
        // The write is not visible yet.
        json(200, &stored("e1", "Low")),
        refusal(
            409,
            "Conflict",
            "Newer instance of rule 'r1' exists (Etag does not match).",
        ),
        json(200, &stored("e2", "High")),
    ]);
    let written = stage
        .client
        .put_rule(&workspace(), "r1", &body(Some("e1")))
        .await;
    assert!(written.expect("it was ours").recovered);
}

#[tokio::test]
async fn a_plain_conflict_is_reported_at_once() {
    let stage = Stage::new([refusal(
        409,
        "Conflict",
        "Newer instance of rule 'r1' exists.",
    )]);
    let error = stage
        .client
        .put_rule(&workspace(), "r1", &body(Some("e1")))
        .await;
    assert_eq!(error.expect_err("moved").class(), Class::Conflict);
    assert_eq!(stage.lines().len(), 1);
}

#[tokio::test]
async fn deleting_what_is_gone_is_done() {
    let gone = refusal(404, "NotFound", "no such rule");
    let stage = Stage::new([
        json(200, &json!({})),
        Step::Answer(204, vec![], String::new()),
        gone,
    ]);
    let mut existed = Vec::new();
    for _ in 0..3 {
        let deleted = stage
            .client
            .delete_rule(&workspace(), "r1")
            .await
            .expect("deleted");
        existed.push(deleted.existed);
    }
    assert_eq!(existed, [true, false, false]);
}

#[tokio::test]
async fn a_missing_workspace_is_not_a_missing_rule() {
    let missing = refusal(
        404,
        "ResourceNotFound",
        "The Resource 'Microsoft.OperationalInsights/workspaces/law' under resource group 'rg' was not found.",
    );
    let stage = Stage::new([
        missing.clone(),
        missing,
        refusal(404, "NotFound", "no rule"),
    ]);
    let read = stage.client.get_rule(&workspace(), "r1").await;
    assert_eq!(read.expect_err("no workspace").class(), Class::NotFound);
    let onboarded = stage.client.require_onboarded(&workspace()).await;
    assert!(matches!(onboarded, Err(Error::Service { .. })));
    assert_eq!(
        stage
            .client
            .get_rule(&workspace(), "r1")
            .await
            .expect("absent"),
        None
    );
}

#[tokio::test]
async fn a_workspace_without_sentinel_is_told_from_a_missing_one() {
    let stage = Stage::new([
        refusal(404, "ResourceNotFound", "onboarding state was not found"),
        refusal(
            400,
            "BadRequest",
            "Workspace 'law' is not onboarded to Microsoft Sentinel. Please onboard",
        ),
        json(200, &json!({"properties": {}})),
    ]);
    for _ in 0..2 {
        let error = stage.client.require_onboarded(&workspace()).await;
        assert!(matches!(error, Err(Error::NotOnboarded { .. })));
    }
    stage
        .client
        .require_onboarded(&workspace())
        .await
        .expect("onboarded");
}

fn workspace_item(subscription: &str, group: &str, name: &str) -> Value {
    json!({
        "id": format!(
            "/subscriptions/{subscription}/resourcegroups/{group}/providers/microsoft.operationalinsights/workspaces/{name}"
        ),
        "properties": {"customerId": "c"}
    })
}

fn wanted(name: &str, subscription: Option<&str>) -> WorkspaceRef {
    WorkspaceRef {
        workspace: name.into(),
        resource_group: None,
        subscription: subscription.map(str::to_owned),
    }
}

#[tokio::test]
async fn a_workspace_is_found_by_name_in_any_case() {
    let list = json!({"value": [workspace_item("s1", "rg", "Sec-Prod"), {"id": 7}]});
    let stage = Stage::new([json(200, &list)]);
    let found = stage
        .client
        .resolve_workspace(&wanted("sec-prod", Some("s1")))
        .await;
    assert_eq!(found.expect("found").id.name, "Sec-Prod");
}

#[tokio::test]
async fn two_of_one_name_are_both_named() {
    let subscriptions = json!({"value": [{"subscriptionId": "s1"}, {"subscriptionId": "s2"}, {"subscriptionId": "s3"}]});
    let stage = Stage::new([
        json(200, &subscriptions),
        json(200, &json!({"value": [workspace_item("s1", "rg", "law")]})),
        refusal(403, "AuthorizationFailed", "does not have authorization"),
        json(200, &json!({"value": [workspace_item("s3", "rg", "law")]})),
    ]);
    let error = stage
        .client
        .resolve_workspace(&wanted("law", None))
        .await
        .expect_err("two");
    assert_eq!(error.to_string(), "2 workspaces are named `law`");
    let help = error.help().join("\n");
    assert!(
        help.contains("/subscriptions/s1/") && help.contains("/subscriptions/s3/"),
        "{help}"
    );
}

#[tokio::test]
async fn a_name_that_does_not_exist_brings_up_those_that_do() {
    let list = json!({"value": [workspace_item("s1", "rg", "sec-prod"), workspace_item("s1", "rg", "sec-dev")]});
    let stage = Stage::new([json(200, &list)]);
    let error = stage
        .client
        .resolve_workspace(&wanted("sec-pord", Some("s1")))
        .await;
    let error = error.expect_err("none");
    assert_eq!(
        error.to_string(),
        "no workspace named `sec-pord` in subscription `s1`"
    );
    assert_eq!(error.help()[0], "there is `sec-dev`, `sec-prod`");
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_said_to_be() {
    let page = "<!DOCTYPE html><html><title>Sign in</title></html>";
    let stage = Stage::new([
        Step::Answer(200, vec![("content-type", "text/html".into())], page.into()),
        Step::Answer(200, vec![], "{\"value\": [".into()),
    ]);
    let error = stage
        .client
        .list_rules(&workspace())
        .await
        .expect_err("html");
    assert_eq!(
        error.to_string(),
        "cannot list the rules of workspace `law`: the answer is a web page, not JSON"
    );
    let error = stage
        .client
        .list_rules(&workspace())
        .await
        .expect_err("cut");
    assert_eq!(
        error.to_string(),
        "cannot list the rules of workspace `law`: the answer ends after 11 bytes, within its JSON"
    );
}

#[tokio::test]
async fn links_of_a_plain_loopback_service_are_followed() {
    let mut endpoints = Endpoints::of(Cloud::Public);
    endpoints.management = Endpoint::parse("http://127.0.0.1:9").expect("an endpoint");
    let link = "http://127.0.0.1:9/two?api-version=1";
    let stage = Stage::at(
        endpoints,
        [
            json(200, &json!({"value": [], "nextLink": link})),
            json(200, &json!({"value": []})),
        ],
    );
    stage
        .client
        .list_rules(&workspace())
        .await
        .expect("two pages");
}

#[tokio::test]
async fn a_link_that_leads_elsewhere_is_refused() {
    for link in [
        "https://example.org/page2",
        "http://management.azure.com/page2",
        "https://management.azure.com:8443/page2",
    ] {
        let stage = Stage::new([json(200, &json!({"value": [], "nextLink": link}))]);
        let error = stage.client.list_rules(&workspace()).await;
        assert!(matches!(error, Err(Error::Refused { .. })), "{link}");
        assert_eq!(stage.lines().len(), 1);
    }
}

#[tokio::test]
async fn a_403_names_the_role_and_where_it_is_needed() {
    let denied = refusal(
        403,
        "AuthorizationFailed",
        "does not have authorization to perform action",
    );
    let stage = Stage::new([denied]);
    let error = stage
        .client
        .put_rule(&workspace(), "r1", &body(None))
        .await
        .expect_err("denied");
    assert_eq!(error.to_string(), "cannot write rule `r1`");
    let help = error.help().join("\n");
    assert!(help.contains("`Microsoft Sentinel Contributor`"), "{help}");
    assert!(help.contains(&workspace().to_string()), "{help}");
}

#[test]
fn a_fault_has_a_phrase_for_the_host() {
    assert_eq!(format!("{} `h`", Fault::Connect), "no connection to `h`");
    assert_eq!(Limits::default().total, Duration::from_mins(5));
}
