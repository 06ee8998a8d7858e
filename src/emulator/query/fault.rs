//! What the service says of a query that does not run.

use std::fmt;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::kql::Diagnostic;

/// Why a query does not run, in the service's words. The texts for tables, columns and functions are recorded,
/// others are shaped after them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// `SEM0100`, `SYN0002`; empty for what has no code that is known.
    code: &'static str,
    message: String,
    /// Whether a table is missing.
    pub(crate) table: bool,
    /// Line, place in it, and what stands there, of what cannot be read.
    syntax: Option<(usize, usize, String)>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            "" => f.write_str(&self.message),
            code => write!(f, "{code}: {}", self.message),
        }
    }
}

impl Fault {
    /// The fault that a finding about `query` is.
    pub(crate) fn of(query: &str, error: &Diagnostic) -> Self {
        let spot = query.get(error.span.range()).unwrap_or_default();
        let range = error.span.range();
        let of_operator = |operator: Option<&str>, text: String| match operator {
            Some(operator) => format!("'{operator}' operator: {text}"),
            None => text,
        };
        let plain = |code, message| Self {
            code,
            message,
            table: false,
            syntax: None,
        };
        match error.code {
            "kql-unknown-table" => Self {
                table: true,
                ..plain(
                    "SEM0100",
                    of_operator(
                        operator_after(query, range.end),
                        format!("Failed to resolve table or column expression named '{spot}'"),
                    ),
                )
            },
            "kql-unknown-column" | "kql-unknown-name" => plain(
                "SEM0100",
                of_operator(
                    operator_before(query, range.start),
                    format!("Failed to resolve scalar expression named '{spot}'"),
                ),
            ),
            "kql-unknown-function" => plain("SEM0260", format!("Unknown function: '{spot}'.")),
            code if code.starts_with("kql-syntax") => {
                let before = query.get(..range.start).unwrap_or(query);
                let line = before.matches('\n').count() + 1;
                let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
                let message =
                    format!("Query could not be parsed at '{spot}' on line [{line},{column}]");
                Self {
                    syntax: Some((line, column, spot.to_owned())),
                    ..plain("SYN0002", message)
                }
            }
            _ => plain("", format!("Semantic error: {}", error.message)),
        }
    }

    /// The body of the query API's answer.
    pub(crate) fn body(&self) -> Value {
        let (code, message) = match &self.syntax {
            Some(_) => ("SyntaxError", "A recognition error occurred in the query."),
            None => ("SemanticError", "A semantic error occurred."),
        };
        let mut cause = json!({"code": self.code, "message": self.message});
        if let Some((line, column, token)) = &self.syntax {
            cause["line"] = json!(line);
            cause["pos"] = json!(column);
            cause["token"] = json!(token);
        }
        let mut inner = json!({"code": code, "message": message});
        if self.code.is_empty() {
            inner["message"] = json!(self.message);
        } else {
            inner["innererror"] = cause;
        }
        bad_argument("The request had some invalid properties", Some(inner))
    }
}

/// The body of a 400 of the query API.
pub(crate) fn bad_argument(message: &str, inner: Option<Value>) -> Value {
    let mut error = json!({
        "message": message,
        "code": "BadArgumentError",
        "correlationId": Uuid::new_v4().to_string(),
    });
    if let Some(inner) = inner {
        error["innererror"] = inner;
    }
    json!({ "error": error })
}

/// The operator that an offset stands in: the word after the last pipe before it.
fn operator_before(query: &str, offset: usize) -> Option<&str> {
    let (_, rest) = query.get(..offset)?.rsplit_once('|')?;
    word(rest)
}

/// The operator that takes what ends at an offset: the word after the next pipe.
fn operator_after(query: &str, offset: usize) -> Option<&str> {
    let (_, rest) = query.get(offset..)?.split_once('|')?;
    word(rest)
}

fn word(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let end = text
        .find(|c: char| !c.is_ascii_alphabetic() && c != '-')
        .unwrap_or(text.len());
    text.get(..end).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_the_words_after_the_pipes() {
        let query = "T | where a == 1\n| project-away b, c";
        let at = |what: &str| query.find(what).expect("in the query");
        assert_eq!(operator_before(query, at("a ==")), Some("where"));
        assert_eq!(operator_before(query, at(", c")), Some("project-away"));
        assert_eq!(operator_before(query, 0), None);
        assert_eq!(operator_after(query, 1), Some("where"));
        assert_eq!(operator_after(query, query.len()), None);
        assert_eq!(operator_after("T | count", 1), Some("count"));
    }
}
