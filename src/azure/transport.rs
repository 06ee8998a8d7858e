//! The last step before the network: a fence, and the HTTP client behind it.
//!
//! A request whose host is not a configured endpoint is refused here, whoever made it: a link to a next page, a
//! redirect (never followed), a credential. Nothing below this module knows where it may not go.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::Error;
use azure_core::error::ErrorKind;
use azure_core::http::{AsyncRawResponse, HttpClient, Request};
use url::Url;

use crate::azure::endpoint::{Endpoint, is_loopback};

/// Time to open a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// Time without a byte of the answer. The service runs a rule's query before it answers a PUT, so this is long.
const READ_TIMEOUT: Duration = Duration::from_secs(100);

/// A request that was not sent, because of where it would have gone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "refused to send a request to `{host}`, which is not a configured endpoint ({})",
    allowed.join(", ")
)]
pub(crate) struct Refused {
    /// Scheme, host and port of the request.
    pub(crate) host: String,
    /// The endpoints that are configured.
    pub(crate) allowed: Vec<String>,
}

impl Refused {
    /// A request to `url`, when only `allowed` may be reached.
    pub(crate) fn new(url: &Url, allowed: &[Endpoint]) -> Self {
        Self {
            host: url.origin().ascii_serialization(),
            allowed: allowed.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Our HTTP client behind the fence.
#[derive(Debug)]
pub(crate) struct Transport {
    allowed: Vec<Endpoint>,
    /// Address of the platform's metadata service, for managed identities only.
    metadata: Option<Url>,
    web: Arc<Web>,
}

/// The HTTP clients of the process, each made when it is first needed: connections and trusted certificates are
/// shared by all that talk.
#[derive(Debug, Default)]
pub(crate) struct Web {
    /// For the loopback interface, past any proxy.
    direct: OnceLock<reqwest::Client>,
    /// For everything else, with the system's proxy.
    proxied: OnceLock<reqwest::Client>,
}

impl Transport {
    /// A transport that reaches these endpoints and nothing else.
    pub(crate) fn new(web: Arc<Web>, allowed: Vec<Endpoint>) -> Self {
        Self {
            allowed,
            metadata: None,
            web,
        }
    }

    /// Lets requests through to the platform's metadata service, which is spoken to in plain http at a link-local
    /// or loopback address given by the platform, and never leaves the machine's own host.
    pub(crate) fn with_metadata_service(mut self, url: Url) -> Self {
        self.metadata = Some(url);
        self
    }

    /// Where a request really goes, or why it goes nowhere.
    ///
    /// Requests to plain loopback endpoints arrive with the scheme `https`, see [`Endpoint::join`].
    fn target(&self, url: &Url) -> Result<Url, Refused> {
        for endpoint in &self.allowed {
            if endpoint.is_plain() {
                let secure = endpoint.secure();
                // A library that reads an address of its own writes it as it is.
                if endpoint.covers(url) {
                    return Ok(url.clone());
                }
                let same = url.scheme() == "https"
                    && url.host() == secure.host()
                    && url.port_or_known_default() == secure.port_or_known_default();
                if same {
                    let mut plain = url.clone();
                    let port = url.port_or_known_default();
                    plain
                        .set_scheme("http")
                        .expect("both schemes are of the same sort");
                    plain.set_port(port).expect("an https URL has a host");
                    return Ok(plain);
                }
            } else if endpoint.covers(url) {
                return Ok(url.clone());
            }
        }
        if let Some(metadata) = &self.metadata
            && metadata.scheme() == url.scheme()
            && metadata.host() == url.host()
            && metadata.port_or_known_default() == url.port_or_known_default()
        {
            return Ok(url.clone());
        }
        Err(Refused::new(url, &self.allowed))
    }

    /// The client to reach a target with.
    fn client(&self, target: &Url) -> azure_core::Result<&reqwest::Client> {
        let metadata = self.metadata.as_ref().map(Url::host) == Some(target.host());
        let (slot, proxy) = if is_loopback(target) || metadata {
            (&self.web.direct, false)
        } else {
            (&self.web.proxied, true)
        };
        if let Some(client) = slot.get() {
            return Ok(client);
        }
        install_tls();
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none());
        if !proxy {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| {
            Error::with_error(ErrorKind::Other, error, "the HTTP client cannot start")
        })?;
        Ok(slot.get_or_init(|| client))
    }
}

/// Makes ring the provider of TLS for this process; the first call counts.
fn install_tls() {
    // An error means that a provider is installed already, which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

#[async_trait]
impl HttpClient for Transport {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let target = self
            .target(request.url())
            .map_err(|refused| Error::new(ErrorKind::Other, refused))?;
        let client = self.client(&target)?;
        if target == *request.url() {
            return client.execute_request(request).await;
        }
        let mut request = request.clone();
        *request.url_mut() = target;
        client.execute_request(&request).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transport(endpoints: &[&str]) -> Transport {
        Transport::new(
            Arc::default(),
            endpoints
                .iter()
                .map(|text| Endpoint::parse(text).expect("an endpoint"))
                .collect(),
        )
    }

    fn target(transport: &Transport, url: &str) -> Result<String, Refused> {
        transport
            .target(&Url::parse(url).expect("a URL"))
            .map(Into::into)
    }

    #[test]
    fn only_configured_endpoints_are_reached() {
        let transport = transport(&["https://management.azure.com", "http://127.0.0.1:8080"]);
        assert_eq!(
            target(&transport, "https://management.azure.com/subscriptions"),
            Ok("https://management.azure.com/subscriptions".into())
        );
        assert_eq!(
            target(&transport, "https://127.0.0.1:8080/x?y=1"),
            Ok("http://127.0.0.1:8080/x?y=1".into())
        );
        for url in [
            "https://example.org/subscriptions",
            "http://management.azure.com/",
            "https://management.azure.com:444/",
            "https://127.0.0.1:8081/",
            "https://management.azure.com.example.org/",
            "http://169.254.169.254/metadata/identity/oauth2/token",
        ] {
            let refused = target(&transport, url).expect_err(url);
            assert_eq!(refused.allowed.len(), 2);
        }
    }

    #[test]
    fn tls_on_loopback_stays_tls() {
        let transport = transport(&["https://127.0.0.1:8443"]);
        assert_eq!(
            target(&transport, "https://127.0.0.1:8443/x"),
            Ok("https://127.0.0.1:8443/x".into())
        );
    }

    #[test]
    fn the_metadata_service_is_reached_only_where_it_was_asked_for() {
        let url = Url::parse("http://169.254.169.254/").expect("a URL");
        let transport =
            transport(&["https://login.microsoftonline.com"]).with_metadata_service(url);
        let token = "http://169.254.169.254/metadata/identity/oauth2/token";
        assert_eq!(target(&transport, token), Ok(token.to_owned()));
        assert!(target(&transport, "http://169.254.169.253/").is_err());
    }

    #[tokio::test]
    async fn a_refused_request_fails_before_any_connection() {
        let transport = transport(&["https://management.azure.com"]);
        let url = Url::parse("https://example.org/").expect("a URL");
        let request = Request::new(url, azure_core::http::Method::Get);
        let error = transport
            .execute_request(&request)
            .await
            .expect_err("refused");
        assert!(error.downcast_ref::<Refused>().is_some(), "{error:?}");
        assert!(transport.web.direct.get().is_none() && transport.web.proxied.get().is_none());
    }
}
