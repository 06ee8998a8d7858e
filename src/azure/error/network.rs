//! What sort of network failure an error chain holds.

use std::error::Error as StdError;
use std::fmt;
use std::io;

/// Why no answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The name could not be resolved.
    Dns,
    /// The certificate or the handshake failed.
    Tls,
    /// Nobody listens there, or the way is blocked.
    Connect,
    /// The proxy refused.
    Proxy,
    /// It took too long.
    Timeout,
    /// The connection broke before the answer was complete.
    Cut,
}

impl fmt::Display for Fault {
    /// A phrase that the host's name follows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dns => "the name cannot be resolved:",
            Self::Tls => "no secure connection to",
            Self::Connect => "no connection to",
            Self::Proxy => "the proxy gave no way to",
            Self::Timeout => "no answer in time from",
            Self::Cut => "the connection broke before the answer was complete, from",
        })
    }
}

/// Sorts an error by its causes.
pub(super) fn fault(error: &(dyn StdError + 'static)) -> Fault {
    let chain = causes(error);
    let says = |text: &str| chain.iter().any(|cause| cause.to_string().contains(text));
    let http = || {
        chain
            .iter()
            .find_map(|cause| cause.downcast_ref::<reqwest::Error>())
    };
    if chain.iter().any(|cause| cause.is::<rustls::Error>()) {
        Fault::Tls
    } else if says("dns error") {
        Fault::Dns
    } else if says("unsuccessful tunnel") || says("proxy") {
        Fault::Proxy
    } else if http().is_some_and(reqwest::Error::is_timeout) {
        Fault::Timeout
    } else if http().is_some_and(reqwest::Error::is_connect) {
        Fault::Connect
    } else {
        Fault::Cut
    }
}

/// The deepest cause, which is the one that says what happened.
pub(super) fn innermost(error: &(dyn StdError + 'static)) -> String {
    causes(error)
        .last()
        .map_or_else(|| error.to_string(), ToString::to_string)
}

/// Looks for a cause of one type.
pub(super) fn find<'a, T: StdError + 'static>(
    error: &'a (dyn StdError + 'static),
) -> Option<&'a T> {
    causes(error)
        .into_iter()
        .find_map(|cause| cause.downcast_ref())
}

/// An error and all its causes, also those that an `io::Error` wraps and does not show as its source.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> Vec<&'a (dyn StdError + 'static)> {
    let mut chain = Vec::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        chain.push(cause);
        next = match cause
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(inner) => Some(inner),
            None => cause.source(),
        };
        // No real chain is this long; one that leads in a circle ends here.
        if chain.len() > 32 {
            break;
        }
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tls_failure_is_found_inside_an_io_error() {
        let tls = rustls::Error::General("bad certificate".into());
        let wrapped = io::Error::other(io::Error::other(tls));
        assert_eq!(fault(&wrapped), Fault::Tls);
        assert_eq!(innermost(&wrapped), "unexpected error: bad certificate");
    }

    #[test]
    fn anything_else_is_a_broken_connection() {
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        assert_eq!(fault(&reset), Fault::Cut);
    }
}
