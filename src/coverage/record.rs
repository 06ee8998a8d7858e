//! A rule as the formats show it; a struct of its own, so that the typed rule can change without the JSON form.

use serde::Serialize;

use crate::rule::Rule;
use crate::rule::RuleKind;
use crate::rule::field::Tag;

/// Where a rule stands when files are compared with a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// In the files and in the workspace.
    Deployed,
    /// In the files only.
    Pending,
    /// In the workspace only.
    Foreign,
}

/// A parameter of a rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ParameterRecord {
    /// Its KQL name.
    pub(crate) name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// Its value when no target overrides it.
    pub(crate) default: serde_json::Value,
    /// What it is for.
    pub(crate) description: String,
}

/// One rule.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    /// The GUID, or the name of a live rule that has none.
    pub(crate) id: String,
    /// Display name.
    pub(crate) name: String,
    /// Path of the file; empty for a rule that is only live.
    pub(crate) file: String,
    /// `Scheduled`, `NRT`, or the kind of a live rule that files cannot carry.
    pub(crate) kind: String,
    /// Severity.
    pub(crate) severity: String,
    /// Whether it is on, or will be once deployed.
    pub(crate) enabled: bool,
    /// Where it stands, when a workspace was compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<State>,
    /// What it finds.
    pub(crate) description: String,
    /// `every 1h over 2h`; empty for rules without a schedule.
    pub(crate) schedule: String,
    /// Tactics, in the API's spelling.
    pub(crate) tactics: Vec<String>,
    /// Techniques and sub-techniques.
    pub(crate) techniques: Vec<String>,
    /// Techniques of the rule that belong to none of its tactics, and so have no place in the matrix.
    pub(crate) unplaced: Vec<String>,
    /// Tags; a map is written `key: value`.
    pub(crate) tags: Vec<String>,
    /// Tables of the connectors it needs.
    pub(crate) tables: Vec<String>,
    /// Entities: `IP (Address = SourceIp)`.
    pub(crate) entities: Vec<String>,
    /// The query as written.
    pub(crate) query: String,
    /// Its parameters.
    pub(crate) parameters: Vec<ParameterRecord>,
    /// Links.
    pub(crate) references: Vec<String>,
    /// What else looks like it.
    pub(crate) false_positives: Vec<String>,
    /// What to do when it fires.
    pub(crate) response: Vec<String>,
    /// Why frequency and period are what they are.
    pub(crate) window: String,
    /// What it assumes or cannot see.
    pub(crate) caveats: Vec<String>,
}

/// The record of a rule that stands in a file. A file that is silent about `enabled` makes a rule that is on.
pub(super) fn of_file(rule: &Rule) -> Record {
    let extension = &rule.extension;
    let texts = |list: &[crate::diag::Spanned<String>]| {
        list.iter()
            .map(|text| text.value.clone())
            .collect::<Vec<_>>()
    };
    let mut tables: Vec<String> = rule
        .data_connectors
        .iter()
        .flat_map(|connector| texts(&connector.data_types))
        .collect();
    tables.dedup();
    Record {
        id: rule.id.value.to_string(),
        name: rule.name.value.clone(),
        file: rule.origin.path.to_string_lossy().replace('\\', "/"),
        kind: rule.kind.value.as_str().to_owned(),
        severity: rule.severity.value.to_string(),
        enabled: rule.enabled.as_ref().is_none_or(|enabled| enabled.value),
        state: None,
        description: rule
            .description
            .as_ref()
            .map_or_else(String::new, |text| text.value.clone()),
        schedule: match &rule.kind.value {
            RuleKind::Scheduled(schedule) => format!(
                "every {} over {}",
                schedule.frequency.value.to_short(),
                schedule.period.value.to_short()
            ),
            RuleKind::Nrt => "near real time".to_owned(),
        },
        tactics: rule
            .tactics
            .iter()
            .map(|tactic| tactic.value.to_string())
            .collect(),
        techniques: rule
            .techniques
            .iter()
            .map(|id| id.value.to_string())
            .collect(),
        unplaced: Vec::new(),
        tags: rule.tags.iter().flat_map(tags).collect(),
        tables,
        entities: rule.entity_mappings.iter().map(entity).collect(),
        query: rule.query.value.clone(),
        parameters: extension.parameters.iter().map(parameter).collect(),
        references: texts(&extension.references),
        false_positives: texts(&extension.false_positives),
        response: texts(&extension.response),
        window: extension
            .window
            .as_ref()
            .map_or_else(String::new, |text| text.value.clone()),
        caveats: texts(&extension.caveats),
    }
}

fn tags(tag: &Tag) -> Vec<String> {
    match tag {
        Tag::Word(word) => vec![word.value.clone()],
        Tag::Map(pairs) => pairs
            .iter()
            .map(|(key, value)| format!("{}: {}", key.value, value.value))
            .collect(),
    }
}

fn entity(mapping: &crate::rule::field::EntityMapping) -> String {
    let fields: Vec<String> = mapping
        .fields
        .iter()
        .map(|field| format!("{} = {}", field.identifier.value, field.column.value))
        .collect();
    format!("{} ({})", mapping.entity_type.value, fields.join(", "))
}

fn parameter(parameter: &crate::rule::field::Parameter) -> ParameterRecord {
    ParameterRecord {
        name: parameter.name.value.clone(),
        kind: parameter.kind.value.to_string(),
        default: parameter.default.value.clone(),
        description: parameter
            .description
            .as_ref()
            .map_or_else(String::new, |text| text.value.clone()),
    }
}
