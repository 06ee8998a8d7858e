//! `Microsoft.Resources/deployments` of a resource group.
//!
//! Only incremental deployments of templates that are sent along: complete mode would delete what the emulator does
//! not hold, and a linked template would have to be fetched.

use hyper::{Method, StatusCode};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::emulator::Emulator;
use crate::emulator::answer::{self, Answer, ServiceError};
use crate::emulator::auth::Caller;
use crate::emulator::call::Call;
use crate::emulator::deployment::{Deployment, Deployments, Pending, Progress, key};
use crate::emulator::handlers::{body, subscription, what_if};
use crate::emulator::template::evaluate::Scope;
use crate::emulator::template::{self, Resource};
use crate::emulator::time::seven_digits;
use crate::emulator::version;

/// Deployments kept in the history of a group; the oldest make room.
const KEPT: usize = 800;

/// The group that a call is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Group<'a> {
    pub(crate) subscription: &'a str,
    pub(crate) name: &'a str,
}

/// Everything below `deployments`.
pub(crate) fn answer(
    emulator: &Emulator,
    call: &Call,
    caller: &Caller,
    group: Group<'_>,
    rest: &[&str],
) -> Result<Answer, ServiceError> {
    let action = match (&call.method, rest.get(1)) {
        (&Method::GET | &Method::HEAD, _) => "read",
        (&Method::DELETE, _) => "delete",
        (&Method::POST, Some(verb)) if verb.eq_ignore_ascii_case("exportTemplate") => {
            "exportTemplate/action"
        }
        (&Method::POST, Some(verb)) if verb.eq_ignore_ascii_case("cancel") => "cancel/action",
        (&Method::POST, Some(verb)) if verb.eq_ignore_ascii_case("validate") => "validate/action",
        (&Method::POST, _) => "whatIf/action",
        _ => "write",
    };
    subscription(emulator, caller, group.subscription)?;
    caller.may(
        &format!("Microsoft.Resources/deployments/{action}"),
        &call.path,
    )?;
    version::check_deployments(call)?;
    let location = location(emulator, group).ok_or_else(|| answer::group_not_found(group.name))?;
    let Some((name, rest)) = rest.split_first() else {
        return match call.method {
            Method::GET => Ok(list(emulator, group)),
            _ => Err(answer::method_not_allowed(call.method.as_str())),
        };
    };
    check_name(name)?;
    let key = key(group.subscription, group.name, name);
    let verb = rest.first().map(|verb| verb.to_ascii_lowercase());
    match (&call.method, verb.as_deref(), rest.get(1)) {
        (&Method::PUT, None, _) => {
            let sent = read(call, caller, group, name, &location)?;
            put(emulator, call, caller, group, name, sent)
        }
        (&Method::POST, Some("validate"), None) => {
            let sent = read(call, caller, group, name, &location)?;
            Ok(Answer::ok(&validated(group, name, &sent)))
        }
        (&Method::POST, Some("whatif"), None) => {
            let sent = read(call, caller, group, name, &location)?;
            let full = sent.full;
            let result = what_if::result(emulator, caller, group, &sent.resources, full);
            Ok(later(
                emulator,
                call,
                group.subscription,
                Answer::ok(&result),
            ))
        }
        (&Method::HEAD, None, _) => Ok(Answer::empty(
            if emulator.deployments().all.contains_key(&key) {
                StatusCode::NO_CONTENT
            } else {
                StatusCode::NOT_FOUND
            },
        )),
        (&Method::GET, None, _) => with(emulator, &key, name, |one| Ok(Answer::ok(&show(one)))),
        (&Method::GET, Some("operations"), None) => with(emulator, &key, name, |one| {
            Ok(Answer::ok(&json!({"value": one.operations})))
        }),
        (&Method::GET, Some("operationstatuses"), Some(_)) => with(emulator, &key, name, |one| {
            let mut status = json!({"status": one.progress.as_str()});
            if let Some(error) = one.error() {
                status["error"] = error;
            }
            Ok(Answer::ok(&status))
        }),
        (&Method::POST, Some("exporttemplate"), None) => with(emulator, &key, name, |one| {
            Ok(Answer::ok(&json!({"template": one.template})))
        }),
        (&Method::POST, Some("cancel"), None) => with(emulator, &key, name, |one| {
            if !one.progress.is_active() {
                return Err(answer::cannot_cancel(name, one.progress.as_str()));
            }
            one.cancel();
            Ok(Answer::empty(StatusCode::NO_CONTENT))
        }),
        (&Method::DELETE, None, _) => {
            with(emulator, &key, name, |one| {
                if one.progress.is_active() {
                    return Err(answer::deployment_active(name, &seven_digits(one.started)));
                }
                Ok(())
            })?;
            emulator.deployments().all.remove(&key);
            Ok(later(
                emulator,
                call,
                group.subscription,
                Answer::empty(StatusCode::NO_CONTENT),
            ))
        }
        (
            method,
            None | Some("validate" | "whatif" | "operations" | "exporttemplate" | "cancel"),
            None,
        ) => Err(answer::method_not_allowed(method.as_str())),
        _ => Err(answer::no_such_path(&call.path)),
    }
}

/// `GET …/operationresults/{id}`: 202 while it is put off, then the answer.
pub(crate) fn result(
    emulator: &Emulator,
    call: &Call,
    caller: &Caller,
    subscription_id: &str,
    id: &str,
) -> Result<Answer, ServiceError> {
    subscription(emulator, caller, subscription_id)?;
    let mut deployments = emulator.deployments();
    let pending = deployments
        .results
        .get_mut(id)
        .ok_or_else(|| answer::no_such_path(&call.path))?;
    if pending.waits == 0 {
        return Ok(pending.answer.clone());
    }
    pending.waits -= 1;
    Ok(put_off(call, subscription_id, id))
}

/// What a deployment is asked to do.
struct Sent {
    template: Value,
    parameters: Map<String, Value>,
    resources: Vec<Resource>,
    /// Whether a preview is to hold the resources, not only their ids.
    full: bool,
}

/// Reads and judges what was sent.
fn read(
    call: &Call,
    caller: &Caller,
    group: Group<'_>,
    name: &str,
    location: &str,
) -> Result<Sent, ServiceError> {
    let body = body(call)?;
    let properties = body
        .get("properties")
        .and_then(Value::as_object)
        .ok_or_else(|| {
            answer::invalid_content("Required property 'properties' not found in JSON. Path ''")
        })?;
    let text = |name: &str| properties.get(name).and_then(Value::as_str);
    match text("mode") {
        Some(mode) if mode.eq_ignore_ascii_case("Incremental") => {}
        Some(mode) if mode.eq_ignore_ascii_case("Complete") => {
            return Err(answer::not_served(
                "the deployment mode 'Complete', which deletes what the template does not name",
            ));
        }
        _ => {
            return Err(answer::invalid_content(
                "Required property 'mode' not found in JSON. Path 'properties'",
            ));
        }
    }
    for member in ["templateLink", "parametersLink", "onErrorDeployment"] {
        if properties.get(member).is_some_and(|value| !value.is_null()) {
            return Err(answer::not_served(&format!(
                "'{member}'; send template and parameters along"
            )));
        }
    }
    let template = properties.get("template").filter(|one| one.is_object());
    let template = template.ok_or_else(|| {
        answer::invalid_content("Required property 'template' not found in JSON. Path 'properties'")
    })?;
    let parameters = properties
        .get("parameters")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    let scope = Scope {
        subscription: group.subscription.to_owned(),
        tenant: caller.tenant.clone(),
        group: group.name.to_owned(),
        location: location.to_owned(),
        deployment: name.to_owned(),
        ..Scope::default()
    };
    let resources = template::resources(template, &parameters, scope)
        .map_err(|reason| answer::invalid_template(&reason))?;
    let format = properties
        .get("whatIfSettings")
        .and_then(|one| one.get("resultFormat"));
    Ok(Sent {
        template: template.clone(),
        parameters,
        resources,
        full: format.and_then(Value::as_str) != Some("ResourceIdOnly"),
    })
}

fn put(
    emulator: &Emulator,
    call: &Call,
    caller: &Caller,
    group: Group<'_>,
    name: &str,
    sent: Sent,
) -> Result<Answer, ServiceError> {
    let mut deployments = emulator.deployments();
    let key = key(group.subscription, group.name, name);
    let status = match deployments.all.get(&key) {
        Some(old) if old.progress.is_active() => {
            return Err(answer::deployment_active(name, &seven_digits(old.started)));
        }
        Some(_) => StatusCode::OK,
        None => StatusCode::CREATED,
    };
    let now = emulator.time.now();
    let deployment = Deployment::new(
        group.subscription,
        group.name,
        name,
        caller.clone(),
        sent.template,
        sent.parameters,
        sent.resources,
        now,
    );
    let url = format!(
        "{}{}/operationStatuses/{:020}?api-version={}",
        call.origin(),
        deployment.id(),
        now.as_microsecond(),
        call.api_version().unwrap_or_default()
    );
    let answer = Answer::json(status, &show(&deployment)).with("azure-asyncoperation", url);
    make_room(&mut deployments, group);
    deployments.all.insert(key, deployment);
    Ok(answer)
}

/// Forgets the oldest deployments of a group whose history is full.
fn make_room(deployments: &mut Deployments, group: Group<'_>) {
    loop {
        let of_group: Vec<(&String, &Deployment)> = deployments
            .all
            .iter()
            .filter(|(_, one)| is_of(one, group))
            .collect();
        if of_group.len() < KEPT {
            return;
        }
        let oldest = of_group
            .iter()
            .filter(|(_, one)| !one.progress.is_active())
            .min_by_key(|(_, one)| one.started);
        let Some(oldest) = oldest.map(|(key, _)| (*key).clone()) else {
            return;
        };
        deployments.all.remove(&oldest);
    }
}

fn is_of(deployment: &Deployment, group: Group<'_>) -> bool {
    deployment
        .subscription
        .eq_ignore_ascii_case(group.subscription)
        && deployment.group.eq_ignore_ascii_case(group.name)
}

fn list(emulator: &Emulator, group: Group<'_>) -> Answer {
    let deployments = emulator.deployments();
    let items: Vec<Value> = deployments
        .all
        .values()
        .filter(|one| is_of(one, group))
        .map(show)
        .collect();
    Answer::ok(&json!({"value": items}))
}

/// Does something with a deployment that has to be there.
fn with<T>(
    emulator: &Emulator,
    key: &str,
    name: &str,
    what: impl FnOnce(&mut Deployment) -> Result<T, ServiceError>,
) -> Result<T, ServiceError> {
    let mut deployments = emulator.deployments();
    what(
        deployments
            .all
            .get_mut(key)
            .ok_or_else(|| answer::deployment_not_found(name))?,
    )
}

/// Keeps an answer for later, and says where it will be.
fn later(emulator: &Emulator, call: &Call, subscription: &str, answer: Answer) -> Answer {
    let id = Uuid::new_v4().simple().to_string();
    let told = put_off(call, subscription, &id);
    emulator
        .deployments()
        .results
        .insert(id, Pending { waits: 1, answer });
    told
}

fn put_off(call: &Call, subscription: &str, id: &str) -> Answer {
    let url = format!(
        "{}/subscriptions/{subscription}/operationresults/{id}?api-version={}",
        call.origin(),
        call.api_version().unwrap_or_default()
    );
    Answer::empty(StatusCode::ACCEPTED)
        .with("location", url)
        .with("retry-after", "0")
}

/// Names: `^[-\w\._\(\)]+$`, up to 64 characters.
fn check_name(name: &str) -> Result<(), ServiceError> {
    let length = name.chars().count();
    if length > 64 {
        return Err(answer::deployment_name_length(name, length));
    }
    if name
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '(' | ')'))
    {
        return Ok(());
    }
    Err(answer::deployment_name_form(name))
}

fn validated(group: Group<'_>, name: &str, sent: &Sent) -> Value {
    let ids: Vec<Value> = sent
        .resources
        .iter()
        .map(|one| json!({"id": one.id}))
        .collect();
    json!({
        "id": format!("/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Resources/deployments/{name}", group.subscription, group.name),
        "name": name,
        "type": "Microsoft.Resources/deployments",
        "properties": {"mode": "Incremental", "provisioningState": "Succeeded", "validatedResources": ids},
    })
}

fn show(deployment: &Deployment) -> Value {
    let hash = Sha256::digest(deployment.template.to_string().as_bytes());
    let hash: String = hash.iter().take(8).map(ToString::to_string).collect();
    let parameters: Map<String, Value> = deployment
        .parameters
        .iter()
        .map(|(name, value)| {
            let about = deployment
                .template
                .get("parameters")
                .and_then(|all| all.get(name));
            let type_of = about
                .and_then(|one| one.get("type"))
                .and_then(Value::as_str)
                .unwrap_or_default();
            let mut type_of = type_of.to_owned();
            if let Some(first) = type_of.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            (
                name.clone(),
                json!({"type": type_of, "value": value.get("value")}),
            )
        })
        .collect();
    let mut properties = json!({
        "templateHash": hash,
        "parameters": parameters,
        "mode": "Incremental",
        "provisioningState": deployment.progress.as_str(),
        "timestamp": seven_digits(deployment.changed),
        "duration": deployment.changed.duration_since(deployment.started).to_string(),
        "correlationId": deployment.correlation,
        "providers": [],
        "dependencies": [],
    });
    if deployment.progress == Progress::Succeeded {
        let ids: Vec<Value> = deployment
            .resources
            .iter()
            .map(|one| json!({"id": one.id}))
            .collect();
        properties["outputResources"] = Value::Array(ids);
    }
    if let Some(error) = deployment.error() {
        properties["error"] = error;
    }
    json!({
        "id": deployment.id(),
        "name": deployment.name,
        "type": "Microsoft.Resources/deployments",
        "properties": properties,
    })
}

/// Where a group is: where its first workspace is.
fn location(emulator: &Emulator, group: Group<'_>) -> Option<String> {
    let state = emulator.state();
    state
        .workspaces
        .values()
        .map(|one| &one.facts)
        .find_map(|facts| {
            (facts.subscription.eq_ignore_ascii_case(group.subscription)
                && facts.resource_group.eq_ignore_ascii_case(group.name))
            .then(|| facts.location.clone())
        })
}
