//! What the values of operators' parameters may be, where the service's parser takes only some words.

use super::Parser;
use crate::kql::ast::ExprKind;
use crate::kql::ast::OperatorParameter;
use crate::kql::literal::Literal;

/// The words that parameter `name` of `operator` takes; none where it takes anything.
fn words(operator: &str, name: &str) -> &'static [&'static str] {
    match (operator, name) {
        ("union", "kind") => &["inner", "outer"],
        ("lookup", "kind") => &["inner", "leftouter"],
        ("parse" | "parse-where", "kind") => &["simple", "regex", "relaxed"],
        ("mv-expand" | "mvexpand", "kind" | "bagexpansion") => &["bag", "array"],
        ("make-series", "kind") => &["nonempty"],
        ("reduce", "kind") => &["source"],
        ("search", "kind") => &["default", "case_insensitive", "case_sensitive"],
        ("join" | "lookup" | "distinct", "hint.strategy") => {
            &["auto", "broadcast", "centralized", "shuffle"]
        }
        ("summarize", "hint.strategy") => &["shuffle"],
        _ => &[],
    }
}

impl Parser<'_> {
    /// Reports a value that the parameter of `operator` does not take.
    pub(super) fn parameter_fits(&mut self, operator: &str, parameter: &OperatorParameter) {
        let (name, value) = (&*parameter.name.text, &parameter.value);
        if matches!(value.kind, ExprKind::Missing) {
            return;
        }
        if matches!(
            (operator, name),
            ("union", "isfuzzy") | ("consume", "decodeblocks")
        ) {
            let truth = match &value.kind {
                ExprKind::Literal(Literal::Bool(_)) => true,
                ExprKind::Name(word) => matches!(&*word.text, "True" | "TRUE" | "False" | "FALSE"),
                _ => false,
            };
            if !truth {
                self.error(
                    "kql-parameter",
                    value.span,
                    format!("`{name}` is `true` or `false`"),
                );
            }
            return;
        }
        let words = words(operator, name);
        let given = match &value.kind {
            ExprKind::Name(word) => &*word.text,
            _ => "",
        };
        if !(words.is_empty() || words.contains(&given)) {
            let list: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            self.error(
                "kql-syntax-parameter",
                value.span,
                format!("`{name}` of `{operator}` is {}", list.join(" or ")),
            );
        }
    }
}
