//! Findings as markdown, for a step summary or a comment on a change.

use std::fmt::Write as _;

use crate::diag::Diagnostic;
use crate::diag::Level;
use crate::report::Findings;
use crate::report::human::{count, plural};
use crate::report::slashed;

/// Rows that are shown; more would not fit into a comment.
const MOST_ROWS: usize = 200;

/// A headline, a table of the findings over the level of notes, and what was skipped.
pub(crate) fn findings(report: Findings<'_>) -> String {
    let mark = match (report.count(Level::Error), report.count(Level::Warning)) {
        (0, 0) => "✅",
        (0, _) => "⚠️",
        _ => "❌",
    };
    let mut text = format!(
        "### {mark} rulepost {}: {}\n\n{} in {}",
        report.command,
        count(report.list),
        plural(report.rules, "rule"),
        plural(report.files, "file")
    );
    if !report.skipped.is_empty() {
        let _ = write!(text, ", {} skipped", report.skipped.len());
    }
    text.push_str(".\n");
    let shown: Vec<&Diagnostic> = report
        .list
        .iter()
        .filter(|found| found.level > Level::Note)
        .collect();
    if !shown.is_empty() {
        table(&mut text, report, &shown);
    }
    if !report.skipped.is_empty() {
        text.push_str("\nSkipped:\n\n");
    }
    for skipped in report.skipped.iter().take(MOST_ROWS) {
        let path = cell(&slashed(&skipped.path));
        let _ = writeln!(text, "* {path}:{}: {}", skipped.line, skipped.what);
    }
    if report.skipped.len() > MOST_ROWS {
        let more = report.skipped.len() - MOST_ROWS;
        let _ = writeln!(text, "* {more} more");
    }
    text
}

fn table(text: &mut String, report: Findings<'_>, shown: &[&Diagnostic]) {
    text.push_str("\n| | place | code | finding |\n| --- | --- | --- | --- |\n");
    for found in shown.iter().take(MOST_ROWS) {
        let file = report.sources.get(found.primary.span.source);
        let place = file.line_column(found.primary.span.start as usize);
        let _ = writeln!(
            text,
            "| {} | {}:{} | `{}` | {} |",
            found.level.as_str(),
            cell(&slashed(file.path())),
            place.line,
            found.code.id,
            cell(&found.message)
        );
    }
    if shown.len() > MOST_ROWS {
        let _ = writeln!(text, "\n{} more are not shown.", shown.len() - MOST_ROWS);
    }
}

/// Text that cannot end its cell.
fn cell(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('|', "\\|")
        .replace(['\r', '\n'], " ")
}
