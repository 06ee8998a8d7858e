//! `rulepost query`: what it reads, what it writes, and what it says when it cannot.

use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;
use serde_json::json;

use crate::support::Output;
use crate::support::Rulepost;

fn query(rulepost: Rulepost, args: &[&str], text: &str) -> Output {
    let all = ["query"].iter().chain(args).copied();
    rulepost.args(all).stdin(text).run()
}

/// What a query that needs no files gives as JSON.
fn answer(args: &[&str], text: &str) -> Value {
    let args: Vec<&str> = args.iter().copied().chain(["--format", "json"]).collect();
    let out = query(Rulepost::new(), &args, text);
    assert_eq!(out.code, 0, "{}", out.stderr);
    serde_json::from_str(&out.stdout).expect("the output is JSON")
}

#[test]
fn a_result_is_a_table_json_or_csv() {
    let text = "datatable(s:string, n:long, t:datetime, d:timespan, v:dynamic)['a b', 1, datetime(2026-05-04T12:00:00.5), 90m, dynamic({'x': [1, null]}), 'it, \"is\"', long(null), datetime(null), timespan(null), dynamic(null)]";
    assert_eq!(
        answer(&[], text),
        json!({
            "columns": [
                {"name": "s", "type": "string"},
                {"name": "n", "type": "long"},
                {"name": "t", "type": "datetime"},
                {"name": "d", "type": "timespan"},
                {"name": "v", "type": "dynamic"},
            ],
            "rows": [
                ["a b", 1, "2026-05-04T12:00:00.5Z", "01:30:00", {"x": [1, null]}],
                ["it, \"is\"", null, null, null, null],
            ],
        })
    );
    let csv = query(Rulepost::new(), &["--format", "csv"], text);
    let lines: Vec<&str> = csv.stdout.lines().collect();
    assert_eq!(lines[0], "s,n,t,d,v");
    assert!(
        lines[1].starts_with("a b,1,2026-05-04T12:00:00.5Z,01:30:00,"),
        "{}",
        lines[1]
    );
    assert_eq!(lines[2], "\"it, \"\"is\"\"\",,,,");
    let table = query(Rulepost::new(), &[], "print a = 1, long_name = 'x'");
    assert_eq!(table.stdout, "a  long_name\n-  ---------\n1  x\n");
}

#[test]
fn the_clock_is_a_flag() {
    let now = answer(&["--now", "2026-05-04T12:00:00Z"], "print now(), ago(1h)");
    assert_eq!(
        now["rows"],
        json!([["2026-05-04T12:00:00Z", "2026-05-04T11:00:00Z"]])
    );
}

#[test]
fn tables_come_from_csv_and_json_lines() {
    let project = || {
        Rulepost::new()
            .file("people.csv", "name,age\nAnn,41\n\"Bo, jr\",7\n")
            .file(
                "logs.jsonl",
                "{\"who\": \"Ann\", \"at\": \"2026-05-04T12:00:00Z\"}\n\n{\"who\": \"Cy\", \"more\": {\"k\": 1}}\n",
            )
            .file("q.kql", "Logs | join kind=leftouter People on $left.who == $right.name | project who, age | sort by who asc")
    };
    let out = query(
        project(),
        &[
            "-f",
            "q.kql",
            "--table",
            "People=people.csv",
            "--table",
            "Logs=logs.jsonl",
            "--format",
            "json",
        ],
        "",
    );
    assert_eq!(out.code, 0, "{}", out.stderr);
    let found: Value = serde_json::from_str(&out.stdout).expect("it is JSON");
    assert_eq!(found["rows"], json!([["Ann", 41], ["Cy", null]]));
    let out = query(
        project(),
        &["--table", "Logs=logs.jsonl", "--format", "csv"],
        "Logs | getschema | project ColumnName, ColumnType",
    );
    assert_eq!(
        out.stdout,
        "ColumnName,ColumnType\nwho,string\nat,datetime\nmore,dynamic\n"
    );
}

#[test]
fn each_line_has_an_answer_of_its_own() {
    let lines = [
        json!({"id": 1, "query": "print x = 1"}).to_string(),
        json!({"id": "b", "query": "print geo_point_buffer(1, 1, 1)"}).to_string(),
        json!({"id": "c", "query": "print x ="}).to_string(),
        json!({"id": "d"}).to_string(),
        "no json".to_owned(),
        String::new(),
        json!({"id": "e", "query": "NoSuchTable | count"}).to_string(),
        json!({"id": 2, "query": "print y = 'z'"}).to_string(),
    ];
    let out = query(Rulepost::new(), &["--jsonl"], &lines.join("\n"));
    assert_eq!(out.code, 0, "{}", out.stderr);
    let answers: Vec<Value> = out
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is JSON"))
        .collect();
    assert_eq!(
        answers[0],
        json!({"id": 1, "columns": [{"name": "x", "type": "long"}], "rows": [[1]]})
    );
    let kinds: Vec<&str> = answers
        .iter()
        .filter_map(|a| a["error"]["kind"].as_str())
        .collect();
    assert_eq!(
        kinds,
        ["unsupported", "invalid", "invalid", "invalid", "invalid"]
    );
    assert_eq!(answers[1]["id"], "b");
    assert_eq!(answers[6]["rows"], json!([["z"]]));
    assert_eq!(answers.len(), 7);
}

#[test]
fn a_line_is_answered_before_the_next_is_read() {
    let mut child = Rulepost::new()
        .args(["query", "--jsonl"])
        .command()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut input = child.stdin.take().expect("it is piped");
    let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
    for n in 0..3 {
        // Were all input read first, this would wait for ever.
        writeln!(input, "{}", json!({"id": n, "query": format!("print {n}")}))
            .expect("the program reads");
        let mut line = String::new();
        output.read_line(&mut line).expect("the program answers");
        let answer: Value = serde_json::from_str(&line).expect("it is JSON");
        assert_eq!(answer["rows"], json!([[n]]));
    }
    drop(input);
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn what_is_not_right_is_named_with_what_would_be() {
    let cases: &[(&[&str], &str, &str)] = &[
        (&["--now", "noon"], "print 1", "2026-05-04T12:00:00Z"),
        (&["--table", "T"], "T", "`=`"),
        (&["--table", "T=gone.csv"], "T", "gone.csv"),
        (&["-f", "gone.kql"], "", "gone.kql"),
        (&["--format", "yaml"], "print 1", "table, json, csv"),
        (&[], "print 1 +", "expression"),
        (&[], "", "no query"),
        (
            &[],
            "print geo_point_buffer(1, 1, 1)",
            "not supported by the test engine",
        ),
    ];
    for (args, text, needle) in cases {
        let out = query(Rulepost::new(), args, text);
        assert_ne!(out.code, 0, "{args:?} {text}");
        assert!(out.stdout.is_empty(), "{args:?}: {}", out.stdout);
        assert!(
            out.stderr.contains(needle),
            "{args:?} {text}: {}",
            out.stderr
        );
        assert!(!out.stderr.contains("panicked"), "{}", out.stderr);
    }
    for (file, content) in [
        ("t.jsonl", "{\"a\": 1}\n{\"a\":\n"),
        ("t.json", "[{\"a\": 1}, "),
    ] {
        let out = query(
            Rulepost::new().file(file, content),
            &["--table", &format!("T={file}")],
            "T | count",
        );
        assert_ne!(out.code, 0, "{file}: {}", out.stdout);
        assert!(out.stderr.contains(file), "{}", out.stderr);
    }
}
