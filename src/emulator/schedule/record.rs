//! What becomes of a run's alerts: rows of `SecurityAlert`, incidents, and rows of `SecurityIncident`.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::alert::{Alert, Record, Settings, incident};
use crate::emulator::Emulator;
use crate::emulator::error::Error;
use crate::emulator::handlers::ingest;
use crate::emulator::identity::guid_of;
use crate::emulator::incident::{Case, CaseAlert};
use crate::emulator::logs::{self, TIME, Times};
use crate::emulator::schedule::{Due, is_nrt};
use crate::emulator::state::{Slot, Stored, Touch, Workspace, new_etag};
use crate::emulator::store::Shelf;
use crate::emulator::time::{seven_digits, ticks};
use crate::kql::literal;

/// Incidents that a workspace holds; the oldest make room.
const MOST: usize = 5_000;

/// A run that made alerts.
pub(super) struct Fact<'a> {
    pub(super) stored: &'a Stored,
    pub(super) settings: &'a Settings,
    pub(super) scheduled: Timestamp,
    pub(super) made: Timestamp,
    pub(super) period: SignedDuration,
    pub(super) results: &'a [Record],
}

/// Keeps the alerts; says how many incidents were created.
pub(super) fn keep(
    emulator: &Emulator,
    due: &Due,
    fact: &Fact<'_>,
    alerts: Vec<Alert>,
) -> Result<usize, Error> {
    let mut state = emulator.state();
    let Some(workspace) = state.workspace_mut(&due.workspace) else {
        return Ok(0);
    };
    if let Some(timing) = workspace.timings.get_mut(&due.rule) {
        timing.fired = Some(due.scheduled);
    }
    let cases: Vec<CaseAlert> = alerts
        .iter()
        .enumerate()
        .map(|(number, alert)| {
            // The same run makes the same alerts, whenever it is made.
            let id = guid_of(&format!(
                "{}/{}/{}/{number}",
                due.workspace, due.rule, due.scheduled
            ));
            let (start, end) = span(fact, alert);
            CaseAlert::new(id, start, end, is_nrt(fact.stored), alert)
        })
        .collect();
    let rows: Vec<Map<String, Value>> = cases
        .iter()
        .map(|alert| security_alert(workspace, fact, alert))
        .collect();
    write(emulator, workspace, "SecurityAlert", rows, fact.made)?;
    let (touched, created) = group(workspace, due, fact, alerts, cases);
    let mut rows = Vec::new();
    for key in &touched {
        if let Some(slot) = workspace.incidents.get(key) {
            emulator
                .store
                .write_slot(&due.workspace, Shelf::Incidents, key, Some(slot))?;
            rows.extend(
                slot.live()
                    .and_then(|stored| security_incident(workspace, stored)),
            );
        }
    }
    write(emulator, workspace, "SecurityIncident", rows, fact.made)?;
    while workspace.incidents.len() > MOST
        && let Some((oldest, _)) = workspace.incidents.pop_first()
    {
        emulator
            .store
            .write_slot(&due.workspace, Shelf::Incidents, &oldest, None)?;
    }
    emulator
        .store
        .write_timings(&due.workspace, &workspace.timings)?;
    Ok(created)
}

/// Puts rows that Sentinel writes itself into a table.
fn write(
    emulator: &Emulator,
    workspace: &mut Workspace,
    table: &str,
    rows: Vec<Map<String, Value>>,
    at: Timestamp,
) -> Result<(), Error> {
    let (columns, closed) = workspace.logs.columns(table, None);
    let at = ticks(at);
    let times = Times::Pipeline {
        now: at,
        arrival: at,
    };
    let tenant = &workspace.facts.customer_id;
    let received = logs::receive(table, tenant, rows, (&columns, closed), times);
    ingest::keep(emulator, workspace, table, &received)
}

/// First and last time of the rows an alert is about; where they have none, the period of the run.
fn span(fact: &Fact<'_>, alert: &Alert) -> (Timestamp, Timestamp) {
    let times = alert.rows.iter().filter_map(|row| {
        let text = fact.results.get(*row)?.get(TIME)?.as_str()?;
        literal::parse_datetime(text)?;
        text.parse::<Timestamp>().ok()
    });
    let times: Vec<Timestamp> = times.collect();
    let from = fact
        .scheduled
        .checked_sub(fact.period)
        .unwrap_or(fact.scheduled);
    match (times.iter().min(), times.iter().max()) {
        (Some(first), Some(last)) => (*first, *last),
        _ => (from, fact.scheduled),
    }
}

/// Groups alerts into incidents; gives the keys of those that changed, and how many are new.
fn group(
    workspace: &mut Workspace,
    due: &Due,
    fact: &Fact<'_>,
    alerts: Vec<Alert>,
    cases: Vec<CaseAlert>,
) -> (Vec<String>, usize) {
    let of_rule = |slot: &Slot| {
        let stored = slot.live()?;
        let case = Case::of(stored).filter(|case| case.rule == due.rule)?;
        Some((case, stored.clone()))
    };
    let mut known: Vec<(String, Case, Option<Stored>)> = workspace
        .incidents
        .iter()
        .filter_map(|(key, slot)| {
            let (case, stored) = of_rule(slot)?;
            Some((key.clone(), case, Some(stored)))
        })
        .collect();
    let mut incidents: Vec<incident::Incident> =
        known.iter().map(|(_, case, _)| case.incident()).collect();
    let placed = incident::group(fact.settings, &mut incidents, alerts);
    let last = workspace.incidents.last_key_value();
    let mut number = last
        .and_then(|(key, _)| key.parse::<u64>().ok())
        .unwrap_or(0);
    let mut touched = Vec::new();
    let mut created = 0;
    for (place, alert) in placed.into_iter().zip(cases) {
        if place.incident == known.len() {
            number += 1;
            created += 1;
            let case = Case::new(number, &due.rule, &incidents[place.incident]);
            known.push((format!("{number:010}"), case, None));
        }
        let (key, case, _) = &mut known[place.incident];
        if place.how == incident::How::Reopened {
            "Active".clone_into(&mut case.status);
        }
        case.alerts.push(alert);
        if !touched.contains(key) {
            touched.push(key.clone());
        }
    }
    let touch = Touch {
        at: fact.made,
        by: "Microsoft Sentinel".to_owned(),
        by_type: "Application".to_owned(),
    };
    for (key, case, stored) in known {
        if !touched.contains(&key) {
            continue;
        }
        let name = guid_of(&format!("{}/incidents/{}", due.workspace, case.number));
        let slot = Slot::Live(Box::new(Stored {
            name: stored.as_ref().map_or(name, |stored| stored.name.clone()),
            etag: new_etag(fact.made),
            kind: None,
            properties: case.properties(),
            created: stored.map_or_else(|| touch.clone(), |stored| stored.created),
            modified: touch.clone(),
        }));
        workspace.incidents.insert(key, slot);
    }
    (touched, created)
}

/// An alert as a row of `SecurityAlert`; members as seen in rows of scheduled rules.
fn security_alert(workspace: &Workspace, fact: &Fact<'_>, alert: &CaseAlert) -> Map<String, Value> {
    let facts = &workspace.facts;
    let properties = &fact.stored.properties;
    let text = |name: &str| {
        let value = properties.get(name).and_then(Value::as_str);
        value.unwrap_or_default()
    };
    let count = alert.rows;
    let from = fact
        .scheduled
        .checked_sub(fact.period)
        .unwrap_or(fact.scheduled);
    let mut extended = json!({
        "Query": format!(
            "// The query_now parameter represents the time (in UTC) at which the scheduled analytics rule ran to produce this alert.\nset query_now = datetime({});\n{}",
            seven_digits(fact.scheduled),
            text("query")
        ),
        "Query Period": text("queryPeriod"),
        "Query Start Time UTC": seven_digits(from),
        "Query End Time UTC": seven_digits(fact.scheduled),
        "Trigger Operator": text("triggerOperator"),
        "Trigger Threshold": properties.get("triggerThreshold").map(ToString::to_string),
        "Search Query Results Overall Count": count.to_string(),
        "Analytic Rule Ids": json!([fact.stored.name]).to_string(),
        "Analytic Rule Name": text("displayName"),
        "Event Grouping": properties
            .get("eventGroupingSettings")
            .and_then(|settings| settings.get("aggregationKind"))
            .cloned()
            .unwrap_or_else(|| json!("SingleAlert")),
        "ProcessedBySentinel": "True",
        "Alert generation status": "Full alert created",
        "Custom Details": Value::Object(alert.custom_details.clone()).to_string(),
    });
    for (name, value) in &alert.properties {
        extended[name] = value.clone();
    }
    let techniques = |sub: bool| {
        let some = alert.techniques.iter().filter(|id| id.contains('.') == sub);
        let some: Vec<&String> = some.collect();
        json!(some).to_string()
    };
    let row = json!({
        TIME: seven_digits(fact.made),
        "DisplayName": alert.title,
        "AlertName": alert.title,
        "AlertSeverity": alert.severity,
        "Description": alert.description,
        "ProviderName": alert.provider(),
        "VendorName": "Microsoft",
        "VendorOriginalId": alert.id,
        "SystemAlertId": alert.id,
        "AlertType": format!("{}_{}", facts.customer_id, fact.stored.name),
        "IsIncident": false,
        "StartTime": seven_digits(alert.start),
        "EndTime": seven_digits(alert.end),
        "ProcessingEndTime": seven_digits(fact.made),
        "Status": "New",
        "Entities": alert.entities_text(),
        "ExtendedProperties": extended.to_string(),
        "ProductName": "Azure Sentinel",
        "ProductComponentName": alert.component(),
        "Tactics": alert.tactics.join(", "),
        "Techniques": techniques(false),
        "SubTechniques": techniques(true),
        "WorkspaceSubscriptionId": facts.subscription,
        "WorkspaceResourceGroup": facts.resource_group,
    });
    object(row)
}

/// An incident as a row of `SecurityIncident`.
fn security_incident(workspace: &Workspace, stored: &Stored) -> Option<Map<String, Value>> {
    let case = Case::of(stored)?;
    let shown = case.show(&workspace.facts, stored);
    let properties = &shown["properties"];
    let ids: Vec<&String> = case.alerts.iter().map(|alert| &alert.id).collect();
    Some(object(json!({
        TIME: properties["lastModifiedTimeUtc"],
        "IncidentName": stored.name,
        "Title": case.title,
        "Description": case.description,
        "Severity": case.severity,
        "Status": case.status,
        "Classification": case.classification,
        "ClassificationComment": case.classification_comment,
        "ClassificationReason": case.classification_reason,
        "Owner": properties["owner"],
        "ProviderName": "Azure Sentinel",
        "ProviderIncidentId": case.number.to_string(),
        "FirstActivityTime": properties["firstActivityTimeUtc"],
        "LastActivityTime": properties["lastActivityTimeUtc"],
        "LastModifiedTime": properties["lastModifiedTimeUtc"],
        "CreatedTime": properties["createdTimeUtc"],
        "RelatedAnalyticRuleIds": [case.rule],
        "AlertIds": ids,
        "Labels": case.labels,
        "IncidentUrl": properties["incidentUrl"],
        "AdditionalData": properties["additionalData"],
        "ModifiedBy": stored.modified.by,
        "SourceSystem": "Azure",
        "IncidentNumber": case.number,
    })))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
