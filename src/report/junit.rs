//! Findings as `JUnit` XML: a suite a file, a case a finding, a skipped case for what is no rule, and one passed case
//! for a file without any.

use std::fmt::Write as _;

use crate::diag::Diagnostic;
use crate::diag::Level;
use crate::diag::SourceId;
use crate::report::Findings;
use crate::report::slashed;

/// The whole document.
///
/// A check with a name is a case of that name, failed by its findings; any other finding is a case of its own.
pub(crate) fn findings(report: Findings<'_>) -> String {
    let suites: Vec<Suite> = report
        .sources
        .iter()
        .filter(|(id, _)| report.command == "validate" || is_told(report, *id))
        .map(|(id, file)| suite(report, id, &slashed(file.path())))
        .collect();
    let tests: usize = suites.iter().map(|suite| suite.tests).sum();
    let failures: usize = suites.iter().map(|suite| suite.failures).sum();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        text,
        "<testsuites name=\"rulepost {}\" tests=\"{tests}\" failures=\"{failures}\">",
        report.command
    );
    for suite in suites {
        let _ = writeln!(
            text,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\"{}>\n{}  </testsuite>",
            suite.name,
            suite.tests,
            suite.failures,
            match suite.skipped {
                0 => String::new(),
                skipped => format!(" skipped=\"{skipped}\""),
            },
            suite.text
        );
    }
    text.push_str("</testsuites>\n");
    text
}

/// One file.
struct Suite {
    name: String,
    tests: usize,
    failures: usize,
    skipped: usize,
    text: String,
}

/// Whether there is a check or a finding in a file.
fn is_told(report: Findings<'_>, id: SourceId) -> bool {
    let mut checks = report.checks.iter();
    let mut list = report.list.iter();
    checks.any(|check| check.source == id) || list.any(|found| found.primary.span.source == id)
}

fn suite(report: Findings<'_>, id: SourceId, path: &str) -> Suite {
    let path = escape(path);
    let (mut text, mut tests, mut failures) = (String::new(), 0, 0);
    for check in report.checks.iter().filter(|check| check.source == id) {
        tests += 1;
        let own = report.list.get(check.found.clone()).unwrap_or_default();
        let failed = own.iter().any(|found| found.level > Level::Note);
        failures += usize::from(failed);
        named(&mut text, &check.name, own, &path, report);
    }
    let checked = |index: &usize| {
        report
            .checks
            .iter()
            .any(|check| check.found.contains(index))
    };
    let own: Vec<&Diagnostic> = (0..report.list.len())
        .filter(|index| !checked(index))
        .map(|index| &report.list[index])
        .filter(|found| found.primary.span.source == id)
        .collect();
    tests += own.len();
    failures += own.iter().filter(|found| found.level > Level::Note).count();
    for found in own {
        case(&mut text, found, &path, report);
    }
    let skipped = report.skipped.iter();
    let skipped: Vec<_> = skipped
        .filter(|skipped| escape(&slashed(&skipped.path)) == path)
        .collect();
    tests += skipped.len();
    for one in &skipped {
        let _ = writeln!(
            text,
            "    <testcase name=\"no rule at line {}\" classname=\"{path}\">\n      <skipped message=\"{}\"/>\n    </testcase>",
            one.line,
            escape(&one.what)
        );
    }
    if tests == 0 {
        tests = 1;
        let _ = writeln!(
            text,
            "    <testcase name=\"no findings\" classname=\"{path}\"/>"
        );
    }
    Suite {
        name: path,
        tests,
        failures,
        skipped: skipped.len(),
        text,
    }
}

/// A check that has a name.
fn named(text: &mut String, name: &str, found: &[Diagnostic], path: &str, report: Findings<'_>) {
    let name = escape(name);
    let Some(first) = found.first() else {
        let _ = writeln!(text, "    <testcase name=\"{name}\" classname=\"{path}\"/>");
        return;
    };
    let details: Vec<String> = found.iter().map(|one| details(one, path, report)).collect();
    let _ = writeln!(
        text,
        "    <testcase name=\"{name}\" classname=\"{path}\">\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>",
        first.level.as_str(),
        escape(&first.message),
        details.join("\n")
    );
}

/// The place, what is wrong and what helps.
fn details(found: &Diagnostic, path: &str, report: Findings<'_>) -> String {
    let span = found.primary.span;
    let file = report.sources.get(span.source);
    let place = file.line_column(span.start as usize);
    let message = escape(&found.message);
    let mut details = format!("{path}:{}:{}: {message}", place.line, place.column);
    for help in &found.help {
        let _ = write!(details, "\nhelp: {}", escape(help));
    }
    details
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
    let details = details(found, path, report);
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
