//! Lists in which one malformed or unknown item must not sink the rest.

use serde::Deserialize as _;
use serde_json::Value;

use crate::api::alert_rule::AlertRuleResource;

/// An item of the `alertRules` list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ListedRule {
    /// A scheduled or near-real-time rule.
    Rule(Box<AlertRuleResource>),
    /// Anything else: a kind that files cannot carry, or an item that could not be read.
    Other(OtherRule),
}

/// What is known of an item that is not one of ours to change.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OtherRule {
    /// Its name, if it has one.
    pub(crate) name: Option<String>,
    /// Its kind, if it has one.
    pub(crate) kind: Option<String>,
    /// Its display name, if it has one.
    pub(crate) display_name: Option<String>,
    /// Why it was not read, when its kind is one that should be readable.
    pub(crate) reason: Option<String>,
    /// The item as it came.
    pub(crate) raw: Value,
}

impl ListedRule {
    /// Reads an item; never fails.
    pub(crate) fn from_value(raw: Value) -> Self {
        let text = |pointer: &str| {
            raw.pointer(pointer)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let kind = text("/kind");
        let known = matches!(kind.as_deref(), Some("Scheduled" | "NRT"));
        let reason = if known {
            match AlertRuleResource::deserialize(&raw) {
                Ok(rule) => return Self::Rule(Box::new(rule)),
                Err(error) => Some(error.to_string()),
            }
        } else {
            None
        };
        let (name, display_name) = (text("/name"), text("/properties/displayName"));
        Self::Other(OtherRule {
            name,
            kind,
            display_name,
            reason,
            raw,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn unknown_kinds_and_malformed_items_are_kept_beside_the_rules() {
        let fusion = ListedRule::from_value(
            json!({"name": "BuiltInFusion", "kind": "Fusion", "properties": {"enabled": true}}),
        );
        assert!(matches!(
            fusion,
            ListedRule::Other(OtherRule { reason: None, .. })
        ));
        let broken = ListedRule::from_value(
            json!({"name": "x", "kind": "Scheduled", "id": 7, "properties": {}}),
        );
        assert!(matches!(
            broken,
            ListedRule::Other(OtherRule {
                reason: Some(_),
                ..
            })
        ));
        let rule = ListedRule::from_value(
            json!({"id": "/x", "name": "x", "kind": "NRT", "properties": {"tactics": null}}),
        );
        assert!(matches!(rule, ListedRule::Rule(_)));
    }
}
