//! What was found, in the service's words, as typed rules.
//!
//! Reading is lenient, since sources are older than the contract: numbers and booleans as texts, enums in any case,
//! durations in any spelling, members that versions before 2021 called otherwise. What is taken differently from
//! how it was written is noted, and so is every field that has no place in a file.

mod fields;

use std::collections::BTreeMap;
use std::path::PathBuf;

use uuid::Uuid;

use crate::diag::SourceId;
use crate::diag::Span;
use crate::diag::Spanned;
use crate::duration::Duration;
use crate::import::Found;
use crate::import::Imported;
use crate::import::Note;
use crate::import::Skipped;
use crate::import::Source;
use crate::import::expression::HOLE;
use crate::import::lift::fields::Fields;
use crate::rule::Extension;
use crate::rule::Origin;
use crate::rule::Rule;
use crate::rule::RuleId;
use crate::rule::RuleKind;
use crate::rule::Schedule;
use crate::rule::field::AggregationKind;
use crate::rule::field::EntityType;
use crate::rule::field::MatchingMethod;
use crate::rule::field::Severity;
use crate::rule::field::Suppression;
use crate::rule::field::TriggerOperator;

/// Namespace of the ids that are made from names: the name-based GUID of the address
/// `https://github.com/rulepost/rulepost/import`.
const NAMESPACE: Uuid = Uuid::from_u128(0x6a13_368f_7a26_5b12_bd90_b553_0bf7_bcd3);

/// `suppressionDuration` where a file is silent.
const SUPPRESSION_DURATION: Duration = Duration::from_hours(5);

/// Pairs a value with the place of a rule that has no text.
fn at<T>(value: T) -> Spanned<T> {
    Spanned::new(value, nowhere())
}

/// The place of what was never written in a file.
fn nowhere() -> Span {
    Span::new(SourceId(0), 0, 0)
}

/// Lifts everything that was found; then every id stands once.
pub(super) fn all(found: Vec<Found>, source: Source, out: &mut Imported) {
    for found in found {
        match one(&found, source, &mut out.notes) {
            Ok(rule) => out.rules.push(rule),
            Err(skipped) => out.skipped.push(skipped),
        }
    }
    distinct(out);
}

/// Gives every rule an id of its own: a rule that stands twice is kept once, another rule under the same id gets
/// an id made from its name.
pub(super) fn distinct(out: &mut Imported) {
    let mut seen: BTreeMap<RuleId, Rule> = BTreeMap::new();
    let mut kept = Vec::with_capacity(out.rules.len());
    for mut rule in std::mem::take(&mut out.rules) {
        let id = rule.id.value;
        if let Some(first) = seen.get(&id) {
            if *first == rule {
                out.skipped.push(Skipped {
                    name: rule.name.value,
                    reason: "the same rule stands a second time".to_owned(),
                });
                continue;
            }
            let mut round = 1_u32;
            while seen.contains_key(&rule.id.value) {
                rule.id.value = derived(&format!("{id}/{}/{round}", rule.name.value));
                round += 1;
            }
            out.notes.push(Note {
                rule: rule.name.value.clone(),
                field: "name".to_owned(),
                lost: false,
                message: format!(
                    "the id `{id}` is another rule's too; this one gets `{}`",
                    rule.id.value
                ),
            });
        }
        seen.insert(rule.id.value, rule.clone());
        kept.push(rule);
    }
    out.rules = kept;
}

/// An id that is the same at every import.
fn derived(name: &str) -> RuleId {
    RuleId(Uuid::new_v5(&NAMESPACE, name.to_lowercase().as_bytes()))
}

fn one(found: &Found, source: Source, notes: &mut Vec<Note>) -> Result<Rule, Skipped> {
    let mut fields = Fields::new(found);
    let name = fields
        .text("displayName")
        .map(|name| name.trim().to_owned());
    let shown = name
        .clone()
        .or_else(|| found.name.clone())
        .unwrap_or_else(|| found.place.clone());
    let skip = |reason: String| Skipped {
        name: shown.replace(HOLE, "…"),
        reason,
    };
    let kind = found.kind.as_deref().unwrap_or_default().to_lowercase();
    let nrt = match kind.as_str() {
        "scheduled" => false,
        "nrt" => true,
        "" if fields.has("queryFrequency") || fields.has("queryPeriod") => false,
        "" => {
            return Err(skip(
                "it has neither a kind nor a schedule, as a hunting query has".to_owned(),
            ));
        }
        _ => {
            return Err(skip(managed(found.kind.as_deref().unwrap_or_default())));
        }
    };
    let unknown = |field: &str| match found.missing.iter().find(|(path, _)| path == field) {
        Some((_, what)) => format!("`{field}` is not known: {what}"),
        None => format!("it has no `{field}`"),
    };
    let name = name
        .filter(|name| !name.is_empty())
        .ok_or_else(|| skip(unknown("displayName")))?;
    fields.rule.clone_from(&name);
    let query = fields
        .text("query")
        .map(|query| query.replace("\r\n", "\n").trim_end().to_owned())
        .filter(|query| !query.is_empty())
        .ok_or_else(|| skip(unknown("query")))?;
    let id = identity(&mut fields, found, source, &name).map_err(&skip)?;
    let severity = fields.word(
        "severity",
        Severity::parse_lenient,
        "one of Informational, Low, Medium and High",
    );
    let severity = severity.unwrap_or_else(|| {
        fields.changed("severity", "not given; `Medium` is written".to_owned());
        Severity::Medium
    });
    let kind = if nrt {
        for field in [
            "queryFrequency",
            "queryPeriod",
            "triggerOperator",
            "triggerThreshold",
        ] {
            fields.no_place(
                field,
                "near-real-time rules have no schedule and no trigger",
            );
        }
        RuleKind::Nrt
    } else {
        let (Some(frequency), Some(period)) = (
            fields.duration("queryFrequency"),
            fields.duration("queryPeriod"),
        ) else {
            let field = if fields.has("queryFrequency") {
                "queryPeriod"
            } else {
                "queryFrequency"
            };
            return Err(skip(unknown(field)));
        };
        let operator = fields.word(
            "triggerOperator",
            TriggerOperator::parse_either,
            "gt, lt, eq or ne",
        );
        let threshold = fields.integer("triggerThreshold");
        if operator.is_none() || threshold.is_none() {
            fields.changed(
                "triggerOperator",
                "trigger not given; `gt 0` is written where it lacks".to_owned(),
            );
        }
        RuleKind::Scheduled(Schedule {
            frequency: at(frequency),
            period: at(period),
            trigger_operator: at(operator.unwrap_or(TriggerOperator::GreaterThan)),
            trigger_threshold: at(threshold.unwrap_or(0)),
        })
    };
    let enabled = fields.boolean("enabled");
    let description = fields
        .text("description")
        .map(|text| text.replace("\r\n", "\n").trim().to_owned());
    let version = fields
        .text("templateVersion")
        .or_else(|| fields.text("version"))
        .or_else(|| version(found));
    let start_time = if nrt {
        None
    } else {
        fields.text("startTimeUtc")
    };
    let event_grouping = fields.nested("eventGroupingSettings", |grouping| {
        grouping.word(
            "aggregationKind",
            AggregationKind::parse_lenient,
            "SingleAlert or AlertPerResult",
        )
    });
    let mut rule = Rule {
        origin: Origin {
            path: PathBuf::new(),
            source: SourceId(0),
            span: nowhere(),
        },
        id: at(id),
        kind: at(kind),
        description: description.filter(|text| !text.trim().is_empty()).map(at),
        severity: at(severity),
        enabled: enabled.map(at),
        version: version.map(at),
        query: at(query),
        tactics: fields.tactics(),
        techniques: fields.techniques(),
        entity_mappings: fields.entity_mappings(),
        sentinel_entities: fields.sentinel_entities(),
        custom_details: fields.custom_details(),
        alert_details: fields.alert_details(),
        event_grouping: event_grouping.flatten().map(at),
        incident: fields.incident(),
        suppression: suppression(&mut fields),
        template_name: fields.text("alertRuleTemplateName").map(at),
        start_time: start_time.map(at),
        data_connectors: fields.data_connectors(),
        tags: fields.tags(),
        extension: Extension::default(),
        name: at(name),
    };
    inert_grouping(&mut rule, &mut fields);
    fields.rest();
    notes.append(&mut fields.notes);
    Ok(rule)
}

/// Mends grouping that has no effect as it stands and that the service refuses in a new rule: old portals wrote a
/// list of entity types beside every method, and left the method at `Selected` when grouping was switched off.
fn inert_grouping(rule: &mut Rule, fields: &mut Fields<'_>) {
    const FIELD: &str = "incidentConfiguration.groupingConfiguration";
    let mapped: Vec<EntityType> = rule
        .entity_mappings
        .iter()
        .map(|mapping| mapping.entity_type.value)
        .collect();
    let Some(grouping) = rule
        .incident
        .as_mut()
        .and_then(|incident| incident.grouping.as_mut())
    else {
        return;
    };
    let (enabled, method) = (grouping.enabled.value, grouping.matching.value);
    if enabled && method == MatchingMethod::Selected {
        return;
    }
    let (kept, dropped): (Vec<_>, Vec<_>) = grouping
        .by_entities
        .drain(..)
        .partition(|entity| mapped.contains(&entity.value));
    grouping.by_entities = kept;
    if !dropped.is_empty() {
        let dropped: Vec<String> = dropped
            .iter()
            .map(|entity| format!("`{}`", entity.value))
            .collect();
        let message = format!(
            "{} without a mapping and without effect; left out",
            dropped.join(", ")
        );
        fields.changed(&format!("{FIELD}.groupByEntities"), message);
    }
    let empty = grouping.by_entities.is_empty()
        && grouping.by_alert_details.is_empty()
        && grouping.by_custom_details.is_empty();
    if method == MatchingMethod::Selected && empty {
        grouping.matching.value = MatchingMethod::AllEntities;
        let message =
            "`Selected` with nothing selected, and grouping is off; written as `AllEntities`";
        fields.changed(&format!("{FIELD}.matchingMethod"), message.to_owned());
    }
}

/// Why a rule of another kind has no file.
pub(super) fn managed(kind: &str) -> String {
    format!("rules of kind `{kind}` have no file format; the service manages them")
}

/// The rule's id: the resource's name where it is a GUID, else one made from what names the rule.
fn identity(
    fields: &mut Fields<'_>,
    found: &Found,
    source: Source,
    name: &str,
) -> Result<RuleId, String> {
    let given = found
        .name
        .as_deref()
        .map(str::trim)
        .filter(|given| !given.is_empty());
    let Some(given) = given else {
        let id = derived(name);
        fields.changed(
            "name",
            format!("no id is given; `{id}` is made from the display name"),
        );
        return Ok(id);
    };
    if given.contains(HOLE) {
        let what = found
            .missing
            .iter()
            .find(|(path, _)| path == "name")
            .map(|(_, what)| what.as_str());
        let id = derived(name);
        let what = what.unwrap_or("it is not known");
        fields.changed(
            "name",
            format!("{what}; the id `{id}` is made from the display name"),
        );
        return Ok(id);
    }
    if given.len() == 36
        && let Ok(id) = Uuid::try_parse(given)
    {
        return Ok(RuleId(id));
    }
    if source == Source::Workspace {
        return Err(format!(
            "its name `{given}` is no GUID; a file would make a second rule of it"
        ));
    }
    let id = derived(given);
    fields.changed(
        "name",
        format!("`{given}` is no GUID; the id `{id}` is made from it"),
    );
    Ok(id)
}

/// The version of the package's entry, where it is one: three numbers.
fn version(found: &Found) -> Option<String> {
    let version = found.version.as_deref()?;
    let parts: Vec<&str> = version.split('.').collect();
    let numbers = parts
        .iter()
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    (parts.len() == 3 && numbers).then(|| version.to_owned())
}

/// Suppression; off with the portal's duration is what silence means.
fn suppression(fields: &mut Fields<'_>) -> Suppression {
    let enabled = fields.boolean("suppressionEnabled");
    let duration = fields.duration("suppressionDuration");
    if enabled != Some(true) && duration.is_none_or(|duration| duration == SUPPRESSION_DURATION) {
        return Suppression::default();
    }
    Suppression {
        enabled: enabled.map(at),
        duration: duration.map(at),
    }
}
