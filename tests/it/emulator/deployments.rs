//! `Microsoft.Resources/deployments`, as a client of the REST API sees it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::Emulator;
use crate::support::Rulepost;
use crate::support::emulator::{Reply, scheduled, text};

const VERSION: &str = "2021-04-01";

fn path(emulator: &Emulator, rest: &str) -> String {
    format!(
        "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Resources/deployments{rest}",
        text(&emulator.ready, "subscription"),
        text(&emulator.ready, "resource_group")
    )
}

fn call(emulator: &Emulator, method: Method, rest: &str, body: Option<&Value>) -> Reply {
    emulator.call_version(method, &path(emulator, rest), VERSION, body)
}

/// A template with a rule of each name.
fn template(names: &[&str]) -> Value {
    let resources: Value = names
        .iter()
        .map(|name| {
            let mut resource = scheduled(name);
            resource["type"] =
                json!("Microsoft.OperationalInsights/workspaces/providers/alertRules");
            resource["apiVersion"] = json!("2025-09-01");
            resource["name"] = json!(format!(
                "[concat(parameters('workspace'), '/Microsoft.SecurityInsights/{name}')]"
            ));
            resource
        })
        .collect();
    json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {"workspace": {"type": "string"}},
        "resources": resources,
    })
}

/// A request to deploy a template to the workspace.
fn request(template: &Value) -> Value {
    json!({"properties": {"mode": "Incremental", "template": template,
        "parameters": {"workspace": {"value": "demo"}}}})
}

/// Follows a URL of the emulator.
fn follow(emulator: &Emulator, url: &str) -> Reply {
    let rest = url
        .strip_prefix(&emulator.endpoint())
        .expect("it leads here");
    let bearer = format!("Bearer {}", emulator.token_text());
    let reply = emulator.try_send(Method::GET, rest, &[("authorization", &bearer)], None);
    reply.expect("the emulator answers")
}

fn fault(emulator: &Emulator, entry: &Value) {
    let reply = emulator.admin(Method::POST, "/faults", Some(entry));
    assert_eq!(reply.status, 200, "{reply:?}");
}

#[test]
fn a_deployment_runs_to_its_end_and_tells_of_each_resource() {
    let emulator = Emulator::start();
    let put = call(
        &emulator,
        Method::PUT,
        "/d1",
        Some(&request(&template(&["a", "b"]))),
    );
    assert_eq!(put.status, 201, "{put:?}");
    assert_eq!(put.body["properties"]["provisioningState"], "Accepted");
    let status = follow(&emulator, put.header("azure-asyncoperation"));
    assert_eq!(status.body, json!({"status": "Succeeded"}));
    let get = call(&emulator, Method::GET, "/d1", None);
    let properties = &get.body["properties"];
    assert_eq!(properties["provisioningState"], "Succeeded");
    assert_eq!(
        properties["parameters"]["workspace"],
        json!({"type": "String", "value": "demo"})
    );
    assert_eq!(
        properties["outputResources"],
        json!([{"id": emulator.rule("a")}, {"id": emulator.rule("b")}])
    );
    let operations = call(&emulator, Method::GET, "/d1/operations", None).body;
    let told: Vec<_> = operations["value"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| {
            let properties = &one["properties"];
            (
                properties["provisioningOperation"].clone(),
                properties["statusCode"].clone(),
                properties["targetResource"]["id"].clone(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (json!("Create"), json!("Created"), json!(emulator.rule("a"))),
            (json!("Create"), json!("Created"), json!(emulator.rule("b"))),
            (json!("EvaluateDeploymentOutput"), json!("OK"), Value::Null),
        ]
    );
    assert_eq!(
        emulator.get(&emulator.rule("a")).body["properties"]["displayName"],
        "a"
    );
    assert_eq!(call(&emulator, Method::HEAD, "/d1", None).status, 204);
    assert_eq!(
        call(&emulator, Method::GET, "", None).body["value"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    assert_eq!(
        call(
            &emulator,
            Method::PUT,
            "/d1",
            Some(&request(&template(&["a"])))
        )
        .status,
        200
    );
    let exported = call(&emulator, Method::POST, "/d1/exportTemplate", None).body;
    assert_eq!(exported["template"], template(&["a"]));
    let deleted = call(&emulator, Method::DELETE, "/d1", None);
    assert_eq!(deleted.status, 202);
    let location = deleted.header("location").to_owned();
    assert_eq!(follow(&emulator, &location).status, 202);
    assert_eq!(follow(&emulator, &location).status, 204);
    assert_eq!(call(&emulator, Method::HEAD, "/d1", None).status, 404);
    assert_eq!(
        call(&emulator, Method::GET, "/d1", None).code(),
        "DeploymentNotFound"
    );
}

#[test]
fn a_resource_that_is_refused_stops_those_that_wait_for_it_and_no_other() {
    let emulator = Emulator::start();
    let mut template = template(&["a", "b", "c"]);
    template["resources"][0]["properties"]["severity"] = json!("Critical");
    template["resources"][1]["dependsOn"] = json!(["demo/Microsoft.SecurityInsights/a"]);
    call(&emulator, Method::PUT, "/d", Some(&request(&template)));
    let properties = call(&emulator, Method::GET, "/d", None).body["properties"].clone();
    assert_eq!(properties["provisioningState"], "Failed");
    let error = &properties["error"];
    assert_eq!(error["code"], "DeploymentFailed");
    assert_eq!(error["details"][0]["code"], "BadRequest");
    let inner: Value =
        serde_json::from_str(error["details"][0]["message"].as_str().expect("text")).expect("JSON");
    assert!(
        inner["error"]["message"]
            .as_str()
            .expect("text")
            .contains("Critical")
    );
    let live = |name| emulator.get(&emulator.rule(name)).status;
    assert_eq!((live("a"), live("b"), live("c")), (404, 404, 200));
    let operations = call(&emulator, Method::GET, "/d/operations", None).body;
    assert_eq!(operations["value"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_deployment_that_runs_can_be_cancelled_and_not_replaced() {
    let emulator = Emulator::start();
    fault(
        &emulator,
        &json!({"method": "PUT", "path": "alertRules/b", "fault": {"kind": "latency", "ms": 1_800_000}}),
    );
    let body = request(&template(&["a", "b"]));
    call(&emulator, Method::PUT, "/d", Some(&body));
    let state =
        || call(&emulator, Method::GET, "/d", None).body["properties"]["provisioningState"].clone();
    assert_eq!(state(), "Running");
    assert_eq!(emulator.get(&emulator.rule("a")).status, 200);
    let again = call(&emulator, Method::PUT, "/d", Some(&body));
    assert_eq!((again.status, again.code()), (409, "DeploymentActive"));
    assert_eq!(call(&emulator, Method::DELETE, "/d", None).status, 409);
    assert_eq!(call(&emulator, Method::POST, "/d/cancel", None).status, 204);
    assert_eq!(state(), "Canceled");
    assert_eq!(call(&emulator, Method::POST, "/d/cancel", None).status, 409);
    emulator.advance("PT45M");
    assert_eq!(
        emulator.get(&emulator.rule("b")).status,
        404,
        "nothing comes later"
    );
}

#[test]
fn what_if_tells_what_would_change_and_changes_nothing() {
    let emulator = Emulator::start();
    emulator.put(&emulator.rule("same"), &scheduled("same"));
    emulator.put(&emulator.rule("other"), &scheduled("other"));
    let before = emulator.get(&emulator.rule("other")).body;
    let mut template = template(&["same", "other", "new"]);
    template["resources"][1]["properties"]["severity"] = json!("Low");
    template["resources"][1]["properties"]["tactics"] = json!(["Impact"]);
    let asked = call(
        &emulator,
        Method::POST,
        "/d/whatIf",
        Some(&request(&template)),
    );
    assert_eq!((asked.status, asked.text.as_str()), (202, ""));
    let location = asked.header("location").to_owned();
    let waits = follow(&emulator, &location);
    assert_eq!(
        (waits.status, waits.header("location")),
        (202, location.as_str())
    );
    let result = follow(&emulator, &location).body;
    assert_eq!(result["status"], "Succeeded");
    let changes = result["properties"]["changes"]
        .as_array()
        .expect("changes")
        .clone();
    let told: Vec<&str> = changes.iter().map(|one| text(one, "changeType")).collect();
    assert_eq!(told, ["NoChange", "Modify", "Create", "Ignore"]);
    let delta = changes[1]["delta"].as_array().expect("a delta");
    assert!(
        delta.contains(
            &json!({"path": "properties.severity", "propertyChangeType": "Modify",
            "before": before["properties"]["severity"], "after": "Low"})
        ),
        "{delta:?}"
    );
    let mut ids_only = request(&template);
    ids_only["properties"]["whatIfSettings"] = json!({"resultFormat": "ResourceIdOnly"});
    let asked = call(&emulator, Method::POST, "/d/whatIf", Some(&ids_only));
    follow(&emulator, asked.header("location"));
    let result = follow(&emulator, asked.header("location")).body;
    assert_eq!(result["properties"]["changes"][1]["changeType"], "Deploy");
    assert_eq!(result["properties"]["changes"][1].get("after"), None);
    assert_eq!(emulator.get(&emulator.rule("other")).body, before);
    assert_eq!(emulator.get(&emulator.rule("new")).status, 404);
    assert_eq!(call(&emulator, Method::HEAD, "/d", None).status, 404);
}

#[test]
fn what_cannot_be_deployed_is_refused_before_anything_is() {
    let emulator = Emulator::start();
    let good = template(&["a"]);
    let long = format!("/{}", "x".repeat(65));
    let mut complete = request(&good);
    complete["properties"]["mode"] = json!("Complete");
    let mut linked = request(&good);
    linked["properties"]["templateLink"] = json!({"uri": "https://example.org/t.json"});
    let mut function = good.clone();
    function["resources"][0]["kind"] = json!("[newGuid()]");
    let mut nested = good.clone();
    nested["resources"][0]["type"] = json!("Microsoft.Resources/deployments");
    let mut without = request(&good);
    without["properties"]["parameters"] = json!({});
    for (rest, body, code, part) in [
        (
            long.as_str(),
            request(&good),
            "InvalidDeploymentNameLength",
            "a length of '65'",
        ),
        (
            "/a%20b",
            request(&good),
            "InvalidDeploymentNameCharacters",
            "'a b'",
        ),
        (
            "/d",
            json!({}),
            "InvalidRequestContent",
            "'properties' not found",
        ),
        ("/d", complete, "BadRequest", "'Complete'"),
        ("/d", linked, "BadRequest", "'templateLink'"),
        (
            "/d",
            request(&function),
            "InvalidTemplate",
            "'newGuid' is not evaluated by the emulator",
        ),
        (
            "/d",
            request(&nested),
            "InvalidTemplate",
            "nested templates",
        ),
        (
            "/d",
            without,
            "InvalidTemplate",
            "parameter 'workspace' is not provided",
        ),
        (
            "/d",
            request(&template(&["a", "a"])),
            "InvalidTemplate",
            "defined multiple times",
        ),
    ] {
        for (method, verb) in [
            (Method::PUT, ""),
            (Method::POST, "/validate"),
            (Method::POST, "/whatIf"),
        ] {
            let reply = call(&emulator, method, &format!("{rest}{verb}"), Some(&body));
            assert_eq!((reply.status, reply.code()), (400, code), "{reply:?}");
            assert!(reply.message().contains(part), "{part}: {reply:?}");
        }
    }
    assert_eq!(emulator.get(&emulator.rule("a")).status, 404);
    let valid = call(
        &emulator,
        Method::POST,
        "/d/validate",
        Some(&request(&good)),
    );
    assert_eq!(
        valid.body["properties"]["validatedResources"],
        json!([{"id": emulator.rule("a")}])
    );
    assert_eq!(call(&emulator, Method::PATCH, "/d", None).status, 405);
    assert_eq!(call(&emulator, Method::GET, "/d/odd", None).status, 404);
    let group = path(&emulator, "/d").replace("/rulepost/", "/nowhere/");
    assert_eq!(
        emulator
            .call_version(Method::GET, &group, VERSION, None)
            .code(),
        "ResourceGroupNotFound"
    );
    let old = emulator.call_version(Method::GET, &path(&emulator, "/d"), "2015-01-01", None);
    assert_eq!(old.code(), "InvalidApiVersionParameter");
}

#[test]
fn what_render_writes_is_deployed_as_it_says_overrides_included() {
    let emulator = Emulator::start();
    let rules = format!("{}/rules", env!("CARGO_MANIFEST_DIR"));
    let out = Rulepost::new()
        .args(["render", "--to", "arm", "--overridable", &rules])
        .run();
    let template: Value = serde_json::from_str(&out.stdout).expect("a template");
    let resources = template["resources"].as_array().expect("resources");
    let id = "7b617b0e-e77f-48ac-9a62-eea6949c32af";
    let mut body = request(&template);
    body["properties"]["parameters"]["overrides"] =
        json!({"value": {id: {"severity": "High", "enabled": false, "triggerThreshold": 5}}});
    call(&emulator, Method::PUT, "/d", Some(&body));
    let state = call(&emulator, Method::GET, "/d", None).body;
    assert_eq!(
        state["properties"]["provisioningState"], "Succeeded",
        "{state:#}"
    );
    let live = emulator
        .get(&format!("{}/alertRules", emulator.sentinel()))
        .body;
    assert_eq!(
        live["value"].as_array().map(Vec::len),
        Some(resources.len())
    );
    let rule = emulator.get(&emulator.rule(id)).body["properties"].clone();
    assert_eq!(
        (
            &rule["severity"],
            &rule["enabled"],
            &rule["triggerThreshold"]
        ),
        (&json!("High"), &json!(false), &json!(5))
    );
    body["properties"]["parameters"] =
        json!({"workspace": {"value": "demo"}, "enabled": {"value": "none"}});
    call(&emulator, Method::PUT, "/d", Some(&body));
    let live = emulator
        .get(&format!("{}/alertRules", emulator.sentinel()))
        .body;
    let on = live["value"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|one| one["properties"]["enabled"] == true);
    assert_eq!(on.count(), 0);
    assert_eq!(
        emulator.get(&emulator.rule(id)).body["properties"]["severity"],
        "Low"
    );
}
