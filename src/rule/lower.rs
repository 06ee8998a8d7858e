//! A tree to a typed [`Rule`], with everything that is wrong with it.
//!
//! Reading goes on after a fault, so that one run shows all of them. A rule that lacks what the service requires
//! is still given, with stand-ins at the place of the whole rule, so that the lints see the rest of it;
//! [`Lowered::usable`] tells that it must not be deployed.
//! Start at [`lower`]; one file below reads each group of fields.

mod alert;
mod entities;
mod extension;
mod form;
mod id;
mod mitre;
mod schedule;

pub(crate) use alert::DYNAMIC_PROPERTIES;

use std::path::Path;

use crate::diag::{Diagnostic, Edit, Fix, SourceId, Span, Spanned};
use crate::rule::classify::{self, Content, classify};
use crate::rule::codes;
use crate::rule::field::{DataConnector, Severity, Suppression, Tag};
use crate::rule::read::{Fields, Reader, first_line, list_of};
use crate::rule::yaml::{Entry, Node, Stream, Value};
use crate::rule::{Origin, Rule};

/// The keys of a rule, in the order they are written by `fmt`.
pub(crate) const KEYS: &[&str] = &[
    "id",
    "name",
    "version",
    "kind",
    "description",
    "severity",
    "enabled",
    "status",
    "requiredDataConnectors",
    "queryFrequency",
    "queryPeriod",
    "triggerOperator",
    "triggerThreshold",
    "startTimeUtc",
    "tactics",
    "relevantTechniques",
    "techniques",
    "subTechniques",
    "query",
    "entityMappings",
    "sentinelEntitiesMappings",
    "customDetails",
    "alertDetailsOverride",
    "eventGroupingSettings",
    "incidentConfiguration",
    "suppressionEnabled",
    "suppressionDuration",
    "alertRuleTemplateName",
    "tags",
    "metadata",
    "rulepost",
];

/// One rule as far as it could be understood.
#[derive(Debug, Clone)]
pub(crate) struct Lowered {
    /// The rule, with stand-ins where it could not be read.
    pub(crate) rule: Rule,
    /// Whether nothing that the service requires is missing.
    pub(crate) usable: bool,
}

/// A document that is no deployable rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NoRule {
    /// What it is instead.
    pub(crate) content: Content,
    /// Where it stands.
    pub(crate) span: Span,
}

/// Everything one file says.
#[derive(Debug, Default)]
pub(crate) struct File {
    /// Its rules.
    pub(crate) rules: Vec<Lowered>,
    /// Its other documents.
    pub(crate) skipped: Vec<NoRule>,
    /// What is wrong with it.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Understands every document of a file.
pub(crate) fn lower(source: SourceId, path: &Path, text: &str, stream: &Stream) -> File {
    let mut file = File::default();
    for document in &stream.documents {
        lower_document(source, path, text, document, &mut file);
    }
    if stream.documents.is_empty() && stream.problem.is_none() {
        file.skipped.push(NoRule {
            content: classify::nothing(text, !stream.comments.is_empty()),
            span: Span::new(source, 0, 0),
        });
    }
    for span in &stream.trailing_tabs {
        file.diagnostics.push(
            Diagnostic::new(
                &codes::TRAILING_TAB,
                *span,
                "a tab after a value, which other YAML readers refuse",
            )
            .fix(Fix {
                title: "remove it".to_owned(),
                edits: vec![Edit {
                    span: *span,
                    replacement: String::new(),
                }],
            }),
        );
    }
    file
}

fn lower_document(source: SourceId, path: &Path, text: &str, document: &Node, file: &mut File) {
    match classify(document) {
        Content::Rule => {
            let mut reader = Reader::new(path, text);
            duplicates(&mut reader, document);
            if let Some(rule) = lower_rule(&mut reader, source, document) {
                let usable = !reader.unusable;
                file.rules.push(Lowered { rule, usable });
            }
            file.diagnostics.append(&mut reader.diagnostics);
        }
        Content::Wrapped(key) => {
            let items = match &document.value {
                Value::Sequence(items) => Some(items),
                Value::Mapping(entries) => entries
                    .iter()
                    .find(|entry| entry.key.value.eq_ignore_ascii_case(key))
                    .and_then(|entry| match &entry.value.value {
                        Value::Sequence(items) => Some(items),
                        _ => None,
                    }),
                _ => None,
            };
            for item in items.into_iter().flatten() {
                lower_document(source, path, text, item, file);
            }
        }
        content => file.skipped.push(NoRule {
            content,
            span: first_line(text, document.span),
        }),
    }
}

/// Reports every key that stands twice in one mapping, anywhere in the tree.
fn duplicates(reader: &mut Reader<'_>, node: &Node) {
    match &node.value {
        Value::Sequence(items) => items.iter().for_each(|item| duplicates(reader, item)),
        Value::Mapping(entries) => {
            for (index, entry) in entries.iter().enumerate() {
                let earlier = |first: &&Entry| first.key.value == entry.key.value;
                if let Some(first) = entries[..index].iter().find(earlier) {
                    let message = format!("the key `{}` stands twice", entry.key.value);
                    reader.fail(
                        Diagnostic::new(&codes::DUPLICATE_KEY, entry.key.span, message)
                            .label("second time")
                            .also(first.key.span, "first time")
                            .help("one of the two values would be lost; keep one"),
                    );
                }
                duplicates(reader, &entry.value);
            }
        }
        Value::Null | Value::Scalar(..) => {}
    }
}

fn lower_rule(reader: &mut Reader<'_>, source: SourceId, node: &Node) -> Option<Rule> {
    let unwrapped = form::unwrap_resource(reader, node);
    let node = unwrapped.as_ref().unwrap_or(node);
    let renamed = form::rename_exported(node);
    let node = renamed.as_ref().unwrap_or(node);
    let fields = reader.fields(node, "the rule", KEYS)?;
    // Places where something is missing: the whole rule is too much to show.
    let here = first_line(reader.text, fields.span);
    let id = id::lower(reader, &fields, here);
    let name = required_text(reader, &fields, "name", here);
    let query = required_text(reader, &fields, "query", here)
        .map(|query| query.replace("\r\n", "\n").trim_end().to_owned());
    let severity = lower_severity(reader, &fields, here);
    let kind = schedule::lower(reader, &fields, here);
    tolerant(reader, |reader| without_effect(reader, &fields));
    Some(Rule {
        origin: Origin {
            path: reader.path.to_owned(),
            source,
            span: node.span,
        },
        id,
        name: name.map(|name| name.trim().to_owned()),
        kind,
        description: lower_description(reader, &fields),
        severity,
        enabled: reader.optional_bool(&fields, "enabled"),
        version: reader.optional_text(&fields, "version"),
        query,
        tactics: mitre::tactics(reader, &fields),
        techniques: mitre::techniques(reader, &fields),
        entity_mappings: entities::mappings(reader, &fields),
        sentinel_entities: entities::sentinel(reader, &fields),
        custom_details: alert::custom_details(reader, &fields),
        alert_details: alert::details_override(reader, &fields),
        event_grouping: alert::event_grouping(reader, &fields),
        incident: alert::incident(reader, &fields),
        suppression: Suppression {
            enabled: reader.optional_bool(&fields, "suppressionEnabled"),
            duration: reader.optional_duration(&fields, "suppressionDuration"),
        },
        template_name: reader.optional_text(&fields, "alertRuleTemplateName"),
        start_time: reader.optional_text(&fields, "startTimeUtc"),
        data_connectors: tolerant(reader, |reader| data_connectors(reader, &fields)),
        tags: tolerant(reader, |reader| tags(reader, &fields)),
        extension: extension::lower(reader, &fields),
    })
}

/// Reads what has no effect on the deployed rule: a fault there is a warning and never stops the rule.
fn tolerant<T>(reader: &mut Reader<'_>, read: impl FnOnce(&mut Reader<'_>) -> T) -> T {
    let (unusable, before) = (reader.unusable, reader.diagnostics.len());
    let value = read(reader);
    reader.unusable = unusable;
    for diagnostic in &mut reader.diagnostics[before..] {
        diagnostic.level = diagnostic.level.min(crate::diag::Level::Warning);
    }
    value
}

/// Keys that are kept and not read: only that they are of their type.
fn without_effect(reader: &mut Reader<'_>, fields: &Fields<'_>) {
    reader.optional_text(fields, "status");
    if let Some(node) = fields.get("metadata")
        && !matches!(node.value, Value::Mapping(_))
    {
        reader.wrong_type(node, "`metadata`", "a mapping");
    }
}

/// Reports that `key` is missing from the rule.
fn missing(reader: &mut Reader<'_>, key: &str, here: Span, help: &str) {
    let message = format!("the rule has no `{key}`");
    reader.fail(
        Diagnostic::new(&codes::MISSING_FIELD, here, message)
            .label("in this rule")
            .help(help),
    );
}

fn required_text(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    key: &'static str,
    here: Span,
) -> Spanned<String> {
    let text = reader.optional_text(fields, key);
    match text {
        Some(text) if !text.value.trim().is_empty() => text,
        Some(text) => {
            let message = format!("`{key}` is empty");
            reader.fail(
                Diagnostic::new(&codes::MISSING_FIELD, text.span, message)
                    .help(format!("`{key}` needs a text")),
            );
            text
        }
        None => {
            if fields.get(key).is_none() {
                missing(reader, key, here, &format!("`{key}` needs a text"));
            }
            Spanned::new(String::new(), here)
        }
    }
}

fn lower_severity(reader: &mut Reader<'_>, fields: &Fields<'_>, here: Span) -> Spanned<Severity> {
    let stand_in = Spanned::new(Severity::Medium, here);
    let names: Vec<&str> = Severity::ALL
        .iter()
        .map(|severity| severity.as_str())
        .collect();
    let Some(node) = fields.get("severity") else {
        missing(
            reader,
            "severity",
            here,
            &format!("accepted are {}", list_of(&names)),
        );
        return stand_in;
    };
    let severity = reader.word(
        node,
        &codes::INVALID_SEVERITY,
        "`severity`",
        Severity::ALL,
        Severity::as_str,
    );
    severity.unwrap_or(stand_in)
}

/// The text of a description: community files put quote marks inside the block, which are no part of it.
fn lower_description(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<Spanned<String>> {
    let text = reader.optional_text(fields, "description")?;
    let trimmed = text.value.trim_end();
    let stripped = match trimmed.chars().next() {
        Some(quote @ ('\'' | '"')) => {
            let inner = trimmed[1..].strip_suffix(quote);
            if inner.is_none() {
                let message =
                    format!("the description begins with `{quote}` and does not end with it");
                reader.report(
                    Diagnostic::new(
                        &codes::UNBALANCED_DESCRIPTION_QUOTE,
                        first_line(reader.text, text.span),
                        message,
                    )
                    .help("packaging tools drop the first and the last character of such a text"),
                );
            }
            inner.unwrap_or(trimmed)
        }
        _ => trimmed,
    };
    let stripped = stripped.replace("\r\n", "\n").trim().to_owned();
    (!stripped.is_empty()).then(|| Spanned::new(stripped, text.span))
}

fn data_connectors(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Vec<DataConnector> {
    let mut connectors = Vec::new();
    for item in reader.list(fields, "requiredDataConnectors") {
        if item.value == Value::Null {
            continue;
        }
        let what = "an item of `requiredDataConnectors`";
        let Some(item) = reader.fields(item, what, &["connectorId", "dataTypes"]) else {
            continue;
        };
        let data_types = reader.text_list(&item, "dataTypes");
        let ids = match item.get("connectorId").map(|node| &node.value) {
            Some(Value::Sequence(_)) => reader.text_list(&item, "connectorId"),
            Some(_) => reader
                .optional_text(&item, "connectorId")
                .into_iter()
                .collect(),
            None => Vec::new(),
        };
        connectors.extend(ids.into_iter().map(|id| DataConnector {
            id,
            data_types: data_types.clone(),
        }));
    }
    connectors
}

fn tags(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Vec<Tag> {
    let mut tags = Vec::new();
    for item in reader.list(fields, "tags") {
        match &item.value {
            Value::Null => {}
            Value::Mapping(entries) => {
                let pairs = entries.iter().map(|entry| {
                    let value = reader.text(&entry.value, "the value of a tag")?;
                    Some((entry.key.clone(), value))
                });
                tags.push(Tag::Map(pairs.flatten().collect()));
            }
            _ => tags.extend(reader.text(item, "a tag").map(Tag::Word)),
        }
    }
    tags
}

#[cfg(test)]
mod tests;
