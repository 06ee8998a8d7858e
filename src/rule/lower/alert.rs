//! What the alert and the incident look like: custom details, overrides, grouping.

use crate::diag::{Diagnostic, Spanned};
use crate::duration::Duration;
use crate::rule::codes;
use crate::rule::field::{
    AggregationKind, AlertDetail, AlertDetailsOverride, EntityType, GroupingConfiguration,
    IncidentConfiguration, MatchingMethod,
};
use crate::rule::read::{Fields, Reader, first_line, write_fix};
use crate::rule::yaml::{Node, Value};

/// The alert properties that a column may set, as the preview API lists them.
pub(crate) const DYNAMIC_PROPERTIES: [&str; 10] = [
    "AlertLink",
    "ConfidenceLevel",
    "ConfidenceScore",
    "ExtendedLinks",
    "ProductName",
    "ProviderName",
    "ProductComponentName",
    "RemediationSteps",
    "Techniques",
    "SubTechniques",
];

/// Reads `customDetails`.
pub(super) fn custom_details(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
) -> Vec<(Spanned<String>, Spanned<String>)> {
    let Some(node) = fields.get("customDetails") else {
        return Vec::new();
    };
    let Value::Mapping(entries) = &node.value else {
        reader.wrong_type(node, "`customDetails`", "a mapping of names to columns");
        return Vec::new();
    };
    let mut details = Vec::new();
    for entry in entries {
        if entry.value.value == Value::Null {
            let message = format!("the custom detail `{}` names no column", entry.key.value);
            reader.fail(Diagnostic::new(
                &codes::MISSING_FIELD,
                entry.key.span,
                message,
            ));
            continue;
        }
        if let Some(column) = reader.text(&entry.value, "a custom detail") {
            details.push((entry.key.clone(), column));
        }
    }
    details
}

/// Reads `alertDetailsOverride`; a block of nulls is no block.
pub(super) fn details_override(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
) -> Option<AlertDetailsOverride> {
    let node = fields.get("alertDetailsOverride")?;
    let block = reader.fields(
        node,
        "`alertDetailsOverride`",
        &[
            "alertDisplayNameFormat",
            "alertDescriptionFormat",
            "alertTacticsColumnName",
            "alertSeverityColumnName",
            "alertDynamicProperties",
        ],
    )?;
    let mut text = |key: &str| {
        let text = reader.optional_text(&block, key)?;
        (!text.value.trim().is_empty()).then_some(text)
    };
    let mut details = AlertDetailsOverride {
        span: node.span,
        display_name_format: text("alertDisplayNameFormat"),
        description_format: text("alertDescriptionFormat"),
        tactics_column: text("alertTacticsColumnName"),
        severity_column: text("alertSeverityColumnName"),
        dynamic_properties: Vec::new(),
    };
    for item in reader.list(&block, "alertDynamicProperties") {
        if item.value != Value::Null {
            details
                .dynamic_properties
                .extend(dynamic_property(reader, item));
        }
    }
    let empty = details.display_name_format.is_none()
        && details.description_format.is_none()
        && details.tactics_column.is_none()
        && details.severity_column.is_none()
        && details.dynamic_properties.is_empty();
    (!empty).then_some(details)
}

fn dynamic_property(
    reader: &mut Reader<'_>,
    node: &Node,
) -> Option<(Spanned<String>, Spanned<String>)> {
    let what = "an item of `alertDynamicProperties`";
    let item = reader.fields(node, what, &["alertProperty", "value"])?;
    for key in ["alertProperty", "value"] {
        if item.get(key).is_none() {
            let here = first_line(reader.text, node.span);
            let message = format!("a dynamic property has no `{key}`");
            reader.fail(Diagnostic::new(&codes::MISSING_FIELD, here, message));
        }
    }
    let property = item.get("alertProperty").and_then(|node| {
        reader.word(
            node,
            &codes::INVALID_VALUE,
            "`alertProperty`",
            &DYNAMIC_PROPERTIES,
            |name| name,
        )
    });
    let value = reader.optional_text(&item, "value");
    Some((property?.map(str::to_owned), value?))
}

/// Reads `eventGroupingSettings`.
pub(super) fn event_grouping(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
) -> Option<Spanned<AggregationKind>> {
    let node = fields.get("eventGroupingSettings")?;
    let block = reader.fields(node, "`eventGroupingSettings`", &["aggregationKind"])?;
    reader.word(
        block.get("aggregationKind")?,
        &codes::INVALID_VALUE,
        "`aggregationKind`",
        AggregationKind::ALL,
        AggregationKind::as_str,
    )
}

/// Reads `incidentConfiguration`.
pub(super) fn incident(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
) -> Option<IncidentConfiguration> {
    let node = fields.get("incidentConfiguration")?;
    let block = reader.fields(
        node,
        "`incidentConfiguration`",
        &["createIncident", "groupingConfiguration"],
    )?;
    let here = first_line(reader.text, node.span);
    let create = reader.optional_bool(&block, "createIncident");
    if block.get("createIncident").is_none() {
        reader.fail(
            Diagnostic::new(
                &codes::MISSING_FIELD,
                here,
                "`incidentConfiguration` has no `createIncident`",
            )
            .help("`createIncident: true` is what happens without the block"),
        );
    }
    Some(IncidentConfiguration {
        span: node.span,
        create: create.unwrap_or(Spanned::new(true, here)),
        grouping: grouping(reader, &block),
    })
}

fn grouping(reader: &mut Reader<'_>, block: &Fields<'_>) -> Option<GroupingConfiguration> {
    let node = block.get("groupingConfiguration")?;
    let block = reader.fields(
        node,
        "`groupingConfiguration`",
        &[
            "enabled",
            "reopenClosedIncident",
            "lookbackDuration",
            "matchingMethod",
            "entitiesMatchingMethod",
            "groupByEntities",
            "groupByAlertDetails",
            "groupByCustomDetails",
        ],
    )?;
    let here = first_line(reader.text, node.span);
    let matching_key = match block.get("matchingMethod") {
        Some(_) => "matchingMethod",
        None => "entitiesMatchingMethod",
    };
    for (key, help) in [
        ("enabled", "`enabled: false` is the service's default"),
        (
            "reopenClosedIncident",
            "`reopenClosedIncident: false` is the service's default",
        ),
        (
            "lookbackDuration",
            "`lookbackDuration: 5h` is the service's default",
        ),
        (
            matching_key,
            "`matchingMethod: AllEntities` is the service's default",
        ),
    ] {
        if block.get(key).is_none() {
            let key = if key == matching_key {
                "matchingMethod"
            } else {
                key
            };
            let message = format!("`groupingConfiguration` has no `{key}`");
            reader.fail(Diagnostic::new(&codes::MISSING_FIELD, here, message).help(help));
        }
    }
    Some(GroupingConfiguration {
        span: node.span,
        enabled: reader
            .optional_bool(&block, "enabled")
            .unwrap_or(Spanned::new(false, here)),
        reopen_closed: reader
            .optional_bool(&block, "reopenClosedIncident")
            .unwrap_or(Spanned::new(false, here)),
        lookback: reader
            .optional_duration(&block, "lookbackDuration")
            .unwrap_or(Spanned::new(Duration::from_hours(5), here)),
        matching: matching(reader, &block)
            .unwrap_or(Spanned::new(MatchingMethod::AllEntities, here)),
        by_entities: words(
            reader,
            &block,
            "groupByEntities",
            EntityType::ALL,
            EntityType::as_str,
        ),
        by_alert_details: words(
            reader,
            &block,
            "groupByAlertDetails",
            AlertDetail::ALL,
            AlertDetail::as_str,
        ),
        by_custom_details: reader.text_list(&block, "groupByCustomDetails"),
    })
}

/// `matchingMethod`, or `entitiesMatchingMethod` with the words of older exports.
fn matching(reader: &mut Reader<'_>, block: &Fields<'_>) -> Option<Spanned<MatchingMethod>> {
    if let Some(entry) = block.entry("entitiesMatchingMethod") {
        reader.report(
            Diagnostic::new(
                &codes::KEY_SPELLING,
                entry.key.span,
                "the key `entitiesMatchingMethod` is now `matchingMethod`",
            )
            .fix(write_fix(entry.key.span, "matchingMethod")),
        );
    }
    let node = block
        .get("matchingMethod")
        .or_else(|| block.get("entitiesMatchingMethod"))?;
    let text = reader.text(node, "`matchingMethod`")?;
    let old = match text.value.trim().to_ascii_lowercase().as_str() {
        "all" => Some(MatchingMethod::AllEntities),
        "none" => Some(MatchingMethod::AnyAlert),
        "custom" => Some(MatchingMethod::Selected),
        _ => None,
    };
    if let Some(method) = old {
        reader.spelling(node, &text.value, method.as_str());
        return Some(Spanned::new(method, text.span));
    }
    reader.word(
        node,
        &codes::INVALID_VALUE,
        "`matchingMethod`",
        MatchingMethod::ALL,
        MatchingMethod::as_str,
    )
}

fn words<T: Copy>(
    reader: &mut Reader<'_>,
    block: &Fields<'_>,
    key: &str,
    all: &[T],
    name: impl Fn(T) -> &'static str + Copy,
) -> Vec<Spanned<T>> {
    let what = format!("an item of `{key}`");
    let mut words = Vec::new();
    for item in reader.list(block, key) {
        if item.value != Value::Null {
            words.extend(reader.word(item, &codes::INVALID_VALUE, &what, all, name));
        }
    }
    words
}
