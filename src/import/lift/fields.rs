//! The fields of one found rule: each is taken once, and what nobody took is noted at the end.

use std::collections::BTreeSet;

use serde_json::Map;
use serde_json::Value as Json;

use crate::diag::Spanned;
use crate::duration::Duration;
use crate::import::Found;
use crate::import::Note;
use crate::import::expression::HOLE;
use crate::import::expression::member;
use crate::import::lift::at;
use crate::import::lift::nowhere;
use crate::mitre::Tactic;
use crate::mitre::TechniqueId;
use crate::rule::entity::canonical_identifier;
use crate::rule::field::AlertDetail;
use crate::rule::field::AlertDetailsOverride;
use crate::rule::field::DataConnector;
use crate::rule::field::EntityMapping;
use crate::rule::field::EntityType;
use crate::rule::field::FieldMapping;
use crate::rule::field::GroupingConfiguration;
use crate::rule::field::IncidentConfiguration;
use crate::rule::field::MatchingMethod;
use crate::rule::field::Tag;
use crate::rule::lower::DYNAMIC_PROPERTIES;

/// Members that the service or the gallery owns; they say nothing about the rule.
const SERVER_OWNED: &[&str] = &[
    "lastmodifiedutc",
    "lastupdateddateutc",
    "createddateutc",
    "alertrulescreatedbytemplatecount",
    "provisioningstate",
    "etag",
];

/// A found rule, or an object inside it.
#[derive(Debug)]
pub(super) struct Fields<'f> {
    object: &'f Map<String, Json>,
    path: String,
    taken: BTreeSet<String>,
    missing: &'f [(String, String)],
    /// The rule's name, for notes.
    pub(super) rule: String,
    /// What was noted so far.
    pub(super) notes: Vec<Note>,
}

impl<'f> Fields<'f> {
    /// The fields of a rule.
    pub(super) fn new(found: &'f Found) -> Self {
        Self {
            object: &found.properties,
            path: String::new(),
            taken: BTreeSet::new(),
            missing: &found.missing,
            rule: found.name.clone().unwrap_or_else(|| found.place.clone()),
            notes: Vec::new(),
        }
    }

    fn path_of(&self, field: &str) -> String {
        format!("{}{field}", self.path)
    }

    fn note(&mut self, field: &str, lost: bool, message: String) {
        let field = self.path_of(field);
        self.notes.push(Note {
            rule: self.rule.clone(),
            field,
            lost,
            message,
        });
    }

    /// Notes that a field is said differently.
    pub(super) fn changed(&mut self, field: &str, message: String) {
        self.note(field, false, message);
    }

    /// Notes that a field is gone.
    fn lost(&mut self, field: &str, message: impl Into<String>) {
        self.note(field, true, message.into());
    }

    /// Whether a field has a value.
    pub(super) fn has(&self, field: &str) -> bool {
        member(self.object, field).is_some_and(|value| !value.is_null())
    }

    /// A field's value; null, and what only a deployment knows, is none.
    fn take(&mut self, field: &str) -> Option<&'f Json> {
        self.taken.insert(field.to_lowercase());
        let value = member(self.object, field).filter(|value| !value.is_null())?;
        if value.as_str().is_some_and(|text| text.contains(HOLE)) {
            let path = self.path_of(field);
            let what = self.missing.iter().find(|(missing, _)| *missing == path);
            let what = what.map_or("its value is not known", |(_, what)| what.as_str());
            self.lost(field, what);
            return None;
        }
        Some(value)
    }

    /// Takes a field that this kind of rule has no place for.
    pub(super) fn no_place(&mut self, field: &str, why: &str) {
        if self.take(field).is_some() {
            self.lost(field, why);
        }
    }

    /// A text that is not empty.
    pub(super) fn text(&mut self, field: &str) -> Option<String> {
        match self.take(field)? {
            Json::String(text) if text.is_empty() => None,
            Json::String(text) => Some(text.clone()),
            Json::Number(number) => Some(number.to_string()),
            other => {
                let shown = shape(other);
                self.lost(field, format!("a text is expected, not {shown}"));
                None
            }
        }
    }

    /// A boolean, also as a text.
    pub(super) fn boolean(&mut self, field: &str) -> Option<bool> {
        let value = self.take(field)?;
        match value {
            Json::Bool(value) => Some(*value),
            Json::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Json::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            other => {
                let shown = shape(other);
                self.lost(field, format!("true or false is expected, not {shown}"));
                None
            }
        }
    }

    /// A whole number, also as a text.
    pub(super) fn integer(&mut self, field: &str) -> Option<i64> {
        let value = self.take(field)?;
        let number = match value {
            Json::Number(number) => number.as_i64().or_else(|| {
                // `0.0`, as some serialisers write it.
                number
                    .as_f64()
                    .filter(|float| float.fract() == 0.0)
                    .and_then(|float| format!("{float:.0}").parse().ok())
            }),
            Json::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        if number.is_none() {
            let shown = shape(value);
            self.lost(field, format!("a whole number is expected, not {shown}"));
        }
        number
    }

    /// A duration in any spelling, `PT1D` included, which many tools write and no standard knows.
    pub(super) fn duration(&mut self, field: &str) -> Option<Duration> {
        let text = self.text(field)?;
        if let Ok(duration) = text.parse() {
            return Some(duration);
        }
        let upper = text.trim().to_uppercase();
        if let Some(Ok(duration)) = upper.strip_prefix("PT").map(str::parse::<Duration>) {
            self.changed(
                field,
                format!("`{text}` is no duration; it is read as `{duration}`"),
            );
            return Some(duration);
        }
        self.lost(field, format!("`{text}` is no duration"));
        None
    }

    /// A word of an enum.
    pub(super) fn word<T>(
        &mut self,
        field: &str,
        parse: fn(&str) -> Option<T>,
        accepted: &str,
    ) -> Option<T> {
        let text = self.text(field)?;
        let value = parse(&text);
        if value.is_none() {
            self.lost(field, format!("`{text}` is unknown; it can be {accepted}"));
        }
        value
    }

    /// The fields of an object inside; what nobody takes there is noted.
    pub(super) fn nested<T>(
        &mut self,
        field: &str,
        read: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        let value = self.take(field)?;
        let Json::Object(object) = value else {
            let shown = shape(value);
            self.lost(field, format!("a map is expected, not {shown}"));
            return None;
        };
        Some(self.inside(field, object, read))
    }

    fn inside<T>(
        &mut self,
        field: &str,
        object: &'f Map<String, Json>,
        read: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let mut inner = Fields {
            object,
            path: format!("{}.", self.path_of(field)),
            taken: BTreeSet::new(),
            missing: self.missing,
            rule: self.rule.clone(),
            notes: Vec::new(),
        };
        let result = read(&mut inner);
        inner.rest();
        self.notes.append(&mut inner.notes);
        result
    }

    /// The items of a list; a text is a list of one, or of several with commas between.
    fn words(&mut self, field: &str) -> Vec<String> {
        match self.take(field) {
            None => Vec::new(),
            Some(Json::Array(items)) => {
                let mut words = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    match item {
                        Json::String(text) if !text.contains(HOLE) => words.push(text.clone()),
                        Json::Null => {}
                        other => {
                            let shown = shape(other);
                            self.lost(
                                &format!("{field}[{index}]"),
                                format!("a text is expected, not {shown}"),
                            );
                        }
                    }
                }
                words
            }
            Some(Json::String(text)) => text
                .split(',')
                .map(str::trim)
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect(),
            Some(other) => {
                let shown = shape(other);
                self.lost(field, format!("a list is expected, not {shown}"));
                Vec::new()
            }
        }
    }

    /// The maps of a list, each with its fields.
    fn maps<T>(&mut self, field: &str, mut read: impl FnMut(&mut Self) -> Option<T>) -> Vec<T> {
        let Some(value) = self.take(field) else {
            return Vec::new();
        };
        let items: Vec<&Json> = match value {
            Json::Array(items) => items.iter().collect(),
            single @ Json::Object(_) => vec![single],
            other => {
                let shown = shape(other);
                self.lost(field, format!("a list is expected, not {shown}"));
                return Vec::new();
            }
        };
        let mut list = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            match item {
                Json::Object(object) => {
                    list.extend(self.inside(&format!("{field}[{index}]"), object, &mut read));
                }
                Json::Null => {}
                other => {
                    let shown = shape(other);
                    self.lost(
                        &format!("{field}[{index}]"),
                        format!("a map is expected, not {shown}"),
                    );
                }
            }
        }
        list
    }

    /// Words of an enum in a list; unknown ones are noted.
    fn enums<T>(
        &mut self,
        field: &str,
        parse: fn(&str) -> Option<T>,
        what: &str,
    ) -> Vec<Spanned<T>> {
        let mut list = Vec::new();
        for word in self.words(field) {
            match parse(&word) {
                Some(value) => list.push(at(value)),
                None => self.lost(field, format!("`{word}` is no {what}")),
            }
        }
        list
    }

    /// `tactics`.
    pub(super) fn tactics(&mut self) -> Vec<Spanned<Tactic>> {
        let mut tactics = self.enums(
            "tactics",
            Tactic::parse_lenient,
            "tactic that the service accepts",
        );
        let mut seen = BTreeSet::new();
        tactics.retain(|tactic| seen.insert(tactic.value));
        tactics
    }

    /// `techniques` and `subTechniques` as one list; a parent is left out when a sub-technique says it.
    pub(super) fn techniques(&mut self) -> Vec<Spanned<TechniqueId>> {
        let mut ids = BTreeSet::new();
        for field in ["techniques", "subTechniques", "relevantTechniques"] {
            for word in self.words(field) {
                match word.trim().parse::<TechniqueId>() {
                    Ok(id) => {
                        ids.insert(id);
                    }
                    Err(_) => self.lost(
                        field,
                        format!("`{word}` is no technique id (`T####` or `T####.###`)"),
                    ),
                }
            }
        }
        let parents: BTreeSet<TechniqueId> = ids
            .iter()
            .filter(|id| id.is_sub())
            .map(|id| id.parent())
            .collect();
        ids.into_iter()
            .filter(|id| !parents.contains(id))
            .map(at)
            .collect()
    }

    /// `entityMappings`.
    pub(super) fn entity_mappings(&mut self) -> Vec<EntityMapping> {
        self.maps("entityMappings", |mapping| {
            let entity_type = mapping.word(
                "entityType",
                EntityType::parse_lenient,
                "a type of entity of the service",
            );
            let mut fields = mapping.maps("fieldMappings", |field| {
                let (identifier, column) = (field.text("identifier"), field.text("columnName"));
                Some(FieldMapping {
                    identifier: at(identifier?),
                    column: at(column?),
                })
            });
            let entity_type = entity_type?;
            for field in &mut fields {
                // The service takes identifiers in one spelling only.
                if let Some(known) = canonical_identifier(entity_type, &field.identifier.value) {
                    known.clone_into(&mut field.identifier.value);
                }
            }
            Some(EntityMapping {
                span: nowhere(),
                entity_type: at(entity_type),
                fields,
            })
        })
    }

    /// `sentinelEntitiesMappings`.
    pub(super) fn sentinel_entities(&mut self) -> Vec<Spanned<String>> {
        self.maps("sentinelEntitiesMappings", |mapping| {
            mapping.text("columnName").map(at)
        })
    }

    /// `customDetails`.
    pub(super) fn custom_details(&mut self) -> Vec<(Spanned<String>, Spanned<String>)> {
        self.nested("customDetails", |details| {
            let keys: Vec<String> = details.object.keys().cloned().collect();
            keys.into_iter()
                .filter_map(|key| Some((at(key.clone()), at(details.text(&key)?))))
                .collect()
        })
        .unwrap_or_default()
    }

    /// `alertDetailsOverride`; one without any content is none.
    pub(super) fn alert_details(&mut self) -> Option<AlertDetailsOverride> {
        let details = self.nested("alertDetailsOverride", |details| {
            let mut read = AlertDetailsOverride {
                span: nowhere(),
                display_name_format: details.text("alertDisplayNameFormat").map(at),
                description_format: details.text("alertDescriptionFormat").map(at),
                tactics_column: details.text("alertTacticsColumnName").map(at),
                severity_column: details.text("alertSeverityColumnName").map(at),
                dynamic_properties: Vec::new(),
            };
            let properties = details.maps("alertDynamicProperties", |property| {
                Some((property.text("alertProperty")?, property.text("value")?))
            });
            for (property, column) in properties {
                details.dynamic_property(&property, column, &mut read);
            }
            read
        })?;
        let empty = details.display_name_format.is_none()
            && details.description_format.is_none()
            && details.tactics_column.is_none()
            && details.severity_column.is_none()
            && details.dynamic_properties.is_empty();
        (!empty).then_some(details)
    }

    /// One of `alertDynamicProperties`. Old templates set the severity and the tactics this way; the service has
    /// columns of their own for them.
    fn dynamic_property(
        &mut self,
        property: &str,
        column: String,
        read: &mut AlertDetailsOverride,
    ) {
        const FIELD: &str = "alertDynamicProperties";
        let known = DYNAMIC_PROPERTIES
            .iter()
            .find(|known| known.eq_ignore_ascii_case(property));
        if let Some(known) = known {
            read.dynamic_properties
                .push((at((*known).to_owned()), at(column)));
            return;
        }
        let (member, place) = match property.to_lowercase().as_str() {
            "severity" => ("alertSeverityColumnName", &mut read.severity_column),
            "tactics" => ("alertTacticsColumnName", &mut read.tactics_column),
            _ => {
                self.lost(
                    FIELD,
                    format!("the service has no alert property `{property}`"),
                );
                return;
            }
        };
        if place.is_some() {
            self.lost(
                FIELD,
                format!("`{property}` is no alert property of the service, and `{member}` is set"),
            );
        } else {
            *place = Some(at(column));
            self.changed(
                FIELD,
                format!("`{property}` is no alert property of the service; written as `{member}`"),
            );
        }
    }

    /// `incidentConfiguration`, also with the names that versions before 2021 had.
    pub(super) fn incident(&mut self) -> Option<IncidentConfiguration> {
        self.nested("incidentConfiguration", |incident| IncidentConfiguration {
            span: nowhere(),
            create: at(incident.boolean("createIncident").unwrap_or(true)),
            grouping: incident.nested("groupingConfiguration", Self::grouping),
        })
    }

    fn grouping(grouping: &mut Self) -> GroupingConfiguration {
        let matching = grouping.word(
            "matchingMethod",
            MatchingMethod::parse_lenient,
            "AllEntities, AnyAlert or Selected",
        );
        let older = grouping.word(
            "entitiesMatchingMethod",
            older_matching,
            "All, None or Custom",
        );
        if matching.is_none()
            && let Some(method) = older
        {
            grouping.changed(
                "entitiesMatchingMethod",
                format!("written as `matchingMethod: {method}`"),
            );
        }
        GroupingConfiguration {
            span: nowhere(),
            enabled: at(grouping.boolean("enabled").unwrap_or(false)),
            reopen_closed: at(grouping.boolean("reopenClosedIncident").unwrap_or(false)),
            lookback: at(grouping
                .duration("lookbackDuration")
                .unwrap_or(Duration::from_hours(5))),
            matching: at(matching.or(older).unwrap_or(MatchingMethod::AllEntities)),
            by_entities: grouping.enums(
                "groupByEntities",
                EntityType::parse_lenient,
                "type of entity",
            ),
            by_alert_details: grouping.enums(
                "groupByAlertDetails",
                AlertDetail::parse_lenient,
                "detail of an alert",
            ),
            by_custom_details: grouping
                .words("groupByCustomDetails")
                .into_iter()
                .map(at)
                .collect(),
        }
    }

    /// `requiredDataConnectors`, which packages carry.
    pub(super) fn data_connectors(&mut self) -> Vec<DataConnector> {
        let lists = self.maps("requiredDataConnectors", |connector| {
            let ids = connector.words("connectorId");
            let data_types: Vec<_> = connector.words("dataTypes").into_iter().map(at).collect();
            Some(
                ids.into_iter()
                    .map(|id| DataConnector {
                        id: at(id),
                        data_types: data_types.clone(),
                    })
                    .collect::<Vec<_>>(),
            )
        });
        lists.into_iter().flatten().collect()
    }

    /// `tags`: words and maps of words.
    pub(super) fn tags(&mut self) -> Vec<Tag> {
        let words = |value: &Json| match value {
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        let of_map = |map: &Map<String, Json>| {
            Tag::Map(
                map.iter()
                    .map(|(key, value)| (at(key.clone()), at(words(value))))
                    .collect(),
            )
        };
        match self.take("tags") {
            None => Vec::new(),
            Some(Json::Array(items)) => items
                .iter()
                .filter_map(|item| match item {
                    Json::Null => None,
                    Json::Object(map) => Some(of_map(map)),
                    other => Some(Tag::Word(at(words(other)))),
                })
                .collect(),
            Some(Json::Object(map)) => vec![of_map(map)],
            Some(other) => vec![Tag::Word(at(words(other)))],
        }
    }

    /// Notes every field that nobody took and that says something.
    pub(super) fn rest(&mut self) {
        let unknown: Vec<(&'f String, &'f Json)> = self
            .object
            .iter()
            .filter(|(key, value)| {
                let key = key.to_lowercase();
                !self.taken.contains(&key) && !SERVER_OWNED.contains(&key.as_str()) && !empty(value)
            })
            .collect();
        for (key, _) in unknown {
            let message = match key.to_lowercase().as_str() {
                "playbookname" | "logicappresourceid" | "triggeruri" => {
                    "a playbook called by the rule itself; an automation rule takes its place"
                }
                "status" => "belongs to the gallery's entry; a rule has no status",
                _ => "the rule format has no such field",
            };
            self.lost(key, message);
        }
    }
}

/// Matching methods as versions before 2021 called them.
fn older_matching(text: &str) -> Option<MatchingMethod> {
    match text.to_lowercase().as_str() {
        "all" => Some(MatchingMethod::AllEntities),
        "none" => Some(MatchingMethod::AnyAlert),
        "custom" => Some(MatchingMethod::Selected),
        _ => MatchingMethod::parse_lenient(text),
    }
}

/// Whether a value says nothing.
fn empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// What a value is, in words.
fn shape(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "a map",
    }
}
