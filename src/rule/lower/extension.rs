//! The keys under `rulepost`.

use serde_json::Value as Json;

use crate::diag::{Diagnostic, Spanned};
use crate::rule::Extension;
use crate::rule::codes;
use crate::rule::field::{Parameter, ParameterType};
use crate::rule::read::{Fields, Reader, first_line};
use crate::rule::yaml::{Node, Value};

/// The keys of the block, in the order they are written by `fmt`.
pub(crate) const KEYS: &[&str] = &[
    "parameters",
    "owner",
    "references",
    "falsePositives",
    "response",
    "simulate",
    "window",
    "rationale",
    "caveats",
    "tests",
    "unmanaged",
];

/// Reads the block.
pub(super) fn lower(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Extension {
    let Some(node) = fields.get("rulepost") else {
        return Extension::default();
    };
    let Some(block) = reader.fields(node, "`rulepost`", KEYS) else {
        return Extension::default();
    };
    Extension {
        parameters: parameters(reader, &block),
        owner: reader.optional_text(&block, "owner"),
        references: reader.text_list(&block, "references"),
        false_positives: reader.text_list(&block, "falsePositives"),
        response: reader.text_list(&block, "response"),
        simulate: reader.text_list(&block, "simulate"),
        tests: reader.optional_text(&block, "tests"),
        unmanaged: reader.text_list(&block, "unmanaged"),
        window: reader.optional_text(&block, "window"),
        rationale: rationale(reader, &block),
        caveats: reader.text_list(&block, "caveats"),
    }
}

/// `rationale`: a technique and why the rule is mapped to it.
fn rationale(
    reader: &mut Reader<'_>,
    block: &Fields<'_>,
) -> Vec<(Spanned<String>, Spanned<String>)> {
    let Some(node) = block.get("rationale") else {
        return Vec::new();
    };
    let Value::Mapping(entries) = &node.value else {
        reader.wrong_type(node, "`rationale`", "a mapping of techniques to reasons");
        return Vec::new();
    };
    let mut reasons = Vec::new();
    for entry in entries {
        let text = reader.text(&entry.value, "the reason for a technique");
        reasons.extend(text.map(|text| (entry.key.clone(), text)));
    }
    reasons
}

fn parameters(reader: &mut Reader<'_>, block: &Fields<'_>) -> Vec<Parameter> {
    let mut parameters: Vec<Parameter> = Vec::new();
    for item in reader.list(block, "parameters") {
        let Some(parameter) = parameter(reader, item) else {
            continue;
        };
        let same = |other: &&Parameter| other.name.value == parameter.name.value;
        if let Some(first) = parameters.iter().find(same) {
            let message = format!("the parameter `{}` is declared twice", first.name.value);
            let first = first.name.span;
            reader.fail(
                Diagnostic::new(&codes::DUPLICATE_KEY, parameter.name.span, message)
                    .also(first, "first time"),
            );
            continue;
        }
        parameters.push(parameter);
    }
    parameters
}

fn parameter(reader: &mut Reader<'_>, node: &Node) -> Option<Parameter> {
    let what = "a parameter";
    let fields = reader.fields(node, what, &["name", "type", "default", "description"])?;
    let here = first_line(reader.text, node.span);
    for key in ["name", "type", "default"] {
        if fields.any(key).is_none() {
            let message = format!("a parameter has no `{key}`");
            reader.fail(
                Diagnostic::new(&codes::MISSING_FIELD, here, message)
                    .help("a parameter has `name`, `type` and `default`"),
            );
        }
    }
    let name = reader.optional_text(&fields, "name")?;
    if !is_name(&name.value) {
        let message = format!("`{}` is not a KQL name", name.value);
        reader.fail(
            Diagnostic::new(&codes::INVALID_VALUE, name.span, message)
                .help("letters, digits and `_` are accepted, a letter or `_` first"),
        );
        return None;
    }
    let kind = reader.word(
        fields.get("type")?,
        &codes::INVALID_VALUE,
        "the type of a parameter",
        ParameterType::ALL,
        ParameterType::as_str,
    )?;
    let default = fields.any("default")?;
    let Some(value) = json_of(kind.value, &default.value) else {
        let message = format!(
            "the default of `{}` is not of type `{}`",
            name.value, kind.value
        );
        let span = first_line(reader.text, default.value.span);
        reader.fail(
            Diagnostic::new(&codes::WRONG_TYPE, span, message)
                .also(kind.span, "the type is given here"),
        );
        return None;
    };
    Some(Parameter {
        name,
        kind,
        default: Spanned::new(value, default.value.span),
        description: reader.optional_text(&fields, "description"),
    })
}

/// Whether a text can be the name of a `let` statement without quoting.
fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    let first = characters.next();
    first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A YAML value as JSON of a parameter's type.
fn json_of(kind: ParameterType, node: &Node) -> Option<Json> {
    if kind == ParameterType::Dynamic {
        return Some(node.to_json());
    }
    let Value::Scalar(text, _) = &node.value else {
        return None;
    };
    let trimmed = text.trim();
    match kind {
        ParameterType::String => Some(Json::from(text.as_str())),
        ParameterType::Long => trimmed.parse::<i64>().ok().map(Json::from),
        ParameterType::Real => {
            let number = trimmed.parse::<f64>().ok()?;
            number.is_finite().then(|| Json::from(number))
        }
        ParameterType::Bool => trimmed
            .to_ascii_lowercase()
            .parse::<bool>()
            .ok()
            .map(Json::from),
        ParameterType::Timespan => {
            let duration = trimmed.parse::<crate::duration::Duration>();
            duration.is_ok().then(|| Json::from(trimmed))
        }
        ParameterType::Datetime => (!trimmed.is_empty()).then(|| Json::from(trimmed)),
        ParameterType::Dynamic => None,
    }
}
