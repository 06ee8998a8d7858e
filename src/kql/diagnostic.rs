//! Findings about a query's text, in the front-end's own small form.
//!
//! The caller turns them into [`crate::diag::Diagnostic`]s once it knows where in which file the query stands.

use super::span::TextSpan;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Severity {
    /// The query may run, but probably does not do what was meant.
    Warning,
    /// The service refuses the query.
    Error,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Diagnostic {
    /// Stable name of the finding, `kql-…`.
    pub(crate) code: &'static str,
    /// How bad it is.
    pub(crate) severity: Severity,
    /// Where it is.
    pub(crate) span: TextSpan,
    /// What is wrong.
    pub(crate) message: String,
    /// What would help.
    pub(crate) help: Option<String>,
    /// Whether it follows from a syntax error, and so is for programs only, which compare with other parsers.
    pub(crate) cascade: bool,
}

impl Diagnostic {
    /// An error at `span`.
    pub(crate) fn error(code: &'static str, span: TextSpan, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            span,
            message: message.into(),
            help: None,
            cascade: false,
        }
    }

    /// A warning at `span`.
    pub(crate) fn warning(code: &'static str, span: TextSpan, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, span, message)
        }
    }

    /// The same finding with a hint.
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Whether the text itself is malformed, whatever the schema.
    pub(crate) fn is_syntax(&self) -> bool {
        self.code.starts_with("kql-syntax")
    }
}
