//! A workspace as the tests of a plan need it: it takes a plan and answers as the service was recorded to.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde_json::Value;
use serde_json::json;

use crate::api::lenient::ListedRule;
use crate::api::metadata::MetadataBody;
use crate::api::metadata::MetadataResource;
use crate::api::path::WorkspaceId;
use crate::plan::Action;
use crate::plan::Desired;
use crate::plan::Options;
use crate::plan::Plan;
use crate::plan::field::Field;
use crate::plan::mark::Source;
use crate::plan::plan;
use crate::render::RenderOptions;
use crate::render::rest;
use crate::rule::Rule;

/// The live side.
#[derive(Debug, Clone, Default)]
pub(crate) struct Workspace {
    /// Rules by name, as the service holds them.
    pub(crate) rules: BTreeMap<String, Value>,
    /// Marks by the name of their rule.
    pub(crate) marks: BTreeMap<String, MetadataBody>,
    /// How many writes there were; makes etags.
    pub(crate) writes: u64,
    /// Respell whatever can be respelled without a difference.
    pub(crate) respell: bool,
}

pub(crate) fn options() -> Options {
    Options {
        workspace: WorkspaceId {
            subscription: "s".to_owned(),
            resource_group: "rg".to_owned(),
            name: "law-1".to_owned(),
        },
        source: source("https://example.org/o/r"),
        api_version: crate::api::version::PREVIEW.to_owned(),
        adopt: false,
        prune: false,
        whole: true,
    }
}

pub(crate) fn source(id: &str) -> Source {
    Source {
        id: id.to_owned(),
        name: "r".to_owned(),
        target: None,
    }
}

/// A rule as its file wants it, from the words under `rulepost: unmanaged:` too.
pub(crate) fn desired(rule: &Rule) -> Desired {
    let words = rule.extension.unmanaged.iter();
    Desired {
        id: rule.id.value,
        path: rule.origin.path.display().to_string(),
        body: rest(rule, &RenderOptions::default()).body,
        version: rule.version.as_ref().map(|version| version.value.clone()),
        unmanaged: words
            .flat_map(|word| Field::named(&word.value))
            .collect::<BTreeSet<_>>(),
        selected: true,
    }
}

impl Workspace {
    pub(crate) fn list(&self) -> Vec<ListedRule> {
        self.rules
            .values()
            .map(|rule| ListedRule::from_value(rule.clone()))
            .collect()
    }

    pub(crate) fn marks(&self) -> Vec<MetadataResource> {
        self.marks
            .iter()
            .map(|(rule, body)| MetadataResource {
                name: format!("analyticsrule-{rule}"),
                etag: Some("\"m\"".to_owned()),
                properties: body.properties.clone(),
            })
            .collect()
    }

    pub(crate) fn plan(&self, desired: &[Desired], options: &Options) -> Plan {
        plan(desired, &self.list(), &self.marks(), options)
    }

    /// Does what the plan says.
    pub(crate) fn apply(&mut self, plan: &Plan) {
        for change in &plan.changes {
            match &change.action {
                Action::Create { body, mark } => {
                    self.put(&change.name, &json!(body));
                    self.mark(&change.name, mark);
                }
                Action::Update {
                    body, mark, live, ..
                } => {
                    assert_eq!(body.etag, live.etag, "an update carries the etag");
                    self.put(&change.name, &json!(body));
                    self.mark(&change.name, mark);
                }
                Action::Mark { mark, .. } => self.mark(&change.name, mark),
                Action::Delete { .. } => {
                    self.rules.remove(&change.name);
                    self.marks.remove(&change.name);
                }
                Action::Forget => {
                    self.marks.remove(&change.name);
                }
            }
        }
    }

    pub(crate) fn mark(&mut self, rule: &str, mark: &MetadataBody) {
        let mut mark = mark.clone();
        mark.etag = None;
        self.marks.insert(rule.to_owned(), mark);
    }

    /// Stores a body as the service does: defaults filled in, absent scalars and lists as `null`.
    pub(crate) fn put(&mut self, name: &str, body: &Value) {
        self.writes += 1;
        let mut properties = body["properties"].clone();
        let members = properties.as_object_mut().expect("a body");
        for nullable in [
            "description",
            "tactics",
            "techniques",
            "subTechniques",
            "alertRuleTemplateName",
            "templateVersion",
        ] {
            members.entry(nullable).or_insert(Value::Null);
        }
        members.entry("incidentConfiguration").or_insert(json!({
            "createIncident": true,
            "groupingConfiguration": {
                "enabled": false, "reopenClosedIncident": false, "lookbackDuration": "PT5M",
                "matchingMethod": "AnyAlert", "groupByEntities": [],
            },
        }));
        if let Some(grouping) = members["incidentConfiguration"]
            .get_mut("groupingConfiguration")
            .and_then(Value::as_object_mut)
        {
            for nullable in [
                "groupByEntities",
                "groupByAlertDetails",
                "groupByCustomDetails",
            ] {
                grouping.entry(nullable).or_insert(Value::Null);
            }
        }
        members.insert(
            "lastModifiedUtc".to_owned(),
            json!("2026-03-25T07:45:17.671388Z"),
        );
        if self.respell {
            respell(members);
        }
        let resource = json!({
            "id": format!("/subscriptions/s/…/alertRules/{name}"),
            "name": name,
            "etag": format!("\"{}\"", self.writes),
            "type": "Microsoft.SecurityInsights/alertRules",
            "kind": body["kind"],
            "properties": properties,
        });
        self.rules.insert(name.to_owned(), resource);
    }
}

/// Other spellings of the same: durations, line ends, order of sets, empty lists.
fn respell(members: &mut serde_json::Map<String, Value>) {
    for key in ["queryFrequency", "queryPeriod", "suppressionDuration"] {
        if let Some(Value::String(text)) = members.get_mut(key) {
            let seconds = text
                .parse::<crate::duration::Duration>()
                .expect("a duration")
                .as_secs();
            *text = format!("PT{}M", seconds / 60);
        }
    }
    for key in ["query", "description"] {
        if let Some(Value::String(text)) = members.get_mut(key) {
            *text = format!("{}  \r\n", text.replace('\n', " \r\n"));
        }
    }
    for key in ["tactics", "techniques", "subTechniques", "entityMappings"] {
        match members.get_mut(key) {
            Some(Value::Array(items)) => items.reverse(),
            Some(null) if key != "entityMappings" => *null = json!([]),
            _ => {}
        }
    }
    for key in [
        "eventGroupingSettings",
        "customDetails",
        "entityMappings",
        "alertDetailsOverride",
        "sentinelEntitiesMappings",
    ] {
        members.entry(key).or_insert(Value::Null);
    }
}
