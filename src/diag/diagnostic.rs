//! One finding as data.

use super::code::Code;
use super::span::Span;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Level {
    /// Not shown, not counted.
    Allow,
    /// Worth knowing.
    Note,
    /// Would be sent back in a review, or silently does not do what it seems to.
    Warning,
    /// The service would refuse it, or the file cannot be understood.
    Error,
}

impl Level {
    /// The word that reports use.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A place with what is said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Label {
    /// Where.
    pub(crate) span: Span,
    /// What is said there; may be empty when the message says all.
    pub(crate) text: String,
}

/// Replaces one range of a source by a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edit {
    /// The range replaced; empty for an insertion.
    pub(crate) span: Span,
    /// What stands there afterwards.
    pub(crate) replacement: String,
}

/// A mechanical repair that keeps the meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fix {
    /// What the repair does, as an imperative: "write `High`".
    pub(crate) title: String,
    /// All of it or nothing.
    pub(crate) edits: Vec<Edit>,
}

/// A finding about the user's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Diagnostic {
    /// The kind of finding.
    pub(crate) code: &'static Code,
    /// The level it ends with; starts as the code's own.
    pub(crate) level: Level,
    /// One sentence, lower case, no full stop, names in backticks.
    pub(crate) message: String,
    /// The place the finding is about.
    pub(crate) primary: Label,
    /// Other places that explain it.
    pub(crate) secondary: Vec<Label>,
    /// What would be accepted, what to do next; one line each.
    pub(crate) help: Vec<String>,
    /// A mechanical repair, if there is one.
    pub(crate) fix: Option<Fix>,
}

impl Diagnostic {
    /// A finding of kind `code` at `span`.
    pub(crate) fn new(code: &'static Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            level: code.level,
            message: message.into(),
            primary: Label {
                span,
                text: String::new(),
            },
            secondary: Vec::new(),
            help: Vec::new(),
            fix: None,
        }
    }

    /// Says something at the primary place.
    #[must_use]
    pub(crate) fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Points at a second place.
    #[must_use]
    pub(crate) fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Adds a line of help.
    #[must_use]
    pub(crate) fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Attaches a repair.
    #[must_use]
    pub(crate) fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }
}
