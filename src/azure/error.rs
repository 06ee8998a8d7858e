//! What can go wrong between us and the service, said so that a person knows what to do next.
//!
//! `Display` says one level, `source` the next; [`Error::help`] names the next step. The service's own words are
//! decoded and kept. No variant holds a token, a secret or a request body.

mod hint;
mod network;
mod operation;
mod sign_in;

use std::fmt;
use std::time::Duration;

use azure_core::error::ErrorKind;

use crate::api::error::ErrorBody;
use crate::api::path::WorkspaceId;
use crate::azure::auth::AuthError;
use crate::azure::endpoint::ParseEndpointError;
use crate::azure::retry::Effort;
use crate::azure::transport::Refused;

pub(crate) use network::Fault;
pub(crate) use operation::Operation;
pub(crate) use sign_in::SignInFault;

/// How much was tried; its text begins with a space, and is empty when there was one try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tried {
    /// How often the request was sent.
    pub(crate) times: u32,
    /// From the first try to the end of the last.
    pub(crate) elapsed: Duration,
}

impl Tried {
    /// What one call cost.
    pub(crate) fn of(effort: &Effort) -> Self {
        Self {
            times: effort.tries(),
            elapsed: effort.elapsed(),
        }
    }
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.times < 2 {
            return Ok(());
        }
        let seconds = self.elapsed.as_secs_f64();
        write!(f, " (tried {} times in {seconds:.1} s)", self.times)
    }
}

/// An answer that is a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// HTTP status.
    pub(crate) status: u16,
    /// The service's code and text, where the answer held them.
    pub(crate) body: Option<ErrorBody>,
    /// First words of an answer that is no error envelope, on one line.
    pub(crate) excerpt: String,
    /// The service's id of the request, for its support.
    pub(crate) request_id: Option<String>,
    /// How often the request was sent, and over how long.
    pub(crate) effort: Tried,
    /// A wait the service asked for that was too long to be granted, in seconds.
    pub(crate) refused_wait: Option<u64>,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the service answered {}", self.status)?;
        match &self.body {
            Some(body) if body.code.is_empty() => write!(f, ": {}", body.message)?,
            Some(body) => write!(f, " `{}`: {}", body.code, body.message)?,
            None if self.excerpt.is_empty() => f.write_str(" without a text")?,
            None => write!(f, " with no error it defines: `{}`", self.excerpt)?,
        }
        write!(f, "{}", self.effort)?;
        if let Some(id) = &self.request_id {
            write!(f, " [request {id}]")?;
        }
        Ok(())
    }
}

impl std::error::Error for Answer {}

/// A cause known only as text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Detail(pub(crate) String);

/// Everything that can go wrong with a call.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The service refused.
    #[error("cannot {operation}")]
    Service {
        /// What was being done.
        operation: Operation,
        /// What came back.
        #[source]
        answer: Box<Answer>,
    },
    /// No answer came.
    #[error("cannot {operation}: {fault} `{host}`{effort}")]
    Unreachable {
        /// What was being done.
        operation: Operation,
        /// What sort of failure it was.
        fault: Fault,
        /// The host that was to be reached.
        host: String,
        /// How often the request was sent, and over how long.
        effort: Tried,
        /// The network's own words.
        #[source]
        detail: Detail,
    },
    /// An answer of success that cannot be read.
    #[error("cannot {operation}: {problem}")]
    Unreadable {
        /// What was being done.
        operation: Operation,
        /// What is wrong with the answer.
        problem: String,
        /// First words of the answer.
        #[source]
        excerpt: Detail,
        /// The service's id of the request.
        request_id: Option<String>,
    },
    /// No token.
    #[error("cannot sign in with `{method}` at `{authority}`")]
    SignIn {
        /// The method used.
        method: String,
        /// Host of the authority.
        authority: String,
        /// Why.
        #[source]
        fault: SignInFault,
    },
    /// No credential to sign in with.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// An endpoint that may not be used.
    #[error("the {which} endpoint cannot be used")]
    Endpoint {
        /// `management`, `authority` or `logs`.
        which: &'static str,
        /// Why.
        #[source]
        source: ParseEndpointError,
    },
    /// The request would have left the configured endpoints.
    #[error("cannot {operation}")]
    Refused {
        /// What was being done.
        operation: Operation,
        /// Where it would have gone.
        #[source]
        refused: Refused,
    },
    /// A list whose pages lead in a circle.
    #[error("cannot {operation}: the link to page {page} was already followed")]
    PageLoop {
        /// What was being done.
        operation: Operation,
        /// Number of the page, from 1.
        page: usize,
    },
    /// No workspace of that name.
    #[error("no workspace named `{name}` in {scope}")]
    WorkspaceNotFound {
        /// The name.
        name: String,
        /// Where it was looked for.
        scope: String,
        /// Names like it, or all there are when they are few.
        near: Vec<String>,
    },
    /// Several workspaces of that name.
    #[error("{} workspaces are named `{name}`", found.len())]
    WorkspaceAmbiguous {
        /// The name.
        name: String,
        /// All of them.
        found: Vec<WorkspaceId>,
    },
    /// A workspace without Sentinel.
    #[error("workspace `{}` is not onboarded to Microsoft Sentinel", workspace.name)]
    NotOnboarded {
        /// The workspace.
        workspace: WorkspaceId,
    },
    /// The resource was changed by someone else while the outcome of our write was in doubt.
    #[error("cannot {operation}: it was changed by someone else meanwhile")]
    Overtaken {
        /// What was being done.
        operation: Operation,
    },
}

/// What sort of failure it is, for those who decide what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Changed by someone else: the etag no longer fits.
    Conflict,
    /// The id was used by a rule deleted a short while ago.
    RecentlyDeleted,
    /// The query names a table that the workspace does not have.
    MissingTable,
    /// The service refused what was sent.
    Invalid,
    /// Sentinel is not enabled.
    NotOnboarded,
    /// A role is missing.
    Forbidden,
    /// No token, or one that is not accepted.
    SignIn,
    /// There is no such resource.
    NotFound,
    /// Too many requests.
    Throttled,
    /// The service failed.
    Unavailable,
    /// The network failed.
    Network,
    /// The configuration, or an answer that makes no sense.
    Other,
}

impl Error {
    /// The refusal, when the service gave one.
    pub(crate) fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Service { answer, .. } => Some(answer),
            _ => None,
        }
    }

    /// The service's id of the request, where one is known.
    pub(crate) fn request_id(&self) -> Option<&str> {
        match self {
            Self::Service { answer, .. } => answer.request_id.as_deref(),
            Self::Unreadable { request_id, .. } => request_id.as_deref(),
            _ => None,
        }
    }

    /// What sort of failure it is.
    pub(crate) fn class(&self) -> Class {
        match self {
            Self::Service { answer, .. } => class_of(answer),
            Self::Unreachable { .. } => Class::Network,
            Self::SignIn { .. } | Self::Auth(_) => Class::SignIn,
            Self::WorkspaceNotFound { .. } => Class::NotFound,
            Self::NotOnboarded { .. } => Class::NotOnboarded,
            Self::Overtaken { .. } => Class::Conflict,
            Self::Unreadable { .. }
            | Self::Endpoint { .. }
            | Self::Refused { .. }
            | Self::PageLoop { .. }
            | Self::WorkspaceAmbiguous { .. } => Class::Other,
        }
    }

    /// What to do next; one line each.
    pub(crate) fn help(&self) -> Vec<String> {
        hint::help(self)
    }

    /// Makes an error of what the pipeline gave instead of an answer.
    pub(super) fn from_pipeline(
        operation: &Operation,
        error: &azure_core::Error,
        host: &str,
        signing_in: (&str, &str),
        effort: &Effort,
    ) -> Self {
        if let Some(refused) = network::find::<Refused>(error) {
            return Self::Refused {
                operation: operation.clone(),
                refused: refused.clone(),
            };
        }
        if matches!(error.kind(), ErrorKind::Credential) {
            let (method, authority) = signing_in;
            return match sign_in::read(error) {
                sign_in::Cause::Auth(error) => Self::Auth(error),
                sign_in::Cause::Fault(fault) => Self::SignIn {
                    method: method.to_owned(),
                    authority: authority.to_owned(),
                    fault,
                },
            };
        }
        Self::Unreachable {
            operation: operation.clone(),
            fault: network::fault(error),
            host: host.to_owned(),
            effort: Tried::of(effort),
            detail: Detail(network::innermost(error)),
        }
    }
}

/// Sorts a refusal by status, code and the texts that real answers carry.
fn class_of(answer: &Answer) -> Class {
    let (code, message) = answer
        .body
        .as_ref()
        .map_or(("", ""), |body| (body.code.as_str(), body.message.as_str()));
    let says = |text: &str| message.contains(text) || answer.excerpt.contains(text);
    if says("was recently deleted") {
        return Class::RecentlyDeleted;
    }
    if says("is not onboarded to Microsoft Sentinel")
        || says("is not registered to 'Microsoft.SecurityInsights'")
    {
        return Class::NotOnboarded;
    }
    match answer.status {
        400 if says("One of the tables does not exist") => Class::MissingTable,
        401 if says("Make sure you have the necessary permissions") => Class::Forbidden,
        401 => Class::SignIn,
        403 => Class::Forbidden,
        404 => Class::NotFound,
        409 | 412 => Class::Conflict,
        429 => Class::Throttled,
        408 | 500..=599 => Class::Unavailable,
        400..=499 if code == "AuthorizationFailed" => Class::Forbidden,
        400..=499 => Class::Invalid,
        _ => Class::Other,
    }
}

/// The first words of a body, on one line, for an error message.
pub(super) fn excerpt(body: &[u8]) -> String {
    const LONGEST: usize = 120;
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * LONGEST)]);
    let mut line = String::new();
    for word in text.split_whitespace() {
        if line.chars().count() + word.chars().count() > LONGEST {
            line.push('…');
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().filter(|c| !c.is_control() && *c != '`'));
    }
    line
}

#[cfg(test)]
mod tests;
