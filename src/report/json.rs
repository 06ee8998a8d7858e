//! Findings as JSON, version 1.
//!
//! The structs here are the format: they repeat what findings hold on purpose, so that a change inside the program
//! does not change what others read. Fields are only ever added within a version.

use serde::Serialize;

use crate::diag::Diagnostic;
use crate::diag::Level;
use crate::diag::SourceMap;
use crate::diag::Span;
use crate::diag::fingerprint;
use crate::report::Findings;
use crate::report::slashed;

/// The report without its version.
#[derive(Serialize)]
pub(super) struct Report<'a> {
    summary: Summary,
    findings: Vec<Finding<'a>>,
    skipped: Vec<Skipped<'a>>,
}

#[derive(Serialize)]
struct Summary {
    files: usize,
    rules: usize,
    skipped: usize,
    errors: usize,
    warnings: usize,
    notes: usize,
}

#[derive(Serialize)]
struct Finding<'a> {
    code: &'a str,
    level: &'a str,
    message: &'a str,
    #[serde(flatten)]
    place: Place,
    #[serde(skip_serializing_if = "str::is_empty")]
    label: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<Related<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    help: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Fix<'a>>,
    fingerprint: String,
}

/// Lines and columns count from one, columns in characters; offsets are bytes.
#[derive(Serialize)]
struct Place {
    path: String,
    start: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
    offset: usize,
}

#[derive(Serialize)]
struct Related<'a> {
    message: &'a str,
    #[serde(flatten)]
    place: Place,
}

#[derive(Serialize)]
struct Fix<'a> {
    title: &'a str,
    edits: Vec<Edit<'a>>,
}

#[derive(Serialize)]
struct Edit<'a> {
    #[serde(flatten)]
    place: Place,
    replacement: &'a str,
}

#[derive(Serialize)]
struct Skipped<'a> {
    path: String,
    line: usize,
    content: &'a str,
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    #[serde(flatten)]
    report: Report<'a>,
}

/// The whole report, with a line end.
pub(crate) fn findings(findings: Findings<'_>) -> String {
    let document = Document {
        version: 1,
        report: report(findings),
    };
    let text = serde_json::to_string_pretty(&document);
    text.expect("texts and numbers can be written") + "\n"
}

/// The report as its parts.
pub(super) fn report(report: Findings<'_>) -> Report<'_> {
    Report {
        summary: Summary {
            files: report.files,
            rules: report.rules,
            skipped: report.skipped.len(),
            errors: report.count(Level::Error),
            warnings: report.count(Level::Warning),
            notes: report.count(Level::Note),
        },
        findings: report
            .list
            .iter()
            .map(|found| finding(found, report.sources))
            .collect(),
        skipped: report
            .skipped
            .iter()
            .map(|skipped| Skipped {
                path: slashed(&skipped.path),
                line: skipped.line,
                content: &skipped.what,
            })
            .collect(),
    }
}

fn finding<'a>(found: &'a Diagnostic, sources: &SourceMap) -> Finding<'a> {
    Finding {
        code: found.code.id,
        level: found.level.as_str(),
        message: &found.message,
        place: place(found.primary.span, sources),
        label: &found.primary.text,
        related: found
            .secondary
            .iter()
            .map(|label| Related {
                message: &label.text,
                place: place(label.span, sources),
            })
            .collect(),
        help: &found.help,
        fix: found.fix.as_ref().map(|fix| Fix {
            title: &fix.title,
            edits: fix
                .edits
                .iter()
                .map(|edit| Edit {
                    place: place(edit.span, sources),
                    replacement: &edit.replacement,
                })
                .collect(),
        }),
        fingerprint: fingerprint(found, sources),
    }
}

fn place(span: Span, sources: &SourceMap) -> Place {
    let file = sources.get(span.source);
    let position = |offset: u32| {
        let place = file.line_column(offset as usize);
        Position {
            line: place.line,
            column: place.column,
            offset: offset as usize,
        }
    };
    Place {
        path: slashed(file.path()),
        start: position(span.start),
        end: position(span.end),
    }
}
