//! Repairs inside queries: what they write, and that they leave alone what they cannot write safely.

use super::{BASE, check, ids, lay_over, repaired};
use crate::diag::SourceId;
use crate::rule::lower::lower;
use crate::rule::yaml;

/// The query of a rule's text.
fn query_of(text: &str) -> String {
    let stream = yaml::read(SourceId(0), text);
    let mut file = lower(
        SourceId(0),
        std::path::Path::new("rule.yaml"),
        text,
        &stream,
    );
    file.rules.remove(0).rule.query.value.trim_end().to_owned()
}

fn with_query(predicate: &str) -> String {
    let query = format!(
        "query: |\n  SigninLogs\n  | where ingestion_time() > ago(1h)\n  | where {predicate}\n"
    );
    lay_over(BASE, &query)
}

/// The predicate after all repairs.
fn repair(predicate: &str) -> String {
    let query = query_of(&repaired(&with_query(predicate)));
    let (_, rest) = query.rsplit_once("| where ").expect("the query is kept");
    rest.to_owned()
}

#[test]
fn repairs_write_what_means_the_same() {
    for (before, after) in [
        (
            "tolower(AppDisplayName) == 'azure portal'",
            "AppDisplayName =~ 'azure portal'",
        ),
        (
            "'ABC' != toupper(AppDisplayName)",
            "'ABC' !~ AppDisplayName",
        ),
        (
            "tolower(tostring(DeviceDetail.os)) in ('linux', 'mac')",
            "tostring(DeviceDetail.os) in~ ('linux', 'mac')",
        ),
        (
            "tolower(AppDisplayName) !in ('linux')",
            "AppDisplayName !in~ ('linux')",
        ),
        (
            "tolower(AppDisplayName) contains 'Portal'",
            "AppDisplayName contains 'Portal'",
        ),
        (
            "tolower(AppDisplayName) has_any ('a', b)",
            "AppDisplayName has_any ('a', b)",
        ),
        (
            "AppDisplayName matches regex '^Azure '",
            "AppDisplayName startswith_cs \"Azure \"",
        ),
        (
            "AppDisplayName matches regex @'(?i)portal$'",
            "AppDisplayName endswith \"portal\"",
        ),
        (
            "ResultType =~ '50126' and AppDisplayName =~ 'x'",
            "ResultType == '50126' and AppDisplayName =~ 'x'",
        ),
        (
            "ResultType !in~ ('50126', '0')",
            "ResultType !in ('50126', '0')",
        ),
        ("tolower(ResultType) == '50126'", "ResultType == '50126'"),
        ("ResultType == 50126", "ResultType == \"50126\""),
        ("0 != ResultType", "\"0\" != ResultType"),
        ("IsInteractive == 'True'", "IsInteractive == true"),
        (
            "strlen(AppDisplayName) == '7'",
            "strlen(AppDisplayName) == 7",
        ),
        (
            "UserAgent contains '/python-requests/'",
            "UserAgent has '/python-requests/'",
        ),
        (
            "UserAgent !contains_cs ' curl '",
            "UserAgent !has_cs ' curl '",
        ),
    ] {
        assert_eq!(repair(before), after, "{before}");
    }
}

#[test]
fn what_would_mean_something_else_is_told_and_left() {
    for (predicate, code) in [
        // Never true: a repair would make it true.
        ("tolower(AppDisplayName) == 'Azure Portal'", "folded-text"),
        ("tolower(AppDisplayName) == Other", "folded-text"),
        ("tolower(AppDisplayName) in (dynamic(['A']))", "folded-text"),
        (
            "AppDisplayName contains 'azure portal'",
            "contains-for-words",
        ),
        // No number of one spelling.
        ("ResultType == 0x10", "compared-across-types"),
        ("ResultType == 1.5", "compared-across-types"),
        ("CreatedDateTime == true", "compared-across-types"),
    ] {
        let text = with_query(predicate);
        assert!(ids(&check(&text).1).contains(&code), "{predicate}");
        assert_eq!(repair(predicate), predicate);
    }
}

#[test]
fn a_repair_that_yaml_would_read_otherwise_is_not_offered() {
    // In a quoted scalar the quotes of the new text would need escapes.
    let quoted = lay_over(
        BASE,
        "query: 'SigninLogs | where ingestion_time() > ago(1h) | where AppDisplayName matches regex \"^Azure \"'\n",
    );
    assert!(ids(&check(&quoted).1).contains(&"regex-for-plain-text"));
    assert_eq!(query_of(&repaired(&quoted)), query_of(&quoted));
    // Where nothing has to be escaped it is made.
    let quoted = quoted.replace("matches regex \"^Azure \"", "in~ (\"1\", \"2\")");
    let after = query_of(&repaired(&quoted));
    assert!(
        after.ends_with("AppDisplayName in (\"1\", \"2\")"),
        "{after}"
    );
}

#[test]
fn lints_of_queries_say_nothing_of_what_cannot_be_read() {
    let text = with_query("tolower(AppDisplayName) == 'a' and and");
    assert_eq!(ids(&check(&text).1), ["kql-syntax"]);
}
