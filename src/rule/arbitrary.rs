//! Rules made up by property tests.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use uuid::Uuid;

use crate::diag::{SourceId, Span, Spanned};
use crate::duration::Duration;
use crate::mitre::{self, Tactic};
use crate::rule::entity;
use crate::rule::field::{
    AggregationKind, AlertDetail, AlertDetailsOverride, DataConnector, EntityMapping, EntityType,
    FieldMapping, GroupingConfiguration, IncidentConfiguration, MatchingMethod, Parameter,
    ParameterType, Severity, Suppression, Tag, TriggerOperator,
};
use crate::rule::{Extension, Origin, Rule, RuleId, RuleKind, Schedule};

/// The place of everything that is made up.
pub(crate) fn nowhere() -> Span {
    Span::new(SourceId(0), 0, 0)
}

fn at<T>(value: T) -> Spanned<T> {
    Spanned::new(value, nowhere())
}

/// One line that means something else to YAML than to people, or nothing special at all.
fn line() -> impl Strategy<Value = String> {
    let odd = select(vec![
        "yes",
        "null",
        "~",
        "1.10",
        "0x1f",
        "2024-01-01",
        "1:30",
        "- item",
        "a: b",
        "a #b",
        "'a'",
        "\"a\"",
        "{{A}}",
        "[x]",
        "*a",
        "&a",
        "!a",
        "| a",
        "> a",
        "%a",
        "@a",
        "`a`",
        "a:",
        "#",
        "...",
        "---",
        "é “x” 漢字",
        "\u{feff}x",
        "a\u{2028}b",
        "=",
        "true",
        ".5",
        "+1",
        "1e5",
        "a\tb",
        "🦀",
    ]);
    prop_oneof![
        3 => "[a-zA-Z][a-zA-Z0-9 ,.()/_-]{0,40}[a-z]",
        1 => "[ -~]{1,30}".prop_filter("not blank", |text| !text.trim().is_empty()),
        1 => odd.prop_map(str::to_owned),
        1 => "[a-z]{3,9}( [a-z]{2,12}){20,40}",
    ]
    .prop_map(|text| text.trim().to_owned())
}

/// Lines as they stand in descriptions and queries.
fn lines() -> impl Strategy<Value = String> {
    vec(prop_oneof![4 => line(), 1 => Just(String::new()), 1 => line().prop_map(|l| format!("  {l}"))], 1..6)
        .prop_map(|lines| lines.join("\n").trim().to_owned())
        .prop_filter("not blank", |text| !text.is_empty())
}

fn name() -> impl Strategy<Value = String> {
    "[A-Za-z_][A-Za-z0-9_]{0,15}"
}

fn duration(least: u64, most: u64) -> impl Strategy<Value = Duration> {
    (least..=most).prop_map(Duration::from_mins)
}

fn kind() -> impl Strategy<Value = RuleKind> {
    let schedule = (
        duration(5, 20_160),
        duration(5, 20_160),
        select(TriggerOperator::ALL),
        0i64..10_001,
    );
    prop_oneof![
        4 => schedule.prop_map(|(frequency, period, operator, threshold)| {
            RuleKind::Scheduled(Schedule {
                frequency: at(frequency),
                period: at(period),
                trigger_operator: at(operator),
                trigger_threshold: at(threshold),
            })
        }),
        1 => Just(RuleKind::Nrt),
    ]
}

fn mapping() -> impl Strategy<Value = EntityMapping> {
    select(EntityType::ALL).prop_flat_map(|entity_type| {
        let known = &entity::identifiers(entity_type)
            .expect("every type is known")
            .all;
        let most = known.len().min(3);
        (subsequence(known.clone(), 1..=most), vec(name(), most)).prop_map(
            move |(identifiers, columns)| EntityMapping {
                span: nowhere(),
                entity_type: at(entity_type),
                fields: identifiers
                    .into_iter()
                    .zip(columns)
                    .map(|(identifier, column)| FieldMapping {
                        identifier: at(identifier.to_owned()),
                        column: at(column),
                    })
                    .collect(),
            },
        )
    })
}

fn details() -> impl Strategy<Value = AlertDetailsOverride> {
    (
        line(),
        of(lines()),
        of(name()),
        of(name()),
        vec(name(), 0..3),
    )
        .prop_map(
            |(display, description, tactics, severity, values)| AlertDetailsOverride {
                span: nowhere(),
                display_name_format: Some(at(display)),
                description_format: description.map(at),
                tactics_column: tactics.map(at),
                severity_column: severity.map(at),
                dynamic_properties: ["AlertLink", "ProductName"]
                    .into_iter()
                    .zip(values)
                    .map(|(property, value)| (at(property.to_owned()), at(value)))
                    .collect(),
            },
        )
}

fn incident() -> impl Strategy<Value = IncidentConfiguration> {
    let grouping = (
        any::<bool>(),
        any::<bool>(),
        duration(5, 10_080),
        select(MatchingMethod::ALL),
        subsequence(EntityType::ALL.to_vec(), 0..3),
        subsequence(AlertDetail::ALL.to_vec(), 0..=2),
        vec(name(), 0..2),
    );
    (any::<bool>(), of(grouping)).prop_map(|(create, grouping)| IncidentConfiguration {
        span: nowhere(),
        create: at(create),
        grouping: grouping.map(
            |(enabled, reopen, lookback, matching, entities, details, custom)| {
                GroupingConfiguration {
                    span: nowhere(),
                    enabled: at(enabled),
                    reopen_closed: at(reopen),
                    lookback: at(lookback),
                    matching: at(matching),
                    by_entities: entities.into_iter().map(at).collect(),
                    by_alert_details: details.into_iter().map(at).collect(),
                    by_custom_details: custom.into_iter().map(at).collect(),
                }
            },
        ),
    })
}

fn parameter() -> impl Strategy<Value = (ParameterType, serde_json::Value)> {
    prop_oneof![
        line().prop_map(|text| (ParameterType::String, text.into())),
        any::<i64>().prop_map(|number| (ParameterType::Long, number.into())),
        (-1000i32..1000).prop_map(|number| (ParameterType::Real, (f64::from(number) / 8.0).into())),
        any::<bool>().prop_map(|value| (ParameterType::Bool, value.into())),
        (1u32..99).prop_map(|hours| (ParameterType::Timespan, format!("{hours}h").into())),
        vec(line(), 0..3).prop_map(|list| (ParameterType::Dynamic, list.into())),
        vec(any::<i32>(), 0..3).prop_map(|list| (ParameterType::Dynamic, list.into())),
    ]
}

fn spanned(items: Vec<String>) -> Vec<Spanned<String>> {
    items.into_iter().map(at).collect()
}

fn extension() -> impl Strategy<Value = Extension> {
    let texts = || vec(lines(), 0..2).prop_map(spanned);
    (
        (
            vec(parameter(), 0..3),
            of(line()),
            texts(),
            texts(),
            texts(),
        ),
        (texts(), of(line()), texts(), of(lines()), vec(line(), 0..2)),
    )
        .prop_map(
            |(
                (parameters, owner, references, positives, response),
                (simulate, tests, caveats, window, unmanaged),
            )| {
                let parameters = parameters.into_iter().enumerate();
                Extension {
                    parameters: parameters
                        .map(|(index, (kind, default))| Parameter {
                            name: at(format!("Parameter{index}")),
                            kind: at(kind),
                            default: at(default),
                            description: None,
                        })
                        .collect(),
                    owner: owner.map(at),
                    references,
                    false_positives: positives,
                    response,
                    simulate,
                    tests: tests.map(at),
                    unmanaged: spanned(unmanaged),
                    window: window.map(at),
                    rationale: Vec::new(),
                    caveats,
                }
            },
        )
}

fn details_of(
    names: std::collections::BTreeSet<String>,
) -> Vec<(Spanned<String>, Spanned<String>)> {
    names
        .into_iter()
        .map(|name| (at(name.clone()), at(name)))
        .collect()
}

/// A rule that reading would give: texts are trimmed where reading trims, lists hold what their types allow.
pub(crate) fn rule() -> impl Strategy<Value = Rule> {
    let techniques: Vec<_> = mitre::techniques()
        .iter()
        .map(|technique| technique.id)
        .collect();
    let head = (
        any::<u128>(),
        line(),
        kind(),
        of(lines()),
        select(Severity::ALL),
        of(any::<bool>()),
    );
    let body = (
        lines(),
        subsequence(Tactic::ALL.to_vec(), 0..4),
        subsequence(techniques, 0..4),
        vec(mapping(), 0..3),
        vec(name(), 0..2),
        proptest::collection::btree_set(name(), 0..4),
    );
    let tail = (
        of(details()),
        of(select(AggregationKind::ALL)),
        of(incident()),
        of(any::<bool>()),
        of(duration(5, 1_440)),
    );
    let rest = (
        vec((line(), vec(line(), 0..3)), 0..3),
        vec(line(), 0..3),
        of("[0-9]\\.[0-9]{1,2}\\.[0-9]"),
        extension(),
    );
    (head, body, tail, rest).prop_map(|(head, body, tail, rest)| {
        let (id, name, kind, description, severity, enabled) = head;
        let (query, tactics, techniques, mappings, sentinel, custom) = body;
        let (alert_details, grouping, incident, suppressed, suppression) = tail;
        let (connectors, tags, version, extension) = rest;
        Rule {
            origin: Origin {
                path: "rule.yaml".into(),
                source: SourceId(0),
                span: nowhere(),
            },
            id: at(RuleId(Uuid::from_u128(id))),
            name: at(name),
            kind: at(kind),
            description: description.map(at),
            severity: at(severity),
            enabled: enabled.map(at),
            version: version.map(at),
            query: at(query),
            tactics: tactics.into_iter().map(at).collect(),
            techniques: techniques.into_iter().map(at).collect(),
            entity_mappings: mappings,
            sentinel_entities: spanned(sentinel),
            custom_details: details_of(custom),
            alert_details,
            event_grouping: grouping.map(at),
            incident,
            suppression: Suppression {
                enabled: suppressed.map(at),
                duration: suppression.map(at),
            },
            template_name: None,
            start_time: None,
            data_connectors: connectors
                .into_iter()
                .map(|(id, types)| DataConnector {
                    id: at(id),
                    data_types: spanned(types),
                })
                .collect(),
            tags: tags.into_iter().map(|tag| Tag::Word(at(tag))).collect(),
            extension,
        }
    })
}

/// What a rule means: everything but the places.
pub(crate) fn meaning(rule: &Rule) -> String {
    let text = format!("{rule:#?}");
    let mut meaning = String::new();
    let mut skip = 0usize;
    for line in text.lines() {
        let trimmed = line.trim_start();
        if skip > 0 {
            skip -= 1;
        } else if trimmed.starts_with("span: Span {") {
            // `source: SourceId(`, the number, `),`, `start`, `end`, `},`.
            skip = 6;
        } else if !trimmed.is_empty() {
            meaning.push_str(line);
            meaning.push('\n');
        }
    }
    meaning
}
