//! Constants in all the spellings that the service reads.

use super::*;

#[test]
fn reads_datetimes_in_all_forms() {
    let day = |y, m, d| datetime::days_from_civil(y, m, d).unwrap() * TICKS_PER_DAY;
    assert_eq!(parse_datetime("0001-01-01"), Some(0));
    assert_eq!(parse_datetime("2020"), Some(day(2020, 1, 1)));
    assert_eq!(parse_datetime("2020-02"), Some(day(2020, 2, 1)));
    assert_eq!(parse_datetime("20200229"), Some(day(2020, 2, 29)));
    assert_eq!(parse_datetime("2020 - 02 - 29"), Some(day(2020, 2, 29)));
    assert_eq!(
        parse_datetime("2014-11-08 15:05:02.5Z"),
        Some(day(2014, 11, 8) + (15 * 3600 + 5 * 60 + 2) * TICKS_PER_SECOND + TICKS_PER_SECOND / 2)
    );
    assert_eq!(
        parse_datetime("2014-05-25T08:20:03.123456+02:00"),
        Some(day(2014, 5, 25) + (6 * 3600 + 20 * 60 + 3) * TICKS_PER_SECOND + 1_234_560)
    );
    assert_eq!(
        parse_datetime("11/08/2014 3:05 PM"),
        Some(day(2014, 11, 8) + (15 * 60 + 5) * 60 * TICKS_PER_SECOND)
    );
    assert_eq!(
        parse_datetime("Sat, 8 Nov 2014 15:05:02 GMT"),
        Some(day(2014, 11, 8) + (15 * 3600 + 5 * 60 + 2) * TICKS_PER_SECOND)
    );
    assert_eq!(parse_datetime("2021-02-29"), None);
    assert_eq!(parse_datetime("soon"), None);
}

#[test]
fn reads_timespans_in_all_forms() {
    assert_eq!(parse_timespan("1d"), Some(TICKS_PER_DAY));
    assert_eq!(parse_timespan("1.5h"), Some(5400 * TICKS_PER_SECOND));
    assert_eq!(parse_timespan("5 min"), Some(300 * TICKS_PER_SECOND));
    assert_eq!(parse_timespan("-00:01"), Some(-60 * TICKS_PER_SECOND));
    assert_eq!(
        parse_timespan("1.02:03:04.5"),
        Some(TICKS_PER_DAY + (2 * 3600 + 3 * 60 + 4) * TICKS_PER_SECOND + TICKS_PER_SECOND / 2)
    );
    assert_eq!(parse_timespan("2"), Some(2 * TICKS_PER_DAY));
    assert_eq!(parse_timespan("25:00"), None);
    assert_eq!(short_timespan("3micros"), Some(30));
    assert_eq!(short_timespan("200nanoseconds"), Some(2));
}

#[test]
fn reads_strings_with_prefixes_and_escapes() {
    assert_eq!(string_value(r#""a\"b\\c\n""#), "a\"b\\c\n");
    assert_eq!(string_value(r#"@'a\b''c'"#), r"a\b'c");
    assert_eq!(string_value("h\"x\""), "x");
    assert_eq!(string_value("```a\nb```"), "a\nb");
    assert_eq!(string_value(r#""\u0041\x42\103""#), "ABC");
    assert_eq!(string_value(r#""\ud83d\ude00""#), "\u{1f600}");
    assert_eq!(string_value("\"open"), "open");
}

#[test]
fn reads_numbers_and_guids() {
    assert_eq!(parse_long("0x1F"), Some(31));
    assert_eq!(parse_long("-9223372036854775808"), Some(i64::MIN));
    assert_eq!(parse_long("9223372036854775808"), None);
    assert_eq!(
        parse_guid("74be27de-1e4e-49d9-b579-fe0b331d3642"),
        Some(0x74be_27de_1e4e_49d9_b579_fe0b_331d_3642)
    );
    assert_eq!(parse_guid("74be27de"), None);
    assert_eq!(
        typed_literal("real", "inf"),
        Literal::Real(Some(f64::INFINITY))
    );
    assert_eq!(typed_literal("int", "3000000000"), Literal::Int(None));
}
