//! What holds too many rows is refused, and what is random comes out as before.

use super::{env, noon, rows, run};
use crate::engine::{Environment, Error, output};

/// Refused with a limit of one mebibyte, where ten rows are not.
fn is_refused(operators: &str, what: &str) {
    let small = Environment {
        memory: Some(1 << 20),
        ..env()
    };
    let query = |count: u32| {
        let from =
            format!("range x from 1 to {count} step 1 | extend s = strcat('text ', x), g = x");
        run(&operators.replace("FROM", &from), &small)
    };
    match query(10) {
        Ok(_) => {}
        Err(error) => panic!("{operators}: {error}"),
    }
    match query(100_000) {
        Err(Error::Limit(message)) => assert_eq!(
            message,
            format!(
                "the query needs more than 1 MiB of memory: {what} holds too much; filter the rows or project fewer columns before it"
            )
        ),
        other => panic!("{operators}: {other:?}"),
    }
}

#[test]
fn an_operator_that_holds_too_much_is_refused() {
    for (operators, what) in [
        ("FROM", "the result"),
        ("FROM | sort by x | take 1", "`sort`"),
        ("FROM | distinct x, s | count", "`distinct`"),
        ("FROM | summarize count() by s | count", "`summarize`"),
        ("FROM | summarize dcount(s)", "`summarize`"),
        (
            "FROM | summarize make_list(s) | project array_length(list_s)",
            "`summarize`",
        ),
        ("FROM | summarize percentile(x, 50)", "`summarize`"),
        (
            "FROM | make-series count() on x step 1 by s | count",
            "`make-series`",
        ),
        ("FROM | top-nested 1 of s by count()", "`top-nested`"),
        (
            "print x = 1 | join kind=inner (FROM) on x | count",
            "`join`",
        ),
        (
            "FROM | join kind=rightsemi (print x = 1) on x | count",
            "`join`",
        ),
        (
            "FROM | join kind=fullouter (print x = 1) on x | count",
            "`join`",
        ),
        ("print x = 1 | lookup (FROM) on x | count", "`lookup`"),
        (
            "FROM | serialize | extend p = prev(x) | count",
            "a function over rows in order",
        ),
        ("FROM | partition by g (count) | count", "`partition`"),
        ("FROM | as T | count", "`as`"),
        ("let T = materialize(FROM); T | count", "`materialize()`"),
        ("FROM | evaluate narrow() | count", "`evaluate`"),
    ] {
        is_refused(operators, what);
    }
}

#[test]
fn what_passes_row_by_row_needs_no_memory() {
    let small = Environment {
        memory: Some(1 << 20),
        ..env()
    };
    let query = "range x from 1 to 100000 step 1 | where x % 2 == 0 | extend y = x + 1 \
                 | join kind=inner (range x from 1 to 10 step 1) on x | summarize count(), max(y) by x % 3 | count";
    let table = run(query, &small).expect("few rows are held at once");
    assert_eq!(output::document(&table)["rows"].to_string(), "[[3]]");
}

#[test]
fn random_values_depend_on_the_time_of_the_run_alone() {
    let query = "print rand(), rand(1000), new_guid()";
    assert_eq!(rows(query), rows(query));
    let later = Environment {
        now: noon() + 1,
        ..Environment::default()
    };
    let then = run(query, &later).expect("a query");
    assert_ne!(output::document(&then)["rows"].to_string(), rows(query));
}
