//! Bodies as the service's own definition wants them.

use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

use super::*;
use crate::api::version;
use crate::render::sample;
use crate::render::sample::at;
use crate::rule::Rule;
use crate::rule::field::Parameter;
use crate::rule::field::ParameterType;

/// The service's definitions of a rule, for one version.
fn definitions(api_version: &str) -> Value {
    let text = if api_version == version::STABLE {
        include_str!("../../tests/fixtures/api/alert-rule-stable.schema.json")
    } else {
        include_str!("../../tests/fixtures/api/alert-rule-preview.schema.json")
    };
    serde_json::from_str(text).expect("the fixture is JSON")
}

/// What the service's definition says against a body; empty when it is valid.
fn violations(body: &Value, api_version: &str) -> Vec<String> {
    let mut schema = definitions(api_version);
    let kind = match body["kind"].as_str() {
        Some("NRT") => "NrtAlertRule",
        _ => "ScheduledAlertRule",
    };
    let members = schema["definitions"][format!("{kind}Properties")]["properties"].clone();
    schema["$ref"] = json!(format!("#/definitions/{kind}"));
    let validator = jsonschema::draft4::new(&schema).expect("the fixture is a schema");
    let mut found: Vec<String> = validator
        .iter_errors(body)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    // The definition takes unknown members; a version that does not know a member must not get it.
    let properties = body["properties"].as_object().expect("a body");
    found.extend(
        properties
            .keys()
            .filter(|key| members.get(key.as_str()).is_none())
            .map(|key| format!("`{key}` is unknown to {api_version}")),
    );
    found
}

fn options(api_version: &str) -> RenderOptions {
    RenderOptions {
        api_version: api_version.to_owned(),
        enabled_when_silent: Some(true),
        ..RenderOptions::default()
    }
}

fn rendered(rule: &Rule, options: &RenderOptions) -> (Value, Vec<&'static str>) {
    let rendered = rest(rule, options);
    let codes = rendered.diagnostics.iter().map(|one| one.code.id).collect();
    (
        serde_json::to_value(&rendered.body).expect("a body is JSON"),
        codes,
    )
}

#[test]
fn sub_techniques_are_split_off_and_their_parents_kept() {
    let mut rule = sample::scheduled(1);
    rule.techniques = ["T1567.002", "T1110.003", "T1110", "T1110.001"]
        .map(|id| at(sample::technique(id)))
        .into();
    let (body, codes) = rendered(&rule, &options(version::PREVIEW));
    assert_eq!(body["properties"]["techniques"], json!(["T1110", "T1567"]));
    assert_eq!(
        body["properties"]["subTechniques"],
        json!(["T1110.001", "T1110.003", "T1567.002"])
    );
    assert_eq!(codes, [""; 0]);
}

#[test]
fn a_stable_version_drops_sub_techniques_with_a_warning_each() {
    let mut rule = sample::scheduled(1);
    rule.sentinel_entities = vec![at("Entities".to_owned())];
    let (body, codes) = rendered(&rule, &options(version::STABLE));
    assert_eq!(body["properties"]["techniques"], json!(["T1110"]));
    assert_eq!(body["properties"].get("subTechniques"), None);
    assert_eq!(
        codes,
        ["sub-technique-dropped", "sentinel-entities-dropped"]
    );
    let (_, codes) = rendered(&sample::nrt(1), &options(version::STABLE));
    assert_eq!(codes, ["nrt-needs-preview", "sub-technique-dropped"]);
}

#[test]
fn parameters_become_let_lines_and_a_target_overrides_them() {
    let mut rule = sample::scheduled(1);
    let parameter = |name: &str, kind, default| Parameter {
        name: at(name.to_owned()),
        kind: at(kind),
        default: at(default),
        description: None,
    };
    rule.extension.parameters = vec![
        parameter("threshold", ParameterType::Long, json!(5)),
        parameter("users", ParameterType::Dynamic, json!(["a\"", "b"])),
        parameter("lookback", ParameterType::Timespan, json!("90m")),
    ];
    let mut options = options(version::PREVIEW);
    options.parameters.insert("threshold".to_owned(), json!(9));
    options.parameters.insert("unrelated".to_owned(), json!(1));
    let (body, codes) = rendered(&rule, &options);
    assert_eq!(
        body["properties"]["query"],
        "let threshold = 9;\nlet users = dynamic([\"a\\\"\",\"b\"]);\nlet lookback = 90m;\n\
         StorageBlobLogs\n| where Protocol == \"SFTP\""
    );
    assert_eq!(codes, [""; 0]);

    options
        .parameters
        .insert("threshold".to_owned(), json!("9"));
    options
        .parameters
        .insert("users".to_owned(), json!(vec!["x".repeat(100); 100]));
    let (_, codes) = rendered(&rule, &options);
    assert_eq!(codes, ["parameter-value", "rendered-query-too-long"]);
}

#[test]
fn the_version_goes_with_the_template_alone_and_silence_leaves_enabled_out() {
    let mut rule = sample::scheduled(1);
    let silent = RenderOptions::default();
    let (body, _) = rendered(&rule, &silent);
    assert_eq!(body["properties"].get("templateVersion"), None);
    assert_eq!(body["properties"].get("enabled"), None);
    rule.template_name = Some(at("6bb8e22c-4a5f-4d27-8a26-b60a7952d5af".to_owned()));
    rule.enabled = Some(at(false));
    let (body, _) = rendered(&rule, &options(version::PREVIEW));
    assert_eq!(body["properties"]["templateVersion"], "1.0.0");
    assert_eq!(body["properties"]["enabled"], false);
}

proptest! {
    // Each case compiles four schemas.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_body_and_template_is_valid_by_the_services_own_definition(rule in sample::any_rule(3)) {
        for api_version in [version::PREVIEW, version::STABLE] {
            if rule.kind.value.as_str() == "NRT" && api_version == version::STABLE {
                continue;
            }
            let options = options(api_version);
            let (body, _) = rendered(&rule, &options);
            prop_assert_eq!(violations(&body, api_version), [""; 0]);
            let template = arm::template([&rule], &options).value;
            let resource = &template["resources"][0];
            prop_assert_eq!(violations(resource, api_version), [""; 0]);
            prop_assert_eq!(evaluated(resource["properties"].clone()), body["properties"].clone());
        }
    }
}

/// What Azure Resource Manager makes of escaped strings.
fn evaluated(value: Value) -> Value {
    match value {
        Value::String(text) if text.starts_with("[[") && text.ends_with(']') => {
            json!(text[1..])
        }
        Value::String(text) => {
            assert!(
                !(text.starts_with('[') && text.ends_with(']')),
                "`{text}` would be evaluated"
            );
            json!(text)
        }
        Value::Array(items) => items.into_iter().map(evaluated).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(key, value)| (key, evaluated(value)))
            .collect(),
        other => other,
    }
}
