//! What the parser accepts, where it reports errors, and that nothing makes it run away.

use proptest::prelude::*;

use super::*;
use crate::kql::ast::StatementKind;

/// The syntax errors of `query` as `place: message` lines.
fn errors(query: &str) -> Vec<String> {
    parse(query)
        .diagnostics
        .iter()
        .map(|d| format!("{}: {}", d.span.start, d.message))
        .collect()
}

/// The place of the first error, None when there is none.
fn first_error(query: &str) -> Option<u32> {
    parse(query).diagnostics.first().map(|d| d.span.start)
}

#[test]
fn reads_what_the_service_reads() {
    for query in [
        "",
        "// only a comment",
        "T | where a == 1 | where b has 'x' // c\n| take 5",
        "T; U",
        "T | project-away",
        "T | parse b with",
        "print 'a' 'b'",
        "print -1, +1, - 1, 1d, 1.5h, 0x1f, 1.e2, 5micros",
        "print a[0].b['c'].d, a.['x y'], ['a b'](1), $left.x",
        "T | extend 2x = 1, 3DES, contains = 2, ['by'] = 3",
        "T | join hint.strategy=broadcast kind=inner (U | where a) on $left.a == $right.b, c",
        "T | make-series n=count() default=0 on t from ago(1d) to now() step 1h by x, bin(y, 1)",
        "T | make-series n=count() on t in range(ago(1d), now(), 1h)",
        "T | top-nested 3 of x=a with others='o' by count(), top-nested of b by sum(c) desc",
        "T | mv-apply with_itemindex=i x=a to typeof(string) limit 5 on (where x > 1 | count)",
        "T | scan with_match_id=m declare (x:long=0) with (step s1 output=all: a > 1 => x = 1, y = s1.x; step s2 optional: true;)",
        "T | parse-kv b as (x:string, y:long) with (pair_delimiter=' ', kv_delimiter='=')",
        "let f = view (T:(a:long, *), n:long = -1) { let m = n + 1; T | where a > m; }; f(T)",
        "declare query_parameters(a:long = 5, b:string); set notruncation; T",
        "find withsource=x in (database('x').*, T*) where a == 1 project a, b:string, pack(*)",
        "search kind=case_sensitive in (T, U*) 'x' and a:'b'",
        "union isfuzzy=true T*, database('x').*, workspace('w').U, (U | take 1)",
        "T | make-graph a --> b with N on id | graph-match (x)-[e*1..3]->(y)<-[f]-(z)--(w) where x.a == 1 project x.b",
        "externaldata(a:string)[@'https://x' h'?sas'] with (format='csv') | where a has 'x'",
        "datatable(a:string, b:dynamic)['x', dynamic({\"k\":[1,null]}), 'y', dynamic(null),]",
        "range x from 1 to 10 step 1 | render timechart with (ycolumns=a, b, title='t')",
        "T | where a !in~ ('x') and b !between (1 .. 2) and c has_any ('x', 'y') and d matches regex 'r'",
    ] {
        assert_eq!(errors(query), Vec::<String>::new(), "{query}");
    }
}

#[test]
fn what_nothing_can_begin_with_ends_the_query() {
    let parsed = parse("T | where a === 1 | project x; U | take 1");
    assert_eq!(parsed.query.statements.len(), 1);
    assert_eq!(
        codes(&parsed),
        [("kql-syntax-missing", 14), ("kql-syntax-unexpected", 14)]
    );
}

#[test]
fn an_item_can_be_missing_only_as_the_first_of_a_list() {
    let parsed = parse("print f(, 1)");
    assert_eq!(codes(&parsed), [("kql-syntax-missing", 8)]);
    let parsed = parse("print f(1, , 2), b");
    assert_eq!(
        codes(&parsed),
        [
            ("kql-syntax-missing", 10),
            ("kql-syntax-expected", 11),
            ("kql-syntax-unexpected", 14)
        ]
    );
}

#[test]
fn a_keyword_before_what_follows_names_is_taken_for_one() {
    let parsed = parse("T | where by == 1 | project x");
    assert_eq!(codes(&parsed), [("kql-syntax-keyword", 10)]);
    let StatementKind::Expression(expr) = &parsed.query.statements[0].kind else {
        panic!("not an expression");
    };
    let ExprKind::Pipeline(pipeline) = &expr.kind else {
        panic!("not a pipeline");
    };
    assert_eq!(pipeline.operators.len(), 2);
}

#[test]
fn a_join_without_on_is_reported_at_its_keyword() {
    let parsed = parse("T | join (U) | take 1");
    assert_eq!(codes(&parsed), [("kql-syntax-missing", 4)]);
    // Where a finding inside tells why, the one at the keyword only follows from it.
    let parsed = parse("T | join (U | where ) x");
    assert!(parsed.diagnostics[0].cascade);
    assert_eq!(codes(&parsed)[1], ("kql-syntax-missing", 19));
    assert!(!parsed.diagnostics[1].cascade);
}

#[test]
fn an_operator_that_binds_tighter_needs_a_left_side() {
    let parsed = parse("T | where a or contains 1");
    assert_eq!(
        codes(&parsed),
        [("kql-syntax-missing", 14), ("kql-syntax-unexpected", 15)]
    );
}

fn codes(parsed: &Parsed) -> Vec<(&'static str, u32)> {
    parsed
        .diagnostics
        .iter()
        .map(|d| (d.code, d.span.start))
        .collect()
}

#[test]
fn refuses_deep_nesting_and_long_chains() {
    for query in [
        format!("print {}1{}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("print {}1", "f(".repeat(100_000)),
        format!("print dynamic({}", "[".repeat(100_000)),
        format!("print x{}", ".y".repeat(100_000)),
        format!("print x{}", "+1".repeat(100_000)),
        format!("let f = () {}", "{ let g = () ".repeat(100_000)),
        format!("T {}", "| fork (where x ".repeat(100_000)),
        format!("print {}", "-".repeat(100_000)),
    ] {
        let parsed = parse(&query);
        assert!(!parsed.diagnostics.is_empty(), "{}", &query[..40]);
    }
    // A long list of alternatives is common and nests nothing.
    let alternatives = format!("T | where a == 1{}", " or a == 1".repeat(20_000));
    assert_eq!(first_error(&alternatives), None);
}

proptest! {
    #[test]
    fn never_panics_on_any_text(text in "\\PC{0,200}") {
        parse(&text);
    }

    #[test]
    fn never_panics_on_shuffled_tokens(words in proptest::collection::vec(
        prop::sample::select(vec![
            "T", "|", "where", "a", "==", "1", "(", ")", "[", "]", "{", "}", ",", ";", "let", "=", "union", "*", ".",
            "..", "in", "between", "'x'", "\"", "join", "on", "kind", "summarize", "by", "dynamic", "datatable", ":",
            "long", "mv-apply", "-", "-->", "graph-match", "scan", "step", "with", "parse", "make-series", "evaluate",
            "find", "search", "project", "datetime(", "1d", "partition", "fork", "top-nested", "of", "\n", "=>",
        ]), 0..40)) {
        let text = words.join(" ");
        let parsed = parse(&text);
        for diagnostic in &parsed.diagnostics {
            prop_assert!(text.is_char_boundary(diagnostic.span.start as usize));
            prop_assert!(diagnostic.span.end as usize <= text.len());
        }
    }
}

#[test]
fn the_written_grammar_names_every_operator() {
    let grammar = include_str!("../GRAMMAR.md");
    let missing: Vec<_> = operator::OPERATORS
        .iter()
        .filter(|operator| !grammar.contains(&format!("'{operator}'")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
