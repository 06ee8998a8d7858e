//! Functions of templates whose result does not depend on Azure.

use serde_json::Map;
use serde_json::Value as Json;
use serde_json::json;
use uuid::Uuid;

use crate::import::expression::HOLE;
use crate::import::expression::Missing;
use crate::import::expression::truth;

/// Namespace of the name-based GUIDs that `guid()` makes of its arguments joined by hyphens.
const GUID_NAMESPACE: Uuid = Uuid::from_u128(0x11fb_06fb_712d_4ddd_98c7_e71b_bd58_8830);

/// Calls a function by its lower-case name; `shown` is the name as written.
pub(super) fn call(name: &str, shown: &str, values: &[Json]) -> Result<Json, Missing> {
    let known_only = !matches!(name, "concat" | "format");
    if known_only && values.iter().any(holed) {
        return Err(format!("an argument of `{shown}()` is not known"));
    }
    match name {
        "true" => Ok(Json::Bool(true)),
        "false" => Ok(Json::Bool(false)),
        "null" => Ok(Json::Null),
        "concat" => Ok(concat(values)),
        "format" => format(values),
        "guid" => Ok(guid(values)),
        "tolower" => Ok(Json::String(text(values, 0)?.to_lowercase())),
        "toupper" => Ok(Json::String(text(values, 0)?.to_uppercase())),
        "trim" => Ok(Json::String(text(values, 0)?.trim().to_owned())),
        "string" => Ok(Json::String(words(at(values, 0)?))),
        "replace" => Ok(Json::String(
            text(values, 0)?.replace(&text(values, 1)?, &text(values, 2)?),
        )),
        "substring" => substring(values),
        "split" => split(values),
        "join" => {
            let items = at(values, 0)?.as_array().ok_or("`join()` takes a list")?;
            let words: Vec<String> = items.iter().map(words).collect();
            Ok(Json::String(words.join(&text(values, 1)?)))
        }
        "startswith" => Ok(Json::Bool(
            lower(values, 0)?.starts_with(&lower(values, 1)?),
        )),
        "endswith" => Ok(Json::Bool(lower(values, 0)?.ends_with(&lower(values, 1)?))),
        "contains" => contains(values),
        "int" => match at(values, 0)? {
            Json::Number(number) => Ok(Json::Number(number.clone())),
            other => words(other)
                .trim()
                .parse::<i64>()
                .map(Json::from)
                .ok()
                .ok_or_else(|| "`int()` takes a number".to_owned()),
        },
        "bool" => truth(at(values, 0)?).map(Json::Bool),
        "json" => serde_json::from_str(&text(values, 0)?)
            .map_err(|error| format!("`json()` was given no JSON: {error}")),
        "array" => Ok(match at(values, 0)? {
            Json::Array(items) => Json::Array(items.clone()),
            other => Json::Array(vec![other.clone()]),
        }),
        "createarray" => Ok(Json::Array(values.to_vec())),
        "createobject" => create_object(values),
        "first" => edge(values, |items| items.first(), |text| text.chars().next()),
        "last" => edge(
            values,
            |items| items.last(),
            |text| text.chars().next_back(),
        ),
        "length" => Ok(Json::from(length(at(values, 0)?))),
        "empty" => Ok(Json::Bool(length(at(values, 0)?) == 0)),
        "coalesce" => Ok(values
            .iter()
            .find(|value| !value.is_null())
            .cloned()
            .unwrap_or(Json::Null)),
        "union" => union(values),
        "take" | "skip" => take_skip(name == "take", values),
        "equals" => Ok(Json::Bool(equal(at(values, 0)?, at(values, 1)?))),
        "not" => Ok(Json::Bool(!truth(at(values, 0)?)?)),
        "and" => all(values, true),
        "or" => all(values, false),
        "greater" => compare(values, i64::gt),
        "greaterorequals" => compare(values, i64::ge),
        "less" => compare(values, i64::lt),
        "lessorequals" => compare(values, i64::le),
        "add" => arithmetic(values, i64::checked_add),
        "sub" => arithmetic(values, i64::checked_sub),
        "mul" => arithmetic(values, i64::checked_mul),
        "div" => arithmetic(values, i64::checked_div),
        "mod" => arithmetic(values, i64::checked_rem),
        "newguid" => Err("`newGuid()` makes another value at every deployment".to_owned()),
        "utcnow" => Err("`utcNow()` is another at every deployment".to_owned()),
        _ => Err(format!("`{shown}()` is known to Azure only")),
    }
}

/// What `environment()` gives in the public cloud.
/// Source: "ARM template functions, deployment functions" of the Azure documentation.
pub(super) fn public_cloud() -> Json {
    json!({
        "name": "AzureCloud",
        "gallery": "https://gallery.azure.com/",
        "graph": "https://graph.windows.net/",
        "portal": "https://portal.azure.com",
        "graphAudience": "https://graph.windows.net/",
        "activeDirectoryDataLake": "https://datalake.azure.net/",
        "batch": "https://batch.core.windows.net/",
        "media": "https://rest.media.azure.net",
        "sqlManagement": "https://management.core.windows.net:8443/",
        "resourceManager": "https://management.azure.com/",
        "authentication": {
            "loginEndpoint": "https://login.microsoftonline.com/",
            "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "suffixes": {
            "acrLoginServer": ".azurecr.io",
            "azureDatalakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
            "azureDatalakeStoreFileSystem": "azuredatalakestore.net",
            "azureFrontDoorEndpointSuffix": "azurefd.net",
            "keyvaultDns": ".vault.azure.net",
            "sqlServerHostname": ".database.windows.net",
            "storage": "core.windows.net",
        },
    })
}

fn at(values: &[Json], index: usize) -> Result<&Json, Missing> {
    values
        .get(index)
        .ok_or_else(|| "a function lacks an argument".to_owned())
}

/// An argument as text.
pub(super) fn text(values: &[Json], index: usize) -> Result<String, Missing> {
    match at(values, index)? {
        Json::String(text) => Ok(text.clone()),
        _ => Err("a function takes a text where it was given something else".to_owned()),
    }
}

fn lower(values: &[Json], index: usize) -> Result<String, Missing> {
    text(values, index).map(|text| text.to_lowercase())
}

fn integer(values: &[Json], index: usize) -> Result<i64, Missing> {
    at(values, index)?
        .as_i64()
        .ok_or_else(|| "a function takes a number where it was given something else".to_owned())
}

/// Whether something inside a value is missing.
fn holed(value: &Json) -> bool {
    match value {
        Json::String(text) => text.contains(HOLE),
        Json::Array(items) => items.iter().any(holed),
        Json::Object(members) => members.values().any(holed),
        _ => false,
    }
}

/// A value inside a text.
fn words(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Bool(true) => "True".to_owned(),
        Json::Bool(false) => "False".to_owned(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

fn concat(values: &[Json]) -> Json {
    if values.first().is_some_and(Json::is_array) {
        let mut joined = Vec::new();
        for value in values {
            match value {
                Json::Array(items) => joined.extend(items.iter().cloned()),
                other => joined.push(other.clone()),
            }
        }
        return Json::Array(joined);
    }
    Json::String(values.iter().map(words).collect())
}

/// `format('{0}/{1}', …)`; doubled braces are braces, what stands behind a colon is left aside.
fn format(values: &[Json]) -> Result<Json, Missing> {
    let pattern = text(values, 0)?;
    let mut result = String::new();
    let mut rest = pattern.as_str();
    while let Some(start) = rest.find(['{', '}']) {
        result.push_str(&rest[..start]);
        rest = &rest[start..];
        if rest.starts_with("{{") || rest.starts_with("}}") {
            result.push_str(&rest[..1]);
            rest = &rest[2..];
            continue;
        }
        let end = rest
            .find('}')
            .ok_or("`format()` was given a pattern with a brace that is not closed")?;
        let index = rest
            .get(1..end)
            .unwrap_or_default()
            .split([':', ','])
            .next()
            .unwrap_or_default();
        let index: usize = index
            .trim()
            .parse()
            .ok()
            .ok_or("`format()` was given a pattern it does not take")?;
        result.push_str(&words(at(values, index.saturating_add(1))?));
        rest = &rest[end + 1..];
    }
    result.push_str(rest);
    Ok(Json::String(result))
}

fn guid(values: &[Json]) -> Json {
    let name: Vec<String> = values.iter().map(words).collect();
    Json::String(Uuid::new_v5(&GUID_NAMESPACE, name.join("-").as_bytes()).to_string())
}

fn substring(values: &[Json]) -> Result<Json, Missing> {
    let (text, start) = (text(values, 0)?, integer(values, 1)?);
    let start = usize::try_from(start)
        .ok()
        .ok_or("`substring()` begins before the text")?;
    let length = match values.get(2) {
        Some(_) => usize::try_from(integer(values, 2)?)
            .ok()
            .ok_or("`substring()` has a negative length")?,
        None => usize::MAX,
    };
    Ok(Json::String(
        text.chars().skip(start).take(length).collect(),
    ))
}

fn split(values: &[Json]) -> Result<Json, Missing> {
    let text = text(values, 0)?;
    let separators: Vec<String> = match at(values, 1)? {
        Json::Array(items) => items.iter().map(words).collect(),
        other => vec![words(other)],
    };
    let mut parts = vec![text];
    for separator in separators.iter().filter(|separator| !separator.is_empty()) {
        parts = parts
            .iter()
            .flat_map(|part| part.split(separator.as_str()))
            .map(str::to_owned)
            .collect();
    }
    Ok(Json::from(parts))
}

fn contains(values: &[Json]) -> Result<Json, Missing> {
    let wanted = at(values, 1)?;
    Ok(Json::Bool(match at(values, 0)? {
        Json::String(text) => text.contains(&words(wanted)),
        Json::Array(items) => items.contains(wanted),
        Json::Object(members) => super::member(members, &words(wanted)).is_some(),
        _ => return Err("`contains()` takes a text, a list or a map".to_owned()),
    }))
}

fn create_object(values: &[Json]) -> Result<Json, Missing> {
    let mut object = Map::new();
    for pair in values.chunks(2) {
        let [Json::String(key), value] = pair else {
            return Err("`createObject()` takes pairs of a name and a value".to_owned());
        };
        object.insert(key.clone(), value.clone());
    }
    Ok(Json::Object(object))
}

fn edge(
    values: &[Json],
    item: impl Fn(&Vec<Json>) -> Option<&Json>,
    character: impl Fn(&str) -> Option<char>,
) -> Result<Json, Missing> {
    match at(values, 0)? {
        Json::Array(items) => Ok(item(items).cloned().unwrap_or(Json::Null)),
        Json::String(text) => Ok(Json::String(
            character(text).map(String::from).unwrap_or_default(),
        )),
        _ => Err("`first()` and `last()` take a list or a text".to_owned()),
    }
}

fn length(value: &Json) -> usize {
    match value {
        Json::String(text) => text.chars().count(),
        Json::Array(items) => items.len(),
        Json::Object(members) => members.len(),
        _ => 0,
    }
}

fn union(values: &[Json]) -> Result<Json, Missing> {
    if at(values, 0)?.is_object() {
        let mut joined = Map::new();
        for value in values {
            let members = value.as_object().ok_or("`union()` mixes lists and maps")?;
            joined.extend(
                members
                    .iter()
                    .map(|(key, value)| (key.clone(), value.clone())),
            );
        }
        return Ok(Json::Object(joined));
    }
    let mut joined: Vec<Json> = Vec::new();
    for value in values {
        for item in value.as_array().ok_or("`union()` mixes lists and maps")? {
            if !joined.contains(item) {
                joined.push(item.clone());
            }
        }
    }
    Ok(Json::Array(joined))
}

fn take_skip(take: bool, values: &[Json]) -> Result<Json, Missing> {
    let count = usize::try_from(integer(values, 1)?).unwrap_or(0);
    match at(values, 0)? {
        Json::Array(items) if take => Ok(items.iter().take(count).cloned().collect()),
        Json::Array(items) => Ok(items.iter().skip(count).cloned().collect()),
        Json::String(text) if take => Ok(Json::String(text.chars().take(count).collect())),
        Json::String(text) => Ok(Json::String(text.chars().skip(count).collect())),
        _ => Err("`take()` and `skip()` take a list or a text".to_owned()),
    }
}

fn equal(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::String(left), Json::String(right)) => left.eq_ignore_ascii_case(right),
        (left, right) => left == right,
    }
}

fn all(values: &[Json], want_all: bool) -> Result<Json, Missing> {
    for value in values {
        if truth(value)? != want_all {
            return Ok(Json::Bool(!want_all));
        }
    }
    Ok(Json::Bool(want_all))
}

fn compare(values: &[Json], holds: fn(&i64, &i64) -> bool) -> Result<Json, Missing> {
    Ok(Json::Bool(holds(
        &integer(values, 0)?,
        &integer(values, 1)?,
    )))
}

fn arithmetic(values: &[Json], step: fn(i64, i64) -> Option<i64>) -> Result<Json, Missing> {
    step(integer(values, 0)?, integer(values, 1)?)
        .map(Json::from)
        .ok_or_else(|| "a calculation has no result".to_owned())
}
