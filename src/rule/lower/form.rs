//! Rules in the forms of exports and of the service's API, brought to the form of rule files before they are read.

use crate::diag::Diagnostic;
use crate::rule::classify;
use crate::rule::codes;
use crate::rule::lower::KEYS;
use crate::rule::read::Reader;
use crate::rule::yaml::{Entry, Node, Value};

/// A rule in the form of the service's API, told as such and made flat, so that its fields are checked all the same.
pub(super) fn unwrap_resource(reader: &mut Reader<'_>, node: &Node) -> Option<Node> {
    let Value::Mapping(entries) = &node.value else {
        return None;
    };
    let inner = classify::properties(entries)?;
    let key = |name: &str| {
        let same = |entry: &&Entry| entry.key.value.eq_ignore_ascii_case(name);
        entries.iter().find(same)
    };
    let span = key("properties").map_or(node.span, |entry| entry.key.span);
    let message = "the rule is written as the service's API writes it, below `properties`";
    reader.fail(
        Diagnostic::new(&codes::WRAPPED_IN_PROPERTIES, span, message)
            .label("a rule file has these keys at its top")
            .help("`rulepost import FILE -o rules/` writes it as a rule file"),
    );
    // The resource's `name` is the rule's id, its `id` the path of the resource.
    let mut flat: Vec<Entry> = key("kind").into_iter().cloned().collect();
    if let Some(name) = key("name").or_else(|| key("id")) {
        let mut id = name.clone();
        "id".clone_into(&mut id.key.value);
        flat.push(id);
    }
    // What only the API has is no mistake of the author.
    let known = |entry: &&Entry| {
        let same = |key: &&str| key.eq_ignore_ascii_case(&entry.key.value);
        KEYS.iter().any(same) || same(&"displayName")
    };
    flat.extend(inner.iter().filter(known).cloned());
    Some(Node {
        value: Value::Mapping(flat),
        span: node.span,
    })
}

/// `displayName`, as exports and `AzSentinel` write the name.
pub(super) fn rename_exported(node: &Node) -> Option<Node> {
    let Value::Mapping(entries) = &node.value else {
        return None;
    };
    let has = |key: &str| {
        entries
            .iter()
            .any(|entry| entry.key.value.eq_ignore_ascii_case(key))
    };
    if has("name") || !has("displayName") {
        return None;
    }
    let mut entries = entries.clone();
    for entry in &mut entries {
        if entry.key.value.eq_ignore_ascii_case("displayName") {
            "name".clone_into(&mut entry.key.value);
        }
    }
    Some(Node {
        value: Value::Mapping(entries),
        span: node.span,
    })
}
