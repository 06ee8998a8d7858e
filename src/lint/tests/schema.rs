//! The JSON Schema against the examples of the codes and the shipped rules, by an independent validator.

use super::{WITHOUT_EXAMPLE, all_codes, example};
use crate::diag::SourceId;
use crate::rule::{schema, yaml};

fn validator() -> jsonschema::Validator {
    jsonschema::validator_for(&schema::schema()).expect("the schema is a schema")
}

/// Every document of a text, judged by the schema.
fn is_valid(validator: &jsonschema::Validator, text: &str) -> Result<(), String> {
    for document in yaml::read(SourceId(0), text).documents {
        let value = document.to_json();
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        if !errors.is_empty() {
            return Err(errors.join("\n"));
        }
    }
    Ok(())
}

#[test]
fn the_schema_accepts_every_good_example() {
    let validator = validator();
    for code in all_codes() {
        if let Some(text) = example(code, "Good") {
            let verdict = is_valid(&validator, &text);
            assert_eq!(verdict, Ok(()), "{}\n{text}", code.id);
        }
    }
}

#[test]
fn the_schema_refuses_what_reading_refuses() {
    let validator = validator();
    for code in all_codes() {
        let structural = code.id.starts_with("invalid-")
            || matches!(
                code.id,
                "missing-field"
                    | "missing-kind"
                    | "wrong-type"
                    | "value-spelling"
                    | "threshold-out-of-range"
                    | "name-too-long"
                    | "too-many-entity-mappings"
                    | "too-many-field-mappings"
                    | "too-many-custom-details"
                    | "version-form"
            );
        if !structural
            || WITHOUT_EXAMPLE.iter().any(|(id, _)| *id == code.id)
            || code.id == "invalid-character"
        {
            continue;
        }
        let text = example(code, "Bad").expect("it has an example");
        assert!(is_valid(&validator, &text).is_err(), "{}\n{text}", code.id);
    }
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the shipped rules are files")]
fn the_schema_accepts_every_shipped_rule() {
    let validator = validator();
    let mut folders = vec![std::path::PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/rules"
    ))];
    let mut rules = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("it is there") {
            let path = entry.expect("it can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "yaml")
            {
                let text = std::fs::read_to_string(&path).expect("it is text");
                let is_rule = yaml::read(SourceId(0), &text).documents.iter().all(|root| {
                    crate::rule::classify::classify(root) == crate::rule::classify::Content::Rule
                });
                if is_rule {
                    assert_eq!(is_valid(&validator, &text), Ok(()), "{}", path.display());
                    rules += 1;
                }
            }
        }
    }
    assert!(rules >= 26, "{rules} rules");
}
