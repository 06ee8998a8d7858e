//! Functions on points in time and time spans.

use super::Def;
use super::arg;
use super::def;
use crate::engine::text::text;
use crate::engine::time;
use crate::engine::value::Type;
use crate::engine::value::Value;

pub(super) fn lookup(name: &str) -> Option<Def> {
    use Type::{Datetime, Int, Long, String, Timespan};
    match name {
        "startofday" => def(1, 2, Datetime, |a| starting(a, "day", false)),
        "startofweek" => def(1, 2, Datetime, |a| starting(a, "week", false)),
        "startofmonth" => def(1, 2, Datetime, |a| starting(a, "month", false)),
        "startofyear" => def(1, 2, Datetime, |a| starting(a, "year", false)),
        "endofday" => def(1, 2, Datetime, |a| starting(a, "day", true)),
        "endofweek" => def(1, 2, Datetime, |a| starting(a, "week", true)),
        "endofmonth" => def(1, 2, Datetime, |a| starting(a, "month", true)),
        "endofyear" => def(1, 2, Datetime, |a| starting(a, "year", true)),
        "getyear" | "year" => def(1, 1, Long, |a| part(&a[0], "year")),
        "getmonth" | "monthofyear" => def(1, 1, Long, |a| part(&a[0], "month")),
        "dayofmonth" => def(1, 1, Int, |a| part(&a[0], "day")),
        "dayofyear" => def(1, 1, Int, |a| part(&a[0], "dayofyear")),
        "hourofday" => def(1, 1, Int, |a| part(&a[0], "hour")),
        "week_of_year" | "weekofyear" => def(1, 1, Long, |a| part(&a[0], "weekofyear")),
        "dayofweek" => def(1, 1, Timespan, |a| match a[0] {
            Value::Datetime(t) => Value::Timespan(time::weekday(t) * time::DAY),
            _ => Value::Null,
        }),
        "datetime_part" => def(2, 2, Long, |a| part(&a[1], &text(&a[0]))),
        "datetime_diff" => def(3, 3, Long, |a| match (&a[1], &a[2]) {
            (Value::Datetime(x), Value::Datetime(y)) => diff(&text(&a[0]), *x, *y).into(),
            _ => Value::Null,
        }),
        "datetime_add" => def(3, 3, Datetime, |a| match (a[1].as_long(), &a[2]) {
            (Some(n), Value::Datetime(t)) => add(&text(&a[0]), n, *t)
                .filter(|t| (0..=time::LAST).contains(t))
                .map_or(Value::Null, Value::Datetime),
            _ => Value::Null,
        }),
        "make_datetime" => def(1, 7, Datetime, make_datetime),
        "make_timespan" => def(2, 4, Timespan, make_timespan),
        "format_datetime" => def(2, 2, String, |a| match a[0] {
            Value::Datetime(t) => time::format_datetime(t, &text(&a[1]))
                .unwrap_or_default()
                .into(),
            _ => Value::text(""),
        }),
        "format_timespan" => def(2, 2, String, |a| match a[0] {
            Value::Timespan(t) => time::format_timespan(t, &text(&a[1]))
                .unwrap_or_default()
                .into(),
            _ => Value::text(""),
        }),
        "unixtime_seconds_todatetime" => def(1, 1, Datetime, |a| unix(&a[0], 10_000_000.0)),
        "unixtime_milliseconds_todatetime" => def(1, 1, Datetime, |a| unix(&a[0], 10_000.0)),
        "unixtime_microseconds_todatetime" => def(1, 1, Datetime, |a| unix(&a[0], 10.0)),
        "unixtime_nanoseconds_todatetime" => def(1, 1, Datetime, |a| unix(&a[0], 0.01)),
        "datetime_utc_to_local" => def(2, 2, Datetime, |a| zoned(a, true)),
        "datetime_local_to_utc" => def(2, 2, Datetime, |a| zoned(a, false)),
        "datetime_list_timezones" => None,
        _ => None,
    }
}

/// The last Sunday's first moment, `t` included.
pub(crate) fn week_start(t: i64) -> i64 {
    t - t.rem_euclid(time::DAY) - time::weekday(t) * time::DAY
}

/// The first moment of the `unit` that is `offset` units after the one `t` lies in.
pub(crate) fn start_of(unit: &str, t: i64, offset: i64) -> Option<i64> {
    let p = time::parts(t);
    match unit {
        "day" => (t - t.rem_euclid(time::DAY)).checked_add(offset.checked_mul(time::DAY)?),
        "week" => week_start(t).checked_add(offset.checked_mul(7 * time::DAY)?),
        "month" => {
            let index = (p.year * 12 + p.month - 1).checked_add(offset)?;
            time::from_civil(index.div_euclid(12), index.rem_euclid(12) + 1, 1, 0)
        }
        _ => time::from_civil(p.year.checked_add(offset)?, 1, 1, 0),
    }
}

fn starting(a: &[Value], unit: &str, end: bool) -> Value {
    let Value::Datetime(t) = a[0] else {
        return Value::Null;
    };
    let offset = arg(a, 1).as_long().unwrap_or(0);
    start_of(unit, t, offset + i64::from(end))
        .map(|t| t - i64::from(end))
        .filter(|t| (0..=time::LAST).contains(t))
        .map_or(Value::Null, Value::Datetime)
}

fn part(value: &Value, unit: &str) -> Value {
    let Value::Datetime(t) = *value else {
        return Value::Null;
    };
    let p = time::parts(t);
    let n = match unit.to_ascii_lowercase().replace('_', "").as_str() {
        "year" => p.year,
        "quarter" => (p.month - 1) / 3 + 1,
        "month" => p.month,
        "weekofyear" | "week" => time::week_of_year(t),
        "day" => p.day,
        "dayofyear" => time::day_of_year(t),
        "hour" => p.hour(),
        "minute" => p.minute(),
        "second" => p.second(),
        "millisecond" => p.fraction() / 10_000,
        "microsecond" => p.fraction() / 10,
        "nanosecond" => p.fraction() * 100,
        _ => return Value::Null,
    };
    Value::Long(n)
}

/// How many borders of `unit` lie between the two.
fn diff(unit: &str, x: i64, y: i64) -> Option<i64> {
    let (a, b) = (time::parts(x), time::parts(y));
    let per = |size: i64| x.div_euclid(size) - y.div_euclid(size);
    Some(match unit.to_ascii_lowercase().as_str() {
        "year" => a.year - b.year,
        "quarter" => (a.year * 4 + (a.month - 1) / 3) - (b.year * 4 + (b.month - 1) / 3),
        "month" => (a.year * 12 + a.month) - (b.year * 12 + b.month),
        "week" => (week_start(x) - week_start(y)) / (7 * time::DAY),
        "day" => per(time::DAY),
        "hour" => per(time::HOUR),
        "minute" => per(time::MINUTE),
        "second" => per(time::SECOND),
        "millisecond" => per(10_000),
        "microsecond" => per(10),
        "nanosecond" => (x - y).checked_mul(100)?,
        _ => return None,
    })
}

fn add(unit: &str, n: i64, t: i64) -> Option<i64> {
    match unit.to_ascii_lowercase().as_str() {
        "year" => time::add_months(t, n.checked_mul(12)?),
        "quarter" => time::add_months(t, n.checked_mul(3)?),
        "month" => time::add_months(t, n),
        "week" => t.checked_add(n.checked_mul(7 * time::DAY)?),
        "day" => t.checked_add(n.checked_mul(time::DAY)?),
        "hour" => t.checked_add(n.checked_mul(time::HOUR)?),
        "minute" => t.checked_add(n.checked_mul(time::MINUTE)?),
        "second" => t.checked_add(n.checked_mul(time::SECOND)?),
        "millisecond" => t.checked_add(n.checked_mul(10_000)?),
        "microsecond" => t.checked_add(n.checked_mul(10)?),
        "nanosecond" => t.checked_add(n / 100),
        _ => None,
    }
}

fn make_datetime(a: &[Value]) -> Value {
    if let [Value::String(text)] = a {
        return crate::kql::literal::parse_datetime(text).map_or(Value::Null, Value::Datetime);
    }
    let n = |index: usize, default: i64| arg(a, index).as_long().unwrap_or(default);
    let seconds = arg(a, 5).as_real().unwrap_or(0.0);
    let (hour, minute) = (n(3, 0), n(4, 0));
    if !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0.0..60.0).contains(&seconds) {
        return Value::Null;
    }
    let clock = hour * time::HOUR + minute * time::MINUTE + (seconds * 1e7).round() as i64;
    time::from_civil(n(0, 1), n(1, 1), n(2, 1), clock).map_or(Value::Null, Value::Datetime)
}

fn make_timespan(a: &[Value]) -> Value {
    let numbers: Vec<f64> = a.iter().filter_map(Value::as_real).collect();
    let (days, rest) = match numbers.as_slice() {
        [d, rest @ ..] if numbers.len() == 4 => (*d, rest),
        rest => (0.0, rest),
    };
    let mut ticks = days * time::DAY as f64;
    for (value, unit) in rest.iter().zip([time::HOUR, time::MINUTE, time::SECOND]) {
        ticks += value * unit as f64;
    }
    Value::Timespan(ticks.round() as i64)
}

fn unix(value: &Value, ticks: f64) -> Value {
    let scaled = match value {
        Value::Int(_) | Value::Long(_) if ticks >= 1.0 => {
            value.as_long().and_then(|n| n.checked_mul(ticks as i64))
        }
        Value::Long(n) => Some(n / 100),
        other => other.as_real().map(|n| (n * ticks).round() as i64),
    };
    scaled
        .and_then(|n| n.checked_add(time::UNIX_EPOCH))
        .filter(|t| (0..=time::LAST).contains(t))
        .map_or(Value::Null, Value::Datetime)
}

/// Shifts between UTC and the wall clock of a time zone of the system's database.
fn zoned(a: &[Value], to_local: bool) -> Value {
    let Value::Datetime(t) = a[0] else {
        return Value::Null;
    };
    let Ok(zone) = jiff::tz::TimeZone::get(&text(&a[1])) else {
        return Value::Null;
    };
    let since = t - time::UNIX_EPOCH;
    let Ok(stamp) = jiff::Timestamp::new(
        since.div_euclid(time::SECOND),
        (since.rem_euclid(time::SECOND) * 100) as i32,
    ) else {
        return Value::Null;
    };
    let offset = if to_local {
        zone.to_offset(stamp)
    } else {
        let wall = jiff::tz::Offset::UTC.to_datetime(stamp);
        match zone.to_ambiguous_timestamp(wall).compatible() {
            Ok(stamp) => zone.to_offset(stamp),
            Err(_) => return Value::Null,
        }
    };
    let shift = i64::from(offset.seconds()) * time::SECOND;
    Value::Datetime(if to_local { t + shift } else { t - shift })
}
