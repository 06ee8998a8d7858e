//! A value that stands twice in a list.

use crate::diag::{Diagnostic, Edit, Fix, SourceFile, Span, Spanned, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;

code! {
    /// A tactic or technique stands twice in its list.
    ///
    /// The service keeps one; the second is most often a mistyped other.
    ///
    /// Bad:
    /// ```yaml
    /// relevantTechniques:
    ///   - T1110
    ///   - T1110
    /// ```
    /// Good:
    /// ```yaml
    /// relevantTechniques:
    ///   - T1110
    ///   - T1110.003
    /// ```
    /// Source: rulepost's own rule.
    pub(crate) static CODE = "repeated-value", Warning, "a value that stands twice in a list";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    let tactics = rule
        .tactics
        .iter()
        .map(|tactic| (tactic.value.to_string(), tactic.span));
    let techniques = rule
        .techniques
        .iter()
        .map(|id| (id.value.to_string(), id.span));
    let values: Vec<Spanned<String>> = tactics
        .chain(techniques)
        .map(|(value, span)| Spanned::new(value, span))
        .collect();
    for (index, value) in values.iter().enumerate() {
        let same = |other: &&Spanned<String>| other.value == value.value;
        let Some(first) = values[..index].iter().find(same) else {
            continue;
        };
        let message = format!("`{}` stands twice", value.value);
        let mut diagnostic =
            Diagnostic::new(&CODE, value.span, message).also(first.span, "first time");
        if let Some(fix) = remove_item(found.sources.get(value.span.source), value.span) {
            diagnostic = diagnostic.fix(fix);
        }
        found.report(diagnostic);
    }
}

/// Takes the line of a block item away, when nothing else stands on it.
fn remove_item(file: &SourceFile, item: Span) -> Option<Fix> {
    let line = file.line_column(item.start as usize).line;
    let start = file.line_start(line)?;
    let end = file.line_start(line + 1).unwrap_or(file.text().len());
    let before = file.text().get(start..item.start as usize)?;
    let after = file.text().get(item.end as usize..end)?;
    (before.trim() == "-" && after.trim().is_empty()).then(|| Fix {
        title: "remove the second".to_owned(),
        edits: vec![Edit {
            span: Span::new(item.source, start, end),
            replacement: String::new(),
        }],
    })
}
