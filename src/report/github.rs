//! Findings as workflow commands, which GitHub shows beside the lines of a change.
//!
//! One line each, `::error file=…,line=…::message`; what has a meaning in a command is written with `%`, data and
//! properties in their own ways.

use crate::diag::Diagnostic;
use crate::diag::Level;
use crate::report::Findings;
use crate::report::slashed;

/// One command a finding, and a plain line for what was skipped.
pub(crate) fn findings(report: Findings<'_>) -> String {
    let mut text = String::new();
    for found in report.list {
        text.push_str(&command(found, report));
    }
    // No command: GitHub shows few notices, and what was skipped needs none beside the lines of a change.
    for skipped in report.skipped {
        let path = slashed(&skipped.path);
        text.push_str(&format!(
            "skipped {}:{}: {}\n",
            data(&path),
            skipped.line,
            skipped.what
        ));
    }
    text
}

fn command(found: &Diagnostic, report: Findings<'_>) -> String {
    let span = found.primary.span;
    let file = report.sources.get(span.source);
    let (start, end) = (
        file.line_column(span.start as usize),
        file.line_column(span.end as usize),
    );
    let name = match found.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note | Level::Allow => "notice",
    };
    // GitHub draws columns only on one line.
    let columns = if start.line == end.line && end.column > start.column {
        format!(",col={},endColumn={}", start.column, end.column)
    } else {
        format!(",col={}", start.column)
    };
    let mut message = found.message.clone();
    for help in &found.help {
        message.push_str("\nhelp: ");
        message.push_str(help);
    }
    format!(
        "::{name} file={},line={},endLine={}{columns},title={}::{}\n",
        property(&slashed(file.path())),
        start.line,
        end.line,
        property(found.code.id),
        data(&message)
    )
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_in_a_command_is_escaped() {
        assert_eq!(data("50%\nx: a,b"), "50%25%0Ax: a,b");
        assert_eq!(property("C:\\a,b"), "C%3A\\a%2Cb");
    }
}
