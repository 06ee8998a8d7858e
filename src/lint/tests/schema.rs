//! The JSON Schema against the examples of the codes, the shipped rules, every key with every sort of value, rules made
//! up and rules of others, by an independent validator.

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

/// Faults of the text, which are gone once it is a tree.
const BEYOND_THE_SCHEMA: &[&str] = &["duplicate-key", "trailing-tab", "not-utf8"];

/// Keys whose values are free texts.
const TEXTS: &[&str] = &[
    "name",
    "description",
    "status",
    "startTimeUtc",
    "alertRuleTemplateName",
];

/// How schema and program disagree on a text: the schema must refuse what reading calls an error, and what it refuses
/// must be told.
fn disagreement(validator: &jsonschema::Validator, text: &str) -> Option<String> {
    let stream = yaml::read(SourceId(0), text);
    let file = crate::rule::lower::lower(
        SourceId(0),
        std::path::Path::new("rule.yaml"),
        text,
        &stream,
    );
    if stream.problem.is_some() || !file.skipped.is_empty() {
        return None;
    }
    let refused = is_valid(validator, text).err();
    let errors: Vec<&str> = file
        .diagnostics
        .iter()
        .filter(|found| found.level == crate::diag::Level::Error)
        .map(|found| found.code.id)
        .filter(|id| !BEYOND_THE_SCHEMA.contains(id))
        .collect();
    match refused {
        None if !errors.is_empty() => Some(format!("the schema accepts {errors:?}")),
        Some(why) if super::check(text).1.is_empty() => {
            Some(format!("only the schema refuses: {why}"))
        }
        _ => None,
    }
}

#[test]
fn schema_and_program_agree_on_every_bad_example() {
    let validator = validator();
    let mut wrong = Vec::new();
    for code in all_codes() {
        if let Some(text) = example(code, "Bad") {
            wrong.extend(disagreement(&validator, &text).map(|how| format!("{}: {how}", code.id)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn schema_and_program_agree_on_every_key_with_every_sort_of_value() {
    let validator = validator();
    let values = [
        "",
        "~",
        "''",
        "word",
        "7",
        "-1",
        "1.5",
        "true",
        "1h",
        "2024-01-01",
        "[]",
        "[a]",
        "[[a]]",
        "[{a: b}]",
        "{}",
        "{a: b}",
        "{{A}}",
        "T1110",
        "[T1110]",
        "[Execution]",
        "Medium",
        "gt",
        "Scheduled",
        "NRT",
        "1.0.0",
        "PT1H",
        "9f6e64e5-1d1b-4a2b-9a70-5a1c0b0e6d11",
    ];
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for key in crate::rule::lower::KEYS {
        for value in values {
            // A number where a text belongs is taken as written; that editors tell it is meant so.
            if TEXTS.contains(key) && ["7", "-1", "1.5", "true"].contains(&value) {
                continue;
            }
            let text = super::lay_over(super::BASE, &format!("{key}: {value}\n"));
            tried += 1;
            wrong.extend(
                disagreement(&validator, &text).map(|how| format!("{key}: {value}: {how}")),
            );
        }
        let text = super::lay_over(super::BASE, &format!("# no {key}\n"));
        wrong.extend(disagreement(&validator, &text).map(|how| format!("no {key}: {how}")));
    }
    assert!(tried > 700, "{tried}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

proptest::proptest! {
    #[test]
    fn the_schema_accepts_every_rule_that_is_written(rule in crate::rule::arbitrary::rule()) {
        let text = crate::rule::write::write(&rule);
        proptest::prop_assert_eq!(disagreement(&validator(), &text), None, "{}", text);
    }
}

#[test]
#[allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "the collection is files, and is not always there"
)]
fn schema_and_program_agree_on_real_rules() {
    let Some(shared) = std::env::var_os("RULEPOST_SHARED") else {
        println!("skipped: RULEPOST_SHARED names no folder with corpus/");
        return;
    };
    let validator = validator();
    let (mut wrong, mut files) = (Vec::new(), 0);
    let folder = std::path::Path::new(&shared).join("corpus/yaml");
    for source in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        for entry in std::fs::read_dir(source.path())
            .into_iter()
            .flatten()
            .flatten()
        {
            let bytes = std::fs::read(entry.path()).expect("it can be read");
            let Ok(text) = String::from_utf8(bytes) else {
                continue;
            };
            files += 1;
            wrong.extend(
                disagreement(&validator, &text)
                    .map(|how| format!("{}: {how}", entry.path().display())),
            );
        }
    }
    println!("{files} files");
    assert!(
        wrong.is_empty(),
        "{} of {files}\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
