//! Rules as one Bicep module.
//!
//! The module has the parameter `workspace` and one resource per rule, an extension resource of the workspace as
//! Bicep's types have it. Texts of several lines are multi-line strings, so that a query reads as it was written.
//! Source: "Bicep data types" and "Bicep file structure and syntax" of the Azure documentation.

use serde_json::Value;

use crate::diag::Diagnostic;
use crate::render::RenderOptions;
use crate::render::rest;
use crate::rule::Rule;

/// A module, with what could not be rendered as written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Module {
    /// The text of the module.
    pub(crate) text: String,
    /// What was dropped or cannot be sent, of all rules.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// One module that deploys the rules, in the order of their ids.
pub(crate) fn module<'a>(
    rules: impl IntoIterator<Item = &'a Rule>,
    options: &RenderOptions,
) -> Module {
    let (rules, diagnostics) = rest::new_rules(rules, options);
    let mut text = String::from(
        "@description('Name of the Log Analytics workspace that Sentinel is enabled on')\n\
         param workspace string\n\n\
         resource sentinel 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {\n  \
         name: workspace\n}\n",
    );
    for rule in rules {
        let id = rule.id.to_string();
        text.push_str(&format!(
            "\nresource rule_{} 'Microsoft.SecurityInsights/alertRules@{}' = {{\n  scope: sentinel\n  \
             name: '{id}'\n  kind: '{}'\n  properties: {}\n}}\n",
            id.replace('-', "_"),
            options.version(),
            rule.kind,
            value(&rule.properties, 1),
        ));
    }
    Module { text, diagnostics }
}

/// A value as Bicep writes it; `level` is the indentation of the line it begins on.
fn value(json: &Value, level: usize) -> String {
    let inner = "  ".repeat(level + 1);
    let outer = "  ".repeat(level);
    match json {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => string(text),
        Value::Array(items) if items.is_empty() => "[]".to_owned(),
        Value::Array(items) => {
            let lines: Vec<String> = items
                .iter()
                .map(|item| format!("{inner}{}\n", value(item, level + 1)))
                .collect();
            format!("[\n{}{outer}]", lines.concat())
        }
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let lines: Vec<String> = members
                .iter()
                .map(|(key, item)| format!("{inner}{}: {}\n", name(key), value(item, level + 1)))
                .collect();
            format!("{{\n{}{outer}}}", lines.concat())
        }
    }
}

/// A key: bare where it is an identifier.
fn name(key: &str) -> String {
    let mut characters = key.chars();
    let first = characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    if first && characters.all(|rest| rest.is_ascii_alphanumeric() || rest == '_') {
        key.to_owned()
    } else {
        quoted(key)
    }
}

/// A text: a multi-line string where it has lines and no run of three quotes, else one in quotes.
fn string(text: &str) -> String {
    let verbatim = text.contains('\n')
        && !text.contains("'''")
        && !text.ends_with('\'')
        && !text.contains('\r');
    if verbatim {
        // The line end behind the opening quotes is no part of the string.
        format!("'''\n{text}'''")
    } else {
        quoted(text)
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("'");
    for character in text.chars() {
        match character {
            '\'' => quoted.push_str("\\'"),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            other => quoted.push(other),
        }
    }
    quoted.push('\'');
    quoted.replace("${", "\\${")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    #[test]
    fn a_module_has_one_resource_per_rule_in_the_order_of_ids() {
        let (mut first, second) = (sample::scheduled(1), sample::nrt(2));
        first.name.value = "It's a \\ and ${x}".to_owned();
        first.custom_details = vec![
            (sample::at("Plain".to_owned()), sample::at("A".to_owned())),
            (sample::at("1st".to_owned()), sample::at("B".to_owned())),
        ];
        let module = module([&second, &first], &RenderOptions::default());
        assert_eq!(module.diagnostics, []);
        insta::assert_snapshot!(module.text);
    }

    #[test]
    fn what_a_multi_line_string_cannot_hold_is_quoted() {
        assert_eq!(string("a\nb"), "'''\na\nb'''");
        assert_eq!(string("a\n'''b"), "'a\\n\\'\\'\\'b'");
        assert_eq!(string("a\nb'"), "'a\\nb\\''");
    }
}
