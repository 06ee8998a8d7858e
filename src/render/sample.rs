//! Rules made by hand and at random, for the tests of this module and of `plan`.

use std::path::PathBuf;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::sample::subsequence;
use uuid::Uuid;

use crate::diag::SourceId;
use crate::diag::Span;
use crate::diag::Spanned;
use crate::duration::Duration;
use crate::mitre::Tactic;
use crate::mitre::TechniqueId;
use crate::rule::Extension;
use crate::rule::Origin;
use crate::rule::Rule;
use crate::rule::RuleId;
use crate::rule::RuleKind;
use crate::rule::Schedule;
use crate::rule::field::AggregationKind;
use crate::rule::field::AlertDetail;
use crate::rule::field::AlertDetailsOverride;
use crate::rule::field::EntityMapping;
use crate::rule::field::EntityType;
use crate::rule::field::FieldMapping;
use crate::rule::field::GroupingConfiguration;
use crate::rule::field::IncidentConfiguration;
use crate::rule::field::MatchingMethod;
use crate::rule::field::Severity;
use crate::rule::field::Suppression;
use crate::rule::field::TriggerOperator;

/// A span that points nowhere in particular.
pub(crate) fn span() -> Span {
    Span::new(SourceId(0), 0, 0)
}

/// A value at [`span`].
pub(crate) fn at<T>(value: T) -> Spanned<T> {
    Spanned::new(value, span())
}

/// The id `00000000-0000-0000-0000-0000NUMBER`.
pub(crate) fn id(number: u128) -> RuleId {
    RuleId(Uuid::from_u128(number))
}

/// A small scheduled rule.
pub(crate) fn scheduled(number: u128) -> Rule {
    Rule {
        origin: Origin {
            path: PathBuf::from(format!("rules/{number}.yaml")),
            source: SourceId(0),
            span: span(),
        },
        id: at(id(number)),
        name: at(format!("Rule {number}")),
        kind: at(RuleKind::Scheduled(Schedule {
            frequency: at(Duration::from_hours(1)),
            period: at(Duration::from_days(1)),
            trigger_operator: at(TriggerOperator::GreaterThan),
            trigger_threshold: at(0),
        })),
        description: Some(at("What it finds".to_owned())),
        severity: at(Severity::Medium),
        enabled: None,
        version: Some(at("1.0.0".to_owned())),
        query: at("StorageBlobLogs\n| where Protocol == \"SFTP\"".to_owned()),
        tactics: vec![at(Tactic::CredentialAccess)],
        techniques: vec![at(technique("T1110.003"))],
        entity_mappings: vec![EntityMapping {
            span: span(),
            entity_type: at(EntityType::Ip),
            fields: vec![FieldMapping {
                identifier: at("Address".to_owned()),
                column: at("CallerIpAddress".to_owned()),
            }],
        }],
        sentinel_entities: Vec::new(),
        custom_details: Vec::new(),
        alert_details: None,
        event_grouping: None,
        incident: None,
        suppression: Suppression::default(),
        template_name: None,
        start_time: None,
        data_connectors: Vec::new(),
        tags: Vec::new(),
        extension: Extension::default(),
    }
}

/// A small near-real-time rule.
pub(crate) fn nrt(number: u128) -> Rule {
    Rule {
        kind: at(RuleKind::Nrt),
        ..scheduled(number)
    }
}

/// A technique id, written well.
pub(crate) fn technique(text: &str) -> TechniqueId {
    text.parse().expect("a technique id")
}

/// Rules of every shape, with ids from 1 to `ids`.
pub(crate) fn any_rule(ids: u128) -> impl Strategy<Value = Rule> {
    let schedule = (1u64..48, 1u64..48, 0usize..4, 0i64..10_000);
    let kind = option::weighted(0.8, schedule).prop_map(|schedule| {
        schedule.map_or(RuleKind::Nrt, |(frequency, more, operator, threshold)| {
            RuleKind::Scheduled(Schedule {
                frequency: at(Duration::from_mins(frequency * 30)),
                period: at(Duration::from_mins((frequency + more) * 30)),
                trigger_operator: at(TriggerOperator::ALL[operator]),
                trigger_threshold: at(threshold),
            })
        })
    });
    let text = "[a-zA-Z \\[\\]\"'é\\\\]{1,20}";
    let mitre = (
        subsequence(Tactic::ALL.to_vec(), 0..4),
        subsequence(
            vec!["T1110", "T1110.003", "T1078", "T1078.004", "T1567.002"],
            0..4,
        )
        .prop_shuffle(),
    );
    let entities = vec(
        (
            select(EntityType::ALL),
            subsequence(vec!["Address", "Name", "FullName", "Sid"], 1..3).prop_shuffle(),
        ),
        0..3,
    );
    let details = vec(("[a-z]{1,6}", "[A-Z][a-z]{1,6}"), 0..3);
    let head = (1..=ids, kind, text, option::of(text), select(Severity::ALL));
    let switches = (
        option::of(any::<bool>()),
        option::of(any::<bool>()),
        option::of(1u64..24),
        option::of(select(AggregationKind::ALL)),
        option::of("[a-f0-9]{8}"),
    );
    let blocks = (option::of(any_details()), option::of(any_incident()));
    (head, mitre, entities, details, switches, blocks, query()).prop_map(
        |(
            (number, kind, name, description, severity),
            (tactics, techniques),
            entities,
            details,
            (enabled, suppressed, suppression, grouping, template),
            (alert_details, incident),
            query,
        )| Rule {
            kind: at(kind),
            name: at(name),
            description: description.map(at),
            severity: at(severity),
            enabled: enabled.map(at),
            query: at(query),
            tactics: tactics.into_iter().map(at).collect(),
            techniques: techniques
                .into_iter()
                .map(|text| at(technique(text)))
                .collect(),
            entity_mappings: entities
                .into_iter()
                .map(|(entity_type, identifiers)| EntityMapping {
                    span: span(),
                    entity_type: at(entity_type),
                    fields: identifiers
                        .into_iter()
                        .map(|identifier| FieldMapping {
                            identifier: at(identifier.to_owned()),
                            column: at(format!("Column{identifier}")),
                        })
                        .collect(),
                })
                .collect(),
            custom_details: details
                .into_iter()
                .map(|(key, column)| (at(key), at(column)))
                .collect(),
            alert_details,
            event_grouping: grouping.map(at),
            incident,
            suppression: Suppression {
                enabled: suppressed.map(at),
                duration: suppression.map(|hours| at(Duration::from_hours(hours))),
            },
            template_name: template.map(at),
            ..scheduled(number)
        },
    )
}

fn query() -> impl Strategy<Value = String> {
    vec(
        select(vec![
            "StorageBlobLogs",
            "| where OperationName == 'SftpWrite'",
            "| extend a = \"[x]\"",
            "",
            "  | take 1",
            "// é",
        ]),
        1..6,
    )
    .prop_map(|lines| format!("T{}", lines.join("\n").trim_end()))
}

fn any_details() -> impl Strategy<Value = AlertDetailsOverride> {
    let text = || option::of("[A-Z][a-z {}]{1,10}");
    let dynamic = vec(
        (
            select(vec!["AlertLink", "ProductName", "Techniques"]),
            "[A-Z][a-z]{2,5}",
        ),
        0..2,
    );
    (text(), text(), text(), text(), dynamic).prop_map(
        |(name, text, tactics, severity, dynamic)| AlertDetailsOverride {
            span: span(),
            display_name_format: name.map(at),
            description_format: text.map(at),
            tactics_column: tactics.map(at),
            severity_column: severity.map(at),
            dynamic_properties: dynamic
                .into_iter()
                .map(|(property, value)| (at(property.to_owned()), at(value)))
                .collect(),
        },
    )
}

fn any_incident() -> impl Strategy<Value = IncidentConfiguration> {
    let grouping = (
        any::<bool>(),
        any::<bool>(),
        1u64..168,
        select(MatchingMethod::ALL),
        subsequence(EntityType::ALL.to_vec(), 0..3).prop_shuffle(),
        subsequence(AlertDetail::ALL.to_vec(), 0..2),
        vec("[a-z]{1,4}", 0..2),
    )
        .prop_map(
            |(enabled, reopen, hours, matching, entities, details, custom)| GroupingConfiguration {
                span: span(),
                enabled: at(enabled),
                reopen_closed: at(reopen),
                lookback: at(Duration::from_hours(hours)),
                matching: at(matching),
                by_entities: entities.into_iter().map(at).collect(),
                by_alert_details: details.into_iter().map(at).collect(),
                by_custom_details: custom.into_iter().map(at).collect(),
            },
        );
    (any::<bool>(), option::of(grouping)).prop_map(|(create, grouping)| IncidentConfiguration {
        span: span(),
        create: at(create),
        grouping,
    })
}
