//! Durations in the three spellings that rule files use, printed in one.
//!
//! Accepted: the short form of the community format (`5m`, `1h30m`, `14d`), ISO 8601 (`PT5H`, `P1DT12H`),
//! and .NET's `[d.]hh:mm[:ss]`; case does not matter. Printed: canonical ISO 8601 without weeks, the form
//! that the service's `TimeSpan` echoes. Durations compare by length, so `24h` equals `P1D`.

use std::fmt;
use std::str::FromStr;

/// A length of time in whole seconds, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Duration {
    seconds: u64,
}

/// A text that is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a duration")]
pub(crate) struct ParseDurationError {
    /// What was written.
    pub(crate) text: String,
}

impl Duration {
    /// `seconds` seconds.
    pub(crate) const fn from_secs(seconds: u64) -> Self {
        Self { seconds }
    }

    /// `minutes` minutes.
    pub(crate) const fn from_mins(minutes: u64) -> Self {
        Self {
            seconds: minutes * 60,
        }
    }

    /// `hours` hours.
    pub(crate) const fn from_hours(hours: u64) -> Self {
        Self::from_mins(hours * 60)
    }

    /// `days` days of 24 hours.
    pub(crate) const fn from_days(days: u64) -> Self {
        Self::from_hours(days * 24)
    }

    /// The length in seconds.
    pub(crate) const fn as_secs(self) -> u64 {
        self.seconds
    }

    /// The length that a text means in words or with spaces: `1 hour`, `60 min`, `1hr`, `2 days 3 hours`. No format
    /// takes these, so they are only for repairs.
    pub(crate) fn from_words(text: &str) -> Option<Self> {
        let mut total = 0u64;
        let mut last = u64::MAX;
        let mut rest = text.trim();
        while !rest.is_empty() {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let count = number(&rest[..digits])?;
            let word = rest[digits..].trim_start();
            let letters = word.len()
                - word
                    .trim_start_matches(|c: char| c.is_ascii_alphabetic())
                    .len();
            let length = match word[..letters].to_ascii_lowercase().as_str() {
                "w" | "week" | "weeks" => 604_800,
                "d" | "day" | "days" => 86_400,
                "h" | "hr" | "hrs" | "hour" | "hours" => 3_600,
                "m" | "min" | "mins" | "minute" | "minutes" => 60,
                "s" | "sec" | "secs" | "second" | "seconds" => 1,
                _ => return None,
            };
            if length >= last {
                return None;
            }
            last = length;
            total = total.checked_add(count.checked_mul(length)?)?;
            rest = word[letters..].trim_start();
        }
        (last < u64::MAX).then_some(Self { seconds: total })
    }

    /// The one spelling of rule files: one number and one unit, the largest that fits.
    pub(crate) fn to_simple(self) -> String {
        for (unit, length) in [('d', 86_400), ('h', 3_600), ('m', 60)] {
            if self.seconds > 0 && self.seconds.is_multiple_of(length) {
                return format!("{}{unit}", self.seconds / length);
            }
        }
        self.to_string()
    }

    /// The short spelling of messages: `5m`, `1h30m`, `14d`.
    pub(crate) fn to_short(self) -> String {
        if self.seconds == 0 {
            return "0m".to_owned();
        }
        let mut text = String::new();
        let mut rest = self.seconds;
        for (unit, length) in [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)] {
            let count = rest / length;
            rest %= length;
            if count > 0 {
                text.push_str(&count.to_string());
                text.push(unit);
            }
        }
        text
    }
}

impl fmt::Display for Duration {
    /// Canonical ISO 8601: `P1DT12H30M`, `PT5H`, `PT0S`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, rest) = (self.seconds / 86_400, self.seconds % 86_400);
        let (hours, minutes, seconds) = (rest / 3_600, rest % 3_600 / 60, rest % 60);
        f.write_str("P")?;
        if days > 0 {
            write!(f, "{days}D")?;
        }
        if rest > 0 || days == 0 {
            f.write_str("T")?;
        }
        if hours > 0 {
            write!(f, "{hours}H")?;
        }
        if minutes > 0 {
            write!(f, "{minutes}M")?;
        }
        if seconds > 0 || self.seconds == 0 {
            write!(f, "{seconds}S")?;
        }
        Ok(())
    }
}

impl FromStr for Duration {
    type Err = ParseDurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim();
        let seconds = if trimmed.starts_with(['P', 'p']) {
            parse_iso(trimmed)
        } else if trimmed.contains(':') {
            parse_dotnet(trimmed)
        } else {
            parse_units(trimmed, &[('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)])
        };
        seconds
            .map(|seconds| Self { seconds })
            .ok_or_else(|| ParseDurationError {
                text: text.to_owned(),
            })
    }
}

/// ISO 8601 with days and a time part. Weeks are read; months and years have no fixed length and are refused.
fn parse_iso(text: &str) -> Option<u64> {
    let body = text.get(1..)?;
    let (date, time) = match body.split_once(['T', 't']) {
        Some((date, time)) if !time.is_empty() => (date, Some(time)),
        Some(_) => return None,
        None => (body, None),
    };
    if date.is_empty() && time.is_none() {
        return None;
    }
    let days = if date.is_empty() {
        0
    } else {
        parse_units(date, &[('w', 604_800), ('d', 86_400)])?
    };
    let rest = match time {
        Some(time) => parse_units(time, &[('h', 3_600), ('m', 60), ('s', 1)])?,
        None => 0,
    };
    days.checked_add(rest)
}

/// Numbers each followed by a unit, the units in the order given, each at most once.
fn parse_units(text: &str, units: &[(char, u64)]) -> Option<u64> {
    let mut total = 0u64;
    let mut units = units.iter();
    let mut digits = String::new();
    for character in text.chars() {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        let unit = character.to_ascii_lowercase();
        let (_, length) = units.find(|(name, _)| *name == unit)?;
        let count: u64 = digits.parse().ok()?;
        digits.clear();
        total = total.checked_add(count.checked_mul(*length)?)?;
    }
    (digits.is_empty() && !text.is_empty()).then_some(total)
}

/// .NET's `TimeSpan`: `[d.]hh:mm[:ss]`, the time of day below 24 hours.
fn parse_dotnet(text: &str) -> Option<u64> {
    let (days, clock) = match text.split_once('.') {
        Some((days, clock)) => (number(days)?, clock),
        None => (0, text),
    };
    let mut parts = clock.split(':');
    let (hours, minutes) = (number(parts.next()?)?, number(parts.next()?)?);
    let seconds = parts.next().map_or(Some(0), number)?;
    if parts.next().is_some() || hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    days.checked_mul(86_400)?
        .checked_add(hours * 3_600 + minutes * 60 + seconds)
}

fn number(text: &str) -> Option<u64> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_three_spellings_are_read_and_one_is_printed() {
        for (text, iso) in [
            ("5m", "PT5M"),
            ("1h", "PT1H"),
            ("1H", "PT1H"),
            ("24h", "P1D"),
            ("25h", "P1DT1H"),
            ("70m", "PT1H10M"),
            ("1d12h", "P1DT12H"),
            ("14d", "P14D"),
            ("PT5H", "PT5H"),
            ("pt60m", "PT1H"),
            ("P1DT12H", "P1DT12H"),
            ("P1W", "P7D"),
            ("PT0S", "PT0S"),
            ("1.00:00:00", "P1D"),
            ("00:05:00", "PT5M"),
            ("05:30", "PT5H30M"),
        ] {
            let duration: Duration = text.parse().expect(text);
            assert_eq!(duration.to_string(), iso, "{text}");
            assert_eq!(iso.parse(), Ok(duration), "{iso}");
            assert_eq!(duration.to_short().parse(), Ok(duration), "{text}");
        }
    }

    #[test]
    fn words_are_understood_and_guesses_are_not_made() {
        for (text, simple) in [
            ("1 hour", "1h"),
            ("1hr", "1h"),
            ("60 minutes", "1h"),
            ("5 m", "5m"),
            ("1 Day", "1d"),
            ("1 day 2 hours", "26h"),
            ("2 weeks", "14d"),
            ("90min", "90m"),
        ] {
            let read = Duration::from_words(text).map(Duration::to_simple);
            assert_eq!(read.as_deref(), Some(simple), "{text}");
        }
        for text in [
            "",
            "hour",
            "60",
            "1 month",
            "one hour",
            "24h with 4h",
            "1h 1h",
            "2h 1d",
            "-1 hour",
            "PT1D",
            "1.5 h",
            "99999999999999999999 days",
        ] {
            assert_eq!(Duration::from_words(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn the_one_spelling_keeps_the_length_and_stays_as_it_is(seconds in 0u64..10_000_000, minutes in 0u64..50_000) {
            for duration in [Duration::from_secs(seconds), Duration::from_mins(minutes)] {
                let simple = duration.to_simple();
                proptest::prop_assert_eq!(simple.parse(), Ok(duration));
                for other in [duration.to_string(), duration.to_short(), simple.to_uppercase()] {
                    let again = other.parse::<Duration>().map(Duration::to_simple);
                    proptest::prop_assert_eq!(again, Ok(simple.clone()));
                }
            }
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "",
            "5",
            "h",
            "PT1D",
            "P",
            "PT",
            "P1M",
            "P1Y",
            "1h1d",
            "-5m",
            "5 m",
            "24:00:00",
            "1:2:3:4",
            "x:y",
            "99999999999999999999d",
        ] {
            assert!(text.parse::<Duration>().is_err(), "{text}");
        }
    }
}
