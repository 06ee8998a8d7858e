//! Alerts into incidents, as a rule's grouping asks for.
//!
//! The documentation of the service leaves two points open, which are decided here: the time frame is counted from
//! the incident's first alert, and a title and a severity of an incident are those of its first alert.

use serde_json::{Map, Value};

use crate::alert::Alert;
use crate::alert::Entity;
use crate::alert::Grouping;
use crate::alert::Matching;
use crate::alert::Settings;

/// Most alerts of an incident; the next one begins an incident with the same details.
pub(crate) const MOST_ALERTS: usize = 150;

/// An incident that a rule made.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Incident {
    /// When it was created, in ticks.
    pub(crate) created: i64,
    /// When the last alert came, in ticks.
    pub(crate) updated: i64,
    /// Whether somebody closed it.
    pub(crate) closed: bool,
    /// Its title.
    pub(crate) title: String,
    /// Its description.
    pub(crate) description: String,
    /// Its severity.
    pub(crate) severity: String,
    /// Its alerts, oldest first.
    pub(crate) alerts: Vec<Alert>,
}

/// Where an alert went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placed {
    /// Position of the incident.
    pub(crate) incident: usize,
    /// What became of the incident.
    pub(crate) how: How,
}

/// What an alert made of its incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// It is new.
    Created,
    /// It has one alert more.
    Joined,
    /// It has one alert more and is open again.
    Reopened,
}

/// Puts alerts into the incidents of their rule, oldest first; new incidents go to the end.
///
/// Says for each alert where it went; nothing where the rule creates no incidents.
pub(crate) fn group(
    settings: &Settings,
    incidents: &mut Vec<Incident>,
    alerts: Vec<Alert>,
) -> Vec<Placed> {
    if !settings.creates_incidents {
        return Vec::new();
    }
    alerts
        .into_iter()
        .map(|alert| place(settings.grouping.as_ref(), incidents, alert))
        .collect()
}

fn place(grouping: Option<&Grouping>, incidents: &mut Vec<Incident>, alert: Alert) -> Placed {
    let matching: Vec<usize> = grouping.map_or_else(Vec::new, |grouping| {
        let fits = |incident: &Incident| belongs(grouping, incident, &alert);
        (0..incidents.len())
            .rev()
            .filter(|index| fits(&incidents[*index]))
            .collect()
    });
    let has_room = |index: &usize| incidents[*index].alerts.len() < MOST_ALERTS;
    // One that is open goes before one that would have to be opened again.
    let open = matching
        .iter()
        .copied()
        .find(|index| !incidents[*index].closed);
    let chosen = open.or_else(|| matching.first().copied());
    if let Some(incident) = chosen.filter(has_room) {
        let known = &mut incidents[incident];
        let how = if known.closed {
            How::Reopened
        } else {
            How::Joined
        };
        known.closed = false;
        known.updated = alert.at;
        known.alerts.push(alert);
        return Placed { incident, how };
    }
    let full = chosen.map(|index| &incidents[index]);
    let made = Incident {
        created: alert.at,
        updated: alert.at,
        closed: false,
        title: full.map_or(&alert.title, |full| &full.title).clone(),
        description: full
            .map_or(&alert.description, |full| &full.description)
            .clone(),
        severity: full.map_or(&alert.severity, |full| &full.severity).clone(),
        alerts: vec![alert],
    };
    incidents.push(made);
    Placed {
        incident: incidents.len() - 1,
        how: How::Created,
    }
}

/// Whether the alert goes into the incident, room apart.
fn belongs(grouping: &Grouping, incident: &Incident, alert: &Alert) -> bool {
    let age = alert.at.saturating_sub(incident.created);
    let first = incident.alerts.first();
    (grouping.reopen || !incident.closed)
        && (0..=grouping.lookback).contains(&age)
        && first.is_some_and(|first| alike(&grouping.matching, first, alert))
}

fn alike(matching: &Matching, a: &Alert, b: &Alert) -> bool {
    match matching {
        Matching::AnyAlert => true,
        Matching::AllEntities => same_entities(a, b, |_| true),
        Matching::Selected {
            entities,
            alert_details,
            custom_details,
        } => {
            let selected = |kind: &str| entities.iter().any(|one| one.eq_ignore_ascii_case(kind));
            let details = alert_details.iter().all(|detail| match detail.as_str() {
                "DisplayName" => a.title == b.title,
                "Severity" => a.severity == b.severity,
                _ => true,
            });
            let custom = custom_details
                .iter()
                .all(|key| custom_detail(a, key) == custom_detail(b, key));
            details && custom && same_entities(a, b, selected)
        }
    }
}

/// Whether both have the same entities of the types in question, in whatever order.
fn same_entities(a: &Alert, b: &Alert, selected: impl Fn(&str) -> bool) -> bool {
    let of = |alert: &Alert| {
        let mut entities: Vec<String> = alert
            .entities
            .iter()
            .filter(|entity| selected(&entity.kind))
            .map(identity)
            .collect();
        entities.sort();
        entities
    };
    of(a) == of(b)
}

/// An entity as a text that is equal for equal ones, whatever the order of the identifiers.
fn identity(entity: &Entity) -> String {
    let mut identifiers: Vec<(&String, &Value)> = entity.identifiers.iter().collect();
    identifiers.sort_by_key(|(name, _)| *name);
    let identifiers: Map<String, Value> = identifiers
        .into_iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    format!("{} {}", entity.kind, Value::Object(identifiers))
}

/// The values of a custom detail, in whatever order.
fn custom_detail<'a>(alert: &'a Alert, key: &str) -> Vec<&'a str> {
    let found = alert.custom_details.iter().find(|(name, _)| name == key);
    let mut values: Vec<&str> = found
        .into_iter()
        .flat_map(|(_, values)| values.iter().map(String::as_str))
        .collect();
    values.sort_unstable();
    values
}
