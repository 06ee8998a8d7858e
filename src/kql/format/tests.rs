//! Nothing gets lost, laying out twice changes nothing, and the layout is the one wanted.

use proptest::prelude::*;

use crate::kql::format;
use crate::kql::parse;

/// The tokens and comments of a query.
fn parts(query: &str) -> Vec<&str> {
    let parsed = parse(query);
    let tokens = parsed.tokens.iter().map(|t| &query[t.span.range()]);
    let comments = parsed.comments.iter().map(|c| query[c.range()].trim_end());
    tokens.chain(comments).collect()
}

#[test]
fn lays_queries_out() {
    for (query, expected) in [
        (
            "T|where a==1|project a,b=-1,c=a- 1",
            "T\n| where a == 1\n| project a, b = -1, c = a - 1\n",
        ),
        ("T | take 5", "T | take 5\n"),
        (
            "let x=T|where a in(1,2)|count;\nx|join kind = inner (U|where z==1 // c\n|project a) on a",
            "let x = T\n    | where a in (1, 2)\n    | count;\nx\n| join kind=inner (U\n    | where z == 1 // c\n    | project a) on a\n",
        ),
        (
            "let f = (x:string) {\nlet y = 1;\nT | where b == x | take y\n};\nf(\"a\")",
            "let f = (x:string) {\n    let y = 1;\n    T\n    | where b == x\n    | take y\n};\nf(\"a\")\n",
        ),
        (
            "// first\n\n\n\nT\n// why\n|where a==1",
            "// first\n\nT\n// why\n| where a == 1\n",
        ),
        (
            "T | project-away a*, *b | extend n = 2*3",
            "T\n| project-away a*, *b\n| extend n = 2 * 3\n",
        ),
    ] {
        assert_eq!(format(query).as_deref(), Some(expected), "{query}");
    }
    assert_eq!(format("T | where"), None);
}

proptest! {
    #[test]
    fn loses_nothing_and_changes_nothing_twice(words in proptest::collection::vec(
        prop::sample::select(vec![
            "T", "| where a == 1", "| project a, b", "| join kind = inner (U | count) on a", "| extend x=-1", ";\n",
            "// note\n", "\n", "\n\n\n", "let v = 5;", "| union (U\n| take 1), V", "| where b in ('x', \"y\")", " ",
        ]), 0..12)) {
        let text = words.concat();
        if let Some(once) = format(&text) {
            prop_assert_eq!(parts(&text), parts(&once));
            let twice = format(&once);
            prop_assert_eq!(Some(&once), twice.as_ref());
        }
    }
}
