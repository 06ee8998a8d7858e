//! Why no token was given.

use std::error::Error as StdError;
use std::fmt;

use azure_core::error::ErrorKind;
use serde::Deserialize;

use crate::azure::auth::{AuthError, plain_text};
use crate::azure::error::{excerpt, network};

/// Why signing in failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SignInFault {
    /// Entra ID refused.
    Entra {
        /// HTTP status.
        status: u16,
        /// Number of Entra's error, `AADSTS` without its letters; 0 when there is none.
        code: u32,
        /// Entra's text, up to where its trace ids begin.
        message: String,
    },
    /// The authority answered with something that is no token answer.
    NotEntra {
        /// HTTP status, when it is known.
        status: Option<u16>,
        /// First words of what came.
        excerpt: String,
    },
    /// The authority was not reached.
    Unreachable {
        /// What sort of failure it was.
        fault: network::Fault,
        /// The network's own words.
        detail: String,
    },
    /// Another reason, in the words of the credential.
    Other(String),
}

impl fmt::Display for SignInFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entra {
                status, message, ..
            } => write!(f, "Entra ID answered {status}: {message}"),
            Self::NotEntra { status, excerpt } => {
                f.write_str("the authority gave no token answer")?;
                if let Some(status) = status {
                    write!(f, ", status {status}")?;
                }
                if excerpt.is_empty() {
                    Ok(())
                } else {
                    write!(f, ": `{excerpt}`")
                }
            }
            Self::Unreachable { fault, detail } => {
                write!(f, "{fault} the authority: {detail}")
            }
            Self::Other(message) => f.write_str(message),
        }
    }
}

impl StdError for SignInFault {}

/// What an error of a credential comes down to.
pub(super) enum Cause {
    /// One of ours.
    Auth(AuthError),
    /// Anything else.
    Fault(SignInFault),
}

/// Entra's refusal.
#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    error: String,
    error_description: String,
}

/// Reads the error of a credential.
pub(super) fn read(error: &azure_core::Error) -> Cause {
    if let Some(auth) = network::find::<AuthError>(error) {
        return Cause::Auth(auth.clone());
    }
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(cause) = next {
        if let Some(core) = cause.downcast_ref::<azure_core::Error>() {
            if let ErrorKind::HttpResponse {
                status,
                raw_response: Some(response),
                ..
            } = core.kind()
            {
                return Cause::Fault(refusal(u16::from(*status), response.body()));
            }
            if matches!(core.kind(), ErrorKind::Connection | ErrorKind::Io) {
                return Cause::Fault(SignInFault::Unreachable {
                    fault: network::fault(core),
                    detail: network::innermost(core),
                });
            }
            if matches!(core.kind(), ErrorKind::DataConversion) {
                return Cause::Fault(SignInFault::NotEntra {
                    status: None,
                    // The library's text says where the JSON ends, not what it holds.
                    excerpt: String::new(),
                });
            }
        }
        next = cause.source();
    }
    Cause::Fault(SignInFault::Other(plain_text(&error.to_string())))
}

fn refusal(status: u16, body: &[u8]) -> SignInFault {
    match serde_json::from_slice::<Refusal>(body) {
        Ok(refusal) => SignInFault::Entra {
            status,
            code: code(&refusal.error_description),
            message: message(&refusal),
        },
        Err(_) => SignInFault::NotEntra {
            status: Some(status),
            excerpt: excerpt(body),
        },
    }
}

/// Number after `AADSTS`.
fn code(description: &str) -> u32 {
    let Some((_, rest)) = description.split_once("AADSTS") else {
        return 0;
    };
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_default()
}

fn message(refusal: &Refusal) -> String {
    let text = refusal
        .error_description
        .split("Trace ID:")
        .next()
        .unwrap_or_default();
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        refusal.error.clone()
    } else {
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entra_s_number_and_first_sentence_are_kept() {
        let body = br#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 1\r\nCorrelation ID: 2","error_codes":[7000215]}"#;
        assert_eq!(
            refusal(401, body),
            SignInFault::Entra {
                status: 401,
                code: 7_000_215,
                message: "AADSTS7000215: Invalid client secret provided.".into(),
            }
        );
    }

    #[test]
    fn what_entra_would_not_say_is_quoted_in_short() {
        let SignInFault::NotEntra { status, excerpt } =
            refusal(502, b"<html>\n<h1>Bad gateway</h1>")
        else {
            panic!("no JSON");
        };
        assert_eq!(status, Some(502));
        assert_eq!(excerpt, "<html> <h1>Bad gateway</h1>");
    }
}
