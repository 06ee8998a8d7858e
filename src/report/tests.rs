//! Every machine format, of one set of findings.

use super::*;
use crate::diag::Edit;
use crate::diag::Fix;
use crate::diag::SourceFile;
use crate::diag::SourceId;
use crate::diag::Span;
use crate::rule::codes;

/// Two files with a finding of every level, one of them with places in both files and a repair.
fn sample() -> (SourceMap, Vec<Diagnostic>, Vec<NoRule>) {
    let mut sources = SourceMap::default();
    let one = sources.add(SourceFile::new(
        "rules/one é.yaml",
        "id: x\r\nseverity: medium # 50%\r\n",
    ));
    let two = sources.add(SourceFile::new("rules/two.yaml", "id: x\n"));
    sources.add(SourceFile::new("rules/clean.yaml", "id: y\n"));
    sources.add(SourceFile::new("rules/hunt.yaml", "query: T\n"));
    let fix = Fix {
        title: "write `Medium`".to_owned(),
        edits: vec![Edit {
            span: Span::new(one, 17, 23),
            replacement: "Medium".to_owned(),
        }],
    };
    let findings = vec![
        Diagnostic::new(
            &codes::MISSING_KIND,
            Span::new(one, 0, 5),
            "the rule has no `kind`",
        ),
        Diagnostic::new(
            &codes::VALUE_SPELLING,
            Span::new(one, 17, 23),
            "`medium` is spelled `Medium`",
        )
        .fix(fix),
        Diagnostic::new(
            &codes::INVALID_ID,
            Span::new(two, 4, 5),
            "`x` is \"not\" a <GUID> | & 100%",
        )
        .label("here")
        .also(Span::new(one, 4, 5), "and there")
        .help("32 hexadecimal digits"),
    ];
    let skipped = vec![NoRule {
        path: "rules/hunt.yaml".into(),
        line: 1,
        what: "hunting query".to_owned(),
    }];
    (sources, findings, skipped)
}

fn with_sample(write: impl Fn(Findings<'_>) -> String) -> String {
    let (sources, findings, skipped) = sample();
    write(Findings {
        command: "validate",
        checks: &[],
        sources: &sources,
        list: &findings,
        files: 4,
        rules: 3,
        skipped: &skipped,
    })
}

#[test]
fn json() {
    insta::assert_snapshot!(with_sample(json::findings));
}

#[test]
fn sarif_is_valid_by_the_standards_own_schema() {
    let text = with_sample(sarif::findings);
    let schema = include_str!("../../tests/fixtures/sarif/sarif-schema-2.1.0.json");
    // One pattern of the schema has a lone `]`, which the validator's expressions do not take.
    let schema = schema.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}\\\\]?$");
    let schema = serde_json::from_str(&schema).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is a schema");
    let log = serde_json::from_str(&text).expect("the log is JSON");
    let errors: Vec<String> = validator
        .iter_errors(&log)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, Vec::<String>::new());
    insta::assert_snapshot!(
        "sarif",
        text.replace(env!("CARGO_PKG_VERSION"), "[VERSION]")
    );
}

#[test]
fn fingerprints_of_equal_lines_are_told_apart_and_lines_above_change_none() {
    let prints = |text: &str, starts: &[usize]| {
        let mut sources = SourceMap::default();
        sources.add(SourceFile::new("a.yaml", text));
        let finding = |start: &usize| {
            let span = Span::new(SourceId(0), *start, *start + 1);
            Diagnostic::new(&codes::UNKNOWN_KEY, span, "x")
        };
        let findings: Vec<Diagnostic> = starts.iter().map(finding).collect();
        let log = sarif::findings(Findings {
            command: "validate",
            checks: &[],
            sources: &sources,
            list: &findings,
            files: 1,
            rules: 1,
            skipped: &[],
        });
        let log: serde_json::Value = serde_json::from_str(&log).expect("JSON");
        let results = log["runs"][0]["results"]
            .as_array()
            .expect("a list")
            .clone();
        let print =
            |result: serde_json::Value| result["partialFingerprints"]["rulepost/v1"].to_string();
        results.into_iter().map(print).collect::<Vec<_>>()
    };
    let one = prints("a: 1\na: 1\n", &[0, 5]);
    let two = prints("# above\na: 1\n  a: 1\n", &[8, 15]);
    assert_eq!(one, two);
    assert_ne!(one[0], one[1]);
}

#[test]
fn junit() {
    insta::assert_snapshot!(with_sample(junit::findings));
}

#[test]
fn github() {
    insta::assert_snapshot!(with_sample(github::findings));
}

#[test]
fn markdown() {
    insta::assert_snapshot!(with_sample(markdown::findings));
}
