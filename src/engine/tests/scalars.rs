//! Scalar functions that need more than values: the columns at hand, the static type, a table.

use super::env;
use super::rows;
use super::run;

#[test]
fn the_size_of_data_is_that_of_its_columns() {
    // The reference's example.
    assert_eq!(
        rows(
            "range x from 1 to 10 step 1 | extend Text = '1234567890' | summarize sum(estimate_data_size(*))"
        ),
        "[[180]]"
    );
    assert_eq!(
        rows("print i = int(1), s = 'é' | project estimate_data_size(s, i), estimate_data_size(s)"),
        "[[6,2]]"
    );
    let error = run(
        "print d = dynamic(1) | project estimate_data_size(*)",
        &env(),
    );
    assert_eq!(error.expect_err("not known").kind(), "unsupported");
}

#[test]
fn the_columns_of_a_table_are_told() {
    assert_eq!(
        rows("let T = datatable(A:string, B:int)[]; print column_names_of(T)"),
        r#"[[["A","B"]]]"#
    );
    assert_eq!(
        rows("let F = (n:int) { print A = '', B = n }; print column_names_of(F(1))"),
        r#"[[["A","B"]]]"#
    );
    let error = run("print column_names_of(Nothing)", &env());
    assert_eq!(error.expect_err("no such table").kind(), "invalid");
}

#[test]
fn a_real_is_told_from_a_number_of_json() {
    assert_eq!(
        rows("print gettype(1.5), gettype(dynamic(1.5)), gettype(real(null)), gettype(1)"),
        r#"[["real","double","null","long"]]"#
    );
}

#[test]
fn floor_of_one_argument_is_the_whole_number_below() {
    assert_eq!(
        rows("print floor(-1.5), floor(7), floor(7, 2)"),
        "[[-2.0,7,6]]"
    );
}

#[test]
fn what_no_word_is_looked_for_is_not_found() {
    assert_eq!(
        rows("print has_any_index('a b', dynamic([])), has_any_index('a b', dynamic(['b']))"),
        "[[-1,0]]"
    );
}

#[test]
fn no_probability_has_no_quantile() {
    assert_eq!(
        rows(
            "print isnull(beta_inv(1.5, 10, 20)), isnan(beta_inv(0.1, -1, 20)), round(beta_inv(0.1, 10, 20), 6)"
        ),
        "[[true,true,0.226415]]"
    );
}

#[test]
fn what_a_function_is_not_defined_for_is_null() {
    assert_eq!(
        rows("print acos(2), asin(-1.5), binary_shift_left(1, -1), binary_shift_right(8, -2)"),
        "[[null,null,null,null]]"
    );
    assert_eq!(
        rows(
            "print array_index_of(dynamic([1]), 1, 0, -2), array_index_of(dynamic([1]), 1, 9223372036854775807, 9223372036854775807)"
        ),
        "[[null,-1]]"
    );
    assert_eq!(rows("print isnan(gamma(-1))"), "[[true]]");
}

#[test]
fn kinds_of_elements_follow_each_other() {
    assert_eq!(
        rows(
            "let a = dynamic(['b', true, 2, 'a', 1.5]); print array_sort_asc(a), array_sort_desc(a)"
        ),
        r#"[[[1.5,2,"a","b",true],[2,1.5,"b","a",true]]]"#
    );
}

#[test]
fn the_rest_of_the_error_function_is_exact() {
    assert_eq!(
        rows(
            "print abs(erfc(5) / 1.5374597944280349e-12 - 1) < 1e-12, abs(erfc(-3) - 1.999977909503001) < 1e-14"
        ),
        "[[true,true]]"
    );
}
