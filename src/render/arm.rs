//! Rules as one ARM template.
//!
//! The template has one parameter, `workspace`, and one resource per rule in the form that the portal exports and
//! imports. A string that would be read as an expression is escaped. A template has no "keep what is there":
//! where a file is silent, `enabled` is true.
//! Source: "Template format" and "Syntax and expressions in ARM templates" of the Azure documentation.

use serde_json::Value;
use serde_json::json;

use crate::diag::Diagnostic;
use crate::render::RenderOptions;
use crate::render::rest;
use crate::rule::Rule;

/// The schema a template names.
const SCHEMA: &str =
    "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";

/// A template, with what could not be rendered as written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Template {
    /// The template as JSON.
    pub(crate) value: Value,
    /// What was dropped or cannot be sent, of all rules.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// One template that deploys the rules, in the order of their ids.
pub(crate) fn template<'a>(
    rules: impl IntoIterator<Item = &'a Rule>,
    options: &RenderOptions,
) -> Template {
    let (rules, diagnostics) = rest::new_rules(rules, options);
    let resources = rules.into_iter().map(|rule| {
        let id = rule.id.to_string();
        let mut resource = resource("alertRules", &id, options.version());
        let body = json!({"kind": rule.kind, "properties": rule.properties});
        fill(&mut resource, body);
        resource
    });
    Template {
        value: frame(&resources.collect::<Vec<_>>()),
        diagnostics,
    }
}

/// A template with these resources, whose parameter `workspace` is the name of the workspace.
pub(super) fn frame(resources: &[Value]) -> Value {
    json!({
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": {
            "workspace": {
                "type": "string",
                "metadata": {
                    "description": "Name of the Log Analytics workspace that Sentinel is enabled on",
                },
            },
        },
        "resources": resources,
    })
}

/// The head of a Sentinel resource of the workspace: type, version and name.
pub(super) fn resource(kind: &str, name: &str, api_version: &str) -> Value {
    json!({
        "type": format!("Microsoft.OperationalInsights/workspaces/providers/{kind}"),
        "apiVersion": api_version,
        "name": format!(
            "[concat(parameters('workspace'), '/Microsoft.SecurityInsights/{}')]",
            quoted(name)
        ),
    })
}

/// Puts the members of a request body into a resource, escaped.
pub(super) fn fill(resource: &mut Value, mut body: Value) {
    escape(&mut body);
    if let (Value::Object(resource), Value::Object(body)) = (resource, body) {
        resource.extend(body);
    }
}

/// A text as it stands between the quotes of an expression.
pub(super) fn quoted(text: &str) -> String {
    text.replace('\'', "''")
}

/// Escapes every string that would be read as an expression.
fn escape(value: &mut Value) {
    match value {
        Value::String(text) => {
            if text.starts_with('[') && text.ends_with(']') {
                text.insert(0, '[');
            }
        }
        Value::Array(items) => items.iter_mut().for_each(escape),
        Value::Object(members) => members.values_mut().for_each(escape),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    #[test]
    fn a_template_has_one_resource_per_rule_in_the_order_of_ids() {
        let (first, second) = (sample::scheduled(1), sample::nrt(2));
        let template = template([&second, &first], &RenderOptions::default());
        assert_eq!(template.diagnostics, []);
        insta::assert_json_snapshot!(template.value);
    }

    #[test]
    fn what_would_be_an_expression_is_escaped() {
        let mut rule = sample::scheduled(1);
        rule.name.value = "[resourceGroup().id]".to_owned();
        rule.query.value = "[T] | where a[0] == 1".to_owned();
        let template = template([&rule], &RenderOptions::default()).value;
        let properties = &template["resources"][0]["properties"];
        assert_eq!(properties["displayName"], "[[resourceGroup().id]");
        assert_eq!(
            properties["query"], "[T] | where a[0] == 1",
            "a string that does not end with a bracket is no expression"
        );
    }
}
