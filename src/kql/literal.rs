//! Constants: their values, read from the way they are written.
//!
//! Points in time and time spans are counted in ticks of 100 nanoseconds, as the service counts them;
//! a point in time from the first day of year 1.

use std::sync::Arc;

mod datetime;
mod number;
mod text;
mod timespan;

pub(crate) use datetime::parse_datetime;
pub(crate) use number::parse_guid;
pub(crate) use number::parse_long;
pub(crate) use text::string_value;
pub(crate) use timespan::parse_timespan;
pub(crate) use timespan::short_timespan;

/// Ticks of one second.
pub(crate) const TICKS_PER_SECOND: i64 = 10_000_000;
/// Ticks of one day.
pub(crate) const TICKS_PER_DAY: i64 = 86_400 * TICKS_PER_SECOND;

/// A constant. `None` inside is the type's null, which is also what content that cannot be read gives.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    /// `true`, `bool(null)`
    Bool(Option<bool>),
    /// `int(1)`
    Int(Option<i32>),
    /// `1`, `long(1)`
    Long(Option<i64>),
    /// `1.5`, `real(1)`
    Real(Option<f64>),
    /// `decimal(1.5)`, as written
    Decimal(Option<Arc<str>>),
    /// `"text"`, after escapes
    String(Arc<str>),
    /// `datetime(2020-01-01)`, in ticks since year 1
    Datetime(Option<i64>),
    /// `1d`, `time(01:00)`, in ticks
    Timespan(Option<i64>),
    /// `guid(…)`
    Guid(Option<u128>),
    /// `dynamic(…)`
    Dynamic(Arc<Json>),
}

/// The content of `dynamic(…)`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    /// `null`
    Null,
    /// A scalar constant, numbers and strings included.
    Scalar(Literal),
    /// `[…]`
    Array(Vec<Self>),
    /// `{…}`, in the order written
    Object(Vec<(Arc<str>, Self)>),
}

/// The value of a typed literal such as `datetime(2020-01-01)`: `word` is its keyword, `content` what stands in the parentheses.
pub(crate) fn typed_literal(word: &str, content: &str) -> Literal {
    let content = content.trim();
    let null = content.is_empty() || content == "null";
    match word {
        "bool" => Literal::Bool(match content {
            "true" | "True" | "TRUE" | "1" => Some(true),
            "false" | "False" | "FALSE" | "0" => Some(false),
            _ => None,
        }),
        "int" | "int32" => Literal::Int(parse_long(content).and_then(|n| i32::try_from(n).ok())),
        "long" | "int64" => Literal::Long(parse_long(content)),
        "real" | "double" => Literal::Real(number::parse_real(content)),
        "decimal" => {
            Literal::Decimal((!null && number::is_decimal(content)).then(|| content.into()))
        }
        "datetime" | "date" => Literal::Datetime(parse_datetime(unquoted(content))),
        "timespan" | "time" => Literal::Timespan(parse_timespan(unquoted(content))),
        _ => Literal::Guid(parse_guid(unquoted(content))),
    }
}

/// The value of a number token.
pub(crate) fn real_token(text: &str) -> Literal {
    Literal::Real(number::parse_real(text))
}

/// `content` without the quotes around it, if there are any.
fn unquoted(content: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = content
            .strip_prefix(quote)
            .and_then(|c| c.strip_suffix(quote))
        {
            return inner.trim();
        }
    }
    content
}

#[cfg(test)]
mod tests;
