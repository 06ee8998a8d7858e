//! Finds rules whatever stands around them.
//!
//! Taken are: ARM templates; the service's own resources, alone, in lists and in pages (`{"value": […]}`); request
//! bodies (`{"kind": …, "properties": …}`); and flat rules, whose members stand beside each other, alone, in lists,
//! and under the keys of older tools: `AzSentinel`'s kinds (`Scheduled`, …) and `analytics`, others' `rules`.

use serde_json::Map;
use serde_json::Value as Json;

use crate::import::Found;
use crate::import::Imported;
use crate::import::Skipped;
use crate::import::expression::member;
use crate::import::template;

/// Deepest nesting of lists in lists and wrappers in wrappers.
const MAX_DEPTH: usize = 8;

/// Finds every rule in `value`.
pub(super) fn find(
    value: &Json,
    parameters: &Map<String, Json>,
    found: &mut Vec<Found>,
    out: &mut Imported,
) {
    Walk {
        parameters,
        found,
        out,
    }
    .value(value, "$", None, 0);
}

struct Walk<'a> {
    parameters: &'a Map<String, Json>,
    found: &'a mut Vec<Found>,
    out: &'a mut Imported,
}

impl Walk<'_> {
    fn value(&mut self, value: &Json, place: &str, kind: Option<&str>, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        match value {
            Json::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.value(item, &format!("{place}[{index}]"), kind, depth + 1);
                }
            }
            Json::Object(object) => self.object(object, place, kind, depth),
            _ => {}
        }
    }

    fn object(
        &mut self,
        object: &Map<String, Json>,
        place: &str,
        kind: Option<&str>,
        depth: usize,
    ) {
        if member(object, "resources")
            .is_some_and(|resources| resources.is_array() || resources.is_object())
        {
            template::find(object, self.parameters, self.found, self.out);
            return;
        }
        let text = |name: &str| {
            member(object, name)
                .and_then(Json::as_str)
                .map(str::to_owned)
        };
        if let Some(properties) = member(object, "properties").and_then(Json::as_object) {
            let of_rule = [
                "query",
                "displayName",
                "productFilter",
                "alertRuleTemplateName",
            ];
            if of_rule
                .iter()
                .any(|name| member(properties, name).is_some())
            {
                self.found.push(Found {
                    place: place.to_owned(),
                    name: text("name").map(|name| last_segment(&name).to_owned()),
                    kind: text("kind").or_else(|| kind.map(str::to_owned)),
                    properties: properties.clone(),
                    missing: Vec::new(),
                    version: None,
                });
                return;
            }
        }
        if member(object, "query").is_some()
            || kind.is_some() && member(object, "displayName").is_some()
        {
            let named = member(object, "displayName").is_some();
            self.found.push(Found {
                place: place.to_owned(),
                // In flat rules `name` is what people call the rule, unless there is a `displayName` beside it.
                name: text("id").or_else(|| named.then(|| text("name")).flatten()),
                kind: text("kind").or_else(|| kind.map(str::to_owned)),
                properties: flat(object),
                missing: Vec::new(),
                version: text("version"),
            });
            return;
        }
        for (key, value) in object {
            let lower = key.to_lowercase();
            let under = format!("{place}.{key}");
            match lower.as_str() {
                "scheduled"
                | "nrt"
                | "fusion"
                | "mlbehavioranalytics"
                | "threatintelligence"
                | "microsoftsecurityincidentcreation" => {
                    self.value(value, &under, Some(key), depth + 1);
                }
                "hunting" | "hunts" | "huntingqueries" => {
                    let count = value.as_array().map_or(1, Vec::len);
                    self.out.skipped.push(Skipped {
                        name: under,
                        reason: format!(
                            "{count} hunting queries; only analytics rules are imported"
                        ),
                    });
                }
                "value" | "analytics" | "rules" | "alertrules" | "items" | "detections" => {
                    self.value(value, &under, kind, depth + 1);
                }
                _ => {}
            }
        }
    }
}

/// Members of a flat rule under the names that the service gives them.
fn flat(object: &Map<String, Json>) -> Map<String, Json> {
    let mut properties = Map::new();
    let mut incident = Map::new();
    let named = member(object, "displayName").is_some();
    for (key, value) in object {
        match key.to_lowercase().as_str() {
            "id" | "kind" | "etag" | "type" | "version" => {}
            "name" if named => {}
            "name" => {
                properties.insert("displayName".to_owned(), value.clone());
            }
            "aggregationkind" => {
                let mut grouping = Map::new();
                grouping.insert("aggregationKind".to_owned(), value.clone());
                properties.insert("eventGroupingSettings".to_owned(), Json::Object(grouping));
            }
            "createincident" => {
                incident.insert("createIncident".to_owned(), value.clone());
            }
            "groupingconfiguration" => {
                incident.insert("groupingConfiguration".to_owned(), value.clone());
            }
            _ => {
                properties.insert(key.clone(), value.clone());
            }
        }
    }
    if !incident.is_empty() {
        incident.entry("createIncident").or_insert(Json::Bool(true));
        properties.insert("incidentConfiguration".to_owned(), Json::Object(incident));
    }
    properties
}

/// What stands behind the last slash of a resource name or id.
pub(super) fn last_segment(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}
