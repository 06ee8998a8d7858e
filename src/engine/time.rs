//! The calendar on ticks of 100 nanoseconds since the first day of year 1.

/// Ticks of one second.
pub(crate) const SECOND: i64 = 10_000_000;
/// Ticks of one minute.
pub(crate) const MINUTE: i64 = 60 * SECOND;
/// Ticks of one hour.
pub(crate) const HOUR: i64 = 60 * MINUTE;
/// Ticks of one day.
pub(crate) const DAY: i64 = 24 * HOUR;
/// Ticks of the first moment of 1970.
pub(crate) const UNIX_EPOCH: i64 = 719_162 * DAY;
/// The last tick of year 9999.
pub(crate) const LAST: i64 = 3_155_378_975_999_999_999;

/// A point in time taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts {
    /// Year, 1 to 9999.
    pub(crate) year: i64,
    /// Month, 1 to 12.
    pub(crate) month: i64,
    /// Day of the month, from 1.
    pub(crate) day: i64,
    /// Ticks since midnight.
    pub(crate) clock: i64,
}

impl Parts {
    /// Hour of the day.
    pub(crate) fn hour(self) -> i64 {
        self.clock / HOUR
    }

    /// Minute of the hour.
    pub(crate) fn minute(self) -> i64 {
        self.clock / MINUTE % 60
    }

    /// Second of the minute.
    pub(crate) fn second(self) -> i64 {
        self.clock / SECOND % 60
    }

    /// Ticks of the second.
    pub(crate) fn fraction(self) -> i64 {
        self.clock % SECOND
    }
}

/// Whether `year` has a 29th of February.
fn is_leap(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

/// How many days the month has.
pub(crate) fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from the first day of year 1; the month must be 1 to 12, the day may run over.
pub(crate) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    const CUMULATIVE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let before = year - 1;
    let years =
        before * 365 + before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400);
    let index = usize::try_from(month - 1).unwrap_or(0).min(11);
    years + CUMULATIVE[index] + i64::from(is_leap(year) && month > 2) + day - 1
}

/// Takes a point in time apart.
pub(crate) fn parts(ticks: i64) -> Parts {
    let days = ticks.div_euclid(DAY);
    // Shifted to 1 March of year 0, so that the leap day ends a year.
    let shifted = days + 306;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * index + 2) / 5 + 1;
    let month = if index < 10 { index + 3 } else { index - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Parts {
        year,
        month,
        day,
        clock: ticks.rem_euclid(DAY),
    }
}

/// The point in time of a date and the ticks since midnight; none outside years 1 to 9999.
pub(crate) fn from_civil(year: i64, month: i64, day: i64, clock: i64) -> Option<i64> {
    if !(1..=9999).contains(&year)
        || !(1..=12).contains(&month)
        || !(1..=month_length(year, month)).contains(&day)
    {
        return None;
    }
    Some(days_from_civil(year, month, day) * DAY + clock)
}

/// Adds months, keeping the day where the month has it, as .NET does.
pub(crate) fn add_months(ticks: i64, months: i64) -> Option<i64> {
    let p = parts(ticks);
    let index = (p.year * 12 + p.month - 1).checked_add(months)?;
    let (year, month) = (index.div_euclid(12), index.rem_euclid(12) + 1);
    from_civil(year, month, p.day.min(month_length(year, month)), p.clock)
}

/// Day of the week, Sunday being 0.
pub(crate) fn weekday(ticks: i64) -> i64 {
    (ticks.div_euclid(DAY) + 1).rem_euclid(7)
}

/// Day of the year, from 1.
pub(crate) fn day_of_year(ticks: i64) -> i64 {
    let p = parts(ticks);
    days_from_civil(p.year, p.month, p.day) - days_from_civil(p.year, 1, 1) + 1
}

/// Week of the year by ISO 8601.
pub(crate) fn week_of_year(ticks: i64) -> i64 {
    let monday_based = (weekday(ticks) + 6) % 7;
    let thursday = ticks.div_euclid(DAY) - monday_based + 3;
    (day_of_year(thursday * DAY) - 1) / 7 + 1
}

/// `2017-01-01T00:00:00.0000000Z`
pub(crate) fn datetime_text(ticks: i64) -> String {
    let p = parts(ticks);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:07}Z",
        p.year,
        p.month,
        p.day,
        p.hour(),
        p.minute(),
        p.second(),
        p.fraction()
    )
}

/// As [`datetime_text`], without the fraction's closing zeros: the form of the query API's JSON.
pub(crate) fn datetime_json(ticks: i64) -> String {
    let long = datetime_text(ticks);
    let cut = long[..long.len() - 1]
        .trim_end_matches('0')
        .trim_end_matches('.');
    // At least the seconds stay: `T00:00:00` ends in zeros of its own.
    format!("{}Z", if cut.len() < 19 { &long[..19] } else { cut })
}

/// `[-][d.]hh:mm:ss[.fffffff]`
pub(crate) fn timespan_text(ticks: i64) -> String {
    let all = ticks.unsigned_abs();
    let day = all / DAY.unsigned_abs();
    let rest = i64::try_from(all % DAY.unsigned_abs()).unwrap_or(0);
    let mut text = String::new();
    if ticks < 0 {
        text.push('-');
    }
    if day > 0 {
        text.push_str(&format!("{day}."));
    }
    text.push_str(&format!(
        "{:02}:{:02}:{:02}",
        rest / HOUR,
        rest / MINUTE % 60,
        rest / SECOND % 60
    ));
    if rest % SECOND != 0 {
        text.push_str(&format!(".{:07}", rest % SECOND));
    }
    text
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// `format_datetime`: letters are parts, the delimiters of the reference are kept. None for any other letter.
pub(crate) fn format_datetime(ticks: i64, format: &str) -> Option<String> {
    let p = parts(ticks);
    let mut out = String::new();
    let chars: Vec<char> = format.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        let letter = chars[at];
        let run = chars[at..].iter().take_while(|c| **c == letter).count();
        at += run;
        let hour12 = (p.hour() + 11) % 12 + 1;
        match (letter, run) {
            ('y', 1) => out.push_str(&(p.year % 100).to_string()),
            ('y', 2) => out.push_str(&format!("{:02}", p.year % 100)),
            ('y', 3..) => out.push_str(&format!("{:04}", p.year)),
            ('M', 3) => out.push_str(&MONTHS[usize::try_from(p.month - 1).ok()?][..3]),
            ('M', 4..) => out.push_str(MONTHS[usize::try_from(p.month - 1).ok()?]),
            ('M', width) => out.push_str(&format!("{:0width$}", p.month)),
            ('d', 3) => out.push_str(&WEEKDAYS[usize::try_from(weekday(ticks)).ok()?][..3]),
            ('d', 4..) => out.push_str(WEEKDAYS[usize::try_from(weekday(ticks)).ok()?]),
            ('d', width) => out.push_str(&format!("{:0width$}", p.day)),
            ('H', width) => out.push_str(&format!("{:0width$}", p.hour(), width = width.min(2))),
            ('h', width) => out.push_str(&format!("{hour12:0width$}", width = width.min(2))),
            ('m', width) => out.push_str(&format!("{:0width$}", p.minute(), width = width.min(2))),
            ('s', width) => out.push_str(&format!("{:0width$}", p.second(), width = width.min(2))),
            ('f', width) if width <= 7 => {
                out.push_str(&format!("{:07}", p.fraction())[..width]);
            }
            ('F', width) if width <= 7 => {
                out.push_str(format!("{:07}", p.fraction())[..width].trim_end_matches('0'));
            }
            ('t', 1) => out.push(if p.hour() < 12 { 'A' } else { 'P' }),
            ('t', _) => out.push_str(if p.hour() < 12 { "AM" } else { "PM" }),
            (c, count) if !c.is_ascii_alphabetic() => {
                out.extend(std::iter::repeat_n(c, count));
            }
            _ => return None,
        }
    }
    Some(out)
}

/// `format_timespan`. None for a letter that stands for nothing.
pub(crate) fn format_timespan(ticks: i64, format: &str) -> Option<String> {
    let all = ticks.checked_abs()?;
    let mut out = String::new();
    let chars: Vec<char> = format.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        let letter = chars[at];
        let run = chars[at..].iter().take_while(|c| **c == letter).count();
        at += run;
        match letter {
            'd' => out.push_str(&format!("{:0run$}", all / DAY)),
            'H' | 'h' => out.push_str(&format!("{:0run$}", all / HOUR % 24)),
            'm' => out.push_str(&format!("{:0run$}", all / MINUTE % 60)),
            's' => out.push_str(&format!("{:0run$}", all / SECOND % 60)),
            'f' if run <= 7 => out.push_str(&format!("{:07}", all % SECOND)[..run]),
            'F' if run <= 7 => {
                out.push_str(format!("{:07}", all % SECOND)[..run].trim_end_matches('0'));
            }
            c if !c.is_ascii_alphabetic() => out.extend(std::iter::repeat_n(c, run)),
            _ => return None,
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_back() {
        for day in (0..3_652_059).step_by(13) {
            let p = parts(day * DAY + 5);
            assert_eq!(
                from_civil(p.year, p.month, p.day, p.clock),
                Some(day * DAY + 5)
            );
        }
    }

    #[test]
    fn json_keeps_seconds_and_cuts_the_fraction() {
        assert_eq!(datetime_json(UNIX_EPOCH), "1970-01-01T00:00:00Z");
        assert_eq!(
            datetime_json(UNIX_EPOCH + 10),
            "1970-01-01T00:00:00.000001Z"
        );
        assert_eq!(
            datetime_json(UNIX_EPOCH + 600 * SECOND),
            "1970-01-01T00:10:00Z"
        );
    }
}
