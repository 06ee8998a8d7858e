//! One open file, with what reading and checking found in it.

use std::path::Path;

use lsp_types::CodeAction;
use lsp_types::CodeActionKind;
use lsp_types::DiagnosticRelatedInformation;
use lsp_types::DiagnosticSeverity;
use lsp_types::Location;
use lsp_types::NumberOrString;
use lsp_types::Range;
use lsp_types::TextEdit;
use lsp_types::Uri;
use lsp_types::WorkspaceEdit;

use super::neighbours::Neighbours;
use super::text;
use crate::cli::check::Checked;
use crate::cli::check::Standard;
use crate::cli::check::checked;
use crate::diag::Diagnostic;
use crate::diag::Level;
use crate::project;
use crate::rule::Rule;
use crate::rule::embedded::Embedded;
use crate::rule::format::Formatted;
use crate::rule::format::format;

/// An open file.
#[derive(Debug)]
pub(crate) struct Document {
    /// Its text.
    pub(crate) text: String,
    /// The editor's number of this text.
    pub(crate) version: i32,
    /// Its rules and what was found in them.
    pub(crate) checked: Checked,
}

/// A place inside the query of a rule.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InQuery<'a> {
    /// The rule.
    pub(crate) rule: &'a Rule,
    /// The byte of the query.
    pub(crate) offset: usize,
}

impl Document {
    /// Reads and checks a text.
    pub(crate) fn new(
        path: &Path,
        text: String,
        version: i32,
        standard: &Standard,
        neighbours: &Neighbours,
    ) -> Self {
        let mut loaded = project::load::load_text(path, text.clone());
        loaded
            .diagnostics
            .extend(neighbours.findings(path, &loaded));
        Self {
            checked: checked(loaded, standard),
            text,
            version,
        }
    }

    /// The findings as the protocol has them.
    pub(crate) fn diagnostics(&self, uri: &Uri) -> Vec<lsp_types::Diagnostic> {
        let shown = |finding: &Diagnostic| self.diagnostic(uri, finding);
        self.checked.findings.iter().map(shown).collect()
    }

    fn diagnostic(&self, uri: &Uri, finding: &Diagnostic) -> lsp_types::Diagnostic {
        let related = finding
            .secondary
            .iter()
            .map(|label| DiagnosticRelatedInformation {
                location: Location {
                    uri: uri.clone(),
                    range: text::range(&self.text, label.span.range()),
                },
                message: label.text.clone(),
            });
        let help = finding.help.iter().map(|line| format!("\nhelp: {line}"));
        lsp_types::Diagnostic {
            range: text::range(&self.text, finding.primary.span.range()),
            severity: Some(match finding.level {
                Level::Error => DiagnosticSeverity::ERROR,
                Level::Warning => DiagnosticSeverity::WARNING,
                Level::Note | Level::Allow => DiagnosticSeverity::INFORMATION,
            }),
            code: Some(NumberOrString::String(finding.code.id.to_owned())),
            source: Some("rulepost".to_owned()),
            message: finding.message.clone() + &help.collect::<String>(),
            related_information: Some(related.collect()),
            ..lsp_types::Diagnostic::default()
        }
    }

    /// The findings that touch a range of bytes.
    pub(crate) fn findings(
        &self,
        bytes: std::ops::Range<usize>,
    ) -> impl Iterator<Item = &Diagnostic> {
        self.checked.findings.iter().filter(move |finding| {
            let span = finding.primary.span.range();
            span.start <= bytes.end && bytes.start <= span.end
        })
    }

    /// The repairs of the findings that touch a range.
    #[allow(
        clippy::mutable_key_type,
        reason = "the protocol's map of changes has addresses for keys"
    )]
    pub(crate) fn actions(&self, uri: &Uri, range: Range) -> Vec<CodeAction> {
        let bytes = text::offset(&self.text, range.start)..text::offset(&self.text, range.end);
        let repairs = self.findings(bytes).filter_map(|finding| {
            let fix = finding.fix.as_ref().filter(|fix| !fix.edits.is_empty())?;
            let edits = fix.edits.iter().map(|edit| TextEdit {
                range: text::range(&self.text, edit.span.range()),
                new_text: edit.replacement.clone(),
            });
            Some(CodeAction {
                title: format!("{} ({})", fix.title, finding.code.id),
                kind: Some(CodeActionKind::QUICKFIX),
                diagnostics: Some(vec![self.diagnostic(uri, finding)]),
                edit: Some(WorkspaceEdit {
                    changes: Some([(uri.clone(), edits.collect())].into()),
                    ..WorkspaceEdit::default()
                }),
                is_preferred: Some(true),
                ..CodeAction::default()
            })
        });
        repairs.collect()
    }

    /// The canonical layout as one edit; none where it is there already, or the file is none to lay out.
    pub(crate) fn formatted(&self) -> Vec<TextEdit> {
        match format(&self.text) {
            Formatted::Text(new_text) if new_text != self.text => vec![TextEdit {
                range: text::range(&self.text, 0..self.text.len()),
                new_text,
            }],
            Formatted::Text(_) | Formatted::Left(_) => Vec::new(),
        }
    }

    /// The rule whose query a byte of the text is in.
    pub(crate) fn in_query(&self, byte: usize) -> Option<InQuery<'_>> {
        let loaded = &self.checked.loaded;
        let rules = loaded.rules.iter().chain(&loaded.incomplete);
        rules.into_iter().find_map(|rule| {
            let span = rule.query.span.range();
            if byte < span.start || byte > span.end || rule.query.value.is_empty() {
                return None;
            }
            let offset = Embedded::new(&rule.query, &loaded.sources).offset(byte);
            Some(InQuery { rule, offset })
        })
    }
}
