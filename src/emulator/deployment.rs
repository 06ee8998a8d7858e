//! Template deployments while they run.
//!
//! A deployment goes on by itself in Azure; here it is brought up to the present whenever somebody asks anything, so
//! that nothing needs to run beside the requests and a fixed clock gives fixed results. Each resource goes the way of
//! a plain `PUT` of its id, faults included, and takes as long as the faults say. A resource that fails stops those
//! that depend on it and no other. Deployments live in memory: they end with the process, as rules do not.

use std::collections::BTreeMap;

use bytes::Bytes;
use hyper::header::{HeaderValue, USER_AGENT};
use hyper::{HeaderMap, Method, Uri};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::emulator::Emulator;
use crate::emulator::answer::Answer;
use crate::emulator::auth::Caller;
use crate::emulator::call::Call;
use crate::emulator::faults::Fault;
use crate::emulator::router;
use crate::emulator::template::Resource;
use crate::emulator::time::seven_digits;

/// Deployments of all groups, and what is asked for by the URL of a result.
#[derive(Debug, Default)]
pub(crate) struct Deployments {
    /// By [`key`].
    pub(crate) all: BTreeMap<String, Deployment>,
    /// Answers that are asked for a second time before they are given, by the id in their URL.
    pub(crate) results: BTreeMap<String, Pending>,
}

/// An answer that is not given at once.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    /// Times that it is put off still.
    pub(crate) waits: u32,
    /// The answer.
    pub(crate) answer: Answer,
}

/// How far a deployment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    Accepted,
    Running,
    Succeeded,
    Failed,
    Canceled,
}

impl Progress {
    /// The word in `provisioningState`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "Accepted",
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Canceled => "Canceled",
        }
    }

    /// Whether it still goes on.
    pub(crate) fn is_active(self) -> bool {
        matches!(self, Self::Accepted | Self::Running)
    }
}

/// One deployment.
#[derive(Debug)]
pub(crate) struct Deployment {
    pub(crate) subscription: String,
    pub(crate) group: String,
    pub(crate) name: String,
    pub(crate) caller: Caller,
    /// The template as it was sent.
    pub(crate) template: Value,
    /// Values of the parameters as they were sent.
    pub(crate) parameters: Map<String, Value>,
    pub(crate) correlation: String,
    pub(crate) started: Timestamp,
    pub(crate) progress: Progress,
    /// When it was last brought on.
    pub(crate) changed: Timestamp,
    /// What was done, in the order it was done.
    pub(crate) operations: Vec<Value>,
    pub(crate) resources: Vec<Resource>,
    /// For each resource whether it is there; none while it is to come.
    done: Vec<Option<bool>>,
    /// What is done at the moment.
    current: Option<Current>,
}

/// A resource that is being deployed.
#[derive(Debug)]
struct Current {
    index: usize,
    fault: Option<Fault>,
    due: Timestamp,
    tries: u32,
}

/// How often a resource is sent when its provider is busy.
const TRIES: u32 = 5;

/// What the key of a deployment is made of, in any case.
pub(crate) fn key(subscription: &str, group: &str, name: &str) -> String {
    format!("{subscription}/{group}/{name}").to_lowercase()
}

impl Deployment {
    /// A deployment that was accepted.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a member of what was sent"
    )]
    pub(crate) fn new(
        subscription: &str,
        group: &str,
        name: &str,
        caller: Caller,
        template: Value,
        parameters: Map<String, Value>,
        resources: Vec<Resource>,
        now: Timestamp,
    ) -> Self {
        Self {
            subscription: subscription.to_owned(),
            group: group.to_owned(),
            name: name.to_owned(),
            caller,
            template,
            parameters,
            correlation: Uuid::new_v4().to_string(),
            started: now,
            progress: Progress::Accepted,
            changed: now,
            operations: Vec::new(),
            done: vec![None; resources.len()],
            resources,
            current: None,
        }
    }

    /// Its resource id.
    pub(crate) fn id(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Resources/deployments/{}",
            self.subscription, self.group, self.name
        )
    }

    /// Brings it up to the present.
    fn run(&mut self, emulator: &Emulator) {
        while self.progress.is_active() {
            self.progress = Progress::Running;
            let now = emulator.time.now();
            let Some(current) = self.current.take().or_else(|| self.next(emulator)) else {
                self.finish(emulator);
                return;
            };
            if now < current.due {
                self.current = Some(current);
                return;
            }
            self.deploy(emulator, &current);
        }
    }

    /// The next resource whose turn it is.
    fn next(&mut self, emulator: &Emulator) -> Option<Current> {
        loop {
            let state = |one: &usize| self.done.get(*one).copied().flatten();
            let open = |(index, _): &(usize, &Resource)| self.done.get(*index) == Some(&None);
            let (index, failed) =
                self.resources
                    .iter()
                    .enumerate()
                    .filter(open)
                    .find_map(|(index, resource)| {
                        let failed = resource.after.iter().any(|one| state(one) == Some(false));
                        let ready = resource.after.iter().all(|one| state(one) == Some(true));
                        (failed || ready).then_some((index, failed))
                    })?;
            if failed {
                self.settle(index, false);
                continue;
            }
            return Some(self.begin(emulator, index, self.changed, 1));
        }
    }

    fn settle(&mut self, index: usize, there: bool) {
        if let Some(done) = self.done.get_mut(index) {
            *done = Some(there);
        }
    }

    fn begin(&self, emulator: &Emulator, index: usize, from: Timestamp, tries: u32) -> Current {
        let path = self.resources.get(index).map_or("", |one| one.id.as_str());
        let struck = emulator
            .faults
            .lock()
            .expect("no holder of this lock panics")
            .strike("PUT", path);
        Current {
            index,
            fault: struck.fault,
            due: after(
                from,
                SignedDuration::from_millis(i64::try_from(struck.wait_ms).unwrap_or(i64::MAX)),
            ),
            tries,
        }
    }

    /// Sends one resource to its provider.
    fn deploy(&mut self, emulator: &Emulator, current: &Current) {
        let Some(resource) = self.resources.get(current.index) else {
            return;
        };
        let call = put(resource, false);
        let answer = router::within(emulator, &call, &self.caller, current.fault.as_ref());
        let busy = answer.status.as_u16() == 429 || answer.status.is_server_error();
        if busy && current.tries < TRIES {
            let wait = answer
                .headers
                .iter()
                .find(|(name, _)| *name == "retry-after")
                .and_then(|(_, value)| value.parse().ok())
                .map_or(SignedDuration::ZERO, SignedDuration::from_secs);
            let from = after(current.due, wait);
            self.current = Some(self.begin(emulator, current.index, from, current.tries + 1));
            return;
        }
        let there = answer.status.is_success();
        let operation = self.operation(resource, &answer, current.due);
        self.operations.push(operation);
        self.settle(current.index, there);
        self.changed = current.due;
    }

    fn operation(&self, resource: &Resource, answer: &Answer, at: Timestamp) -> Value {
        let reason = answer.status.canonical_reason().unwrap_or("Unknown");
        let code: String = reason.split(' ').collect();
        let mut properties = json!({
            "provisioningOperation": "Create",
            "provisioningState": if answer.status.is_success() { "Succeeded" } else { "Failed" },
            "timestamp": seven_digits(at),
            "duration": at.duration_since(self.changed).to_string(),
            "trackingId": Uuid::new_v4().to_string(),
            "statusCode": code,
            "targetResource": {
                "id": resource.id,
                "resourceType": resource.type_of,
                "resourceName": resource.name,
            },
        });
        if !answer.status.is_success() {
            let told: Value = serde_json::from_slice(&answer.body).unwrap_or_else(|_not_json| {
                json!({"error": {"code": code, "message": String::from_utf8_lossy(&answer.body)}})
            });
            properties["statusMessage"] = told;
        }
        self.listed(&properties)
    }

    fn listed(&self, properties: &Value) -> Value {
        let id = Uuid::new_v4().simple().to_string()[..16].to_uppercase();
        json!({
            "id": format!("{}/operations/{id}", self.id()),
            "operationId": id,
            "properties": properties,
        })
    }

    fn finish(&mut self, emulator: &Emulator) {
        self.current = None;
        if self.done.contains(&Some(false)) {
            self.progress = Progress::Failed;
            return;
        }
        self.progress = Progress::Succeeded;
        let outputs = json!({
            "provisioningOperation": "EvaluateDeploymentOutput",
            "provisioningState": "Succeeded",
            "timestamp": seven_digits(emulator.time.now()),
            "duration": "PT0S",
            "trackingId": Uuid::new_v4().to_string(),
            "statusCode": "OK",
        });
        let outputs = self.listed(&outputs);
        self.operations.push(outputs);
    }

    /// Stops it where it is.
    pub(crate) fn cancel(&mut self) {
        self.progress = Progress::Canceled;
        self.current = None;
    }

    /// What went wrong, as the deployment tells it.
    pub(crate) fn error(&self) -> Option<Value> {
        if self.progress != Progress::Failed {
            return None;
        }
        let details: Vec<Value> = self
            .operations
            .iter()
            .filter_map(|one| one.pointer("/properties"))
            .filter_map(|properties| {
                let told = properties.get("statusMessage")?;
                let message = format!("{told:#}").replace('\n', "\r\n");
                Some(json!({"code": properties.get("statusCode")?, "message": message}))
            })
            .collect();
        Some(json!({
            "code": "DeploymentFailed",
            "message": "At least one resource deployment operation failed. Please list deployment operations for details. Please see https://aka.ms/arm-deployment-operations for usage details.",
            "details": details,
        }))
    }
}

fn after(from: Timestamp, wait: SignedDuration) -> Timestamp {
    from.checked_add(wait).unwrap_or(from)
}

/// The request that Azure Resource Manager sends to the provider of a resource.
pub(crate) fn put(resource: &Resource, dry: bool) -> Call {
    let mut call = request(Method::PUT, resource);
    call.body = Bytes::from(resource.body.to_string());
    call.dry = dry;
    call
}

/// A request for a resource.
pub(crate) fn request(method: Method, resource: &Resource) -> Call {
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("api-version", &resource.api_version)
        .finish();
    // Names that are no part of a URL as they are stand encoded in it.
    let path: String = resource
        .id
        .split('/')
        .map(|segment| {
            url::form_urlencoded::byte_serialize(segment.as_bytes())
                .collect::<String>()
                .replace('+', "%20")
        })
        .collect::<Vec<_>>()
        .join("/");
    let uri: Uri = format!("{path}?{query}").parse().unwrap_or_default();
    let mut headers = HeaderMap::new();
    headers.insert(USER_AGENT, HeaderValue::from_static("AzureResourceManager"));
    Call::new(method, &uri, headers, Bytes::new(), "http")
}

/// Brings every deployment up to the present.
pub(crate) fn advance(emulator: &Emulator) {
    let mut deployments = emulator.deployments();
    for deployment in deployments.all.values_mut() {
        deployment.run(emulator);
    }
}
