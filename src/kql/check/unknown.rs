//! Names that mean nothing: what is said of them, and what was probably meant.

use std::sync::Arc;

use super::Checker;
use crate::kql::ast::Ident;
use crate::kql::diagnostic::Diagnostic;
use crate::kql::span::TextSpan;
use crate::kql::suggest::nearest;
use crate::kql::table::Table;

impl<'a> Checker<'a> {
    /// Reports the function `name` that stands without arguments.
    pub(super) fn without_arguments(&mut self, name: &Ident) {
        self.error(
            "kql-arguments-missing",
            name.span,
            format!(
                "the function `{}` needs its arguments in parentheses",
                name.text
            ),
        );
    }

    /// Reports that `name` is no table.
    pub(super) fn unknown_table(&mut self, name: &Ident) {
        self.tables.insert(Arc::clone(&name.text));
        let finding = Diagnostic::error(
            "kql-unknown-table",
            name.span,
            format!(
                "`{}` is not a known table, function or `let` name",
                name.text
            ),
        );
        let near = if self.quiet == 0 {
            nearest(
                &name.text,
                self.env
                    .names()
                    .chain(self.schema.table_names())
                    .chain(self.schema.function_names()),
            )
        } else {
            None
        };
        let finding = match near {
            Some(near) => finding.with_help(format!("there is `{near}`")),
            None => finding,
        };
        self.report(finding);
    }

    /// Reports that `name` is no column.
    pub(super) fn unknown_column(&mut self, name: &str, span: TextSpan) {
        let finding = Diagnostic::error(
            "kql-unknown-column",
            span,
            format!("`{name}` is not a known column or `let` name"),
        );
        let mut finding = finding;
        finding.cascade = self.rows.as_ref().is_some_and(Table::is_hollow);
        let near = self.rows.as_ref().and_then(|rows| {
            nearest(
                name,
                rows.columns
                    .iter()
                    .map(|c| &*c.name)
                    .chain(self.env.names()),
            )
        });
        let finding = match near {
            Some(near) => finding.with_help(format!("there is `{near}`")),
            None => finding,
        };
        self.report(finding);
    }

    pub(super) fn unknown_name(&mut self, name: &'a Ident) {
        let finding = Diagnostic::error(
            "kql-unknown-name",
            name.span,
            format!(
                "`{}` is not a known table, function or `let` name",
                name.text
            ),
        );
        let near = if self.quiet == 0 {
            nearest(
                &name.text,
                self.env.names().chain(self.schema.table_names()),
            )
        } else {
            None
        };
        let finding = match near {
            Some(near) => finding.with_help(format!("there is `{near}`")),
            None => finding,
        };
        self.report(finding);
    }
}
