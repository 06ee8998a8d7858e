//! Applying the repairs that findings carry.

use std::collections::BTreeMap;

use crate::diag::Diagnostic;
use crate::diag::Edit;
use crate::diag::Fix;
use crate::diag::SourceId;
use crate::diag::SourceMap;

/// A text after its repairs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Repaired {
    /// The new text.
    pub(crate) text: String,
    /// How many repairs were made.
    pub(crate) count: usize,
}

/// Makes every repair that does not overlap an earlier one; a second round makes the others.
///
/// A repair without edits asks only for the text to be saved, which rewrites it as UTF-8.
pub(crate) fn apply(
    diagnostics: &[Diagnostic],
    sources: &SourceMap,
) -> BTreeMap<SourceId, Repaired> {
    let mut by_source: BTreeMap<SourceId, Vec<&Fix>> = BTreeMap::new();
    for diagnostic in diagnostics {
        if let Some(fix) = &diagnostic.fix {
            let source = fix
                .edits
                .first()
                .map_or(diagnostic.primary.span.source, |edit| edit.span.source);
            if fix.edits.iter().all(|edit| edit.span.source == source) {
                by_source.entry(source).or_default().push(fix);
            }
        }
    }
    by_source
        .into_iter()
        .map(|(source, fixes)| (source, repair(sources.get(source).text(), &fixes)))
        .filter(|(_, repaired)| repaired.count > 0)
        .collect()
}

fn repair(text: &str, fixes: &[&Fix]) -> Repaired {
    let mut accepted: Vec<&Edit> = Vec::new();
    let mut count = 0;
    for fix in fixes {
        let fits = |edit: &Edit| {
            let apart = |other: &&Edit| {
                edit.span.end < other.span.start
                    || other.span.end < edit.span.start
                    // Ranges may touch, but two insertions at one place have no order.
                    || (edit.span != other.span
                        && (edit.span.end == other.span.start || other.span.end == edit.span.start))
            };
            text.get(edit.span.range()).is_some() && accepted.iter().all(apart)
        };
        if fix.edits.iter().all(fits) {
            accepted.extend(&fix.edits);
            count += 1;
        }
    }
    accepted.sort_by_key(|edit| edit.span);
    let mut new = String::with_capacity(text.len());
    let mut at = 0;
    for edit in accepted {
        let range = edit.span.range();
        new.push_str(&text[at..range.start]);
        new.push_str(&edit.replacement);
        at = range.end;
    }
    new.push_str(&text[at..]);
    Repaired { text: new, count }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Span;
    use crate::rule::codes;

    fn edit(start: usize, end: usize, replacement: &str) -> Edit {
        Edit {
            span: Span::new(SourceId(0), start, end),
            replacement: replacement.to_owned(),
        }
    }

    fn fix(edits: Vec<Edit>) -> Fix {
        Fix {
            title: "x".to_owned(),
            edits,
        }
    }

    #[test]
    fn repairs_are_made_whole_or_not_at_all() {
        let fixes = [
            fix(vec![edit(0, 1, "A"), edit(4, 5, "E")]),
            fix(vec![edit(2, 3, "C"), edit(4, 5, "X")]),
            fix(vec![edit(5, 6, "")]),
            fix(vec![edit(2, 2, "-")]),
        ];
        let repaired = repair("abcdef", &fixes.iter().collect::<Vec<_>>());
        assert_eq!(repaired.text, "Ab-cdE");
        assert_eq!(repaired.count, 3);
    }

    #[test]
    fn a_repair_without_edits_counts_for_the_file_of_its_finding() {
        let mut sources = SourceMap::default();
        let source = sources.add(crate::diag::SourceFile::new("a.yaml", "é"));
        let found =
            Diagnostic::new(&codes::NOT_UTF8, Span::new(source, 0, 0), "x").fix(fix(vec![]));
        let repaired = apply(&[found], &sources);
        assert_eq!(repaired[&source].text, "é");
    }
}
