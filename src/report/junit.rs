//! Findings as `JUnit` XML: a suite a file, a case a finding, and one passed case for a file without.

use std::fmt::Write as _;

use crate::diag::Diagnostic;
use crate::diag::Level;
use crate::report::Findings;
use crate::report::slashed;

/// The whole document.
pub(crate) fn findings(report: Findings<'_>) -> String {
    let failures = report.count(Level::Error) + report.count(Level::Warning);
    let clean = |id| {
        !report
            .list
            .iter()
            .any(|found| found.primary.span.source == id)
    };
    let passed = report.sources.iter().filter(|(id, _)| clean(*id)).count();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let tests = passed + report.list.len();
    let _ = writeln!(
        text,
        "<testsuites name=\"rulepost validate\" tests=\"{tests}\" failures=\"{failures}\">"
    );
    for (id, file) in report.sources.iter() {
        let path = escape(&slashed(file.path()));
        let own: Vec<&Diagnostic> = report
            .list
            .iter()
            .filter(|found| found.primary.span.source == id)
            .collect();
        let failed = own.iter().filter(|found| found.level > Level::Note).count();
        let _ = writeln!(
            text,
            "  <testsuite name=\"{path}\" tests=\"{}\" failures=\"{failed}\">",
            own.len().max(1)
        );
        if own.is_empty() {
            let _ = writeln!(
                text,
                "    <testcase name=\"no findings\" classname=\"{path}\"/>"
            );
        }
        for found in own {
            case(&mut text, found, &path, report);
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

fn case(text: &mut String, found: &Diagnostic, path: &str, report: Findings<'_>) {
    let span = found.primary.span;
    let place = report
        .sources
        .get(span.source)
        .line_column(span.start as usize);
    let name = format!(
        "{} at line {} column {}",
        found.code.id, place.line, place.column
    );
    let message = escape(&found.message);
    let mut details = format!("{path}:{}:{}: {message}", place.line, place.column);
    for help in &found.help {
        let _ = write!(details, "\nhelp: {}", escape(help));
    }
    let _ = writeln!(
        text,
        "    <testcase name=\"{}\" classname=\"{path}\">",
        escape(&name)
    );
    let _ = if found.level > Level::Note {
        writeln!(
            text,
            "      <failure type=\"{}\" message=\"{message}\">{details}</failure>",
            found.level.as_str()
        )
    } else {
        writeln!(text, "      <system-out>{details}</system-out>")
    };
    text.push_str("    </testcase>\n");
}

/// Text for an attribute or an element; characters that XML 1.0 cannot hold become U+FFFD.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            '\r' => escaped.push_str("&#13;"),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_for_xml() {
        assert_eq!(
            escape("a<b & \"c\"\u{0}\n"),
            "a&lt;b &amp; &quot;c&quot;\u{fffd}&#10;"
        );
    }
}
