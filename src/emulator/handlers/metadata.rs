//! `metadata`: where content of a workspace comes from.

use hyper::StatusCode;
use serde_json::{Map, Value, json};

use crate::emulator::answer::{self, Answer, ServiceError};
use crate::emulator::fill::system_data;
use crate::emulator::handlers::{Asked, page};
use crate::emulator::reader::Reader;
use crate::emulator::state::{Facts, Slot, Stored, new_etag};
use crate::emulator::store::Shelf;
use crate::emulator::version::Version;

const READ: &str = "Microsoft.SecurityInsights/metadata/read";
const WRITE: &str = "Microsoft.SecurityInsights/metadata/write";
const DELETE: &str = "Microsoft.SecurityInsights/metadata/delete";

/// Members of `properties`, as the service definition has them.
const KNOWN: &[&str] = &[
    "author",
    "categories",
    "contentId",
    "contentSchemaVersion",
    "customVersion",
    "dependencies",
    "firstPublishDate",
    "icon",
    "kind",
    "lastPublishDate",
    "parentId",
    "previewImages",
    "previewImagesDark",
    "providers",
    "source",
    "support",
    "threatAnalysisTactics",
    "threatAnalysisTechniques",
    "version",
];

const KINDS: &[&str] = &[
    "AnalyticsRule",
    "AnalyticsRuleTemplate",
    "AutomationRule",
    "AzureFunction",
    "DataConnector",
    "DataType",
    "HuntingQuery",
    "InvestigationQuery",
    "LogicAppsCustomConnector",
    "Parser",
    "Playbook",
    "PlaybookTemplate",
    "Solution",
    "Watchlist",
    "WatchlistTemplate",
    "Workbook",
    "WorkbookTemplate",
];

const SOURCES: &[&str] = &[
    "Community",
    "LocalWorkspace",
    "Solution",
    "SourceRepository",
];

fn show(facts: &Facts, stored: &Stored) -> Value {
    json!({
        "id": format!("{}/{}", facts.id().metadata_list(), stored.name),
        "name": stored.name,
        "type": "Microsoft.SecurityInsights/metadata",
        "etag": stored.etag,
        "systemData": system_data(&stored.created, &stored.modified),
        "properties": stored.properties,
    })
}

/// `GET …/metadata`.
pub(crate) fn list(asked: Asked<'_>) -> Result<Answer, ServiceError> {
    let mut state = asked.emulator.state();
    let workspace = asked.onboarded(&mut state, READ)?;
    Version::of(asked.call)?;
    Ok(page(asked, &workspace.metadata, |slot| {
        Some(show(&workspace.facts, slot.live()?))
    }))
}

/// `GET …/metadata/{name}`.
pub(crate) fn get(asked: Asked<'_>, name: &str) -> Result<Answer, ServiceError> {
    let mut state = asked.emulator.state();
    let workspace = asked.onboarded(&mut state, READ)?;
    Version::of(asked.call)?;
    let stored = workspace
        .metadata
        .get(&name.to_lowercase())
        .and_then(Slot::live)
        .ok_or_else(|| answer::not_found("Metadata", name))?;
    Ok(Answer::ok(&show(&workspace.facts, stored)))
}

/// `PUT …/metadata/{name}`.
pub(crate) fn put(asked: Asked<'_>, name: &str) -> Result<Answer, ServiceError> {
    let mut state = asked.emulator.state();
    let workspace = asked.onboarded(&mut state, WRITE)?;
    Version::of(asked.call)?;
    let body = asked.body()?;
    let (etag, properties) = judge(&body, asked.emulator.loose)?;
    let key = name.to_lowercase();
    let touch = asked.touch();
    let stale = || answer::newer_resource("metadata", name, &workspace.facts.customer_id);
    let (status, created, name) = match workspace.metadata.get(&key).and_then(Slot::live) {
        Some(old) if etag.is_some_and(|etag| etag != old.etag) => return Err(stale()),
        Some(old) => (StatusCode::OK, old.created.clone(), old.name.clone()),
        None if etag.is_some() => return Err(stale()),
        None => (StatusCode::CREATED, touch.clone(), name.to_owned()),
    };
    let stored = Stored {
        name,
        etag: new_etag(touch.at),
        kind: None,
        properties,
        created,
        modified: touch,
    };
    let answer = Answer::json(status, &show(&workspace.facts, &stored));
    if asked.call.dry {
        return Ok(answer);
    }
    let slot = Slot::Live(Box::new(stored));
    asked.keep(Shelf::Metadata, &key, Some(&slot))?;
    workspace.metadata.insert(key, slot);
    Ok(answer)
}

/// Judges a body: its tag, and its properties without nulls.
fn judge(body: &Value, loose: bool) -> Result<(Option<&str>, Map<String, Value>), ServiceError> {
    let root = Reader::of(body, "")?;
    let etag = root.text("etag")?;
    let properties = root.required("properties", root.object("properties")?)?;
    if !loose {
        let known = ["etag", "properties", "id", "name", "type", "systemData"];
        root.only("MetadataModel", &known)?;
        properties.only("MetadataProperties", KNOWN)?;
    }
    properties.required("parentId", properties.text("parentId")?)?;
    properties.required("kind", properties.one_of("kind", "Kind", KINDS)?)?;
    for name in [
        "contentId",
        "version",
        "customVersion",
        "contentSchemaVersion",
        "icon",
    ] {
        properties.text(name)?;
    }
    if let Some(source) = properties.object("source")? {
        source.required("kind", source.one_of("kind", "SourceKind", SOURCES)?)?;
        for name in ["name", "sourceId"] {
            source.text(name)?;
        }
    }
    let kept = properties
        .members()
        .filter(|(name, _)| KNOWN.contains(name))
        .map(|(name, value)| (name.to_owned(), value.clone()));
    Ok((etag, kept.collect()))
}

/// `DELETE …/metadata/{name}`.
pub(crate) fn delete(asked: Asked<'_>, name: &str) -> Result<Answer, ServiceError> {
    let mut state = asked.emulator.state();
    let workspace = asked.onboarded(&mut state, DELETE)?;
    Version::of(asked.call)?;
    let key = name.to_lowercase();
    if !workspace.metadata.contains_key(&key) {
        return Ok(Answer::empty(StatusCode::NO_CONTENT));
    }
    asked.keep(Shelf::Metadata, &key, None)?;
    workspace.metadata.remove(&key);
    Ok(Answer::ok(&json!({})))
}
