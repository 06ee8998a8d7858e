//! What keeps a query from giving a result.

/// Why there is no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    /// The query is wrong: the service would refuse it too.
    #[error("{0}")]
    Invalid(String),
    /// The query may be right, but the engine does not know this part of the language.
    #[error("not supported by the test engine: {0}")]
    Unsupported(String),
    /// A table's data cannot be read.
    #[error("{0}")]
    Data(String),
    /// The query asks for more than the engine gives.
    #[error("{0}")]
    Limit(String),
}

impl Error {
    /// A wrong query.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid(message.into())
    }

    /// A part of the language that is not there.
    pub(crate) fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported(what.into())
    }

    /// `unsupported`, `invalid`, `data` or `limit`.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid",
            Self::Unsupported(_) => "unsupported",
            Self::Data(_) => "data",
            Self::Limit(_) => "limit",
        }
    }
}

/// A result of the engine.
pub(crate) type Result<T> = std::result::Result<T, Error>;
