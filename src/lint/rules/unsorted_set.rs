//! Tactics or techniques out of order.

use crate::diag::{Diagnostic, Edit, Fix, SourceMap, Span, Spanned, code};
use crate::lint::{Check, Found, Lint};
use crate::rule::Rule;

code! {
    /// The tactics are not in the order of the kill chain, or the techniques not in the order of their ids.
    ///
    /// Both are sets; in a fixed order two rules are compared at a glance and a change shows as one line. `--fix` sorts them.
    ///
    /// Bad:
    /// ```yaml
    /// tactics:
    ///   - CredentialAccess
    ///   - InitialAccess
    /// relevantTechniques:
    ///   - T1110
    ///   - T1078
    /// ```
    /// Good:
    /// ```yaml
    /// tactics:
    ///   - InitialAccess
    ///   - CredentialAccess
    /// relevantTechniques:
    ///   - T1078
    ///   - T1110
    /// ```
    /// Source: rulepost's own rule.
    pub(crate) static CODE = "unsorted-set", Note, "tactics or techniques out of order";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    sorted("tactics", &rule.tactics, found);
    sorted("techniques", &rule.techniques, found);
}

fn sorted<T: Ord + Copy>(what: &str, values: &[Spanned<T>], found: &mut Found<'_>) {
    if values.is_sorted_by_key(|value| value.value) {
        return;
    }
    let mut order: Vec<&Spanned<T>> = values.iter().collect();
    order.sort_by_key(|value| value.value);
    let Some(first) = values
        .iter()
        .zip(&order)
        .find(|(is, should)| is.value != should.value)
    else {
        return;
    };
    let message = format!("the {what} are not in order");
    let mut diagnostic = Diagnostic::new(&CODE, first.0.span, message);
    if let Some(edits) = edits(values, &order, found.sources) {
        diagnostic = diagnostic.fix(Fix {
            title: "sort them".to_owned(),
            edits,
        });
    }
    found.report(diagnostic);
}

/// Writes each value where the order puts it; nothing when the places are shared, as those of aliases are.
fn edits<T>(
    values: &[Spanned<T>],
    order: &[&Spanned<T>],
    sources: &SourceMap,
) -> Option<Vec<Edit>> {
    let mut edits = Vec::new();
    let mut end: Option<Span> = None;
    for (is, should) in values.iter().zip(order) {
        if end.is_some_and(|before| before.source != is.span.source || before.end > is.span.start) {
            return None;
        }
        end = Some(is.span);
        let text = sources
            .get(should.span.source)
            .text()
            .get(should.span.range())?;
        // A text of several lines is a block, which cannot be moved without its indentation.
        if text.contains('\n') {
            return None;
        }
        edits.push(Edit {
            span: is.span,
            replacement: text.to_owned(),
        });
    }
    Some(edits)
}
