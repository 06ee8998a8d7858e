//! The service's error envelope, also when it is wrapped in itself.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `code` and `message` of an error answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ErrorBody {
    /// The service's code, such as `BadRequest`.
    pub(crate) code: String,
    /// The service's text.
    pub(crate) message: String,
}

/// Reads the error of an answer.
///
/// `message` may itself be JSON text that holds another `{"error": …}`; the innermost one is what the service
/// wanted to say. `details` of ARM are searched likewise. Anything that is no such envelope gives `None`.
pub(crate) fn decode(body: &[u8]) -> Option<ErrorBody> {
    let value: Value = serde_json::from_slice(body).ok()?;
    innermost(&value)
}

/// The same of a value that holds the error, with or without the envelope.
pub(crate) fn innermost(value: &Value) -> Option<ErrorBody> {
    if let Some(text) = value.as_str() {
        return decode(text.as_bytes()).or_else(|| {
            Some(ErrorBody {
                code: String::new(),
                message: text.trim().to_owned(),
            })
        });
    }
    unwrap_envelope(value, 8)
}

fn unwrap_envelope(value: &Value, depth: usize) -> Option<ErrorBody> {
    let error = value
        .get("error")
        .or_else(|| value.get("Error"))
        .unwrap_or(value);
    let text = |key: &str| error.get(key).and_then(Value::as_str).map(str::to_owned);
    let message = text("message").or_else(|| text("Message"))?;
    let code = text("code").or_else(|| text("Code")).unwrap_or_default();
    if depth > 0 {
        let nested = serde_json::from_str::<Value>(&message).ok();
        if let Some(inner) = nested
            .as_ref()
            .and_then(|nested| unwrap_envelope(nested, depth - 1))
        {
            return Some(inner);
        }
        let details = error.get("details").and_then(Value::as_array);
        if let Some(inner) =
            details.and_then(|all| all.iter().find_map(|one| unwrap_envelope(one, depth - 1)))
        {
            return Some(inner);
        }
    }
    Some(ErrorBody {
        code,
        message: message.trim().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(body: &str) -> Option<(String, String)> {
        decode(body.as_bytes()).map(|error| (error.code, error.message))
    }

    #[test]
    fn the_innermost_error_is_what_the_service_wanted_to_say() {
        let plain = r#"{"error":{"code":"Conflict","message":"Newer instance"}}"#;
        assert_eq!(
            decoded(plain),
            Some(("Conflict".into(), "Newer instance".into()))
        );
        let inner = serde_json::json!({"error": {"code": "BadRequest", "message": "table\r\n"}})
            .to_string();
        let outer = serde_json::json!({"error": {"code": "Failed", "message": inner}}).to_string();
        assert_eq!(decoded(&outer), Some(("BadRequest".into(), "table".into())));
        let arm = r#"{"error":{"code":"DeploymentFailed","message":"see details","details":[{"code":"Conflict","message":"x"}]}}"#;
        assert_eq!(decoded(arm), Some(("Conflict".into(), "x".into())));
        assert_eq!(decoded("<html>"), None);
        assert_eq!(decoded("{}"), None);
    }
}
