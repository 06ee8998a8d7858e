//! `# rulepost: ignore[CODE] reason`, in YAML and, as `//`, in KQL.
//!
//! A comment at the end of a line is about that line, one on a line of its own about the next; both take along the
//! lines that are indented further, so that a comment above `query:` is about the whole query.

use crate::diag::{Code, Diagnostic, Level, SourceFile, SourceId, SourceMap, Span, code};
use crate::lint::levels::{Levels, is_fixed};
use crate::rule::yaml::Comment;

/// The kinds of finding this module makes itself.
pub(crate) static CODES: &[&Code] = &[&UNUSED_IGNORE, &IGNORE_WITHOUT_REASON];

code! {
    /// A comment `rulepost: ignore[CODE]` silences nothing: there is no such finding at its place.
    ///
    /// What was wrong has been repaired, or the code is misspelled; either way the comment misleads its readers. Of several
    /// codes in one comment, each must silence something.
    ///
    /// Bad:
    /// ```yaml
    /// severity: Medium # rulepost: ignore[unknown-technique] accepted by the team
    /// ```
    /// Good:
    /// ```yaml
    /// severity: Medium
    /// ```
    /// Source: rulepost's own rule.
    pub(crate) static UNUSED_IGNORE = "unused-ignore", Warning, "an ignore comment that silences nothing";

    /// A comment `rulepost: ignore[CODE]` gives no reason.
    ///
    /// Who comes later cannot tell an accepted risk from a forgotten one. The finding is silenced all the same.
    ///
    /// Bad:
    /// ```yaml
    /// relevantTechniques: # rulepost: ignore[revoked-technique]
    ///   - T1002
    /// tactics:
    ///   - Exfiltration
    /// ```
    /// Good:
    /// ```yaml
    /// relevantTechniques: # rulepost: ignore[revoked-technique,technique-without-tactic] the report still uses this id
    ///   - T1002
    /// tactics:
    ///   - Exfiltration
    /// ```
    /// Source: rulepost's own rule.
    pub(crate) static IGNORE_WITHOUT_REASON = "ignore-without-reason", Warning, "an ignore comment that gives no reason";
}

/// One comment with what it silences.
struct Ignore {
    source: SourceId,
    /// The comment itself.
    span: Span,
    /// Bytes it is about.
    scope: std::ops::Range<usize>,
    /// Each code with whether it silenced something.
    codes: Vec<(String, bool)>,
    reason: bool,
}

/// Takes away what comments silence, and reports comments that silence nothing or give no reason.
pub(crate) fn apply(
    diagnostics: &mut Vec<Diagnostic>,
    sources: &SourceMap,
    comments: &[Comment],
    levels: &Levels,
) {
    let mut ignores: Vec<Ignore> = comments
        .iter()
        .filter_map(|comment| {
            let file = sources.get(comment.span.source);
            read(file, comment.span, &comment.text, comment.own_line)
        })
        .collect();
    for (id, file) in sources.iter() {
        ignores.extend(in_queries(id, file));
    }
    if ignores.is_empty() {
        return;
    }
    diagnostics.retain(|found| {
        let start = found.primary.span.start as usize;
        let mut silenced = false;
        for ignore in &mut ignores {
            let here = ignore.source == found.primary.span.source && ignore.scope.contains(&start);
            if !here || is_fixed(found.code) && found.level == Level::Error {
                continue;
            }
            for (code, used) in &mut ignore.codes {
                if code == found.code.id {
                    *used = true;
                    silenced = true;
                }
            }
        }
        !silenced
    });
    let mut own = Vec::new();
    for ignore in &ignores {
        let unused: Vec<&str> = ignore
            .codes
            .iter()
            .filter(|(_, used)| !used)
            .map(|(code, _)| code.as_str())
            .collect();
        let none_used = unused.len() == ignore.codes.len();
        if !unused.is_empty() {
            own.push(unused_ignore(ignore.span, &unused, none_used));
        }
        if !none_used && !ignore.reason {
            own.push(
                Diagnostic::new(
                    &IGNORE_WITHOUT_REASON,
                    ignore.span,
                    "the comment gives no reason",
                )
                .help("say after the bracket why the finding is accepted"),
            );
        }
    }
    levels.apply(&mut own);
    diagnostics.extend(own);
}

/// What is told of codes that silence nothing; a code that does not exist has its nearest neighbour as help.
fn unused_ignore(span: Span, codes: &[&str], all: bool) -> Diagnostic {
    let known = || {
        let reading = crate::rule::codes::CODES.iter().chain(CODES);
        let reading = reading.chain(crate::lint::kql::CODES).copied();
        reading.chain(crate::lint::LINTS.iter().map(|lint| lint.code))
    };
    let unknown = |code: &&&str| !known().any(|known| known.id == **code);
    if let Some(code) = codes.iter().find(unknown) {
        let message = format!("no check of rule files is called `{code}`");
        let near = known().map(|known| (strsim::damerau_levenshtein(known.id, code), known.id));
        let help = match near.min() {
            Some((distance, near)) if distance <= 4 => format!("did you mean `{near}`?"),
            _ => "`rulepost explain` lists all".to_owned(),
        };
        return Diagnostic::new(&UNUSED_IGNORE, span, message).help(help);
    }
    let message = format!(
        "there is no finding `{}` here to ignore",
        codes.join("`, `")
    );
    Diagnostic::new(&UNUSED_IGNORE, span, message).help(if all {
        "take the comment away"
    } else {
        "take what silences nothing out of the brackets"
    })
}

/// The marker of KQL comments inside queries.
fn in_queries(id: SourceId, file: &SourceFile) -> Vec<Ignore> {
    let text = file.text();
    let mut ignores = Vec::new();
    for (at, _) in text.match_indices("// rulepost: ignore[") {
        let line_start = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let line_end = at + text[at..].find(['\r', '\n']).unwrap_or(text.len() - at);
        let before = &text[line_start..at];
        // A YAML comment that quotes the marker is no marker.
        if before.contains('#') {
            continue;
        }
        let own_line = before.trim().is_empty();
        let span = Span::new(id, at, line_end);
        ignores.extend(read(file, span, &text[at + 2..line_end], own_line));
    }
    ignores
}

fn read(file: &SourceFile, span: Span, comment: &str, own_line: bool) -> Option<Ignore> {
    let rest = comment.trim().strip_prefix("rulepost:")?.trim_start();
    let rest = rest.strip_prefix("ignore[")?;
    let (codes, reason) = rest.split_once(']')?;
    let codes = codes
        .split(',')
        .map(|code| (code.trim().to_owned(), false))
        .collect();
    Some(Ignore {
        source: span.source,
        span,
        scope: scope(file, span, own_line),
        codes,
        reason: !reason.trim().is_empty(),
    })
}

/// The line a comment is about, with the lines that are indented further.
fn scope(file: &SourceFile, comment: Span, own_line: bool) -> std::ops::Range<usize> {
    let text = file.text();
    let line = file.line_column(comment.start as usize).line;
    let mut number = line;
    let line_text = |number: usize| {
        let start = file.line_start(number)?;
        let end = file.line_start(number + 1).unwrap_or(text.len());
        Some((start, end, &text[start..end]))
    };
    if own_line {
        number += 1;
        while let Some((_, _, line)) = line_text(number) {
            let trimmed = line.trim();
            if !(trimmed.is_empty() || trimmed.starts_with('#') || trimmed.starts_with("//")) {
                break;
            }
            number += 1;
        }
    }
    let Some((start, mut end, first)) = line_text(number) else {
        return text.len()..text.len();
    };
    let indent = |line: &str| line.len() - line.trim_start_matches(['\u{feff}', ' ']).len();
    let (depth, is_item) = (indent(first), first.trim_start().starts_with('-'));
    while let Some((_, next_end, line)) = line_text(number + 1) {
        let trimmed = line.trim();
        let deeper = indent(line) > depth;
        let item = !is_item && indent(line) == depth && trimmed.starts_with("- ");
        if next_end <= end || !(trimmed.is_empty() || deeper || item) {
            break;
        }
        (end, number) = (next_end, number + 1);
    }
    start..end
}
