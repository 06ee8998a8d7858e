//! Operators and plug-ins that look along rows: `scan`, `partition`, activity counts, rolling windows.

use super::rows;

const LOG: &str = "datatable(t:timespan, e:string)[0m,'x', 1m,'start', 2m,'b', 3m,'stop', 4m,'b', 5m,'start', 6m,'start', 9m,'stop', 30m,'stop'] | sort by t asc | ";

#[test]
fn a_sequence_goes_from_step_to_step() {
    assert_eq!(
        rows(&format!(
            "{LOG} scan with_match_id=id with_step_name=s with (step a: e == 'start'; step b: e == 'b'; step c: e == 'stop' and t - a.t < 5m;) | project t, e, id, s"
        )),
        r#"[["00:01:00","start",0,"a"],["00:02:00","b",0,"b"],["00:03:00","stop",0,"c"],["00:05:00","start",1,"a"],["00:06:00","start",1,"a"]]"#
    );
}

#[test]
fn a_step_gives_all_the_last_or_none() {
    let seen = |output: &str| {
        rows(&format!(
            "{LOG} scan declare (n:long=0) with (step a output={output}: e == 'start' => n = a.n + 1; step b: e == 'stop' => n = a.n;) | project e, n"
        ))
    };
    assert_eq!(
        seen("all"),
        r#"[["start",1],["stop",1],["start",1],["start",2],["stop",2],["stop",2]]"#
    );
    assert_eq!(
        seen("last"),
        r#"[["start",1],["stop",1],["start",2],["stop",2],["stop",2]]"#
    );
    assert_eq!(seen("none"), r#"[["stop",1],["stop",2],["stop",2]]"#);
}

#[test]
fn a_part_can_have_a_query_of_its_own() {
    assert_eq!(
        rows(
            "let T = datatable(n:string, v:long)['a',1,'b',2,'a',3]; range x from 1 to 2 step 1 | project k = iff(x == 1, 'a', 'b') | partition by k { T | where n == toscalar(k) | summarize s = sum(v) } | sort by s asc"
        ),
        "[[2],[4]]"
    );
}

const SEEN: &str = "let T = datatable(u:string, t:datetime, d:string)['a',datetime(2026-05-01),'x', 'b',datetime(2026-05-01),'x', 'a',datetime(2026-05-02),'x', 'c',datetime(2026-05-02),'y', 'a',datetime(2026-05-02 10:00),'x', 'b',datetime(2026-05-04),'x']; let S = datetime(2026-05-01); let E = datetime(2026-05-04); T | evaluate ";

fn seen(call: &str, columns: &str) -> String {
    rows(&format!("{SEEN} {call} | project {columns}"))
}

#[test]
fn windows_slide_along_the_time_line() {
    assert_eq!(
        seen(
            "sliding_window_counts(u, t, S, E, 2d, 1d)",
            "dayofmonth(t), Count, Dcount"
        ),
        "[[1,2,2],[2,5,3],[3,3,2],[4,1,1]]"
    );
    assert_eq!(
        seen(
            "active_users_count(u, t, S, E, 7d, 1d, 2, 2d)",
            "dayofmonth(t), dcount"
        ),
        "[[1,1],[3,1]]"
    );
    assert_eq!(
        seen(
            "rolling_percentile(u, 50, t, 1d, 2, d)",
            "dayofmonth(t), d, rolling_2_percentile_u_50"
        ),
        r#"[[1,"x","a"],[2,"x","a"],[4,"x","b"],[2,"y","c"]]"#
    );
}

#[test]
fn who_is_new_who_stays_and_who_is_lost_is_counted() {
    assert_eq!(
        seen(
            "activity_counts_metrics(u, t, S, E, 1d)",
            "['count'], dcount, new_dcount, aggregated_dcount"
        ),
        "[[2,2,2,2],[3,2,1,3],[1,1,0,3]]"
    );
    assert_eq!(
        seen(
            "activity_metrics(u, t, S, datetime(2026-05-02 23:00), 1d)",
            "dcount_values, dcount_newvalues, retention_rate, churn_rate"
        ),
        r#"[[2,2,"NaN","NaN"],[2,1,0.5,0.5]]"#
    );
    assert_eq!(
        seen(
            "new_activity_metrics(u, t, S, E, 1d, S)",
            "dayofmonth(to_t), dcount_new_values, dcount_retained_values, dcount_churn_values, retention_rate"
        ),
        "[[1,2,2,0,1.0],[2,1,1,1,0.5],[3,0,0,2,0.0],[4,0,1,1,0.5]]"
    );
}

#[test]
fn rows_around_a_condition_are_kept_once() {
    assert_eq!(
        rows("range x from 1 to 9 step 1 | serialize | evaluate rows_near(x in (3, 4, 9), 1, 2)"),
        "[[2],[3],[4],[5],[6],[8],[9]]"
    );
    assert_eq!(
        rows(
            "range x from 1 to 30 step 1 | summarize a = hll(x), b = hll(x % 7), c = hll(x + 29) | evaluate dcount_intersect(a, b, c)"
        ),
        "[[30,6,0]]"
    );
}

#[test]
fn a_type_has_the_names_that_the_parser_knows() {
    assert_eq!(
        rows(
            "datatable(a:int64, b:double, c:uint, d:date, e:time, f:boolean)[] | getschema | project ColumnType"
        ),
        r#"[["long"],["real"],["int"],["datetime"],["timespan"],["bool"]]"#
    );
}
