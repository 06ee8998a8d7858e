//! Parameter values as KQL literals, and the `let` lines that carry them.
//!
//! A value is written by its declared type, so that no value can end its own literal: there is no text
//! templating. Source: the scalar data types of the Kusto documentation.

use serde_json::Value;

use crate::duration::Duration;
use crate::rule::field::ParameterType;

/// Why a value was not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LiteralError {
    /// The name is not one that `let` can bind.
    #[error("`{0}` is not a KQL name: a letter or `_`, then letters, digits and `_`")]
    Name(String),
    /// The value is not of the type.
    #[error("{value} is not {expected}")]
    Type {
        /// The value as JSON.
        value: String,
        /// What would be accepted.
        expected: &'static str,
    },
}

/// `let NAME = VALUE;`, without line end.
pub(crate) fn let_statement(
    name: &str,
    kind: ParameterType,
    value: &Value,
) -> Result<String, LiteralError> {
    if !is_name(name) {
        return Err(LiteralError::Name(name.to_owned()));
    }
    Ok(format!("let {name} = {};", literal(kind, value)?))
}

/// Whether `let` can bind the name without brackets.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The value as a literal of its type.
pub(crate) fn literal(kind: ParameterType, value: &Value) -> Result<String, LiteralError> {
    let fail = |expected: &'static str| LiteralError::Type {
        value: value.to_string(),
        expected,
    };
    match kind {
        ParameterType::String => value.as_str().map(string).ok_or_else(|| fail("a string")),
        ParameterType::Long => match value.as_i64() {
            Some(number) if number < 0 => Ok(format!("long({number})")),
            Some(number) => Ok(number.to_string()),
            None => Err(fail("a whole number of 64 bits")),
        },
        ParameterType::Real => match value.as_f64() {
            Some(number) if number.is_finite() => Ok(format!("real({number:?})")),
            _ => Err(fail("a number")),
        },
        ParameterType::Bool => value
            .as_bool()
            .map(|flag| flag.to_string())
            .ok_or_else(|| fail("`true` or `false`")),
        ParameterType::Timespan => value
            .as_str()
            .and_then(|text| text.parse::<Duration>().ok())
            .map(timespan)
            .ok_or_else(|| fail("a length of time such as `1h`, `PT30M` or `1.12:00:00`")),
        ParameterType::Datetime => value
            .as_str()
            .and_then(datetime)
            .ok_or_else(|| fail("a date such as `2026-01-31` or `2026-01-31T08:00:00Z`")),
        ParameterType::Dynamic => match value {
            Value::Array(_) | Value::Object(_) => Ok(format!("dynamic({value})")),
            _ => Err(fail("a list or a map")),
        },
    }
}

/// A string in double quotes. Everything that could end the literal, or the line, is escaped.
fn string(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('"');
    for character in text.chars() {
        match character {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            // The line and paragraph separators end a line too.
            '\u{2028}' | '\u{2029}' | '\u{85}' => {
                literal.push_str(&format!("\\u{:04x}", character as u32));
            }
            control if control.is_control() => {
                literal.push_str(&format!("\\u{:04x}", control as u32));
            }
            other => literal.push(other),
        }
    }
    literal.push('"');
    literal
}

/// A timespan: the suffix form where one unit says it, else the `d.hh:mm:ss` form.
fn timespan(duration: Duration) -> String {
    let seconds = duration.as_secs();
    for (unit, length) in [('d', 86_400), ('h', 3_600), ('m', 60)] {
        if seconds > 0 && seconds.is_multiple_of(length) {
            return format!("{}{unit}", seconds / length);
        }
    }
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (hours, minutes, left) = (rest / 3_600, rest % 3_600 / 60, rest % 60);
    match days {
        0 if rest < 60 => format!("{left}s"),
        0 => format!("timespan({hours:02}:{minutes:02}:{left:02})"),
        _ => format!("timespan({days}.{hours:02}:{minutes:02}:{left:02})"),
    }
}

/// A point in time in UTC. The text is parsed and printed again, so nothing else can be smuggled in.
fn datetime(text: &str) -> Option<String> {
    let text = text.trim();
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Some(format!("datetime({timestamp})"));
    }
    let date = text.parse::<jiff::civil::DateTime>().ok()?;
    Some(format!("datetime({date})"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn written(kind: ParameterType, value: &Value) -> String {
        literal(kind, value).expect("a value of its type")
    }

    #[test]
    fn each_type_is_written_as_its_literal() {
        use ParameterType as T;
        for (kind, value, expected) in [
            (T::String, json!("a"), r#""a""#),
            (T::String, json!("a\"b\\c\nd\te"), r#""a\"b\\c\nd\te""#),
            (T::String, json!("\u{7}\u{2028}é"), "\"\\u0007\\u2028é\""),
            (T::Long, json!(5), "5"),
            (T::Long, json!(-5), "long(-5)"),
            (T::Real, json!(1.5), "real(1.5)"),
            (T::Real, json!(2), "real(2.0)"),
            (T::Bool, json!(true), "true"),
            (T::Timespan, json!("24h"), "1d"),
            (T::Timespan, json!("PT90M"), "90m"),
            (T::Timespan, json!("45s"), "45s"),
            (T::Timespan, json!("1h1s"), "timespan(01:00:01)"),
            (T::Timespan, json!("1.00:00:30"), "timespan(1.00:00:30)"),
            (
                T::Datetime,
                json!("2026-01-31T08:00:00Z"),
                "datetime(2026-01-31T08:00:00Z)",
            ),
            (
                T::Datetime,
                json!("2026-01-31"),
                "datetime(2026-01-31T00:00:00)",
            ),
            (T::Dynamic, json!(["a)", "b\""]), r#"dynamic(["a)","b\""])"#),
        ] {
            assert_eq!(written(kind, &value), expected, "{value}");
        }
    }

    #[test]
    fn a_value_of_another_type_is_refused() {
        use ParameterType as T;
        for (kind, value) in [
            (T::String, json!(1)),
            (T::Long, json!("1")),
            (T::Long, json!(1.5)),
            (T::Real, json!("1")),
            (T::Bool, json!("true")),
            (T::Timespan, json!("1 hour); evil")),
            (T::Datetime, json!("2026-01-31) | take 1")),
            (T::Dynamic, json!("[]")),
        ] {
            assert!(literal(kind, &value).is_err(), "{kind} {value}");
        }
        for name in ["", "1a", "a b", "a;b", "é"] {
            assert!(let_statement(name, T::Long, &json!(1)).is_err(), "{name}");
        }
    }

    proptest! {
        /// No text ends its own literal: between the outer quotes no quote stands without a backslash before it.
        #[test]
        fn no_text_ends_its_own_literal(text in any::<String>()) {
            let literal = written(ParameterType::String, &json!(text));
            let inner = &literal[1..literal.len() - 1];
            let mut escaped = false;
            for character in inner.chars() {
                prop_assert!(!character.is_control());
                prop_assert!(escaped || character != '"');
                escaped = !escaped && character == '\\';
            }
            prop_assert!(!escaped);
        }
    }
}
