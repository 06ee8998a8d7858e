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

#[test]
fn the_legs_of_a_union_are_called_as_their_rows() {
    assert_eq!(
        rows(
            "range x from 1 to 1 step 1 | as A | union withsource=t (range x from 2 to 2 step 1 | as B), (range x from 3 to 3 step 1)"
        ),
        r#"[["A",1],["B",2],["union_arg2",3]]"#
    );
}

#[test]
fn regular_expressions_of_parse_are_greedy_unless_told_otherwise() {
    let parsed = |flags: &str| {
        rows(&format!(
            "print s = 'a=1, b=2, c=3' | parse kind=regex {flags} s with * '[a-z]=' x ',' * | project x"
        ))
    };
    assert_eq!(parsed(""), r#"[["2"]]"#);
    assert_eq!(parsed("flags=U"), r#"[["1"]]"#);
    assert_eq!(parsed("flags=Ui"), r#"[["1"]]"#);
    // A group in a text does not count.
    assert_eq!(
        rows(
            "print s = 'k=1;k=2;' | parse kind=regex s with '(k)=' x ';(k)=' y ';' | project x, y"
        ),
        r#"[["1","2"]]"#
    );
}

#[test]
fn bins_can_follow_an_option_of_the_query() {
    assert_eq!(
        rows(
            "set query_bin_auto_size=10; set query_bin_auto_at=5; range x from 1 to 20 step 1 | summarize count() by bin_auto(x)"
        ),
        "[[-5,4],[5,10],[15,6]]"
    );
    let error = super::run("print bin_auto(1)", &super::env()).expect_err("no size");
    assert_eq!(error.kind(), "invalid");
}

#[test]
fn gaps_of_whole_numbers_are_filled_with_whole_numbers() {
    assert_eq!(
        rows(
            "print series_fill_linear(dynamic([null, 1, null, 2, null])), series_fill_linear(dynamic([1.0, null, 2.0])), series_fill_linear(dynamic([null, null])), series_fill_linear(dynamic([null]), int(null), true, 7)"
        ),
        "[[[1,1,1,2,2],[1.0,1.5,2.0],[0.0,0.0],[7]]]"
    );
}

#[test]
fn domains_go_through_punycode_label_by_label() {
    assert_eq!(
        rows(
            "print punycode_domain_to_string('bücher.example'), punycode_domain_from_string('xn--bcher-kva.example'), punycode_from_string('bücher'), punycode_to_string('bcher-kva'), punycode_to_string('é')"
        ),
        r#"[["xn--bcher-kva.example","bücher.example","bcher-kva","bücher",""]]"#
    );
}

#[test]
fn nearness_is_told_of_numbers() {
    assert_eq!(
        rows("print around(5, 4, 1), around(6, 4, 1), around(int(null), 4, 1)"),
        "[[true,false,null]]"
    );
}

#[test]
fn bags_are_made_of_what_there_is() {
    assert_eq!(
        rows(
            "print bag_zip(dynamic(['a', 8, 'b']), dynamic([1, 2])), bag_zip(dynamic(['a']), dynamic(1)), bag_zip(dynamic('a'), dynamic([1])), parse_xml('<e> text <a>x</a> </e>')"
        ),
        r##"[[{"a":1,"b":null},{"a":null},null,{"e":{"a":"x","#text":"text"}}]]"##
    );
}

#[test]
fn a_search_looks_for_words_and_parts_of_them() {
    let found = |search: &str| {
        rows(&format!(
            "datatable(n:long, s:string)[1,'red Green', 2,'greenish', 3,'evergreen', 4,'a evergreens b'] | {search} | summarize make_list(n)"
        ))
    };
    assert_eq!(found("search 'green'"), "[[[1]]]");
    assert_eq!(found("search 'green*'"), "[[[1,2]]]");
    assert_eq!(found("search '*green'"), "[[[1,3]]]");
    assert_eq!(found("search '*green*'"), "[[[1,2,3,4]]]");
    assert_eq!(found("search 'ever*ns'"), "[[[4]]]");
    assert_eq!(found("search s:'green*' and n > 1"), "[[[2]]]");
    assert_eq!(found("search kind=case_sensitive 'green*'"), "[[[2]]]");
    assert_eq!(found("search *"), "[[[1,2,3,4]]]");
}

#[test]
fn columns_are_chosen_by_texts_arrays_and_patterns() {
    let chosen = |items: &str| {
        rows(&format!(
            "let wanted = dynamic(['d', 'none']); print a = 1, b1 = 2, b2 = 3, d = 4 | project-by-names {items}"
        ))
    };
    assert_eq!(chosen("'d', 'a'"), "[[4,1]]");
    assert_eq!(chosen("'b*', dynamic(['a', 'b1'])"), "[[2,3,1]]");
    assert_eq!(chosen("wanted, none, a"), "[[4,1]]");
    assert_eq!(chosen("b*"), "[[2,3]]");
}

#[test]
fn no_rows_give_no_series_unless_one_is_asked_for() {
    let made = |kind: &str| {
        rows(&format!(
            "print x = 1 | take 0 | make-series {kind} n = count() default = 7 on x from 1 to 3 step 1"
        ))
    };
    assert_eq!(made(""), "[]");
    assert_eq!(made("kind=nonempty"), "[[[7,7],[1,2]]]");
}

#[test]
fn a_search_without_tables_sees_views() {
    let views = "let V1 = view () { range v from 1 to 3 step 1 }; let V2 = view () { range v from 2 to 5 step 1 }; let F = () { range v from 1 to 3 step 1 }; ";
    assert_eq!(
        rows(&format!(
            "{views} search v == 3 | where $table startswith 'V'"
        )),
        r#"[["V1",3],["V2",3]]"#
    );
    assert_eq!(
        rows(&format!("{views} search in (V*) v == 5")),
        r#"[["V2",5]]"#
    );
}

#[test]
fn points_in_time_within_dynamic_values_have_all_digits() {
    assert_eq!(
        rows("print t = datetime(2026-05-01), d = pack_array(datetime(2026-05-01 10:00))"),
        r#"[["2026-05-01T00:00:00Z",["2026-05-01T10:00:00.0000000Z"]]]"#
    );
}
