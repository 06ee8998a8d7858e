//! Incidents as they are kept, and as the API shows them, their alerts and their entities.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::alert::{Alert, Entity, incident::Incident};
use crate::emulator::fill::system_data;
use crate::emulator::identity::guid_of;
use crate::emulator::state::{Facts, Stored};
use crate::emulator::time::{of_ticks, seven_digits};

/// An incident, without what its resource knows by itself: name, tag and times.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Case {
    pub(crate) number: u64,
    /// Key of the rule it came from.
    pub(crate) rule: String,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) severity: String,
    /// `New`, `Active` or `Closed`.
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) classification: Option<String>,
    #[serde(default)]
    pub(crate) classification_reason: Option<String>,
    #[serde(default)]
    pub(crate) classification_comment: Option<String>,
    #[serde(default)]
    pub(crate) owner: Value,
    #[serde(default)]
    pub(crate) labels: Vec<Value>,
    /// Its alerts, oldest first.
    pub(crate) alerts: Vec<CaseAlert>,
}

/// An alert of an incident.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CaseAlert {
    /// `SystemAlertId`.
    pub(crate) id: String,
    /// When it was made, in ticks.
    at: i64,
    /// First time of what it is about.
    pub(crate) start: Timestamp,
    /// Last time of what it is about.
    pub(crate) end: Timestamp,
    /// Whether a near-real-time rule made it.
    nrt: bool,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) severity: String,
    pub(crate) tactics: Vec<String>,
    pub(crate) techniques: Vec<String>,
    /// Type, and identifiers with their values.
    entities: Vec<(String, Map<String, Value>)>,
    /// Key and list of values.
    pub(crate) custom_details: Map<String, Value>,
    /// Dynamic properties.
    pub(crate) properties: Map<String, Value>,
    /// How many results it is about.
    pub(crate) rows: usize,
}

impl CaseAlert {
    /// An alert to be kept.
    pub(crate) fn new(
        id: String,
        start: Timestamp,
        end: Timestamp,
        nrt: bool,
        alert: &Alert,
    ) -> Self {
        let entities = alert.entities.iter();
        Self {
            id,
            at: alert.at,
            start,
            end,
            nrt,
            title: alert.title.clone(),
            description: alert.description.clone(),
            severity: alert.severity.clone(),
            tactics: alert.tactics.clone(),
            techniques: alert.techniques.clone(),
            entities: entities
                .map(|entity| (entity.kind.clone(), entity.identifiers.clone()))
                .collect(),
            custom_details: alert
                .custom_details
                .iter()
                .map(|(key, values)| (key.clone(), json!(values)))
                .collect(),
            properties: alert
                .properties
                .iter()
                .map(|(name, value)| (name.clone(), json!(value)))
                .collect(),
            rows: alert.rows.len(),
        }
    }

    /// The alert as grouping looks at it.
    fn alert(&self) -> Alert {
        let values = |value: &Value| {
            let values = value.as_array().into_iter().flatten();
            values
                .filter_map(|one| one.as_str().map(str::to_owned))
                .collect()
        };
        Alert {
            at: self.at,
            title: self.title.clone(),
            description: self.description.clone(),
            severity: self.severity.clone(),
            tactics: self.tactics.clone(),
            techniques: self.techniques.clone(),
            entities: self.entities(),
            custom_details: self
                .custom_details
                .iter()
                .map(|(key, value)| (key.clone(), values(value)))
                .collect(),
            properties: Vec::new(),
            rows: Vec::new(),
        }
    }

    fn entities(&self) -> Vec<Entity> {
        let entities = self.entities.iter().cloned();
        entities
            .map(|(kind, identifiers)| Entity { kind, identifiers })
            .collect()
    }

    /// `ProviderName` of the alert.
    pub(crate) fn provider(&self) -> &'static str {
        if self.nrt {
            "ASI NRT Alerts"
        } else {
            "ASI Scheduled Alerts"
        }
    }

    /// `ProductComponentName` of the alert.
    pub(crate) fn component(&self) -> &'static str {
        if self.nrt {
            "NRT Alerts"
        } else {
            "Scheduled Alerts"
        }
    }

    /// The entities as the table `SecurityAlert` holds them.
    pub(crate) fn entities_text(&self) -> String {
        let entities = self.entities.iter().enumerate();
        let list: Vec<Value> = entities
            .map(|(index, (kind, identifiers))| {
                let mut entity = identifiers.clone();
                entity.shift_insert(0, "$id".to_owned(), json!((index + 1).to_string()));
                entity.insert("Type".to_owned(), json!(type_in_table(kind)));
                Value::Object(entity)
            })
            .collect();
        Value::Array(list).to_string()
    }
}

/// An entity type as the table `SecurityAlert` spells it.
fn type_in_table(kind: &str) -> String {
    match kind {
        "AzureResource" => "azure-resource".to_owned(),
        "CloudApplication" => "cloud-application".to_owned(),
        "DNS" => "dns".to_owned(),
        "RegistryKey" => "registry-key".to_owned(),
        "RegistryValue" => "registry-value".to_owned(),
        "SecurityGroup" => "security-group".to_owned(),
        other => other.to_lowercase(),
    }
}

/// An entity type as the API spells it.
fn kind_in_api(kind: &str) -> &str {
    match kind {
        "IP" => "Ip",
        "URL" => "Url",
        "DNS" => "DnsResolution",
        other => other,
    }
}

/// An identifier as the API names it.
fn identifier_in_api(kind: &str, identifier: &str) -> String {
    match (kind, identifier) {
        ("Account", "Name") => "accountName".to_owned(),
        ("File", "Name") => "fileName".to_owned(),
        ("FileHash", "Value") => "hashValue".to_owned(),
        ("Malware", "Name") => "malwareName".to_owned(),
        ("CloudApplication", "Name") => "appName".to_owned(),
        ("DNS", "DomainName") => "domainName".to_owned(),
        ("RegistryValue", "Name") => "valueName".to_owned(),
        _ => {
            let mut letters = identifier.chars();
            let first = letters.next().map(|first| first.to_ascii_lowercase());
            first.into_iter().chain(letters).collect()
        }
    }
}

impl Case {
    /// A new incident without alerts.
    pub(crate) fn new(number: u64, rule: &str, incident: &Incident) -> Self {
        Self {
            number,
            rule: rule.to_owned(),
            title: incident.title.clone(),
            description: incident.description.clone(),
            severity: incident.severity.clone(),
            status: "New".to_owned(),
            classification: None,
            classification_reason: None,
            classification_comment: None,
            owner: Value::Null,
            labels: Vec::new(),
            alerts: Vec::new(),
        }
    }

    /// The incident that a resource is.
    pub(crate) fn of(stored: &Stored) -> Option<Self> {
        serde_json::from_value(Value::Object(stored.properties.clone())).ok()
    }

    /// The properties that its resource keeps.
    pub(crate) fn properties(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(properties)) => properties,
            _ => Map::new(),
        }
    }

    /// The incident as grouping looks at it.
    pub(crate) fn incident(&self) -> Incident {
        let alerts: Vec<Alert> = self.alerts.iter().map(CaseAlert::alert).collect();
        Incident {
            created: alerts.first().map_or(0, |alert| alert.at),
            updated: alerts.last().map_or(0, |alert| alert.at),
            closed: self.status == "Closed",
            title: self.title.clone(),
            description: self.description.clone(),
            severity: self.severity.clone(),
            alerts,
        }
    }

    /// What the API shows.
    pub(crate) fn show(&self, facts: &Facts, stored: &Stored) -> Value {
        let sentinel = facts.id().sentinel();
        let id = format!("{sentinel}/Incidents/{}", stored.name);
        let mut tactics: Vec<&String> = Vec::new();
        let mut techniques: Vec<&String> = Vec::new();
        for alert in &self.alerts {
            for (all, some) in [
                (&mut tactics, &alert.tactics),
                (&mut techniques, &alert.techniques),
            ] {
                for one in some {
                    if !all.contains(&one) {
                        all.push(one);
                    }
                }
            }
        }
        let first = self.alerts.iter().map(|alert| alert.start).min();
        let last = self.alerts.iter().map(|alert| alert.end).max();
        let mut properties = json!({
            "title": self.title,
            "description": self.description,
            "severity": self.severity,
            "status": self.status,
            "owner": if self.owner.is_null() {
                json!({"objectId": null, "email": null, "assignedTo": null, "userPrincipalName": null})
            } else {
                self.owner.clone()
            },
            "labels": self.labels,
            "firstActivityTimeUtc": first.map(seven_digits),
            "lastActivityTimeUtc": last.map(seven_digits),
            "lastModifiedTimeUtc": seven_digits(stored.modified.at),
            "createdTimeUtc": seven_digits(stored.created.at),
            "incidentNumber": self.number,
            "additionalData": {
                "alertsCount": self.alerts.len(),
                "bookmarksCount": 0,
                "commentsCount": 0,
                "alertProductNames": ["Azure Sentinel"],
                "tactics": tactics,
                "techniques": techniques,
            },
            "relatedAnalyticRuleIds": [facts.id().alert_rule(&self.rule)],
            "incidentUrl": format!("https://portal.azure.com/#asset/Microsoft_Azure_Security_Insights/Incident{id}"),
            "providerName": "Azure Sentinel",
            "providerIncidentId": self.number.to_string(),
        });
        for (name, value) in [
            ("classification", &self.classification),
            ("classificationReason", &self.classification_reason),
            ("classificationComment", &self.classification_comment),
        ] {
            if let Some(value) = value {
                properties[name] = json!(value);
            }
        }
        json!({
            "id": id,
            "name": stored.name,
            "type": "Microsoft.SecurityInsights/Incidents",
            "etag": stored.etag,
            "systemData": system_data(&stored.created, &stored.modified),
            "properties": properties,
        })
    }

    /// Its alerts as the API shows them.
    pub(crate) fn show_alerts(&self, facts: &Facts) -> Value {
        let sentinel = facts.id().sentinel();
        let show = |alert: &CaseAlert| {
            let made = at(alert.at);
            json!({
                "id": format!("{sentinel}/Entities/{}", alert.id),
                "name": alert.id,
                "type": "Microsoft.SecurityInsights/Entities",
                "kind": "SecurityAlert",
                "properties": {
                    "systemAlertId": alert.id,
                    "tactics": alert.tactics,
                    "techniques": alert.techniques,
                    "alertDisplayName": alert.title,
                    "description": alert.description,
                    "confidenceLevel": "Unknown",
                    "severity": alert.severity,
                    "vendorName": "Microsoft",
                    "productName": "Azure Sentinel",
                    "productComponentName": alert.component(),
                    "alertType": format!("{}_{}", facts.customer_id, self.rule),
                    "processingEndTime": made,
                    "status": "New",
                    "startTimeUtc": seven_digits(alert.start),
                    "endTimeUtc": seven_digits(alert.end),
                    "timeGenerated": made,
                    "providerAlertId": alert.id,
                    "resourceIdentifiers": [{
                        "type": "LogAnalytics",
                        "workspaceId": facts.customer_id,
                        "subscriptionId": facts.subscription,
                        "resourceGroup": facts.resource_group,
                    }],
                    "additionalData": {
                        "ProcessedBySentinel": "True",
                        "Alert generation status": "Full alert created",
                        "Search Query Results Overall Count": alert.rows.to_string(),
                        "Custom Details": Value::Object(alert.custom_details.clone()).to_string(),
                    },
                    "friendlyName": alert.title,
                },
            })
        };
        let alerts: Vec<Value> = self.alerts.iter().map(show).collect();
        json!({ "value": alerts })
    }

    /// The entities of its alerts, each once, as the API shows them.
    pub(crate) fn show_entities(&self, facts: &Facts) -> Value {
        let sentinel = facts.id().sentinel();
        let mut seen: Vec<&(String, Map<String, Value>)> = Vec::new();
        for entity in self.alerts.iter().flat_map(|alert| &alert.entities) {
            if !seen.contains(&entity) {
                seen.push(entity);
            }
        }
        let mut counts: Vec<(&str, usize)> = Vec::new();
        let entities: Vec<Value> = seen
            .into_iter()
            .map(|(kind, identifiers)| {
                let shown = kind_in_api(kind);
                match counts.iter_mut().find(|(one, _)| *one == shown) {
                    Some((_, count)) => *count += 1,
                    None => counts.push((shown, 1)),
                }
                let name = guid_of(&format!("{kind} {}", Value::Object(identifiers.clone())));
                let mut properties: Map<String, Value> = identifiers
                    .iter()
                    .map(|(name, value)| (identifier_in_api(kind, name), value.clone()))
                    .collect();
                let friendly = properties.values().next().cloned().unwrap_or_default();
                properties.insert("friendlyName".to_owned(), friendly);
                json!({
                    "id": format!("{sentinel}/Entities/{name}"),
                    "name": name,
                    "type": "Microsoft.SecurityInsights/Entities",
                    "kind": shown,
                    "properties": properties,
                })
            })
            .collect();
        let counts: Vec<Value> = counts
            .into_iter()
            .map(|(kind, count)| json!({"entityKind": kind, "count": count}))
            .collect();
        json!({"entities": entities, "metaData": counts})
    }
}

/// Ticks as the API prints a time.
fn at(at: i64) -> String {
    of_ticks(at).map_or_else(String::new, seven_digits)
}
