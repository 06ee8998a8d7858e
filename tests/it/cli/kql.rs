//! `rulepost kql`: one query for people, many for programs, and the layout.

use crate::support::Rulepost;

/// Two tables, as `--schema` takes them.
const SCHEMA: &str = r#"{"tables": {
    "T": {"a": "long", "b": "string", "c": "real", "d": "datetime", "e": "dynamic", "o": "bool"},
    "U": {"a": "long", "b": "string", "z": "string"}}}"#;

/// Queries that are wrong in one way each.
const BROKEN: &[&str] = &[
    "T | where a ==",
    "T | whre a == 1",
    "T |",
    "| where a == 1",
    "T | project a,,b",
    "T | summarize count( by a",
    "T | extend x = (a + 1",
    "T | join U on",
    "let x = 5\nT | take x",
    "T | where a == 1 b",
    "T | where a === 1",
    "T | where a && o",
    "T || take 5",
    "T | where b == \"abc\n| take 5",
    "T | where b == 'it's'",
    "T | where b == “x”",
    "T | where b matches regex \"\\d+\"",
    "T | where a == 1)\n| take 5",
    "T | where (a == 1\n| take 5",
    "T | where a in ()",
    "T | where a between (1, 2)",
    "T | where a = 1",
    "T | order a desc",
    "T | top 5",
    "T | extend by",
    "T | extend x = 1 y = 2",
    "let f = { T }; f",
    "let f = (x:string) { x ; T",
    "print datetime (2020-01-01)",
    "T | where a == 74be27de-1e4e-49d9-b579-fe0b331d3642",
    "select * from T",
    "T | where not a",
    "T | where a == 1 AND o",
    "T | project a as b",
    "T | where a == 1 or or o",
    "T | render",
    "T | parse b \"x\" y",
    "T | make-series count() on d",
    "where a == 1",
    ".show tables",
    "T | where zz == 1",
    "T | where A == 1",
    "Tt | take 5",
    "SigninLog | take 5",
    "T | extend x = tolowr(b)",
    "T | extend x = 1, y = x",
    "T | project a, a",
    "T | where b > 1",
    "T | where a has 'x'",
    "T | where d > '2020-01-01'",
    "T | where b + 'x' == 'y'",
    "T | where a",
    "T | take 'x'",
    "T | extend x = count()",
    "T | summarize a by b",
    "T | extend x = substring(b)",
    "T | extend x = startofday(b)",
    "T | join (U) on z",
    "T | join (U) on a == b",
    "T | join kind=iner (U) on a",
    "T | evaluate bag_unpak(e)",
    "T | parse b with 'x' y:strng",
    "let f = (x:string) { x }; print f()",
    "T | mv-expand b",
    "T | sort by e",
    "T | extend x = b.y",
    "T | where bag_keys(b) == 1",
    "T | extend x = iff(a, 1, 2)",
];

#[test]
fn broken_queries_read_well() {
    assert!(BROKEN.len() >= 60);
    let mut all = String::new();
    for query in BROKEN {
        let out = Rulepost::new()
            .file("schema.json", SCHEMA)
            .args(["kql", "check", "--schema", "schema.json", "-"])
            .stdin(*query)
            .run();
        assert!(
            out.code == 3 || *query == ".show tables",
            "{query}: {out:?}"
        );
        assert!(!out.stdout.is_empty(), "{query}");
        all.push_str(&out.stdout);
        all.push('\n');
    }
    insta::assert_snapshot!("kql-broken", all);
}

#[test]
fn sound_queries_say_nothing() {
    let out = Rulepost::new()
        .file(
            "q.kql",
            "SigninLogs\n| where ResultType != \"0\"\n| summarize count() by UserPrincipalName\n",
        )
        .args(["kql", "check", "q.kql"])
        .run();
    assert_eq!((out.code, out.stdout.as_str()), (0, ""), "{out:?}");
}

#[test]
fn lines_are_answered_in_their_order_with_utf16_places() {
    let input = concat!(
        r#"{"id": "one", "query": "T | project x = a, tostring(b)"}"#,
        "\n",
        r#"{"id": 2, "query": "T | where b == \"é😀\" | where zz == 1"}"#,
        "\n",
        r#"{"id": "three", "query": "T | where a =="}"#,
        "\n",
        r#"{"id": "four", "query": "T | evaluate bag_unpack(e)"}"#,
        "\n",
    );
    let out = Rulepost::new()
        .file("schema.json", SCHEMA)
        .args(["kql", "check", "--schema", "schema.json", "--jsonl"])
        .stdin(input)
        .run();
    assert_eq!(out.code, 0, "{out:?}");
    insta::assert_snapshot!("kql-jsonl", out.stdout);
}

#[test]
fn a_missing_schema_file_is_named() {
    let out = Rulepost::new()
        .args(["kql", "check", "--schema", "nope.json", "-"])
        .stdin("T")
        .run();
    assert_eq!(out.code, 1, "{out:?}");
    assert!(out.stderr.contains("nope.json"), "{out:?}");
}

#[test]
fn fmt_lays_out_in_place_and_tells_with_check() {
    let run = Rulepost::new().file("q.kql", "T|where a==1|take 5");
    let dir = run.dir().to_owned();
    let out = run.args(["kql", "fmt", "--check", "q.kql"]).run();
    assert_eq!((out.code, out.stdout.as_str()), (3, "q.kql\n"), "{out:?}");
    let out = Rulepost::new()
        .args(["kql", "fmt", "-"])
        .stdin("T|where a==1|take 5")
        .run();
    assert_eq!(out.stdout, "T\n| where a == 1\n| take 5\n", "{out:?}");
    let out = Rulepost::in_dir(&dir)
        .file("q.kql", "T|where a==1|take 5")
        .args(["kql", "fmt", "q.kql"])
        .run();
    assert_eq!(out.code, 0, "{out:?}");
    let text = std::fs::read_to_string(dir.join("q.kql")).expect("the file is there");
    assert_eq!(text, "T\n| where a == 1\n| take 5\n");
    let out = Rulepost::new()
        .args(["kql", "fmt", "-"])
        .stdin("T | where")
        .run();
    assert_eq!(out.code, 3, "{out:?}");
}
