//! Findings for people, drawn the way rustc draws them.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level as Drawn, Renderer, Snippet};

use crate::diag::{Diagnostic, Label, Level, SourceFile, SourceMap};

/// How to draw.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    /// With colours.
    pub(crate) color: bool,
    /// The least level that is drawn; what is below is only counted.
    pub(crate) least: Level,
    /// The flag that makes repairs: `--fix`.
    pub(crate) repair: &'static str,
}

/// Every finding with its place, in the order given, a blank line after each.
pub(crate) fn diagnostics(
    diagnostics: &[Diagnostic],
    sources: &SourceMap,
    options: Options,
) -> String {
    let renderer = if options.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let mut text = String::new();
    for diagnostic in diagnostics {
        if diagnostic.level >= options.least && diagnostic.level > Level::Allow {
            text.push_str(&renderer.render(&[group(diagnostic, sources, options.repair)]));
            text.push_str("\n\n");
        }
    }
    text
}

/// `2 errors, 1 warning`; `no findings` when there are none.
pub(crate) fn count(diagnostics: &[Diagnostic]) -> String {
    let words = [
        (Level::Error, "error"),
        (Level::Warning, "warning"),
        (Level::Note, "note"),
    ];
    let counted: Vec<String> = words
        .into_iter()
        .filter_map(|(level, word)| {
            let of_level = |diagnostic: &&Diagnostic| diagnostic.level == level;
            match diagnostics.iter().filter(of_level).count() {
                0 => None,
                count => Some(plural(count, word)),
            }
        })
        .collect();
    if counted.is_empty() {
        "no findings".to_owned()
    } else {
        counted.join(", ")
    }
}

/// `1 rule`, `2 rules`.
pub(crate) fn plural(count: usize, word: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {word}{s}")
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap, repair: &str) -> Group<'a> {
    let level = match diagnostic.level {
        Level::Error => Drawn::ERROR,
        Level::Warning => Drawn::WARNING,
        Level::Note | Level::Allow => Drawn::NOTE,
    };
    let mut group = level
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code.id)
        .element(snippet(&diagnostic.primary, &diagnostic.secondary, sources));
    // Places in other files get a drawing of their own.
    let primary_source = diagnostic.primary.span.source;
    for label in &diagnostic.secondary {
        if label.span.source != primary_source {
            group = group.element(snippet(label, &[], sources));
        }
    }
    for help in &diagnostic.help {
        group = group.element(Drawn::HELP.message(help.as_str()));
    }
    if let Some(fix) = &diagnostic.fix {
        group = group.element(Drawn::HELP.message(format!("`{repair}` can {}", fix.title)));
    }
    group
}

/// The lines that the labels stand on, with what is between them.
fn snippet<'a>(
    primary: &'a Label,
    secondary: &'a [Label],
    sources: &'a SourceMap,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let file = sources.get(primary.span.source);
    let path = file.path().to_string_lossy();
    let beside: Vec<&Label> = secondary
        .iter()
        .filter(|label| label.span.source == primary.span.source)
        .collect();
    let spans: Vec<Range<usize>> = std::iter::once(primary)
        .chain(beside.iter().copied())
        .map(|label| one_line(file, label.span.range()))
        .collect();
    let first = spans.iter().map(|span| span.start).min().unwrap_or(0);
    let last = spans.iter().map(|span| span.end).max().unwrap_or(0);
    // Only these lines are handed over, so that a report of many findings on a large file stays linear.
    let (window, line) = window(file, first, last);
    let shift = |span: &Range<usize>| span.start - window.start..span.end - window.start;
    let text = file.text().get(window.clone()).unwrap_or_default();
    let mut snippet = Snippet::source(text)
        .line_start(line)
        .path(path)
        .annotation(annotation(
            AnnotationKind::Primary,
            shift(&spans[0]),
            primary,
        ));
    for (label, span) in beside.into_iter().zip(&spans[1..]) {
        snippet = snippet.annotation(annotation(AnnotationKind::Context, shift(span), label));
    }
    snippet
}

fn annotation(
    kind: AnnotationKind,
    span: Range<usize>,
    label: &Label,
) -> annotate_snippets::Annotation<'_> {
    let annotation = kind.span(span);
    if label.text.is_empty() {
        annotation
    } else {
        annotation.label(label.text.as_str())
    }
}

/// The first line of a range: nobody wants fifty lines of a query underlined.
fn one_line(file: &SourceFile, range: Range<usize>) -> Range<usize> {
    let text = file.text();
    // The drawing fails on places outside the text or within a character, wherever they come from.
    let start = text.floor_char_boundary(range.start);
    let end = text.ceil_char_boundary(range.end.max(start));
    let written = &text[start..end];
    let line = written.split(['\r', '\n']).next().unwrap_or_default();
    start..start + line.len()
}

/// The whole lines around a range, and the number of the first.
fn window(file: &SourceFile, first: usize, last: usize) -> (Range<usize>, usize) {
    let text = file.text();
    let line = file.line_column(first).line;
    let mut start = file.line_start(line).unwrap_or(0);
    if start == 0 && text.starts_with('\u{feff}') {
        start = '\u{feff}'.len_utf8().min(first);
    }
    let rest = text.get(last..).unwrap_or_default();
    let end = last + rest.find('\n').unwrap_or(rest.len());
    (start..end, line)
}
