//! `project-by-names`: columns by names that may be computed.

use super::shape;
use crate::engine::compile::Cx;
use crate::engine::error::Error;
use crate::engine::error::Result;
use crate::engine::session::Scope;
use crate::engine::session::Session;
use crate::engine::table::Stream;
use crate::engine::value::Value;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;

/// The columns that the items name or match, in the order of the items; a name without a column is passed over.
///
/// An item is a name, a name with `*`, a text of either, or an array of such texts.
pub(super) fn project<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    items: &'q [Expr],
) -> Result<Stream<'q>> {
    let mut patterns: Vec<String> = Vec::new();
    for item in items {
        match &item.kind {
            ExprKind::Star => patterns.push("*".to_owned()),
            ExprKind::Wildcard(ident) => patterns.push(ident.text.to_string()),
            // A variable gives its value, unless a column has its name; any other name is passed over.
            ExprKind::Name(ident)
                if scope.get(&ident.text).is_none()
                    || input.columns.iter().any(|c| c.name == ident.text) =>
            {
                patterns.push(ident.text.to_string());
            }
            _ => add(
                &Cx::new(session, scope, &[]).scalar(item)?.eval(&[]),
                &mut patterns,
            )?,
        }
    }
    let mut keep: Vec<usize> = Vec::new();
    for pattern in &patterns {
        for (index, column) in input.columns.iter().enumerate() {
            if column.is_visible() && shape::fits(pattern, &column.name) && !keep.contains(&index) {
                keep.push(index);
            }
        }
    }
    keep.extend((0..input.columns.len()).filter(|i| !input.columns[*i].is_visible()));
    Ok(shape::select(input, keep))
}

/// The patterns of a value: a text, or an array of texts.
fn add(value: &Value, patterns: &mut Vec<String>) -> Result<()> {
    let texts = match value {
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    };
    for text in texts {
        let text = text.as_str().ok_or_else(|| {
            Error::invalid("`project-by-names` takes names as texts or arrays of texts")
        })?;
        patterns.push(text.to_owned());
    }
    Ok(())
}
