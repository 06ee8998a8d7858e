//! Rules that live elsewhere, as rules: ARM templates, what the service returns, and the files of older tools.
//!
//! A text is read to JSON, the rules in it are found whatever the shape around them ([`shape`], [`template`]), and
//! each is *lifted* from the service's words to a typed [`Rule`] ([`lift`]). What cannot be carried is a [`Note`] per
//! field, a rule that cannot be carried at all is [`Skipped`]; nothing is lost in silence.
//! Nothing here reads or writes files. Start at [`text`].

pub(crate) mod expression;
mod json;
mod lift;
pub(crate) mod names;
mod shape;
mod template;
#[cfg(test)]
mod tests;
mod yaml;

use std::collections::BTreeMap;

use serde_json::Map;
use serde_json::Value as Json;

use crate::api::lenient::ListedRule;
use crate::rule::Rule;

/// How much of the source a file keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A file: everything it says is kept.
    File,
    /// A workspace: a rule whose name is no GUID is left where it is, since a file would make a second one of it.
    Workspace,
}

/// A rule as it was found, before it is understood.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    /// Where: a JSON path, or the name of the resource.
    pub(crate) place: String,
    /// The resource's name, which is the rule's id; may hold [`expression::HOLE`].
    pub(crate) name: Option<String>,
    /// The kind, if it is said.
    pub(crate) kind: Option<String>,
    /// The rule's properties, expressions evaluated.
    pub(crate) properties: Map<String, Json>,
    /// Fields whose value only a deployment knows, with what is missing.
    pub(crate) missing: Vec<(String, String)>,
    /// The version of the package's entry for this rule.
    pub(crate) version: Option<String>,
}

/// Something about a field that the file does not say as the source did.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Note {
    /// Name of the rule.
    pub(crate) rule: String,
    /// Path of the field in the source.
    pub(crate) field: String,
    /// Whether its content is gone.
    pub(crate) lost: bool,
    /// What became of it.
    pub(crate) message: String,
}

/// A rule that has no file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Skipped {
    /// Its display name, or where it stands.
    pub(crate) name: String,
    /// Why.
    pub(crate) reason: String,
}

/// Everything that one source gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Imported {
    /// The rules, in the order of the source.
    pub(crate) rules: Vec<Rule>,
    /// What is said differently or not at all.
    pub(crate) notes: Vec<Note>,
    /// What has no file.
    pub(crate) skipped: Vec<Skipped>,
}

/// A text that is not what an import takes.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No JSON.
    #[error("not readable as JSON: {0}")]
    Json(#[source] serde_json::Error),
    /// No YAML.
    #[error("not readable as YAML, line {line}: {message}")]
    Yaml {
        /// Where it stops, from one.
        line: usize,
        /// What the reader says.
        message: String,
    },
}

/// Reads the rules of a JSON or YAML text. `parameters` are values for the parameters of a template; `stem`, the
/// file's name without its ending, is the id of a single rule that has none inside.
pub(crate) fn text(
    text: &str,
    stem: &str,
    parameters: &Map<String, Json>,
) -> Result<Imported, Error> {
    let text = text.trim_start_matches('\u{FEFF}');
    let values = if text.trim_start().starts_with(['{', '[', '/']) {
        vec![json::parse(text).map_err(Error::Json)?]
    } else {
        yaml::parse(text)?
    };
    let mut imported = Imported::default();
    let mut found = Vec::new();
    for value in &values {
        shape::find(value, parameters, &mut found, &mut imported);
    }
    if let [single] = found.as_mut_slice()
        && single.name.is_none()
        && uuid::Uuid::try_parse(stem).is_ok()
    {
        single.name = Some(stem.to_owned());
    }
    finish(found, Source::File, &mut imported);
    Ok(imported)
}

/// What is known of a live rule from the mark beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// The version its file had.
    pub(crate) version: Option<String>,
    /// The id its file has, which is another than the rule's name when a rule made by hand was taken over.
    pub(crate) content_id: Option<String>,
    /// Whether its file said `enabled`.
    pub(crate) enabled: bool,
}

/// Reads the rules of a workspace, as the service lists them; `known` is by the rules' names in lower case.
pub(crate) fn workspace(listed: &[ListedRule], known: &BTreeMap<String, Known>) -> Imported {
    let mut imported = Imported::default();
    let mut found = Vec::new();
    for item in listed {
        match item {
            ListedRule::Rule(rule) => {
                let properties = serde_json::to_value(&rule.properties)
                    .expect("texts, numbers and maps with text keys are JSON");
                let known = known
                    .get(&rule.name.to_lowercase())
                    .cloned()
                    .unwrap_or_default();
                let id = known
                    .content_id
                    .filter(|id| uuid::Uuid::try_parse(id).is_ok());
                let mut properties = properties.as_object().cloned().unwrap_or_default();
                // A silent file respects what people do in the portal, and a new rule is enabled anyway.
                if !known.enabled && properties.get("enabled") == Some(&Json::Bool(true)) {
                    properties.remove("enabled");
                }
                found.push(Found {
                    place: rule.name.clone(),
                    name: Some(id.unwrap_or_else(|| rule.name.clone())),
                    kind: Some(rule.kind.clone()),
                    properties,
                    missing: Vec::new(),
                    version: known.version,
                });
            }
            ListedRule::Other(other) => {
                let name = other.display_name.as_ref().or(other.name.as_ref());
                let kind = other.kind.as_deref().unwrap_or_default();
                imported.skipped.push(Skipped {
                    name: name
                        .cloned()
                        .unwrap_or_else(|| "a rule without a name".to_owned()),
                    reason: match &other.reason {
                        Some(reason) => format!("it cannot be understood: {reason}"),
                        None => lift::managed(kind),
                    },
                });
            }
        }
    }
    finish(found, Source::Workspace, &mut imported);
    imported
}

/// Joins what several files gave.
pub(crate) fn join(parts: impl IntoIterator<Item = Imported>) -> Imported {
    let mut joined = Imported::default();
    for mut part in parts {
        joined.rules.append(&mut part.rules);
        joined.notes.append(&mut part.notes);
        joined.skipped.append(&mut part.skipped);
    }
    lift::distinct(&mut joined);
    joined
}

fn finish(found: Vec<Found>, source: Source, imported: &mut Imported) {
    lift::all(found, source, imported);
    imported.notes.sort();
    imported.notes.dedup();
}

/// Reads the values of a deployment parameters file.
pub(crate) fn parameters(text: &str) -> Result<Map<String, Json>, Error> {
    let value = json::parse(text).map_err(Error::Json)?;
    let object = value.as_object().cloned().unwrap_or_default();
    let members = match expression::member(&object, "parameters").and_then(Json::as_object) {
        Some(members) => members.clone(),
        None => object,
    };
    let values = members.into_iter().map(|(name, entry)| {
        let value = entry
            .as_object()
            .and_then(|entry| expression::member(entry, "value"))
            .cloned();
        (name, value.unwrap_or(entry))
    });
    Ok(values.collect())
}
