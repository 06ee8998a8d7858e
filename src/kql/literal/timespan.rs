//! Time spans: `1d`, `2.5h`, `01:02:03.4`, `1.02:03:04`, `5 min`.

use super::TICKS_PER_DAY;
use super::TICKS_PER_SECOND;

/// Ticks of one `unit`, if it is one.
fn unit_ticks(unit: &str) -> Option<i128> {
    Some(match unit {
        "d" | "day" | "days" => i128::from(TICKS_PER_DAY),
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600 * i128::from(TICKS_PER_SECOND),
        "m" | "min" | "minute" | "minutes" => 60 * i128::from(TICKS_PER_SECOND),
        "s" | "sec" | "second" | "seconds" => i128::from(TICKS_PER_SECOND),
        "ms" | "milli" | "millis" | "millisecond" | "milliseconds" => 10_000,
        "micro" | "micros" | "microsecond" | "microseconds" => 10,
        "tick" | "ticks" => 1,
        _ => return None,
    })
}

/// `1.5h`, a number directly followed by a unit. Nanoseconds are cut to ticks.
pub(crate) fn short_timespan(text: &str) -> Option<i64> {
    let split = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(split);
    let number = number.trim();
    if unit.starts_with("nano") {
        let nanos: f64 = number.parse().ok()?;
        return to_ticks(nanos / 100.0);
    }
    let ticks = unit_ticks(unit)?;
    if let Ok(whole) = number.parse::<i64>() {
        return i64::try_from(i128::from(whole) * ticks).ok();
    }
    #[expect(clippy::cast_precision_loss, reason = "a unit has at most 12 digits")]
    let scaled = number.parse::<f64>().ok()? * ticks as f64;
    to_ticks(scaled)
}

/// Rounds to whole ticks, refusing what does not fit.
fn to_ticks(value: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    (value.abs() < 9.2e18).then(|| value.round() as i64)
}

/// The content of `time(…)` and the argument of `totimespan`: `1d`, `5 min`, `[-][d.]hh:mm[:ss[.fffffff]]`, or days as a number.
pub(crate) fn parse_timespan(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.is_empty() || text == "null" {
        return None;
    }
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text),
    };
    let ticks = if rest.contains(':') {
        clock_timespan(rest)?
    } else if rest.ends_with(|c: char| c.is_ascii_alphabetic()) {
        short_timespan(rest)?
    } else {
        rest.parse::<i64>().ok()?.checked_mul(TICKS_PER_DAY)?
    };
    Some(if negative { -ticks } else { ticks })
}

/// `[d.]hh:mm[:ss[.fffffff]]`
fn clock_timespan(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let (first, minutes) = (parts.next()?, parts.next()?);
    let seconds = parts.next();
    if parts.next().is_some() {
        return None;
    }
    let (days, hours) = first.split_once('.').unwrap_or(("0", first));
    let days: i64 = days.parse().ok()?;
    let hours: i64 = hours.parse().ok().filter(|h| (0..24).contains(h))?;
    let minutes: i64 = minutes.parse().ok().filter(|m| (0..60).contains(m))?;
    let (seconds, fraction) = seconds
        .unwrap_or("0")
        .split_once('.')
        .unwrap_or((seconds.unwrap_or("0"), ""));
    let seconds: i64 = seconds.parse().ok().filter(|s| (0..60).contains(s))?;
    if fraction.len() > 7 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let fraction: i64 = format!("{fraction:0<7}").parse().ok()?;
    days.checked_mul(TICKS_PER_DAY)?
        .checked_add(((hours * 60 + minutes) * 60 + seconds) * TICKS_PER_SECOND + fraction)
}
