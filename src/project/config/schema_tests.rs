//! The JSON Schema of `rulepost.toml` says what the program reads, no more and no less.

use std::collections::BTreeSet;

use serde_json::Value;

use super::parse;

fn schema() -> Value {
    serde_json::from_str(include_str!("../../../docs/rulepost.schema.json"))
        .expect("the schema is JSON")
}

/// The keys that the program would take, from what it says about one that it does not.
fn accepted(text: &str) -> BTreeSet<String> {
    let error = parse(text).expect_err("the key is unknown").to_string();
    let list = error
        .split("expected")
        .nth(1)
        .expect("the accepted keys are told");
    list.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_schema_has_every_key_and_no_other() {
    let schema = schema();
    let cases = [
        ("nope = 1\n", ""),
        ("[project]\nnope = 1\n", "/properties/project"),
        ("[lint]\nnope = 1\n", "/properties/lint"),
        ("[guard]\nnope = 1\n", "/definitions/guard"),
        ("[schema]\nnope = 1\n", "/properties/schema"),
        ("[schema.functions.f]\nnope = 1\n", "/definitions/function"),
        ("[targets.a]\nnope = 1\n", "/definitions/target"),
        (
            "[[targets.a.overrides]]\nnope = 1\n",
            "/definitions/override",
        ),
    ];
    for (text, place) in cases {
        let properties = schema
            .pointer(place)
            .and_then(|part| part.get("properties"));
        let properties = properties.and_then(Value::as_object).expect("properties");
        let said: BTreeSet<String> = properties.keys().cloned().collect();
        assert_eq!(said, accepted(text), "{place}");
    }
}

#[test]
fn the_schema_takes_what_the_program_takes_and_refuses_what_it_refuses() {
    let validator = jsonschema::draft7::new(&schema()).expect("a schema");
    let good = "\
[project]
rules = ['rules']
[guard]
max-percent = 50
min-owned = 20
[lint]
baseline = 'known.json'
[lint.levels]
unknown-key = 'error'
[schema]
file = 'schema.json'
tables.Contoso_CL = { TimeGenerated = 'datetime', User = 'string' }
functions.Users = { parameters = '(since:timespan = 1d)', columns = { User = 'string' } }
watchlists.vip = ['User']
[targets.prod]
workspace = 'sec-prod'
schema = 'prod.json'
resource-group = 'rg'
cloud = 'usgov'
auth = 'github-oidc'
engine = 'arm'
include = ['*sftp*']
unmanaged = ['enabled']
parameters = { Limit = 5 }
guard = { max-scheduled = 1000, max-nrt = 50 }
[[targets.prod.overrides]]
rules = ['impact']
severity = 'High'
frequency = '30m'
lookback = 'PT5H'
threshold = 3
create-incident = false
";
    for (text, fine) in [
        (good.to_owned(), true),
        (good.replace("'High'", "'Huge'"), false),
        (good.replace("'30m'", "'soon'"), false),
        (good.replace("'arm'", "'bicep'"), false),
        (good.replace("'error'", "'fatal'"), false),
        (good.replace("max-percent = 50", "max-percent = 101"), false),
        (good.replace("min-owned = 20", "min-owned = -1"), false),
        (good.replace("resource-group", "resourceGroup"), false),
    ] {
        let value: Value = toml::from_str(&text).expect("TOML");
        assert_eq!(validator.is_valid(&value), fine, "schema: {text}");
        assert_eq!(parse(&text).is_ok(), fine, "program: {text}");
    }
}
