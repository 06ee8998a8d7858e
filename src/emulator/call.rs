//! One request, read.

use std::collections::BTreeMap;

use bytes::Bytes;
use hyper::header::HeaderMap;
use hyper::{Method, Uri};

/// A request as handlers get it.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// Path as it came.
    pub(crate) path: String,
    /// Path segments, percent-decoded, empty ones left out.
    pub(crate) segments: Vec<String>,
    /// Query as it came.
    pub(crate) raw_query: String,
    /// Query parameters; names in lower case, values decoded.
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// `http` or `https`.
    pub(crate) scheme: &'static str,
    /// A fault: what this call reads misses the last write.
    pub(crate) stale: bool,
    /// A preview: what would be written is answered and not kept.
    pub(crate) dry: bool,
}

impl Call {
    /// Reads a request whose body has arrived.
    pub(crate) fn new(
        method: Method,
        uri: &Uri,
        headers: HeaderMap,
        body: Bytes,
        scheme: &'static str,
    ) -> Self {
        let raw_query = uri.query().unwrap_or_default().to_owned();
        let query = url::form_urlencoded::parse(raw_query.as_bytes())
            .map(|(name, value)| (name.to_lowercase(), value.into_owned()))
            .collect();
        let segments = uri
            .path()
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(decode)
            .collect();
        Self {
            method,
            path: uri.path().to_owned(),
            segments,
            raw_query,
            query,
            headers,
            body,
            scheme,
            stale: false,
            dry: false,
        }
    }

    /// A header as text; empty when absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The version asked for, if one was.
    pub(crate) fn api_version(&self) -> Option<&str> {
        self.query.get("api-version").map(String::as_str)
    }

    /// Scheme and host this request was sent to, for links.
    pub(crate) fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.header("host"))
    }

    /// The path's segments as borrowed text, for matching.
    pub(crate) fn parts(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }
}

/// Percent-decodes one path segment; `+` stays, as it is no space in a path.
fn decode(segment: &str) -> String {
    let plus = segment.replace('+', "%2B");
    url::form_urlencoded::parse(format!("x={plus}").as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_decoded_and_query_names_lower_cased() {
        let uri = "/a%20b/c+d//e?Api-Version=1&x=%2F"
            .parse()
            .expect("a request target");
        let call = Call::new(Method::GET, &uri, HeaderMap::new(), Bytes::new(), "http");
        assert_eq!(call.parts(), ["a b", "c+d", "e"]);
        assert_eq!(call.api_version(), Some("1"));
        assert_eq!(call.query.get("x").map(String::as_str), Some("/"));
    }
}
