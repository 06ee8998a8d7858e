//! What is around the rules: subscriptions, workspaces, onboarding, permissions, metadata, discovery, headers.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::Emulator;
use crate::support::emulator::{nrt, scheduled, text};

/// Two workspaces of one name, one that Sentinel is not switched on in, and applications with less to say.
fn estate() -> Emulator {
    Emulator::seeded(&json!({
        "clients": [
            {"clientId": "reader", "clientSecret": "r", "role": "reader"},
            {"clientId": "nobody", "clientSecret": "n", "role": "none"},
            {"clientId": "elsewhere", "clientSecret": "e", "tenant": "22222222-0000-0000-0000-000000000000"},
        ],
        "workspaces": [
            {"name": "demo", "resourceGroup": "other"},
            {"name": "bare", "onboarded": false},
        ],
    }))
}

/// Signs another application in.
fn sign_in(emulator: &mut Emulator, tenant: &str, client: &str, secret: &str) {
    let reply = emulator.token(
        tenant,
        &[
            ("grant_type", "client_credentials"),
            ("client_id", client),
            ("client_secret", secret),
            ("scope", "https://management.azure.com/.default"),
        ],
    );
    let token = text(&reply.body, "access_token").to_owned();
    emulator.use_token(&token);
}

/// The names in a list.
fn names(list: &Value) -> Vec<&str> {
    let items = list["value"].as_array().expect("a list");
    items.iter().map(|item| text(item, "name")).collect()
}

#[test]
fn workspaces_are_listed_by_subscription_and_by_group() {
    let emulator = estate();
    let subscription = text(&emulator.ready, "subscription");
    let provider = "providers/Microsoft.OperationalInsights/workspaces";
    let list = |path: &str| emulator.call_version(Method::GET, path, "2023-09-01", None);
    let all = list(&format!("/subscriptions/{subscription}/{provider}"));
    assert_eq!(names(&all.body), ["demo", "bare", "demo"]);
    let group = list(&format!(
        "/subscriptions/{subscription}/resourcegroups/OTHER/{provider}"
    ));
    assert_eq!(names(&group.body), ["demo"]);
    let none = list(&format!(
        "/subscriptions/{subscription}/resourceGroups/no/{provider}"
    ));
    assert_eq!((none.status, none.code()), (404, "ResourceGroupNotFound"));
    let missing = list(&format!(
        "/subscriptions/{subscription}/resourceGroups/other/{provider}/gone"
    ));
    assert_eq!((missing.status, missing.code()), (404, "ResourceNotFound"));
    assert_eq!(
        missing.message(),
        "The Resource 'Microsoft.OperationalInsights/workspaces/gone' under resource group 'other' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    );
}

#[test]
fn a_tenant_sees_its_own_subscriptions_only() {
    let mut emulator = estate();
    let path = emulator.workspace();
    sign_in(
        &mut emulator,
        "22222222-0000-0000-0000-000000000000",
        "elsewhere",
        "e",
    );
    let list = emulator.call_version(Method::GET, "/subscriptions", "2022-12-01", None);
    assert_eq!(list.body["value"], json!([]));
    let foreign = emulator.call_version(Method::GET, &path, "2023-09-01", None);
    assert_eq!(
        (foreign.status, foreign.code()),
        (404, "SubscriptionNotFound")
    );
}

#[test]
fn a_role_that_does_not_cover_an_action_is_named_in_the_refusal() {
    let mut emulator = estate();
    let tenant = text(&emulator.ready, "tenant").to_owned();
    let path = emulator.rule("r1");
    sign_in(&mut emulator, &tenant, "reader", "r");
    assert_eq!(
        emulator
            .get(&format!("{}/alertRules", emulator.sentinel()))
            .status,
        200
    );
    let refused = emulator.put(&path, &scheduled("x"));
    assert_eq!(
        (refused.status, refused.code()),
        (403, "AuthorizationFailed")
    );
    assert!(
        refused.message().starts_with("The client 'reader' with object id '")
            && refused.message().contains(&format!(
                "does not have authorization to perform action 'Microsoft.SecurityInsights/alertRules/write' over scope '{path}'"
            )),
        "{refused:?}"
    );
    let permissions = format!(
        "{}/providers/Microsoft.Authorization/permissions",
        emulator.workspace()
    );
    let may = emulator.call_version(Method::GET, &permissions, "2022-04-01", None);
    assert_eq!(
        may.body["value"][0]["actions"][0],
        "Microsoft.SecurityInsights/*/read"
    );
    sign_in(&mut emulator, &tenant, "nobody", "n");
    assert_eq!(emulator.get(&path).status, 403);
}

#[test]
fn a_workspace_without_sentinel_says_so_until_it_is_switched_on() {
    let emulator = estate();
    let bare = emulator.workspace().replace("/demo", "/bare");
    let sentinel = format!("{bare}/providers/Microsoft.SecurityInsights");
    let rule = format!("{sentinel}/alertRules/r1");
    let refused = emulator.put(&rule, &scheduled("x"));
    assert_eq!((refused.status, refused.code()), (400, "BadRequest"));
    assert_eq!(
        refused.message(),
        "Workspace 'bare' is not onboarded to Microsoft Sentinel. Please onboard through the portal or use the OnboardingStates ARM api to onboard to Sentinel."
    );
    let state = format!("{sentinel}/onboardingStates/default");
    assert_eq!(emulator.get(&state).status, 404);
    let on = emulator.put(
        &state,
        &json!({"properties": {"customerManagedKey": false}}),
    );
    assert_eq!((on.status, &on.body["properties"]), (201, &json!({})));
    assert_eq!(emulator.get(&state).status, 200);
    assert_eq!(emulator.put(&rule, &scheduled("x")).status, 201);
}

#[test]
fn metadata_is_written_checked_by_its_tag_listed_and_deleted() {
    let emulator = Emulator::start();
    let path = format!("{}/metadata/analyticsrule-r1", emulator.sentinel());
    let mut body = json!({"properties": {
        "parentId": emulator.rule("r1"),
        "kind": "AnalyticsRule",
        "contentId": "r1",
        "version": "1.0.0",
        "customVersion": "a hash",
        "source": {"kind": "SourceRepository", "name": "a repository", "sourceId": "s"},
    }});
    let created = emulator.put(&path, &body);
    assert_eq!(
        (created.status, &created.body["properties"]),
        (201, &body["properties"])
    );
    body["etag"] = created.body["etag"].clone();
    assert_eq!(emulator.put(&path, &body).status, 200);
    let stale = emulator.put(&path, &body);
    assert_eq!((stale.status, stale.code()), (409, "Conflict"));
    let list = emulator.get(&format!("{}/metadata", emulator.sentinel()));
    assert_eq!(names(&list.body), ["analyticsrule-r1"]);
    for (pointer, value) in [
        ("/properties/kind", json!("AnalyticRule")),
        ("/properties/source/kind", json!("Repository")),
        ("/properties/parentId", Value::Null),
        ("/properties/note", json!("x")),
    ] {
        let mut wrong = body.clone();
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        wrong.pointer_mut(parent).expect("in the body")[name] = value;
        assert_eq!(emulator.put(&path, &wrong).status, 400, "{pointer}");
    }
    assert_eq!(emulator.delete(&path).status, 200);
    assert_eq!(emulator.delete(&path).status, 204);
    assert_eq!(emulator.get(&path).status, 404);
}

#[test]
fn names_compare_without_case_and_keep_the_case_they_were_made_with() {
    let emulator = Emulator::start();
    assert_eq!(
        emulator
            .put(&emulator.rule("Rule-A"), &scheduled("x"))
            .status,
        201
    );
    let other = emulator.put(&emulator.rule("RULE-a"), &scheduled("y"));
    assert_eq!((other.status, text(&other.body, "name")), (200, "Rule-A"));
    let shouted = emulator.rule("rule-a").to_uppercase();
    assert_eq!(emulator.get(&shouted).status, 200);
}

#[test]
fn answers_carry_the_headers_of_azure_resource_manager() {
    let emulator = Emulator::start();
    emulator.put(&emulator.rule("r1"), &nrt("n"));
    let path = format!("{}?api-version=2025-10-01-preview", emulator.rule("r1"));
    let bearer = format!("Bearer {}", emulator.token_text());
    let reply = emulator
        .try_send(
            Method::GET,
            &path,
            &[
                ("authorization", &bearer),
                ("x-ms-client-request-id", "mine"),
                ("x-ms-return-client-request-id", "true"),
            ],
            None,
        )
        .expect("an answer");
    assert_eq!(reply.header("x-ms-client-request-id"), "mine");
    assert_eq!(
        reply.header("x-ms-request-id"),
        reply.header("x-ms-correlation-request-id")
    );
    assert_eq!(reply.header("x-ms-request-id").len(), 36);
    assert_eq!(
        reply.header("x-ms-ratelimit-remaining-subscription-reads"),
        "1099"
    );
    assert_eq!(
        reply.header("x-ms-ratelimit-remaining-subscription-global-reads"),
        "16499"
    );
    assert_eq!(
        reply.header("content-type"),
        "application/json; charset=utf-8"
    );
    let log = emulator.requests_of("GET", "/alertRules/r1");
    assert_eq!(log[0]["client_request_id"], "mine");
}

#[test]
fn the_documents_that_sign_in_libraries_ask_for_lead_back_here() {
    let emulator = Emulator::start();
    let tenant = text(&emulator.ready, "tenant");
    let endpoint = emulator.endpoint();
    let read = |path: &str| {
        let reply = emulator
            .try_send(Method::GET, path, &[], None)
            .expect("an answer");
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.body
    };
    for path in [
        format!("/{tenant}/v2.0/.well-known/openid-configuration"),
        format!("/{tenant}/.well-known/openid-configuration"),
    ] {
        let document = read(&path);
        assert_eq!(
            text(&document, "token_endpoint"),
            format!("{endpoint}/{tenant}/oauth2/v2.0/token")
        );
    }
    let instance = read("/common/discovery/instance?api-version=1.1");
    assert_eq!(
        instance["metadata"][0]["preferred_network"],
        emulator.ready["listen"]
    );
    let keys = read(&format!("/{tenant}/discovery/v2.0/keys"));
    assert_eq!(keys, json!({"keys": []}));
}

#[test]
fn what_the_emulator_does_not_serve_is_a_404_or_a_405() {
    let emulator = Emulator::start();
    let unknown = emulator.get(&format!("{}/bookmarks", emulator.sentinel()));
    assert_eq!(
        (unknown.status, unknown.code()),
        (404, "InvalidResourceType")
    );
    let patch = emulator.call_version(
        Method::PATCH,
        &emulator.rule("r1"),
        "2025-10-01-preview",
        Some(&json!({})),
    );
    assert_eq!((patch.status, patch.code()), (405, "MethodNotAllowed"));
}

#[test]
fn a_reset_forgets_rules_and_marks_and_lets_ids_be_used_again() {
    let emulator = Emulator::start();
    emulator.put(&emulator.rule("r1"), &scheduled("x"));
    emulator.delete(&emulator.rule("r1"));
    assert_eq!(emulator.admin(Method::POST, "/reset", None).status, 204);
    assert_eq!(
        emulator.put(&emulator.rule("r1"), &scheduled("x")).status,
        201
    );
}

#[test]
fn an_id_can_be_used_again_a_day_after_its_rule_was_deleted() {
    let mut emulator = Emulator::with(&["--time", "2026-01-01T00:00:00Z"]);
    emulator.put(&emulator.rule("r1"), &scheduled("x"));
    emulator.delete(&emulator.rule("r1"));
    // The trace of a deleted rule outlives the process.
    emulator.kill_and_restart(&["--time", "2026-01-01T23:59:00Z"]);
    assert_eq!(
        emulator.put(&emulator.rule("r1"), &scheduled("x")).status,
        400
    );
    emulator.advance("PT1M");
    assert_eq!(
        emulator.put(&emulator.rule("r1"), &scheduled("x")).status,
        201
    );
}
