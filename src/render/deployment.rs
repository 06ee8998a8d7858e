//! What large and many-sided deployments add to a template: parameters that override single rules, and linked parts
//! where one template would be over the limits of Azure Resource Manager.
//!
//! Source: "Template limits", "Linked templates" and "ARM template functions" of the Azure documentation.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// Most resources of one template.
pub(crate) const MAX_RESOURCES: usize = 800;
/// Most bytes of one template. The limit is 4 MB with everything expanded; a part stays clear of it.
pub(crate) const MAX_BYTES: usize = 3_500_000;

/// Fields that `overrides` may set.
const OVERRIDABLE: &[&str] = &[
    "enabled",
    "severity",
    "queryFrequency",
    "queryPeriod",
    "triggerThreshold",
    "suppressionEnabled",
    "suppressionDuration",
];

/// Adds the parameters `enabled` (all rules as written, all on, or all off) and `overrides` (fields by rule id).
pub(crate) fn overridable(template: &mut Value) {
    if let Some(parameters) = template["parameters"].as_object_mut() {
        parameters.insert(
            "enabled".to_owned(),
            json!({
                "type": "string",
                "defaultValue": "asWritten",
                "allowedValues": ["asWritten", "all", "none"],
                "metadata": {"description": "Whether rules are enabled as their files say, all of them, or none"},
            }),
        );
        parameters.insert(
            "overrides".to_owned(),
            json!({
                "type": "object",
                "defaultValue": {},
                "metadata": {"description": format!("By rule id, any of {}", OVERRIDABLE.join(", "))},
            }),
        );
    }
    for resource in template["resources"].as_array_mut().into_iter().flatten() {
        let name = resource["name"].as_str().unwrap_or_default();
        let id = name
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .trim_end_matches("')]")
            .to_owned();
        let Some(properties) = resource["properties"].as_object_mut() else {
            continue;
        };
        for field in OVERRIDABLE {
            if let Some(value) = properties.get_mut(*field) {
                *value = Value::String(overridden(&id, field, value));
            }
        }
    }
}

/// The expression of a field that `overrides` may set.
fn overridden(id: &str, field: &str, value: &Value) -> String {
    let written = match value {
        Value::Bool(value) => format!("{value}()"),
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        other => other.to_string(),
    };
    let chosen = format!(
        "union(createObject('{field}', {written}), \
         if(contains(parameters('overrides'), '{id}'), parameters('overrides')['{id}'], json('{{}}'))).{field}"
    );
    if field == "enabled" {
        format!(
            "[if(equals(parameters('enabled'), 'asWritten'), {chosen}, equals(parameters('enabled'), 'all'))]"
        )
    } else {
        format!("[{chosen}]")
    }
}

/// The template in parts that each keep the limits; one part when it keeps them itself.
pub(crate) fn parts(template: &Value, max_resources: usize, max_bytes: usize) -> Vec<Value> {
    let mut lists: Vec<Vec<Value>> = vec![Vec::new()];
    let mut bytes = 0;
    for resource in template["resources"].as_array().into_iter().flatten() {
        let size = resource.to_string().len();
        let list = lists.last().map_or(0, Vec::len);
        if list > 0 && (list >= max_resources || bytes + size > max_bytes) {
            lists.push(Vec::new());
            bytes = 0;
        }
        bytes += size;
        if let Some(list) = lists.last_mut() {
            list.push(resource.clone());
        }
    }
    let part = |resources: Vec<Value>| {
        let mut part = template.clone();
        part["resources"] = Value::Array(resources);
        part
    };
    lists.into_iter().map(part).collect()
}

/// A template that deploys the parts named, each with all of its own parameters.
pub(crate) fn linking(template: &Value, names: &[String]) -> Value {
    let handed_on: Map<String, Value> = template["parameters"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| {
            (
                name.clone(),
                json!({"value": format!("[parameters('{name}')]")}),
            )
        })
        .collect();
    let deployments = names.iter().enumerate().map(|(index, name)| {
        json!({
            "type": "Microsoft.Resources/deployments",
            "apiVersion": "2022-09-01",
            "name": format!("rulepost-part-{}", index + 1),
            "properties": {
                "mode": "Incremental",
                "templateLink": {"relativePath": name, "contentVersion": "1.0.0.0"},
                "parameters": handed_on,
            },
        })
    });
    let mut linking = template.clone();
    linking["resources"] = deployments.collect();
    linking
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::RenderOptions;
    use crate::render::arm::template;
    use crate::render::sample;

    fn of(count: u128) -> Value {
        let rules: Vec<_> = (1..=count).map(sample::scheduled).collect();
        template(&rules, &RenderOptions::default()).value
    }

    #[test]
    fn parts_keep_the_limits_and_lose_nothing() {
        let whole = of(5);
        let one = whole["resources"][0].to_string().len();
        for (resources, bytes, wanted) in [
            (800, 1 << 20, vec![5]),
            (2, 1 << 20, vec![2, 2, 1]),
            (800, one * 3 + 9, vec![3, 2]),
        ] {
            let parts = parts(&whole, resources, bytes);
            let sizes: Vec<usize> = parts
                .iter()
                .map(|part| part["resources"].as_array().map_or(0, Vec::len))
                .collect();
            assert_eq!(sizes, wanted);
            let joined: Value = parts
                .iter()
                .flat_map(|part| part["resources"].as_array().cloned().unwrap_or_default())
                .collect();
            assert_eq!(joined, whole["resources"]);
        }
    }

    #[test]
    fn a_linking_template_hands_its_parameters_on() {
        let mut whole = of(1);
        overridable(&mut whole);
        insta::assert_json_snapshot!(linking(&whole, &["a.part-1.json".to_owned()]));
        insta::assert_json_snapshot!(whole["resources"][0]["properties"]);
    }
}
