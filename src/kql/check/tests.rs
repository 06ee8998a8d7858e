//! Columns, types and findings of small queries; the expected ones are the answers of Microsoft's own parser.

use crate::kql::Schema;
use crate::kql::check;
use crate::kql::table::Column;
use crate::kql::types::Type;

/// Two small tables.
fn schema() -> Schema {
    let columns =
        |pairs: &[(&'static str, Type)]| pairs.iter().map(|(n, t)| Column::fixed(n, *t)).collect();
    let mut schema = Schema::default();
    schema.add_table(
        "T",
        columns(&[
            ("a", Type::Long),
            ("b", Type::String),
            ("c", Type::Real),
            ("d", Type::Datetime),
            ("e", Type::Dynamic),
            ("o", Type::Bool),
            ("i", Type::Int),
        ]),
    );
    schema.add_table(
        "U",
        columns(&[("a", Type::Long), ("b", Type::String), ("z", Type::String)]),
    );
    schema
}

/// The result's columns as `name:type`, `…` behind an open table's.
fn columns(query: &str) -> String {
    let checked = check(query, &schema());
    let mut columns: Vec<_> = checked
        .columns
        .iter()
        .map(|c| format!("{}:{}", &*c.name, c.ty))
        .collect();
    if checked.open {
        columns.push("…".to_owned());
    }
    columns.join(" ")
}

/// The findings as `code@place`.
fn findings(query: &str) -> String {
    let found: Vec<_> = check(query, &schema())
        .diagnostics
        .iter()
        .map(|d| format!("{}@{}", d.code.trim_start_matches("kql-"), d.span.start))
        .collect();
    found.join(" ")
}

#[test]
fn names_columns_as_the_service_does() {
    for (query, expected) in [
        (
            "T | project tostring(a), tolower(b), e.x, e['y'], e[0], a+1, 5, bin(a,1), toint(a)",
            "a:string Column1:string e_x:dynamic e_y:dynamic e_0:dynamic Column2:long Column3:long a1:long a2:int",
        ),
        (
            "T | summarize count(), sum(a), dcount(b), max(d), make_set(b), percentile(a, 95), countif(o) by bin(d, 1h), tostring(e.x)",
            "d:datetime e_x:string count_:long sum_a:long dcount_b:long max_d:datetime set_b:dynamic percentile_a_95:long countif_o:long",
        ),
        (
            "T | summarize arg_max(d, *) by a",
            "a:long d:datetime b:string c:real e:dynamic o:bool i:int",
        ),
        (
            "T | summarize x = arg_max(d, *), (y, z) = arg_min(a, b) by o",
            "o:bool x:datetime a:long b:string c:real e:dynamic i:int y:long z:string",
        ),
        (
            "T | summarize arg_max(a, *) by bin(d, 1d), tostring(b)",
            "d:datetime b:string a:long c:real d1:datetime e:dynamic o:bool i:int",
        ),
        (
            "T | summarize percentiles(a, 50, 95) by b",
            "b:string percentile_a_50:long percentile_a_95:long",
        ),
        (
            "T | project a, b | join kind=inner (U) on a",
            "a:long b:string a1:long b1:string z:string",
        ),
        (
            "T | project a, b | lookup (U) on a",
            "a:long b:string b1:string z:string",
        ),
        (
            "T | join kind=leftanti (U) on a | project-keep a, b",
            "a:long b:string",
        ),
        ("T | project a, b | union U", "a:long b:string z:string"),
        (
            "union withsource=S (T | project a), (U | project a = 'x')",
            "S:string a_long:long a_string:string",
        ),
        (
            "T | project a, e | mv-expand e to typeof(string)",
            "a:long e:string",
        ),
        (
            "T | project a, e | mv-apply e to typeof(long) on (summarize s = sum(e))",
            "a:long s:long",
        ),
        (
            "T | project b | parse b with * 'x' p:long 'y' q",
            "b:string p:long q:string",
        ),
        (
            "T | make-series n = count(), avg(a) default=0 on d step 1h by b",
            "b:string n:dynamic avg_a:dynamic d:dynamic",
        ),
        (
            "T | top-nested 3 of b by count(), top-nested of tostring(a) by s=sum(c)",
            "b:string aggregated_b:long a:string s:real",
        ),
        (
            "T | top-hitters 5 of b",
            "b:string approximate_count_b:long",
        ),
        ("T | count", "Count:long"),
        ("T | project a, e | evaluate bag_unpack(e)", "a:long …"),
        (
            "T | project a, e | evaluate bag_unpack(e) : (x:string, y:long)",
            "x:string y:long",
        ),
        (
            "T | project a, b | evaluate basket()",
            "SegmentId:long Count:long Percent:real a:long b:string",
        ),
        ("print 1, a=2, 'x'", "print_0:long a:long print_2:string"),
        ("range x from 1 to 10 step 1", "x:long"),
        (
            "let f = (x:(a:long)) { x | project a, y = a * 2.0 }; T | invoke f()",
            "a:long y:real",
        ),
        (
            "let f = (t:string) { table(t) | take 1 }; f('U')",
            "a:long b:string z:string",
        ),
        (
            "let v = toscalar(T | summarize max(d)); print v",
            "print_0:datetime",
        ),
        (
            "T | project x = iff(o, a, c), y = case(o, 'a', 'b'), z = coalesce(i, a), w = d - d, v = d + 1h",
            "x:real y:string z:long w:timespan v:datetime",
        ),
        (
            "find in (T, U) where a == 1",
            "source_:string a:long b:string pack_:dynamic",
        ),
        (
            "search in (U) 'x'",
            "$table:string a:long b:string z:string",
        ),
        (
            "T | project-reorder c desc, b | project-away e, d, o, i",
            "c:real b:string a:long",
        ),
        ("T | project-rename x = a | project x", "x:long"),
        (
            "T | project a | scan declare (x:long=0) with (step s: true => x = a;)",
            "a:long x:long match_id:long",
        ),
    ] {
        assert_eq!(columns(query), expected, "{query}");
        assert_eq!(findings(query), "", "{query}");
    }
}

#[test]
fn finds_what_the_service_finds() {
    for (query, expected) in [
        ("T | where zz == 1", "unknown-column@10"),
        ("Zz | where yy == 1 | project xx", "unknown-table@0"),
        ("T | extend q = foo(a)", "unknown-function@15"),
        ("T | evaluate foo(a)", "unknown-plugin@13"),
        ("T | extend x = 1, y = x + 1", "unknown-column@22"),
        ("T | project a, a", "duplicate-column@15"),
        ("T | where b > 1", "operator-types@12"),
        ("T | where a has 'x'", "operator-types@12"),
        ("T | where a", "condition-expected@10"),
        ("T | where a = 1", "condition-expected@10"),
        ("T | where not(a)", "type@14"),
        ("T | take 'x'", "type@9"),
        ("T | extend x = count()", "aggregate-not-allowed@15"),
        ("T | summarize a by b", "not-aggregated@14"),
        (
            "T | summarize strcat(b, 'x'), count() by b",
            "not-aggregated@21",
        ),
        ("T | extend x = extract('x', 1)", "argument-count@15"),
        ("T | join (U) on z", "join-column@16"),
        ("T | join (U) on $left.a == $right.yy", "unknown-column@34"),
        (
            "T | join (U) on a == b",
            "join-condition@16 join-condition@21",
        ),
        ("union isfuzzy=true T, Nope", "unknown-table@22"),
        ("where a == 1", "syntax-first-operator@0 unknown-column@6"),
        ("T | parse b with 'x' y:foo", "type-name@23"),
        ("let f = (x:string) { x }; print f()", "argument-count@32"),
        (
            "let f = (x:string) { x + zz }; print f('a')",
            "unknown-name@25",
        ),
        (
            "let f = (x:(a:long, q:string)) { x }; f(T)",
            "table-columns@40",
        ),
        ("T | extend x = bag_unpack(e)", "plugin-not-allowed@15"),
        ("T | evaluate tolower(b)", "plugin-expected@13"),
        ("T | extend x = tolower", "arguments-missing@15"),
        (
            "tolower | where yy == 1",
            "arguments-missing@0 unknown-column@16",
        ),
        ("T | take zz", "unknown-column@9"),
        (
            "T | project-reorder zz | where zz == 1",
            "unknown-column@20",
        ),
        (
            "let s = 1; s | join T on $left.a == $right.a",
            "table-expected@11 unknown-name@25",
        ),
        (
            "print x = f([\"yy\", 1)",
            "unknown-column@13 unknown-function@10 syntax-expected@17",
        ),
        (
            "T | project zz.y, e.y | where y == e_y",
            "unknown-column@12",
        ),
        (
            ".create function f(x:long) { T | where zz == x }",
            "management-command@0 unknown-column@39",
        ),
        ("T | where a == 'x' and d == 'x'", ""),
        ("T | evaluate bag_unpack(e) | where anything == 1", ""),
        (
            "T | where a === 1 | where nope == 1",
            "syntax-missing@14 syntax-unexpected@14",
        ),
    ] {
        let mut expected: Vec<_> = expected.split_whitespace().collect();
        let found = findings(query);
        let mut found: Vec<_> = found.split_whitespace().collect();
        expected.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, expected, "{query}");
    }
}

#[test]
fn suggests_what_was_probably_meant() {
    let help = |query: &str| {
        check(query, &schema()).diagnostics[0]
            .help
            .clone()
            .unwrap_or_default()
    };
    let mut table = schema();
    table.add_table(
        "SigninLogs",
        vec![Column::fixed("UserPrincipalName", Type::String)],
    );
    let checked = check("SiginLogs | where x == 1", &table);
    assert_eq!(
        checked.diagnostics[0].help.as_deref(),
        Some("there is `SigninLogs`")
    );
    let checked = check("SigninLogs | where UserPrincipalNme == 'x'", &table);
    assert_eq!(
        checked.diagnostics[0].help.as_deref(),
        Some("there is `UserPrincipalName`")
    );
    assert_eq!(help("T | extend x = tolowr(b)"), "there is `tolower`");
    assert_eq!(
        help("T | wher a == 1"),
        "`where` is an operator with a similar name"
    );
}

#[test]
fn lists_the_tables_read() {
    let checked = check(
        "let x = T | take 1; union x, (U), Nope | extend y = _GetWatchlist2('w')",
        &schema(),
    );
    let tables: Vec<&str> = checked.tables.iter().map(|t| &**t).collect();
    assert_eq!(tables, ["Nope", "T", "U"]);
}

#[test]
fn functions_that_call_each_other_many_times_end() {
    let mut query = "let f0 = (t:(*)) { t | where a == 1 };".to_owned();
    for n in 1..40 {
        let before = n - 1;
        query.push_str(&format!(
            "let f{n} = (t:(*)) {{ union f{before}(t), f{before}(t) }};"
        ));
    }
    query.push_str("f39(T)");
    check(&query, &schema());
}

#[test]
fn knows_the_columns_of_what_was_listed() {
    let more = |query: &str| check(query, &schema()).more;
    assert!(more("Zz | where a == 1"));
    assert!(more("Zz | summarize arg_max(d, *) by a"));
    assert!(more("T | evaluate bag_unpack(e)"));
    assert!(more("T | join (Zz) on a"));
    assert!(!more("Zz | project a, b"));
    assert!(!more("Zz | summarize count() by a | extend x = 1"));
    assert!(!more("T | where a == 1"));
}
