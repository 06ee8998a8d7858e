//! New expectations in place of old ones, as repairs of the test file.

use serde_json::Value;

use crate::diag::{Edit, Fix};
use crate::rule::yaml::{self, Node, ScalarStyle};

/// A repair that makes `node` say `value`.
///
/// Where both have the same shape, only the texts that differ are replaced, so that comments and layout stay; what
/// has another shape is written anew, on one line. None where a text in a block would need more than one line.
pub(super) fn accept(node: &Node, value: &Value) -> Option<Fix> {
    let mut edits = Vec::new();
    differences(node, value, &mut edits)?;
    (!edits.is_empty()).then(|| Fix {
        title: "write what comes out now".to_owned(),
        edits,
    })
}

fn differences(node: &Node, value: &Value, edits: &mut Vec<Edit>) -> Option<()> {
    match (&node.value, value) {
        (yaml::Value::Mapping(entries), Value::Object(members))
            if entries.len() == members.len()
                && entries
                    .iter()
                    .all(|entry| members.contains_key(&entry.key.value)) =>
        {
            for entry in entries {
                differences(&entry.value, &members[&entry.key.value], edits)?;
            }
        }
        (yaml::Value::Sequence(items), Value::Array(values)) if items.len() == values.len() => {
            for (item, value) in items.iter().zip(values) {
                differences(item, value, edits)?;
            }
        }
        _ if node.to_json() == *value => {}
        (
            yaml::Value::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded),
            Value::String(text),
        ) => {
            if text.contains(['\n', '\r']) {
                return None;
            }
            edits.push(Edit {
                span: node.span,
                replacement: text.clone(),
            });
        }
        _ => edits.push(Edit {
            span: node.span,
            replacement: flow(value),
        }),
    }
    Some(())
}

/// A value on one line of YAML.
fn flow(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(key, value)| format!("{}: {}", flow(&key.as_str().into()), flow(value)))
                .collect();
            format!("{{ {} }}", members.join(", "))
        }
        // JSON is YAML.
        other => other.to_string(),
    }
}

/// Whether a text needs no quotes anywhere, and is no number, truth value or null without them.
fn is_plain(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with(' ')
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '/'))
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
            .contains(&text.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diag::SourceId;

    /// The text after its one value under `a` was accepted as `value`.
    fn accepted(text: &str, value: &Value) -> String {
        let stream = yaml::read(SourceId(0), text);
        let yaml::Value::Mapping(entries) = &stream.documents[0].value else {
            panic!("it is a mapping");
        };
        let mut new = text.to_owned();
        let fix = accept(&entries[0].value, value);
        for edit in fix.into_iter().flat_map(|fix| fix.edits).rev() {
            new.replace_range(edit.span.range(), &edit.replacement);
        }
        let reread = yaml::read(SourceId(0), &new);
        assert_eq!(reread.problem, None, "{new}");
        assert_eq!(reread.documents[0].to_json()["a"], *value, "{new}");
        new
    }

    #[test]
    fn what_differs_is_replaced_and_the_rest_stays() {
        assert_eq!(
            accepted("a: 1 # one\nb: 2\n", &json!(3)),
            "a: 3 # one\nb: 2\n"
        );
        assert_eq!(accepted("a: x\n", &json!("y: z")), "a: \"y: z\"\n");
        assert_eq!(accepted("a: 'x'\n", &json!("12")), "a: \"12\"\n");
        assert_eq!(
            accepted("a: >-\n  x\n  y\nb: 1\n", &json!("z # [")),
            "a: >-\n  z # [\nb: 1\n"
        );
        assert_eq!(
            accepted(
                "a:\n  # first\n  - { type: IP, Address: b } # of b\n  - type: Host\n    # its name\n    Name: c\n",
                &json!([{ "type": "IP", "Address": "d" }, { "type": "Host", "Name": "1.2" }]),
            ),
            "a:\n  # first\n  - { type: IP, Address: d } # of b\n  - type: Host\n    # its name\n    Name: \"1.2\"\n"
        );
    }

    #[test]
    fn what_has_another_shape_is_written_anew() {
        assert_eq!(accepted("a: [1]\nb: 2\n", &json!([])), "a: []\nb: 2\n");
        assert_eq!(
            accepted(
                "a:\n  - { b: 1 }\nc: 2\n",
                &json!([{ "b": 1 }, { "b": null }])
            ),
            "a:\n  [{ b: 1 }, { b: null }]\nc: 2\n"
        );
        assert_eq!(
            accepted("a: { b: 1 }\n", &json!({ "b": 1, "yes": { "c,d": true } })),
            "a: { b: 1, \"yes\": { \"c,d\": true } }\n"
        );
    }

    #[test]
    fn what_is_the_same_needs_no_repair_and_lines_in_a_block_have_none() {
        let node = |text: &str| yaml::read(SourceId(0), text).documents.remove(0);
        assert_eq!(accept(&node("[1, x]"), &json!([1, "x"])), None);
        assert_eq!(accept(&node("- >-\n  x\n"), &json!(["y\nz"])), None);
    }
}
