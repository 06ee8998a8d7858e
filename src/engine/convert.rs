//! `tostring`, `tolong` and their kin, and the casts that the language makes itself.

use std::str::FromStr as _;

use rust_decimal::Decimal;

use crate::engine::json;
use crate::engine::time;
use crate::engine::value::Type;
use crate::engine::value::Value;
use crate::kql::literal;

/// The value as `ty`; null where it cannot be that.
pub(crate) fn to(ty: Type, value: &Value) -> Value {
    match ty {
        Type::String => Value::String(value.to_text()),
        Type::Bool => to_bool(value),
        Type::Int => to_int(value),
        Type::Long => to_long(value),
        Type::Real => to_real(value),
        Type::Decimal => to_decimal(value),
        Type::Datetime => to_datetime(value),
        Type::Timespan => to_timespan(value),
        Type::Guid => to_guid(value),
        Type::Dynamic => to_dynamic(value),
    }
}

/// `tobool`
pub(crate) fn to_bool(value: &Value) -> Value {
    match value {
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            other => other.parse::<i64>().ok().map(|n| n != 0).into(),
        },
        other => other.as_bool().into(),
    }
}

/// `tolong`; a text may be decimal or hexadecimal, a fraction is cut.
pub(crate) fn to_long(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let text = text.trim();
            literal::parse_long(text)
                .or_else(|| {
                    let real: f64 = text.parse().ok()?;
                    (real.is_finite()
                        && text.starts_with(|c: char| {
                            c.is_ascii_digit() || c == '-' || c == '+' || c == '.'
                        }))
                    .then_some(real as i64)
                })
                .into()
        }
        Value::Datetime(ticks) | Value::Timespan(ticks) => Value::Long(*ticks),
        other => other.as_long().into(),
    }
}

/// `toint`
pub(crate) fn to_int(value: &Value) -> Value {
    match to_long(value) {
        Value::Long(n) => i32::try_from(n).map_or(Value::Null, Value::Int),
        _ => Value::Null,
    }
}

/// `toreal`
pub(crate) fn to_real(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let text = text.trim();
            match text {
                "NaN" | "nan" => Value::Real(f64::NAN),
                "Infinity" | "inf" | "+inf" => Value::Real(f64::INFINITY),
                "-Infinity" | "-inf" => Value::Real(f64::NEG_INFINITY),
                _ if text.starts_with("0x") => literal::parse_long(text).map(|n| n as f64).into(),
                _ => text.parse::<f64>().ok().filter(|n| n.is_finite()).into(),
            }
        }
        Value::Timespan(ticks) | Value::Datetime(ticks) => Value::Real(*ticks as f64),
        other => other.as_real().into(),
    }
}

/// `todecimal`
pub(crate) fn to_decimal(value: &Value) -> Value {
    match value {
        Value::String(text) => parse_decimal(text.trim()),
        other => other.as_decimal(),
    }
    .map_or(Value::Null, Value::Decimal)
}

/// A decimal as written, with or without exponent.
pub(crate) fn parse_decimal(text: &str) -> Option<Decimal> {
    Decimal::from_str(text)
        .or_else(|_| Decimal::from_scientific(text))
        .ok()
}

/// `todatetime`; a number counts ticks.
pub(crate) fn to_datetime(value: &Value) -> Value {
    match value {
        Value::Datetime(_) => value.clone(),
        Value::String(text) => literal::parse_datetime(text).map_or(Value::Null, Value::Datetime),
        Value::Long(n) if (0..=time::LAST).contains(n) => Value::Datetime(*n),
        _ => Value::Null,
    }
}

/// `totimespan`
pub(crate) fn to_timespan(value: &Value) -> Value {
    match value {
        Value::Timespan(_) => value.clone(),
        Value::String(text) => literal::parse_timespan(text).map_or(Value::Null, Value::Timespan),
        Value::Long(n) => Value::Timespan(*n),
        Value::Int(n) => Value::Timespan(i64::from(*n)),
        _ => Value::Null,
    }
}

/// `toguid`
pub(crate) fn to_guid(value: &Value) -> Value {
    match value {
        Value::Guid(_) => value.clone(),
        Value::String(text) => {
            literal::parse_guid(text.trim()).map_or(Value::Null, |n| Value::Guid(n.to_be_bytes()))
        }
        _ => Value::Null,
    }
}

/// `parse_json`: a text that is no JSON stays a text; anything else stays what it is.
pub(crate) fn to_dynamic(value: &Value) -> Value {
    match value {
        Value::String(text) if text.is_empty() => Value::Null,
        Value::String(text) => json::parse(text).unwrap_or_else(|| value.clone()),
        Value::Int(n) => Value::Long(i64::from(*n)),
        other => other.clone(),
    }
}

/// The value as a column of type `ty` holds it, where a column of another type gave it: `1` beside `1.5` is a real.
pub(crate) fn cast(ty: Type, value: Value) -> Value {
    match (ty, &value) {
        (Type::String, Value::Null) => Value::text(""),
        (_, Value::Null)
        | (Type::Bool, Value::Bool(_))
        | (Type::Int, Value::Int(_))
        | (Type::Long, Value::Long(_))
        | (Type::Real, Value::Real(_))
        | (Type::Decimal, Value::Decimal(_))
        | (Type::String, Value::String(_))
        | (Type::Datetime, Value::Datetime(_))
        | (Type::Timespan, Value::Timespan(_))
        | (Type::Guid, Value::Guid(_)) => value,
        (Type::Dynamic, Value::Int(n)) => Value::Long(i64::from(*n)),
        (Type::Dynamic, _) => value,
        _ => to(ty, &value),
    }
}
