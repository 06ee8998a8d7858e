//! Templates: from the text that is sent to the resources it deploys, in the order they may be deployed.
//!
//! Resources are evaluated as a whole before anything is deployed, as Azure Resource Manager does. What it knows and
//! the emulator does not (copy loops, nested templates, complete mode) is refused by name.
//! Source: "Understand the structure and syntax of ARM templates" and "Template limits" of the Azure documentation.

pub(crate) mod evaluate;
pub(crate) mod parse;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::emulator::template::evaluate::{Scope, join_id};

/// Most resources of a template.
const MAX_RESOURCES: usize = 800;
/// Most parameters of a template.
const MAX_PARAMETERS: usize = 256;
/// Most bytes of a template.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// One resource of a template, evaluated.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Resource {
    /// Full resource id.
    pub(crate) id: String,
    /// Type as the template names it.
    pub(crate) type_of: String,
    /// Name as the template gives it.
    pub(crate) name: String,
    /// Version of its provider.
    pub(crate) api_version: String,
    /// What is sent to the provider.
    pub(crate) body: Value,
    /// Positions of the resources that have to be there first.
    pub(crate) after: Vec<usize>,
}

/// Members of a resource that are for Azure Resource Manager itself.
const OWN: &[&str] = &[
    "type",
    "name",
    "apiVersion",
    "dependsOn",
    "scope",
    "condition",
    "comments",
    "metadata",
];

/// Members that the emulator does not serve.
const UNSERVED: &[&str] = &["copy", "resources"];

/// The resources of a template; the error is the text of `InvalidTemplate`.
pub(crate) fn resources(
    template: &Value,
    given: &Map<String, Value>,
    mut scope: Scope,
) -> Result<Vec<Resource>, String> {
    let size = template.to_string().len();
    if size > MAX_BYTES {
        return Err(format!(
            "The template has {size} bytes; a template of up to {MAX_BYTES} is deployed"
        ));
    }
    for name in ["$schema", "contentVersion", "resources"] {
        if template.get(name).is_none() {
            return Err(format!(
                "Required property '{name}' not found in JSON. Path ''"
            ));
        }
    }
    parameters(template, given, &mut scope)?;
    if let Some(variables) = template.get("variables").and_then(Value::as_object) {
        // A variable may refer to those before it.
        for (name, value) in variables {
            let value = scope.value(value)?;
            scope.variables.insert(name.to_lowercase(), value);
        }
    }
    let listed = template.get("resources").and_then(Value::as_array);
    let listed = listed.ok_or("The template property 'resources' has to be an array")?;
    if listed.len() > MAX_RESOURCES {
        return Err(format!(
            "The number of template resources limit exceeded. Limit: '{MAX_RESOURCES}' and actual: '{}'. Please see https://aka.ms/arm-template/#template-limits for usage details",
            listed.len()
        ));
    }
    let mut read = Vec::new();
    for value in listed {
        if let Some(resource) = resource(value, &scope)? {
            read.push(resource);
        }
    }
    order(read)
}

/// Values of the parameters: given, or by default.
fn parameters(
    template: &Value,
    given: &Map<String, Value>,
    scope: &mut Scope,
) -> Result<(), String> {
    let none = Map::new();
    let declared = template
        .get("parameters")
        .and_then(Value::as_object)
        .unwrap_or(&none);
    if declared.len() > MAX_PARAMETERS {
        return Err(format!(
            "The number of template parameters limit exceeded. Limit: '{MAX_PARAMETERS}' and actual: '{}'",
            declared.len()
        ));
    }
    let is = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
    let strange: Vec<&str> = given
        .keys()
        .filter(|name| !declared.keys().any(|one| is(one, name)))
        .map(String::as_str)
        .collect();
    if !strange.is_empty() {
        return Err(format!(
            "The template parameters '{}' in the parameters file are not valid; they are not present in the original template and can therefore not be provided at deployment time. The only supported parameters for this template are '{}'. Please see https://aka.ms/arm-pass-parameter-values for usage details.",
            strange.join(", "),
            declared.keys().cloned().collect::<Vec<_>>().join(", ")
        ));
    }
    for (name, about) in declared {
        let value = given
            .iter()
            .find(|(one, _)| is(one, name))
            .map(|(_, value)| value);
        let value = match (value, about.get("defaultValue")) {
            (Some(given), _) => given.get("value").cloned().unwrap_or(Value::Null),
            (None, Some(default)) => scope.value(default)?,
            (None, None) => {
                return Err(format!(
                    "The value for the template parameter '{name}' is not provided. Please see https://aka.ms/arm-create-parameter-file for usage details."
                ));
            }
        };
        let wanted = about
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let fits = match wanted.to_ascii_lowercase().as_str() {
            "string" | "securestring" => value.is_string(),
            "int" => value.is_i64() || value.is_u64(),
            "bool" => value.is_boolean(),
            "array" => value.is_array(),
            "object" | "secureobject" => value.is_object(),
            _ => {
                return Err(format!(
                    "The template parameter '{name}' has the type '{wanted}', which there is not"
                ));
            }
        };
        if !fits {
            return Err(format!(
                "The provided value for the template parameter '{name}' is not valid. Expected a value of type '{wanted}'. Please see https://aka.ms/arm-create-parameter-file for usage details."
            ));
        }
        if let Some(allowed) = about.get("allowedValues").and_then(Value::as_array)
            && !allowed.contains(&value)
        {
            let allowed: Vec<String> = allowed
                .iter()
                .map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned))
                .collect();
            return Err(format!(
                "The provided value for the template parameter '{name}' is not valid. The value is not part of the allowed value(s): '{}'.",
                allowed.join(",")
            ));
        }
        scope.parameters.insert(name.to_lowercase(), value);
    }
    Ok(())
}

/// A resource and the names it depends on.
type Read = (Resource, Vec<String>);

/// Evaluates a resource; `None` when its condition says that it is not deployed.
fn resource(value: &Value, scope: &Scope) -> Result<Option<Read>, String> {
    let name = value
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let told = |reason: String| {
        format!("Unable to process template language expressions for resource '{name}'. '{reason}'")
    };
    for member in UNSERVED {
        if value.get(*member).is_some() {
            return Err(format!(
                "The emulator does not deploy resources with '{member}', as '{name}' has"
            ));
        }
    }
    let value = scope.value(value).map_err(told)?;
    let Value::Object(mut body) = value else {
        return Err("A template resource has to be an object".to_owned());
    };
    if body.get("condition") == Some(&Value::Bool(false)) {
        return Ok(None);
    }
    let text = |name: &str| {
        let found = body
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty());
        found.map(str::to_owned).ok_or_else(|| format!("The template resource '{name}' is missing: every resource has a 'type', a 'name' and an 'apiVersion'"))
    };
    let (type_of, name, api_version) = (text("type")?, text("name")?, text("apiVersion")?);
    if type_of.eq_ignore_ascii_case("Microsoft.Resources/deployments") {
        return Err(format!(
            "The emulator does not deploy nested templates, as '{name}' is"
        ));
    }
    let group = format!(
        "/subscriptions/{}/resourceGroups/{}",
        scope.subscription, scope.group
    );
    let parent = match body.get("scope").and_then(Value::as_str) {
        None => group,
        Some(full) if full.starts_with('/') => full.to_owned(),
        Some(relative) => {
            // `Namespace/type/name…`
            let mut types = Vec::new();
            let mut names = Vec::new();
            let mut segments = relative.split('/');
            types.extend(segments.next());
            for (index, segment) in segments.enumerate() {
                if index % 2 == 0 {
                    types.push(segment);
                } else {
                    names.push(segment);
                }
            }
            join_id(&group, &types.join("/"), &names)
                .ok_or_else(|| format!("The template resource '{name}' has the scope '{relative}', which is no resource"))?
        }
    };
    let names: Vec<&str> = name.split('/').collect();
    let id = join_id(&parent, &type_of, &names).ok_or_else(|| format!(
        "The template resource '{name}' for type '{type_of}' has incorrect segment lengths. A nested resource type must have identical number of segments as its resource name. A root resource type must have segment length one greater than its resource name. Please see https://aka.ms/arm-template/#resources for usage details."
    ))?;
    let after = match body.get("dependsOn") {
        None | Some(Value::Null) => Vec::new(),
        Some(list) => list
            .as_array()
            .and_then(|list| {
                list.iter()
                    .map(|one| one.as_str().map(str::to_owned))
                    .collect()
            })
            .ok_or_else(|| {
                format!("The property 'dependsOn' of '{name}' has to be an array of texts")
            })?,
    };
    body.retain(|member, _| !OWN.contains(&member.as_str()));
    let resource = Resource {
        id,
        type_of,
        name,
        api_version,
        body: Value::Object(body),
        after: Vec::new(),
    };
    Ok(Some((resource, after)))
}

/// Finds what each resource depends on, and refuses doubles and circles.
fn order(read: Vec<Read>) -> Result<Vec<Resource>, String> {
    let mut by_id = BTreeMap::new();
    let mut by_name = BTreeMap::new();
    for (index, (resource, _)) in read.iter().enumerate() {
        if by_id.insert(resource.id.to_lowercase(), index).is_some() {
            return Err(format!(
                "The resource '{}' is defined multiple times in a template. Please see https://aka.ms/arm-template/#resources for usage details.",
                resource.id
            ));
        }
        by_name.insert(resource.name.to_lowercase(), index);
    }
    let mut resources = Vec::new();
    for (mut resource, names) in read {
        for name in names {
            let folded = name.to_lowercase();
            let found = by_id.get(&folded).or_else(|| by_name.get(&folded));
            let found = found.ok_or_else(|| format!("The resource '{name}' is not defined in the template. Please see https://aka.ms/arm-template for usage details."))?;
            resource.after.push(*found);
        }
        resources.push(resource);
    }
    let mut done = BTreeSet::new();
    while done.len() < resources.len() {
        let before = done.len();
        for (index, resource) in resources.iter().enumerate() {
            if resource.after.iter().all(|one| done.contains(one)) {
                done.insert(index);
            }
        }
        if done.len() == before {
            let circle = resources
                .iter()
                .enumerate()
                .find(|(index, _)| !done.contains(index));
            let name = circle.map_or("", |(_, resource)| resource.name.as_str());
            return Err(format!(
                "Circular dependency detected on resource: '{name}'. Please see https://aka.ms/arm-template/#resources for usage details."
            ));
        }
    }
    Ok(resources)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(resources: &Value, given: &Value) -> Result<Vec<Resource>, String> {
        let template = json!({"$schema": "s", "contentVersion": "1.0.0.0", "resources": resources,
            "parameters": {"workspace": {"type": "string"}, "on": {"type": "bool", "defaultValue": true}}});
        let scope = Scope {
            subscription: "s".to_owned(),
            group: "rg".to_owned(),
            ..Scope::default()
        };
        super::resources(&template, given.as_object().expect("an object"), scope)
    }

    fn rule(name: &str, more: &Value) -> Value {
        let mut rule = json!({
            "type": "Microsoft.OperationalInsights/workspaces/providers/alertRules",
            "apiVersion": "2025-09-01",
            "name": format!("[concat(parameters('workspace'), '/Microsoft.SecurityInsights/{name}')]"),
            "properties": {},
        });
        for (name, value) in more.as_object().expect("an object") {
            rule[name] = value.clone();
        }
        rule
    }

    #[test]
    fn resources_are_evaluated_and_know_what_they_wait_for() {
        let given = json!({"workspace": {"value": "law"}});
        let first = rule(
            "a",
            &json!({"dependsOn": ["law/Microsoft.SecurityInsights/b"], "etag": "e"}),
        );
        let off = rule("c", &json!({"condition": "[not(parameters('on'))]"}));
        let found = read(&json!([first, rule("b", &json!({})), off]), &given).expect("a template");
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].after, [1]);
        assert_eq!(found[0].body, json!({"properties": {}, "etag": "e"}));
        assert_eq!(
            found[0].id,
            "/subscriptions/s/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/law/providers/Microsoft.SecurityInsights/alertRules/a"
        );
        let scoped = json!([{"type": "Microsoft.SecurityInsights/alertRules", "apiVersion": "1", "name": "a",
            "scope": "Microsoft.OperationalInsights/workspaces/law"}]);
        assert_eq!(
            read(&scoped, &given).expect("a template")[0].id,
            found[0].id
        );
    }

    #[test]
    fn what_cannot_be_deployed_is_refused_with_its_reason() {
        let given = json!({"workspace": {"value": "law"}});
        let plain = rule("a", &json!({}));
        for (resources, given, part) in [
            (
                json!([]),
                json!({}),
                "parameter 'workspace' is not provided",
            ),
            (
                json!([]),
                json!({"workspace": {"value": 1}}),
                "Expected a value of type 'string'",
            ),
            (
                json!([]),
                json!({"workspace": {"value": "w"}, "x": {}}),
                "parameters 'x' in the parameters file are not valid",
            ),
            (
                json!([plain, plain]),
                given.clone(),
                "is defined multiple times",
            ),
            (
                json!([rule("a", &json!({"dependsOn": ["x"]}))]),
                given.clone(),
                "'x' is not defined in the template",
            ),
            (
                json!([rule(
                    "a",
                    &json!({"dependsOn": ["law/Microsoft.SecurityInsights/a"]})
                )]),
                given.clone(),
                "Circular dependency",
            ),
            (
                json!([rule("a", &json!({"copy": {}}))]),
                given.clone(),
                "does not deploy resources with 'copy'",
            ),
            (
                json!([rule("a/b", &json!({}))]),
                given.clone(),
                "incorrect segment lengths",
            ),
            (
                json!([{"name": "x", "apiVersion": "1"}]),
                given.clone(),
                "'type' is missing",
            ),
            (
                json!([rule("a", &json!({"kind": "[utcNow()]"}))]),
                given,
                "'utcNow' is not evaluated",
            ),
        ] {
            let error = read(&resources, &given).expect_err(part);
            assert!(error.contains(part), "{part}: {error}");
        }
    }
}
