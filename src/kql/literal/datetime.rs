//! Points in time, in the many forms that the language reads.

use super::TICKS_PER_DAY;
use super::TICKS_PER_SECOND;

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// Ticks since year 1 of the point in time that `text` names: ISO 8601 with any part of the tail left out,
/// `MM/DD/YYYY hh:mm:ss [AM|PM]`, and the forms of RFC 822. None for anything else, and for `null`.
pub(crate) fn parse_datetime(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.is_empty() || text == "null" {
        return None;
    }
    if text.contains(" - ") {
        // `2017 - 08 - 01`
        return parse_datetime(&text.replace(" - ", "-"));
    }
    if text.contains(',') && !text.contains(|c: char| c.is_ascii_alphabetic()) {
        // `datetime(2025, 6, 14)`; a comma beside words is `Sat, 8 Nov 2014`
        let mut numbers = text.split(',').map(|n| n.trim().parse::<i64>().ok());
        let (year, month, day) = (numbers.next()??, numbers.next()??, numbers.next()??);
        if numbers.next().is_some() {
            return None;
        }
        days_from_civil(year, month, day)?.checked_mul(TICKS_PER_DAY)
    } else if text.len() == 10 && text.as_bytes()[2] == b'-' && text.as_bytes()[5] == b'-' {
        // `12-02-2022`, the month first
        slashed(&text.replace('-', "/"))
    } else if text.contains('/') {
        slashed(text)
    } else if text
        .contains(|c: char| c.is_ascii_alphabetic() && !matches!(c, 'T' | 'Z' | 't' | 'z'))
    {
        worded(text)
    } else {
        iso(text)
    }
}

/// Days from the first day of year 1 to the given day of the Gregorian calendar.
pub(crate) fn days_from_civil(year: i64, month: i64, day: i64) -> Option<i64> {
    const CUMULATIVE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let length = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=9999).contains(&year) || !(1..=length).contains(&day) {
        return None;
    }
    let before = year - 1;
    let years = before * 365 + before / 4 - before / 100 + before / 400;
    let months = CUMULATIVE[usize::try_from(month - 1).ok()?];
    Some(years + months + i64::from(leap && month > 2) + day - 1)
}

fn iso(text: &str) -> Option<i64> {
    let (date, rest) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], text[at + 1..].trim_start()),
        None => (text.trim_end_matches(['Z', 'z']), ""),
    };
    let mut parts = date.split('-');
    let year = parts.next()?;
    let (year, month, day) = if year.len() == 8 && year.bytes().all(|b| b.is_ascii_digit()) {
        (
            year[..4].parse().ok()?,
            year[4..6].parse().ok()?,
            year[6..].parse().ok()?,
        )
    } else if year.len() == 4 {
        let month = parts.next().map_or(Some(1), |m| m.parse().ok())?;
        let day = parts.next().map_or(Some(1), |d| d.parse().ok())?;
        (year.parse().ok()?, month, day)
    } else {
        return None;
    };
    if parts.next().is_some() {
        return None;
    }
    let days = days_from_civil(year, month, day)?;
    let clock = if rest.is_empty() { 0 } else { clock(rest)? };
    days.checked_mul(TICKS_PER_DAY)?.checked_add(clock)
}

/// `hh:mm[:ss[.fffffff]]` with `Z`, an offset, `AM` or `PM`, less the offset.
fn clock(text: &str) -> Option<i64> {
    let text = text.trim();
    let upper = text.to_ascii_uppercase();
    let (text, half_day) = if let Some(t) = upper.strip_suffix("AM") {
        (t.trim_end(), Some(0))
    } else if let Some(t) = upper.strip_suffix("PM") {
        (t.trim_end(), Some(12))
    } else {
        (upper.as_str(), None)
    };
    let (text, offset) = if let Some(t) = text
        .strip_suffix("GMT")
        .or_else(|| text.strip_suffix("UTC"))
    {
        (t.trim_end(), 0)
    } else if let Some(t) = text.strip_suffix('Z') {
        (t, 0)
    } else if let Some(at) = text.rfind(['+', '-']) {
        (text[..at].trim_end(), zone(&text[at..])?)
    } else {
        (text, 0)
    };
    let mut parts = text.split(':');
    let mut hours: i64 = parts
        .next()?
        .trim()
        .parse()
        .ok()
        .filter(|h| (0..24).contains(h))?;
    if let Some(shift) = half_day {
        hours = hours % 12 + shift;
    }
    let minutes: i64 = parts
        .next()
        .map_or(Some(0), |m| m.parse().ok())
        .filter(|m| (0..60).contains(m))?;
    let seconds = parts.next().unwrap_or("0");
    if parts.next().is_some() {
        return None;
    }
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let seconds: i64 = seconds.parse().ok().filter(|s| (0..60).contains(s))?;
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let fraction: i64 = format!("{:0<7}", &fraction[..fraction.len().min(7)])
        .parse()
        .ok()?;
    Some(((hours * 60 + minutes) * 60 + seconds) * TICKS_PER_SECOND + fraction - offset)
}

/// `+hh:mm`, `-hhmm`, `+hh` in ticks.
fn zone(text: &str) -> Option<i64> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("-", rest) => (-1, rest),
        (_, rest) => (1, rest),
    };
    let digits: String = digits.chars().filter(|c| *c != ':').collect();
    let value: i64 = digits.parse().ok()?;
    let (hours, minutes) = if digits.len() <= 2 {
        (value, 0)
    } else {
        (value / 100, value % 100)
    };
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60 * TICKS_PER_SECOND)
}

/// `MM/DD/YYYY [hh:mm:ss]`
fn slashed(text: &str) -> Option<i64> {
    let (date, rest) = text.split_once(' ').unwrap_or((text, ""));
    let mut parts = date.split('/');
    let (month, day, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let days = days_from_civil(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
    let clock = if rest.trim().is_empty() {
        0
    } else {
        clock(rest)?
    };
    days.checked_mul(TICKS_PER_DAY)?.checked_add(clock)
}

/// `Sat, 8 Nov 2014 15:05:02 GMT`, `8 Nov 14`, `Nov 8 2014`
fn worded(text: &str) -> Option<i64> {
    let (mut month, mut day, mut year, mut time) = (None, None, None, String::new());
    for word in text.split([' ', ',']).filter(|w| !w.is_empty()) {
        if word.contains(':') || !time.is_empty() {
            time.push_str(word);
            time.push(' ');
            continue;
        }
        for part in word.split('-') {
            let lower = part.to_ascii_lowercase();
            if let Some(at) = lower
                .get(..3)
                .and_then(|w| MONTHS.iter().position(|m| *m == w))
            {
                month = i64::try_from(at + 1).ok();
            } else if let Ok(number) = part.parse::<i64>() {
                if day.is_none() && part.len() <= 2 {
                    day = Some(number);
                } else {
                    year = Some(if part.len() <= 2 {
                        number + 2000
                    } else {
                        number
                    });
                }
            }
        }
    }
    let days = days_from_civil(year?, month?, day?)?;
    let clock = if time.is_empty() { 0 } else { clock(&time)? };
    days.checked_mul(TICKS_PER_DAY)?.checked_add(clock)
}
