//! What a rule says of its alerts and incidents, read from a request body.
//!
//! A member that is absent, null or of another type has the value that the service fills in; whether the service
//! would take the body is not judged here.

use serde_json::Value;

use crate::alert::TICKS_PER_SECOND;
use crate::duration::Duration;

/// What a rule says of its alerts and incidents.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    /// Most alerts of one run: fewer for near-real-time rules.
    pub(crate) most_alerts: usize,
    /// `triggerOperator`; of no use to a near-real-time rule, which fires for any result.
    pub(super) operator: Operator,
    /// `triggerThreshold`.
    pub(super) threshold: i64,
    /// Whether every result makes an alert of its own.
    pub(super) per_result: bool,
    /// `displayName`.
    pub(super) name: String,
    /// `description`.
    pub(super) description: String,
    /// `severity`.
    pub(super) severity: String,
    /// `tactics`.
    pub(super) tactics: Vec<String>,
    /// `techniques` and `subTechniques`.
    pub(super) techniques: Vec<String>,
    /// `entityMappings`: type, and identifiers with their columns.
    pub(super) entities: Vec<(String, Vec<(String, String)>)>,
    /// `sentinelEntitiesMappings`: columns that hold entities.
    pub(super) entity_columns: Vec<String>,
    /// `customDetails`: key and column.
    pub(super) custom_details: Vec<(String, String)>,
    /// `alertDetailsOverride`.
    pub(super) overrides: Overrides,
    /// `suppressionDuration` in ticks, where suppression is on.
    pub(crate) suppression: Option<i64>,
    /// Whether alerts become incidents at all.
    pub(crate) creates_incidents: bool,
    /// `groupingConfiguration`, where it is on.
    pub(crate) grouping: Option<Grouping>,
}

/// How the number of results is compared with the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Greater,
    Less,
    Equal,
    NotEqual,
}

/// What an alert takes from the first of its rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Overrides {
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) tactics: Option<String>,
    pub(super) severity: Option<String>,
    /// Property and column.
    pub(super) properties: Vec<(String, String)>,
}

/// How alerts are grouped into incidents.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Grouping {
    /// Whether an alert opens a closed incident that it belongs to.
    pub(crate) reopen: bool,
    /// How long after its first alert an incident takes more, in ticks.
    pub(crate) lookback: i64,
    /// What alerts of one incident have in common.
    pub(crate) matching: Matching,
}

/// What alerts of one incident have in common.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Matching {
    /// Nothing.
    AnyAlert,
    /// All entities.
    AllEntities,
    /// What is named.
    Selected {
        /// Types of entity.
        entities: Vec<String>,
        /// `DisplayName`, `Severity`.
        alert_details: Vec<String>,
        /// Keys of custom details.
        custom_details: Vec<String>,
    },
}

/// Most alerts that a run of a scheduled rule makes.
const MOST_SCHEDULED: usize = 150;
/// Most alerts that a run of a near-real-time rule makes.
const MOST_NRT: usize = 30;
/// `suppressionDuration` where the body has none.
const SUPPRESSION: Duration = Duration::from_hours(5);
/// `lookbackDuration` where the body has none; what the service fills in.
const LOOKBACK: Duration = Duration::from_mins(5);

impl Settings {
    /// Reads a body's `kind` and `properties`.
    pub(crate) fn of(kind: &str, properties: &Value) -> Self {
        let nrt = kind.eq_ignore_ascii_case("NRT");
        let incident = &properties["incidentConfiguration"];
        let grouping = &incident["groupingConfiguration"];
        let mut techniques = texts(&properties["techniques"]);
        techniques.extend(texts(&properties["subTechniques"]));
        Self {
            most_alerts: if nrt { MOST_NRT } else { MOST_SCHEDULED },
            operator: match properties["triggerOperator"].as_str() {
                Some("LessThan") if !nrt => Operator::Less,
                Some("Equal") if !nrt => Operator::Equal,
                Some("NotEqual") if !nrt => Operator::NotEqual,
                _ => Operator::Greater,
            },
            threshold: if nrt {
                0
            } else {
                properties["triggerThreshold"].as_i64().unwrap_or(0)
            },
            per_result: properties["eventGroupingSettings"]["aggregationKind"] == "AlertPerResult",
            name: text(&properties["displayName"]).unwrap_or_default(),
            description: text(&properties["description"]).unwrap_or_default(),
            severity: text(&properties["severity"]).unwrap_or_default(),
            tactics: texts(&properties["tactics"]),
            techniques,
            entities: entities(&properties["entityMappings"]),
            entity_columns: pairs(
                &properties["sentinelEntitiesMappings"],
                "columnName",
                "columnName",
            )
            .into_iter()
            .map(|(column, _)| column)
            .collect(),
            custom_details: properties["customDetails"]
                .as_object()
                .into_iter()
                .flatten()
                .filter_map(|(key, column)| Some((key.clone(), text(column)?)))
                .collect(),
            overrides: overrides(&properties["alertDetailsOverride"]),
            suppression: (properties["suppressionEnabled"] == true)
                .then(|| ticks(&properties["suppressionDuration"], SUPPRESSION)),
            creates_incidents: incident["createIncident"].as_bool().unwrap_or(true),
            grouping: (grouping["enabled"] == true).then(|| Grouping {
                reopen: grouping["reopenClosedIncident"] == true,
                lookback: ticks(&grouping["lookbackDuration"], LOOKBACK),
                matching: match grouping["matchingMethod"].as_str() {
                    Some("AnyAlert") => Matching::AnyAlert,
                    Some("Selected") => Matching::Selected {
                        entities: texts(&grouping["groupByEntities"]),
                        alert_details: texts(&grouping["groupByAlertDetails"]),
                        custom_details: texts(&grouping["groupByCustomDetails"]),
                    },
                    _ => Matching::AllEntities,
                },
            }),
        }
    }

    /// Whether that many results make the rule fire.
    pub(crate) fn fires(&self, results: usize) -> bool {
        let results = i64::try_from(results).unwrap_or(i64::MAX);
        match self.operator {
            Operator::Greater => results > self.threshold,
            Operator::Less => results < self.threshold,
            Operator::Equal => results == self.threshold,
            Operator::NotEqual => results != self.threshold,
        }
    }

    /// The same with another threshold.
    pub(crate) fn with_threshold(&self, threshold: i64) -> Self {
        Self {
            threshold,
            ..self.clone()
        }
    }

    /// Whether a run at `now` is left out because one at `fired` made alerts; both in ticks.
    pub(crate) fn suppresses(&self, fired: i64, now: i64) -> bool {
        self.suppression
            .is_some_and(|length| now.saturating_sub(fired) < length)
    }
}

fn overrides(block: &Value) -> Overrides {
    Overrides {
        title: text(&block["alertDisplayNameFormat"]),
        description: text(&block["alertDescriptionFormat"]),
        tactics: text(&block["alertTacticsColumnName"]),
        severity: text(&block["alertSeverityColumnName"]),
        properties: pairs(&block["alertDynamicProperties"], "alertProperty", "value"),
    }
}

fn entities(mappings: &Value) -> Vec<(String, Vec<(String, String)>)> {
    mappings
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|mapping| {
            let fields = pairs(&mapping["fieldMappings"], "identifier", "columnName");
            Some((text(&mapping["entityType"])?, fields))
        })
        .collect()
}

/// Two texts of every member of a list.
fn pairs(list: &Value, first: &str, second: &str) -> Vec<(String, String)> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(|item| Some((text(&item[first])?, text(&item[second])?)))
        .collect()
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(text)
        .collect()
}

/// A text that is not empty.
fn text(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

fn ticks(value: &Value, otherwise: Duration) -> i64 {
    let written = value
        .as_str()
        .and_then(|text| text.parse::<Duration>().ok());
    let seconds = i64::try_from(written.unwrap_or(otherwise).as_secs()).unwrap_or(i64::MAX);
    seconds.saturating_mul(TICKS_PER_SECOND)
}
