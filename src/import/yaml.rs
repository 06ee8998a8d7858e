//! YAML of older tools as JSON: plain scalars become what YAML's core schema says they are.

use serde_json::Map;
use serde_json::Value as Json;

use crate::diag::SourceFile;
use crate::diag::SourceId;
use crate::import::Error;
use crate::rule::yaml;
use crate::rule::yaml::Node;
use crate::rule::yaml::Problem;
use crate::rule::yaml::ScalarStyle;
use crate::rule::yaml::Value;

/// Reads every document of the text.
pub(super) fn parse(text: &str) -> Result<Vec<Json>, Error> {
    let stream = yaml::read(SourceId(0), text);
    if let Some(problem) = stream.problem {
        let (span, message) = match problem {
            Problem::Syntax { span, message } => (span, message),
            Problem::TooLarge { span, limit } => (span, limit),
        };
        let line = SourceFile::new("", text)
            .line_column(span.range().start)
            .line;
        return Err(Error::Yaml { line, message });
    }
    Ok(stream.documents.iter().map(json).collect())
}

fn json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Scalar(text, ScalarStyle::Plain) => plain(text),
        Value::Scalar(text, _) => Json::String(text.clone()),
        Value::Sequence(items) => items.iter().map(json).collect(),
        Value::Mapping(entries) => {
            let entries = entries
                .iter()
                .map(|entry| (entry.key.value.clone(), json(&entry.value)));
            Json::Object(entries.collect::<Map<_, _>>())
        }
    }
}

fn plain(text: &str) -> Json {
    match text {
        "true" | "True" | "TRUE" => Json::Bool(true),
        "false" | "False" | "FALSE" => Json::Bool(false),
        _ => text
            .parse::<i64>()
            .map_or_else(|_| Json::String(text.to_owned()), Json::from),
    }
}
