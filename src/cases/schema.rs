//! The JSON Schema of a test file, for editors that complete and check while one types.
//!
//! It accepts every file that [`read`](super::read) does; what a schema cannot say, such as that two cases have one
//! name, is left to reading.

use serde_json::{Map, Value, json};

/// The whole schema.
pub(crate) fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tests of a rulepost rule",
        "description": "Rows, and what the rule beside this file makes of them; `rulepost test` runs it.",
        "type": "object",
        "additionalProperties": false,
        "required": ["now", "cases"],
        "properties": {
            "now": {
                "type": ["string", "number"],
                "description": "The time of the run; `now()` and `ago()` count from it.",
                "examples": ["2026-11-20T12:00:00Z"]
            },
            "arrives": span("How long after a row was generated it arrives, unless the row says otherwise; what `ingestion_time()` tells."),
            "defaults": {
                "type": ["object", "null"],
                "description": "By table, the columns that all its rows have unless they say otherwise.",
                "additionalProperties": columns("The columns of a table.")
            },
            "geo": {
                "type": ["object", "null"],
                "description": "What `geo_info_from_ip_address()` gives for the addresses of a range, IPv4 or IPv6."
            },
            "equivalents": {
                "type": ["array", "null"],
                "description": "Changes of the rule that no test can notice.",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["mutant", "reason"],
                    "properties": {
                        "mutant": text("The change, in the words of `rulepost test --mutate`."),
                        "reason": text("Why the rule means the same with it.")
                    }
                }
            },
            "cases": {
                "type": "array",
                "description": "The tests.",
                "items": { "$ref": "#/$defs/case" }
            }
        },
        "$defs": {
            "case": case(),
            "rows": rows(),
            "expect": expect()
        }
    })
}

fn case() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["name", "expect"],
        "properties": {
            "name": text("What the case shows; no two of a file have the same."),
            "parameters": columns("Values that replace the defaults of the rule's parameters."),
            "runs": count("So many runs, each the rule's frequency after the one before; the last one is at `now`.", 10_000),
            "close": span("How long before `now` somebody closes the incidents there are."),
            "rows": {
                "type": ["object", "null"],
                "description": "Rows by table; a table without rows is empty.",
                "additionalProperties": {
                    "oneOf": [
                        { "type": "array", "items": { "$ref": "#/$defs/rows" } },
                        { "$ref": "#/$defs/rows" }
                    ]
                }
            },
            "expect": { "$ref": "#/$defs/expect" }
        }
    })
}

/// A row, the same row several times, or the rows of a file.
fn rows() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "at": span("How long before `now` the row was generated; with `file`, the newest one."),
            "arrives": span("How long after it was generated it arrives."),
            "row": columns("Columns and values; what is left out comes from `defaults`, or is null."),
            "repeat": count("So many rows.", 1_000_000),
            "every": span("How much later each row is than the one before."),
            "vary": {
                "type": ["object", "null"],
                "description": "Columns whose text changes with each repetition: `{n}` is 1, 2, 3 and so on.",
                "additionalProperties": { "type": "string" }
            },
            "file": {
                "type": ["string", "null"],
                "description": "Rows from CSV, JSON lines or a JSON array of objects; the path is relative to the folder of this file."
            }
        },
        "if": { "required": ["file"], "properties": { "file": { "type": "string" } } },
        "then": { "properties": { "repeat": false, "vary": false } },
        "else": { "required": ["at"], "properties": { "at": { "type": "string" } } }
    })
}

fn expect() -> Value {
    let one = |description: &str| json!({ "type": ["string", "number", "boolean", "null"], "description": description });
    let many = |description: &str| json!({ "type": ["array", "null"], "description": description, "items": columns("Columns and values that are compared.") });
    let number = |description: &str| json!({ "type": ["integer", "null"], "minimum": 0, "description": description });
    let mut properties = Map::new();
    for (key, value) in [
        (
            "results",
            number("The number of rows the query returns in the last run."),
        ),
        ("rows", many("All of these rows, in whatever order.")),
        ("contains", many("Rows that are among the results.")),
        (
            "alerts",
            number(
                "The number of alerts of the last run; without it, some where there are results and none where there are none.",
            ),
        ),
        ("title", one("The title of the first alert.")),
        ("description", one("The description of the first alert.")),
        ("severity", one("The severity of the first alert.")),
        (
            "tactics",
            json!({ "type": ["array", "null"], "description": "The tactics of the first alert." }),
        ),
        (
            "entities",
            many("The entities of the first alert: `type` and identifiers."),
        ),
        (
            "customDetails",
            columns(
                "Custom details of the first alert, each a value or the list of the values of several rows.",
            ),
        ),
        (
            "incidents",
            json!({
                "type": ["array", "null"],
                "description": "The incidents after all runs, oldest first.",
                "items": {
                    "type": ["object", "null"],
                    "additionalProperties": false,
                    "properties": {
                        "alerts": { "description": "How many alerts it has." },
                        "title": { "description": "The title of its first alert." },
                        "severity": { "description": "The severity of its first alert." },
                        "closed": { "description": "Whether it is closed." }
                    }
                }
            }),
        ),
    ] {
        properties.insert(key.to_owned(), value);
    }
    json!({
        "type": "object",
        "description": "What the rule makes of the rows.",
        "additionalProperties": false,
        "properties": properties,
        "anyOf": [
            { "required": ["results"], "properties": { "results": { "type": "integer" } } },
            { "required": ["rows"], "properties": { "rows": { "type": "array" } } }
        ]
    })
}

fn text(description: &str) -> Value {
    json!({ "type": ["string", "number", "boolean"], "description": description })
}

fn columns(description: &str) -> Value {
    json!({ "type": ["object", "null"], "description": description })
}

fn span(description: &str) -> Value {
    json!({
        "type": ["string", "null"],
        "pattern": "^[+]?[0-9]+[smhd]$",
        "description": format!("{description} `90s`, `20m`, `3h`, `14d`."),
        "examples": ["90s", "20m", "3h", "14d"]
    })
}

fn count(description: &str, most: u32) -> Value {
    json!({ "type": ["integer", "null"], "minimum": 1, "maximum": most, "description": description })
}
