//! What an answer asks for, and how long we wait of our own.

use super::*;

fn headers(pairs: &[(&'static str, &'static str)]) -> Headers {
    let mut headers = Headers::new();
    for (name, value) in pairs {
        headers.insert(*name, *value);
    }
    headers
}

fn asked(pairs: &[(&'static str, &'static str)]) -> Option<Duration> {
    let now = "2021-01-01T00:00:00Z".parse().expect("a timestamp");
    asked_wait(&headers(pairs), now)
}

#[test]
fn every_form_of_the_wait_is_read() {
    assert_eq!(asked(&[]), None);
    assert_eq!(asked(&[("retry-after", "soon")]), None);
    assert_eq!(
        asked(&[("retry-after", " 7 ")]),
        Some(Duration::from_secs(7))
    );
    assert_eq!(
        asked(&[("retry-after", "9"), ("retry-after-ms", "250")]),
        Some(Duration::from_millis(250))
    );
    assert_eq!(
        asked(&[("x-ms-retry-after-ms", "5"), ("retry-after-ms", "250")]),
        Some(Duration::from_millis(5))
    );
    assert_eq!(
        asked(&[("retry-after", "Fri, 01 Jan 2021 00:00:10 GMT")]),
        Some(Duration::from_secs(10))
    );
    assert_eq!(
        asked(&[("retry-after", "Thu, 31 Dec 2020 23:59:50 GMT")]),
        Some(Duration::ZERO)
    );
}

#[test]
fn a_date_is_measured_on_the_service_s_clock() {
    let pairs = [
        ("date", "Fri, 01 Jan 2021 08:00:00 GMT"),
        ("retry-after", "Fri, 01 Jan 2021 08:00:03 GMT"),
    ];
    assert_eq!(asked(&pairs), Some(Duration::from_secs(3)));
}

#[test]
fn the_lowest_count_is_what_remains() {
    let answer = headers(&[
        ("x-ms-ratelimit-remaining-subscription-writes", "799"),
        (
            "x-ms-ratelimit-remaining-subscription-global-writes",
            "11999",
        ),
        (
            "x-ms-ratelimit-remaining-subscription-resource-requests",
            "-1",
        ),
        ("x-ms-ratelimit-remaining-subscription-reads", "3"),
    ]);
    assert_eq!(remaining(&answer, Method::Put), Some(799));
    assert_eq!(remaining(&answer, Method::Get), Some(3));
    assert_eq!(remaining(&answer, Method::Delete), None);
}

#[test]
fn waits_double_up_to_the_longest() {
    let limits = Limits::default();
    let mut longest = Duration::ZERO;
    for attempt in 1..=40 {
        let wait = limits.backoff(attempt);
        assert!(wait <= limits.longest_wait && wait >= limits.first_wait.mul_f64(0.75));
        longest = longest.max(wait);
    }
    assert!(longest > limits.longest_wait / 2);
}
