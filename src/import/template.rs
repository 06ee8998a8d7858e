//! Finds rules in ARM templates: portal exports, content packages, repositories, compiled Bicep.
//!
//! A rule is a resource whose type ends in `alertRules` or, in packages, `AlertRuleTemplates`. Templates inside
//! resources are entered: linked deployments, template specs and content templates. Strings of an inner template are
//! evaluated in the outer scope first, which takes one bracket off an escaped expression, and then in its own.

use serde_json::Map;
use serde_json::Value as Json;

use crate::import::Found;
use crate::import::Imported;
use crate::import::Note;
use crate::import::Skipped;
use crate::import::expression::HOLE;
use crate::import::expression::Scope;
use crate::import::expression::loops;
use crate::import::expression::member;
use crate::import::expression::truth;
use crate::import::shape::last_segment;

/// Deepest nesting of templates in templates.
const MAX_DEPTH: usize = 6;
/// Most rounds of one loop.
const MAX_COPIES: i64 = 10_000;

/// Finds every rule of a template; `parameters` are the values given for its parameters.
pub(super) fn find(
    template: &Map<String, Json>,
    parameters: &Map<String, Json>,
    found: &mut Vec<Found>,
    out: &mut Imported,
) {
    let mut walk = Walk { found, out };
    walk.template(template, parameters, None, "$", 0);
}

struct Walk<'a> {
    found: &'a mut Vec<Found>,
    out: &'a mut Imported,
}

/// A member that is a text after evaluation.
fn text(scope: &Scope<'_>, object: &Map<String, Json>, name: &str) -> Option<String> {
    match scope.evaluate(member(object, name)?).value {
        Json::String(text) => Some(text),
        _ => None,
    }
}

impl Walk<'_> {
    fn template(
        &mut self,
        template: &Map<String, Json>,
        parameters: &Map<String, Json>,
        version: Option<&str>,
        place: &str,
        depth: usize,
    ) {
        if depth > MAX_DEPTH {
            return;
        }
        let scope = Scope::of(template, parameters);
        if let Some(resources) = member(template, "resources") {
            self.resources(
                &scope,
                resources,
                version,
                &format!("{place}.resources"),
                depth,
            );
        }
    }

    fn resources(
        &mut self,
        scope: &Scope<'_>,
        resources: &Json,
        version: Option<&str>,
        place: &str,
        depth: usize,
    ) {
        match resources {
            Json::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.repeated(scope, item, version, &format!("{place}[{index}]"), depth);
                }
            }
            // Templates with symbolic names, as Bicep writes them.
            Json::Object(members) => {
                for (name, item) in members {
                    self.repeated(scope, item, version, &format!("{place}.{name}"), depth);
                }
            }
            _ => {}
        }
    }

    /// A resource once for each round of its loop.
    fn repeated(
        &mut self,
        scope: &Scope<'_>,
        resource: &Json,
        version: Option<&str>,
        place: &str,
        depth: usize,
    ) {
        let Some(resource) = resource.as_object() else {
            return;
        };
        let Some(copy) = member(resource, "copy").and_then(Json::as_object) else {
            self.resource(scope, resource, version, place, depth);
            return;
        };
        let name = text(scope, copy, "name").unwrap_or_default();
        let count = member(copy, "count").map(|count| scope.evaluate(count).value);
        let Some(count) = count.as_ref().and_then(Json::as_i64) else {
            if is_rule(&text(scope, resource, "type").unwrap_or_default()) {
                self.out.skipped.push(Skipped {
                    name: place.to_owned(),
                    reason: "a loop whose number of rounds only a deployment knows".to_owned(),
                });
            }
            return;
        };
        for index in 0..count.min(MAX_COPIES) {
            let place = format!("{place}({index})");
            scope.in_copy(&name, index, || {
                self.resource(scope, resource, version, &place, depth);
            });
        }
    }

    fn resource(
        &mut self,
        scope: &Scope<'_>,
        resource: &Map<String, Json>,
        version: Option<&str>,
        place: &str,
        depth: usize,
    ) {
        let kind = text(scope, resource, "type").unwrap_or_default();
        let switched_off = member(resource, "condition")
            .map(|condition| scope.evaluate(condition))
            .is_some_and(|condition| {
                condition.missing.is_empty() && truth(&condition.value) == Ok(false)
            });
        if is_rule(&kind) {
            if switched_off {
                self.out.skipped.push(Skipped {
                    name: place.to_owned(),
                    reason: "its condition is false".to_owned(),
                });
            } else if member(resource, "existing") != Some(&Json::Bool(true)) {
                self.rule(scope, resource, version, place);
            }
        } else if kind.to_lowercase().ends_with("alertrules/actions") {
            let name = text(scope, resource, "name")
                .unwrap_or_default()
                .replace(HOLE, "…");
            self.out.notes.push(Note {
                rule: name.split('/').rev().nth(1).unwrap_or(&name).to_owned(),
                field: "actions".to_owned(),
                lost: true,
                message: "a playbook called by the rule itself; an automation rule takes its place"
                    .to_owned(),
            });
        } else if !switched_off {
            self.inner(scope, resource, version, place, depth);
        }
        // Children stand inside their parent; a rule's children are its actions.
        if let Some(children) = member(resource, "resources") {
            self.resources(
                scope,
                children,
                version,
                &format!("{place}.resources"),
                depth,
            );
        }
    }

    fn rule(
        &mut self,
        scope: &Scope<'_>,
        resource: &Map<String, Json>,
        version: Option<&str>,
        place: &str,
    ) {
        let mut properties = Map::new();
        let mut missing = Vec::new();
        let given = member(resource, "properties").map(|value| match value {
            // Bicep loops hold the properties in a variable.
            Json::String(_) => scope.evaluate(value).value,
            other => other.clone(),
        });
        for (key, value) in given
            .as_ref()
            .and_then(Json::as_object)
            .into_iter()
            .flatten()
        {
            if let Some(loops) = loops(key, value) {
                for one in loops {
                    let mut unknown = Vec::new();
                    properties.insert(one.name.to_owned(), scope.rounds(one, &mut unknown));
                    missing.extend(unknown.into_iter().map(|what| (one.name.to_owned(), what)));
                }
                continue;
            }
            leaves(scope, key, value, &mut missing);
            scope.took_public_cloud();
            properties.insert(key.clone(), scope.evaluate(value).value);
            if scope.took_public_cloud() {
                self.out.notes.push(Note {
                    rule: place.to_owned(),
                    field: key.clone(),
                    lost: false,
                    message: "`environment()` is taken to be that of the public cloud".to_owned(),
                });
            }
        }
        let name = member(resource, "name").map(|name| scope.evaluate(name));
        if let Some(what) = name.as_ref().and_then(|name| name.missing.first()) {
            missing.push(("name".to_owned(), what.clone()));
        }
        let name = name.and_then(|name| {
            name.value
                .as_str()
                .map(|name| last_segment(name).to_owned())
        });
        self.found.push(Found {
            place: place.to_owned(),
            name,
            kind: text(scope, resource, "kind"),
            properties,
            missing,
            version: version.map(str::to_owned),
        });
    }

    /// The template inside a resource, if there is one.
    fn inner(
        &mut self,
        scope: &Scope<'_>,
        resource: &Map<String, Json>,
        version: Option<&str>,
        place: &str,
        depth: usize,
    ) {
        let Some(properties) = member(resource, "properties").and_then(Json::as_object) else {
            return;
        };
        for key in ["template", "mainTemplate"] {
            let Some(template) = member(properties, key).and_then(Json::as_object) else {
                continue;
            };
            if member(template, "resources").is_none() {
                continue;
            }
            let place = format!("{place}.properties.{key}");
            let own = text(scope, template, "contentVersion")
                .or_else(|| text(scope, properties, "version"));
            // Only a package's entry is the rule's version; a deployment's is that of its file.
            let version = if key == "mainTemplate" {
                own.as_deref()
            } else {
                version
            };
            let given: Map<String, Json> = member(properties, "parameters")
                .and_then(Json::as_object)
                .into_iter()
                .flatten()
                .filter_map(|(name, entry)| {
                    let value = member(entry.as_object()?, "value")?;
                    let evaluated = scope.evaluate(value);
                    evaluated
                        .missing
                        .is_empty()
                        .then(|| (name.clone(), evaluated.value))
                })
                .collect();
            let own_scope = member(properties, "expressionEvaluationOptions")
                .and_then(Json::as_object)
                .and_then(|options| member(options, "scope"))
                .and_then(Json::as_str)
                .is_some_and(|scope| scope.eq_ignore_ascii_case("inner"));
            if own_scope {
                self.template(template, &given, version, &place, depth + 1);
            } else {
                let outer = unescaped(scope, template);
                self.template(&outer, &given, version, &place, depth + 1);
            }
        }
    }
}

/// An inner template with its strings evaluated in the outer scope, where they are known there; a string that is
/// not is left as it is, for the inner scope.
fn unescaped(scope: &Scope<'_>, template: &Map<String, Json>) -> Map<String, Json> {
    fn tree(scope: &Scope<'_>, value: &Json) -> Json {
        match value {
            Json::String(_) => {
                let evaluated = scope.evaluate(value);
                if evaluated.missing.is_empty() {
                    guarded(value, evaluated.value)
                } else {
                    value.clone()
                }
            }
            Json::Array(items) => items.iter().map(|item| tree(scope, item)).collect(),
            Json::Object(members) => Json::Object(
                members
                    .iter()
                    .map(|(key, value)| (key.clone(), tree(scope, value)))
                    .collect(),
            ),
            other => other.clone(),
        }
    }
    template
        .iter()
        .map(|(key, value)| (key.clone(), tree(scope, value)))
        .collect()
}

/// What an expression evaluated to is a value, not another expression; an unescaped bracket is one.
fn guarded(source: &Json, value: Json) -> Json {
    let escaped = source.as_str().is_some_and(|text| text.starts_with("[["));
    match value {
        Json::String(text)
            if !escaped
                && source.as_str() != Some(&text)
                && text.starts_with('[')
                && text.ends_with(']') =>
        {
            Json::String(format!("[{text}"))
        }
        other => other,
    }
}

/// Names every leaf whose value is missing.
fn leaves(scope: &Scope<'_>, path: &str, value: &Json, missing: &mut Vec<(String, String)>) {
    match value {
        Json::Object(members) => {
            for (key, value) in members {
                leaves(scope, &format!("{path}.{key}"), value, missing);
            }
        }
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                leaves(scope, &format!("{path}[{index}]"), item, missing);
            }
        }
        Json::String(_) => {
            let evaluated = scope.evaluate(value);
            missing.extend(
                evaluated
                    .missing
                    .into_iter()
                    .map(|what| (path.to_owned(), what)),
            );
        }
        _ => {}
    }
}

/// Whether a resource type is that of a rule or of a package's rule template.
fn is_rule(kind: &str) -> bool {
    let last = last_segment(kind).to_lowercase();
    matches!(last.as_str(), "alertrules" | "alertruletemplates")
        && !kind.to_lowercase().starts_with("microsoft.insights")
        && !kind
            .to_lowercase()
            .starts_with("microsoft.alertsmanagement")
}
