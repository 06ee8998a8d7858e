//! Where the service is: one set of endpoints per cloud, each checked once.

use std::fmt;

use url::{Host, Url};

/// A host that requests may go to: over TLS, or in plain text to the loopback interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    url: Url,
}

/// A text that is no endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParseEndpointError {
    /// Not an absolute URL.
    #[error("`{text}` is not a URL of the form `https://HOST`")]
    NotAUrl {
        /// What was written.
        text: String,
    },
    /// Plain http to another machine.
    #[error("`{text}` is plain http; only a loopback address may be spoken to without TLS")]
    PlainHttp {
        /// What was written.
        text: String,
    },
    /// User, password, query or fragment.
    ///
    /// The text is not repeated: a password may stand in it.
    #[error(
        "the endpoint at `{host}` carries a user, password, query or fragment; only `https://HOST[:PORT][/PATH]` is accepted"
    )]
    Decorated {
        /// The host alone.
        host: String,
    },
}

impl Endpoint {
    /// Reads an endpoint.
    pub(crate) fn parse(text: &str) -> Result<Self, ParseEndpointError> {
        let owned = || text.to_owned();
        let url =
            Url::parse(text).map_err(|_not_a_url| ParseEndpointError::NotAUrl { text: owned() })?;
        let Some(host) = url.host_str() else {
            return Err(ParseEndpointError::NotAUrl { text: owned() });
        };
        let decorated = !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some();
        if decorated {
            return Err(ParseEndpointError::Decorated {
                host: host.to_owned(),
            });
        }
        match url.scheme() {
            "https" => Ok(Self { url }),
            "http" if is_loopback(&url) => Ok(Self { url }),
            "http" => Err(ParseEndpointError::PlainHttp { text: owned() }),
            _ => Err(ParseEndpointError::NotAUrl { text: owned() }),
        }
    }

    /// The URL of a path below this endpoint; `path` starts with a slash.
    ///
    /// The scheme is always `https`, which is what the token policies insist on; the transport knows which loopback
    /// endpoints are spoken to in plain text.
    pub(crate) fn join(&self, path: &str) -> Url {
        let mut url = self.secure();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}{path}"));
        url
    }

    /// This endpoint with the scheme `https`, whatever it is spoken to with.
    pub(crate) fn secure(&self) -> Url {
        let mut url = self.url.clone();
        if url.scheme() == "http" {
            // Keep the port: 80 is the default of http alone.
            let port = url.port_or_known_default();
            url.set_scheme("https")
                .expect("both schemes are of the same sort");
            url.set_port(port).expect("an http URL has a host");
        }
        url
    }

    /// A URL of this endpoint in the form that [`Endpoint::join`] gives, whatever scheme it was written with.
    pub(crate) fn reached(&self, url: &Url) -> Url {
        let mut reached = self.secure();
        reached.set_path(url.path());
        reached.set_query(url.query());
        reached
    }

    /// Whether this endpoint is spoken to in plain text.
    pub(crate) fn is_plain(&self) -> bool {
        self.url.scheme() == "http"
    }

    /// Whether `url` leads to this endpoint: same scheme, host and port.
    pub(crate) fn covers(&self, url: &Url) -> bool {
        self.url.scheme() == url.scheme()
            && self.url.host() == url.host()
            && self.url.port_or_known_default() == url.port_or_known_default()
    }

    /// Host and, where it is not the usual one, port.
    pub(crate) fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// The endpoint without a slash at its end, as scopes and authorities are written.
    pub(crate) fn as_str(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a URL leads to this machine itself.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

/// The three endpoints of a cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoints {
    /// Azure Resource Manager.
    pub(crate) management: Endpoint,
    /// What tokens for `management` are asked for, without `/.default`.
    pub(crate) audience: String,
    /// Where tokens come from (Entra ID).
    pub(crate) authority: Endpoint,
    /// The Log Analytics query service.
    pub(crate) logs: Endpoint,
}

/// The clouds that Microsoft runs.
///
/// Source: `GET {management}/metadata/endpoints` of each, and the Azure Monitor documentation for the logs endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cloud {
    /// The public cloud.
    Public,
    /// US government.
    UsGov,
    /// China, operated by 21Vianet.
    China,
}

impl Endpoints {
    /// The endpoints of one of Microsoft's clouds.
    pub(crate) fn of(cloud: Cloud) -> Self {
        let (management, authority, logs) = match cloud {
            Cloud::Public => (
                "https://management.azure.com",
                "https://login.microsoftonline.com",
                "https://api.loganalytics.io",
            ),
            Cloud::UsGov => (
                "https://management.usgovcloudapi.net",
                "https://login.microsoftonline.us",
                "https://api.loganalytics.us",
            ),
            Cloud::China => (
                "https://management.chinacloudapi.cn",
                "https://login.chinacloudapi.cn",
                "https://api.loganalytics.azure.cn",
            ),
        };
        let endpoint = |text| Endpoint::parse(text).expect("the table holds https URLs");
        Self {
            management: endpoint(management),
            audience: management.to_owned(),
            authority: endpoint(authority),
            logs: endpoint(logs),
        }
    }

    /// The scope of tokens for Azure Resource Manager.
    pub(crate) fn management_scope(&self) -> String {
        format!("{}/.default", self.audience)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback_only() {
        for text in [
            "http://127.0.0.1:8080",
            "http://localhost:1",
            "http://[::1]:9/",
            "https://example.org",
        ] {
            assert!(Endpoint::parse(text).is_ok(), "{text}");
        }
        assert_eq!(
            Endpoint::parse("http://management.azure.com"),
            Err(ParseEndpointError::PlainHttp {
                text: "http://management.azure.com".into()
            })
        );
        // A name that only begins like loopback is another machine.
        assert!(Endpoint::parse("http://127.0.0.1.example.org").is_err());
        assert!(Endpoint::parse("ftp://127.0.0.1").is_err());
        assert!(Endpoint::parse("management.azure.com").is_err());
    }

    #[test]
    fn a_password_in_an_endpoint_is_refused_without_being_repeated() {
        let error = Endpoint::parse("https://user:hunter2@example.org").expect_err("refused");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

    #[test]
    fn paths_are_joined_below_a_base_path_and_the_port_is_kept() {
        let proxy = Endpoint::parse("https://proxy.example.org/arm/").expect("an endpoint");
        assert_eq!(
            proxy.join("/subscriptions").as_str(),
            "https://proxy.example.org/arm/subscriptions"
        );
        let plain = Endpoint::parse("http://127.0.0.1").expect("an endpoint");
        assert_eq!(plain.join("/x").as_str(), "https://127.0.0.1:80/x");
    }

    #[test]
    fn an_endpoint_covers_its_own_origin_only() {
        let endpoint = Endpoint::parse("https://management.azure.com").expect("an endpoint");
        let covers = |text: &str| endpoint.covers(&Url::parse(text).expect("a URL"));
        assert!(covers("https://management.azure.com:443/subscriptions"));
        assert!(!covers("http://management.azure.com/subscriptions"));
        assert!(!covers("https://management.azure.com:8443/"));
        assert!(!covers("https://management.azure.com.example.org/"));
        assert!(!covers("https://management.azure.com@example.org/"));
    }
}
