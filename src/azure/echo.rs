//! Whether what a resource holds is what was sent.
//!
//! When the answer of a write is lost, the resource is read back. The service respells some of what it stores, so
//! texts are compared as durations where both are durations and without regard to line ends, lists of texts without
//! regard to order, and null, absent and empty as one. What was not sent is not looked at.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::duration::Duration;

/// Whether every member of `sent` is in `stored`.
pub(super) fn holds(sent: &Value, stored: &Value) -> bool {
    match (sent, stored) {
        (Value::Object(sent), stored) => sent
            .iter()
            .all(|(key, value)| holds(value, stored.get(key).unwrap_or(&Value::Null))),
        (sent, stored) if is_nothing(sent) => is_nothing(stored),
        (Value::String(sent), Value::String(stored)) => same_text(sent, stored),
        (Value::Array(sent), Value::Array(stored)) => {
            if let (Some(sent), Some(stored)) = (texts(sent), texts(stored)) {
                return sent == stored;
            }
            sent.len() == stored.len()
                && sent
                    .iter()
                    .zip(stored)
                    .all(|(sent, stored)| holds(sent, stored))
        }
        (Value::Number(sent), Value::Number(stored)) => sent.as_f64() == stored.as_f64(),
        (sent, stored) => sent == stored,
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

fn texts(items: &[Value]) -> Option<BTreeSet<&str>> {
    items.iter().map(Value::as_str).collect()
}

fn same_text(sent: &str, stored: &str) -> bool {
    if sent == stored {
        return true;
    }
    if let (Ok(sent), Ok(stored)) = (sent.parse::<Duration>(), stored.parse::<Duration>()) {
        return sent == stored;
    }
    let lines = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
    lines(sent) == lines(stored)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_service_s_own_spelling_is_the_same() {
        let sent =
            json!({"a": "PT60M", "q": "x\n", "t": ["b", "a"], "e": [], "n": 1, "o": {"k": "v"}});
        let stored = json!({"a": "PT1H", "q": "x\r\n", "t": ["a", "b"], "n": 1.0, "o": {"k": "v", "x": 1}, "more": 2});
        assert!(holds(&sent, &stored));
    }

    #[test]
    fn another_value_is_another() {
        let sent = json!({"severity": "High", "m": [{"c": "A"}]});
        assert!(!holds(
            &sent,
            &json!({"severity": "Low", "m": [{"c": "A"}]})
        ));
        assert!(!holds(
            &sent,
            &json!({"severity": "High", "m": [{"c": "B"}]})
        ));
        assert!(!holds(&sent, &json!({"severity": "High"})));
        assert!(!holds(&json!({"enabled": true}), &Value::Null));
    }
}
