//! The admin routes of an emulator, as a command uses them: one that runs elsewhere on the machine, or one of its own.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use url::Url;

/// Why an emulator cannot be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RemoteError {
    /// The address is none an emulator can be asked at.
    #[error("`{endpoint}` is not the address of an emulator that this command can ask")]
    Address {
        /// The address.
        endpoint: String,
    },
    /// Nobody listens there.
    #[error("no emulator listens at `{endpoint}`")]
    Connect {
        /// The address.
        endpoint: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The connection broke.
    #[error("the connection to the emulator broke")]
    Broken(#[source] hyper::Error),
    /// It says no.
    #[error("the emulator refuses: {message}")]
    Refused {
        /// Its words.
        message: String,
    },
    /// What it answers is not what an emulator answers.
    #[error("what listens at `{endpoint}` is no emulator: it answers {status} without JSON")]
    Stranger {
        /// The address.
        endpoint: String,
        /// The status.
        status: u16,
    },
}

/// Where an emulator listens.
#[derive(Debug, Clone)]
pub(crate) struct Remote {
    endpoint: String,
    authority: String,
}

impl Remote {
    /// An emulator that speaks http at the loopback interface; its admin routes are open to nobody else.
    pub(crate) fn at(endpoint: &str) -> Result<Self, RemoteError> {
        let wrong = || RemoteError::Address {
            endpoint: endpoint.to_owned(),
        };
        let url: Url = endpoint.parse().map_err(|_no_url| wrong())?;
        let host = url.host_str().ok_or_else(wrong)?;
        let loopback = match url.host() {
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
            None => false,
        };
        if url.scheme() != "http" || !loopback {
            return Err(wrong());
        }
        Ok(Self {
            endpoint: endpoint.to_owned(),
            authority: format!("{host}:{}", url.port_or_known_default().unwrap_or(80)),
        })
    }

    /// Asks an admin route; `path` is below `/__admin`.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, RemoteError> {
        let connect = |source| RemoteError::Connect {
            endpoint: self.endpoint.clone(),
            source,
        };
        let stream = TcpStream::connect(&self.authority).await.map_err(connect)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(RemoteError::Broken)?;
        // What breaks the connection is told by the request that waits for it.
        let task = tokio::spawn(connection);
        let bytes = body.map_or_else(Bytes::new, |body| body.to_string().into());
        let request = Request::builder()
            .method(method)
            .uri(format!("/__admin{path}"))
            .header("host", &self.authority)
            .header("content-type", "application/json")
            .body(Full::new(bytes))
            .map_err(|_no_uri| RemoteError::Address {
                endpoint: format!("{}{path}", self.endpoint),
            })?;
        let response = sender
            .send_request(request)
            .await
            .map_err(RemoteError::Broken)?;
        let status = response.status();
        let body = response.into_body().collect().await;
        let body = body.map_err(RemoteError::Broken)?.to_bytes();
        task.abort();
        if body.is_empty() && status.is_success() {
            return Ok(Value::Null);
        }
        let answer: Value =
            serde_json::from_slice(&body).map_err(|_no_json| RemoteError::Stranger {
                endpoint: self.endpoint.clone(),
                status: status.as_u16(),
            })?;
        if status.is_success() {
            return Ok(answer);
        }
        let message = answer["error"]["message"].as_str();
        Err(RemoteError::Refused {
            message: message.unwrap_or(status.as_str()).to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_http_to_this_machine_is_asked() {
        for endpoint in [
            "http://127.0.0.1:80",
            "http://[::1]:9/",
            "http://localhost:1",
        ] {
            assert!(Remote::at(endpoint).is_ok(), "{endpoint}");
        }
        for endpoint in [
            "https://127.0.0.1:1",
            "https://management.azure.com",
            "http://10.0.0.1",
            "x",
        ] {
            assert!(Remote::at(endpoint).is_err(), "{endpoint}");
        }
    }
}
