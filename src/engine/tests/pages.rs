//! What pages of the language reference show of single functions.

use super::rows;

#[test]
fn an_occurrence_is_looked_for_in_as_many_characters_as_the_first() {
    assert_eq!(
        rows(
            "print indexof('abcdefgabcdefg', 'cde', 1, 10, 2), indexof('abcdefgabcdefg', 'cde', 1, 4, 2), indexof('abcdefgabcdefg', 'cde', 1, -1, 3), indexof('abcdefg', 'cde', 1, 2), indexof('äbäbäb', 'b', 0, 4, 3)"
        ),
        "[[9,-1,-1,-1,5]]"
    );
}

#[test]
fn the_earlier_text_of_a_list_is_replaced_first_and_what_it_became_is_kept() {
    assert_eq!(
        rows(
            "print replace_strings('a cat into a dog', dynamic(['cat', 'dog']), dynamic(['dog', 'pigeon']))"
        ),
        r#"[["a dog into a pigeon"]]"#
    );
    assert_eq!(
        rows("print replace_strings('This is', dynamic(['is', 'This']), dynamic(['was', 'This']))"),
        r#"[["Thwas was"]]"#
    );
}

#[test]
fn a_text_without_a_rewrite_is_matched_and_kept() {
    assert_eq!(
        rows(
            "print replace_strings('This is', dynamic(['This', 'is', 7]), dynamic([12345, 'was', 'x'])), replace_strings('a b', dynamic(['a', 'b']), dynamic(['b'])), replace_strings('a', dynamic(['']), dynamic(['b']))"
        ),
        r#"[["This was","b b","a"]]"#
    );
}

#[test]
fn a_shared_folder_has_no_root() {
    assert_eq!(
        rows(
            r#"print p = parse_path(@"\\shared\users\a.gz") | project p.RootPath, p.DirectoryPath"#
        ),
        r#"[["","\\\\shared\\users"]]"#
    );
    assert_eq!(
        rows(r#"print p = parse_path(@"C:\temp\a.gz") | project p.RootPath, p.Extension"#),
        r#"[["C:","gz"]]"#
    );
}

#[test]
fn a_fitted_line_has_sample_variances_and_begins_at_one() {
    let query = "print f = series_fit_line_dynamic(dynamic([2, 5, 6, 8, 11, 15, 17, 18, 25, 26, 30, 30])) | project round(f.rsquare, 3), round(f.slope, 3), round(f.variance, 3), round(f.rvariance, 3), round(f.interception, 3), round(f.line_fit[0], 3)";
    // The reference cuts where this rounds: 98.628, 1.686 and -1.666.
    assert_eq!(rows(query), "[[0.983,2.731,98.629,1.686,-1.667,1.064]]");
}

#[test]
fn a_number_stands_for_a_series_of_it_and_the_longer_series_is_cut() {
    assert_eq!(
        rows(
            "print series_dot_product(dynamic([1,2,4]), 2), series_dot_product(2, dynamic([1,2,4])), series_dot_product(dynamic([1,2]), dynamic([3,'x',5])), series_dot_product(dynamic([]), 2), series_magnitude(dynamic([3,null,4])), series_magnitude(dynamic([]))"
        ),
        "[[14.0,14.0,3.0,null,5.0,null]]"
    );
    assert_eq!(
        rows(
            "print round(series_cosine_similarity(dynamic([0.1,0.2,0.1,0.2]), dynamic([1,2,3,4,5])), 6), series_cosine_similarity(dynamic([3,4]), dynamic([3,4]), 10, 5)"
        ),
        "[[0.92376,0.5]]"
    );
}

#[test]
fn statistics_of_a_series_with_a_gap_are_asked_for() {
    assert_eq!(
        rows(
            "print series_stats_dynamic(dynamic([1,null,3])), series_stats(dynamic([1,null,3])) | project-away *_idx"
        ),
        "[[null,null,null,null,null,null]]"
    );
    assert_eq!(
        rows(
            "print s = series_stats_dynamic(dynamic([1,null,3]), true) | project s.min, s.max_idx, s.avg, s.variance, s.sum, s.len"
        ),
        "[[1.0,2,2.0,2.0,4.0,3]]"
    );
}
