//! What a YAML document is: an analytics rule, or one of the other things that live beside them.
//!
//! Nothing is judged here. A document that looks like a rule is a rule, however wrong; only what cannot be one
//! is skipped, with a reason that is shown.

use crate::rule::yaml::{Entry, Node, Value};

/// What a document turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// An analytics rule.
    Rule,
    /// Rules wrapped in a list, as `AzSentinel` writes them; the key that holds them.
    Wrapped(&'static str),
    /// A rule of a kind that cannot be deployed from a file.
    OtherKind(&'static str),
    /// A stub that stands where a rule was retired.
    Retired,
    /// Anything else, by its name.
    Other(&'static str),
}

/// Kinds of alert rule that the service makes itself; a file cannot bring them.
pub(crate) const SERVICE_KINDS: &[&str] = &[
    "Fusion",
    "MLBehaviorAnalytics",
    "MicrosoftSecurityIncidentCreation",
    "ThreatIntelligence",
    "Anomaly",
];

/// Keys that only an analytics rule has.
const RULE_KEYS: &[&str] = &[
    "queryFrequency",
    "queryPeriod",
    "triggerOperator",
    "triggerThreshold",
    "suppressionEnabled",
    "eventGroupingSettings",
    "incidentConfiguration",
    "alertDetailsOverride",
];

/// Keys of other content, each with what it is. The first that is present decides.
const OTHER_KEYS: &[(&str, &str)] = &[
    ("$schema", "ARM template"),
    ("contentVersion", "ARM template"),
    ("logsource", "Sigma rule"),
    ("correlation", "Sigma rule"),
    ("how_to_implement", "Splunk detection"),
    ("AnalysisType", "Panther detection"),
    ("risk_score", "Elastic rule"),
    ("ParserQuery", "parser"),
    ("ParserName", "parser"),
    ("FunctionQuery", "parser"),
    ("FunctionName", "parser"),
    ("functionAlias", "parser"),
    ("EquivalentBuiltInParser", "parser"),
    ("queryCondition", "Defender XDR detection"),
    ("detectionAction", "Defender XDR detection"),
    ("serializedData", "workbook"),
    ("workbookKey", "workbook metadata"),
    ("fallbackResourceIds", "workbook"),
    ("publisherId", "solution metadata"),
    ("offerId", "solution metadata"),
    ("BasePath", "solution metadata"),
    ("TemplateSpec", "solution metadata"),
    ("watchlistAlias", "watchlist"),
    ("triggeringLogic", "automation rule"),
    ("pollerConfig", "data connector"),
    ("connectorUiConfig", "data connector"),
    ("graphQueries", "data connector"),
    ("connectivityCriterias", "data connector"),
    ("analyticProfile", "summary rule"),
    ("binSize", "summary rule"),
    ("ruleDefinition", "summary rule"),
    ("triggers", "playbook"),
    ("jobs", "workflow"),
    ("runs", "action of a workflow"),
    ("pool", "pipeline"),
    ("stages", "pipeline"),
    ("steps", "pipeline"),
    ("services", "compose file"),
    ("cases", "rule test"),
    ("rows", "rule test"),
    ("repos", "pre-commit configuration"),
    ("openapi", "API description"),
    ("swagger", "API description"),
];

/// Keys that a retired stub keeps.
const STUB_KEYS: &[&str] = &[
    "id",
    "name",
    "description",
    "version",
    "tags",
    "severity",
    "status",
    "requiredDataConnectors",
    "tactics",
    "relevantTechniques",
    "metadata",
];

/// What a text without a document is.
pub(crate) fn nothing(text: &str, comments: bool) -> Content {
    if comments {
        Content::Other("only comments")
    } else if text.trim_start_matches('\u{feff}').trim().is_empty() {
        Content::Other("empty file")
    } else {
        Content::Other("empty document")
    }
}

/// The properties of a rule that is written as the service's API writes it, below `properties`.
pub(crate) fn properties(entries: &[Entry]) -> Option<&[Entry]> {
    let found = entries.iter().find(|entry| is(entry, "properties"))?;
    let Value::Mapping(inner) = &found.value.value else {
        return None;
    };
    let here = |key: &str| inner.iter().any(|entry| is(entry, key) && has_value(entry));
    let rule = here("query") && (here("severity") || RULE_KEYS.iter().any(|key| here(key)));
    (rule && !entries.iter().any(|entry| is(entry, "query"))).then_some(inner)
}

/// Whether an entry is of a key, in whatever case it is written.
fn is(entry: &Entry, key: &str) -> bool {
    entry.key.value.trim().eq_ignore_ascii_case(key)
}

fn has_value(entry: &Entry) -> bool {
    entry.value.value != Value::Null
}

/// Tells what a document is.
pub(crate) fn classify(root: &Node) -> Content {
    let Value::Mapping(entries) = &root.value else {
        return match &root.value {
            Value::Sequence(items) if items.iter().any(|i| classify(i) == Content::Rule) => {
                Content::Wrapped("")
            }
            Value::Sequence(_) => Content::Other("list"),
            _ => Content::Other("plain text"),
        };
    };
    let find = |key: &str| entries.iter().find(|entry| is(entry, key));
    let has = |key: &str| find(key).is_some_and(has_value);
    for wrapper in ["Scheduled", "NRT", "analytics", "rules", "value"] {
        if let Some(entry) = find(wrapper)
            && let Value::Sequence(items) = &entry.value.value
            && items.iter().any(|item| classify(item) == Content::Rule)
        {
            return Content::Wrapped(wrapper);
        }
    }
    if let Some(kind) = find("kind")
        && let Value::Scalar(kind, _) = &kind.value.value
    {
        let kind = kind.trim();
        let service = SERVICE_KINDS
            .iter()
            .find(|known| strsim::damerau_levenshtein(known, kind) <= 2);
        if let Some(known) = service {
            return Content::OtherKind(known);
        }
        let near = |known: &str| {
            strsim::damerau_levenshtein(&kind.to_ascii_lowercase(), &known.to_ascii_lowercase())
                <= 2
        };
        if near("Hunting") || near("HuntingQuery") {
            return Content::Other("hunting query");
        }
        if near("Parser") {
            return Content::Other("parser");
        }
        if near("Scheduled") || kind.eq_ignore_ascii_case("nrt") {
            return Content::Rule;
        }
    }
    if RULE_KEYS.iter().any(|key| has(key)) || properties(entries).is_some() {
        return Content::Rule;
    }
    if let Some((_, what)) = OTHER_KEYS.iter().find(|(key, _)| has(key)) {
        return Content::Other(what);
    }
    if has("query") {
        // A hunting query has neither severity nor schedule; with either, a rule was meant.
        return if has("severity") || has("kind") {
            Content::Rule
        } else if has("id") || has("tactics") || has("name") {
            Content::Other("hunting query")
        } else {
            Content::Other("query")
        };
    }
    let stub = |key: &str| {
        STUB_KEYS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(key.trim()))
    };
    if has("apiVersion") && has("kind") {
        return Content::Other("Kubernetes resource");
    }
    let retired = has("id")
        && (has("name") || has("description"))
        && entries.iter().all(|entry| stub(&entry.key.value));
    if retired {
        return Content::Retired;
    }
    if has("kind") && (has("id") || has("entityMappings")) {
        return Content::Rule;
    }
    Content::Other("YAML of another sort")
}
