//! One request, one answer; pages of a list.

use std::collections::HashSet;
use std::sync::Arc;

use azure_core::Bytes;
use azure_core::http::headers::HeaderName;
use azure_core::http::{Context, Method, PipelineSendOptions, Request};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::api;
use crate::api::page::Page;
use crate::azure::client::Client;
use crate::azure::error::{Answer, Detail, Error, Operation, Tried, excerpt};
use crate::azure::retry::{Effort, asked_wait, http_date};
use crate::azure::transport::Refused;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-request-id");
const CONTENT_TYPE: HeaderName = HeaderName::from_static("content-type");
const LOCATION: HeaderName = HeaderName::from_static("location");
const DATE: HeaderName = HeaderName::from_static("date");

/// An answer as it came, whatever its status.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) status: u16,
    pub(super) body: Bytes,
    pub(super) request_id: Option<String>,
    /// The service's clock.
    pub(super) date: Option<jiff::Timestamp>,
    /// The wait the service asks for.
    pub(super) wait: Option<std::time::Duration>,
    /// Where the result of a longer operation will be.
    pub(super) location: Option<String>,
    content_type: Option<String>,
    effort: Tried,
    refused_wait: Option<std::time::Duration>,
}

impl Received {
    /// Whether the request was carried out.
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The refusal that this answer is.
    pub(super) fn into_error(self, operation: &Operation) -> Error {
        let body = api::error::decode(&self.body);
        let excerpt = if body.is_some() {
            String::new()
        } else {
            excerpt(&self.body)
        };
        Error::Service {
            operation: operation.clone(),
            answer: Box::new(Answer {
                status: self.status,
                body,
                excerpt,
                request_id: self.request_id,
                effort: self.effort,
                refused_wait: self.refused_wait.map(|wait| wait.as_secs()),
            }),
        }
    }

    /// Reads the body of a success.
    pub(super) fn read<T: DeserializeOwned>(&self, operation: &Operation) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let kind = self.content_type.as_deref().unwrap_or_default();
            let html = kind.contains("html") || self.body.trim_ascii_start().starts_with(b"<");
            let problem = if html {
                "the answer is a web page, not JSON".to_owned()
            } else if self.body.is_empty() {
                "the answer is empty".to_owned()
            } else if error.is_eof() {
                format!(
                    "the answer ends after {} bytes, within its JSON",
                    self.body.len()
                )
            } else if error.is_syntax() {
                format!("the answer is not JSON: {error}")
            } else {
                format!("the answer is not what the service defines: {error}")
            };
            Error::Unreadable {
                operation: operation.clone(),
                problem,
                excerpt: Detail(format!("status {}: `{}`", self.status, excerpt(&self.body))),
                request_id: self.request_id.clone(),
            }
        })
    }
}

impl Client {
    /// URL of a path of Azure Resource Manager.
    pub(super) fn url(&self, path: &str, api_version: &str) -> Url {
        let mut url = self.inner.endpoints.management.join(path);
        url.query_pairs_mut()
            .append_pair("api-version", api_version);
        url
    }

    /// Sends a request; an answer of any status is `Ok`.
    pub(super) async fn send(
        &self,
        operation: &Operation,
        method: Method,
        url: Url,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<Received, Error> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let mut request = Request::new(url, method);
        request.insert_header("accept", "application/json");
        if let Some(body) = body {
            request.insert_header(CONTENT_TYPE, "application/json");
            let body = serde_json::to_vec(body).expect("our bodies are maps with text keys");
            request.set_body(body);
        }
        let effort = Arc::new(Effort::default());
        let context = Context::new().with_value(Arc::clone(&effort));
        let options = PipelineSendOptions {
            skip_checks: true,
            ..PipelineSendOptions::default()
        };
        let answer = self
            .inner
            .pipeline
            .send(&context, &mut request, Some(options))
            .await
            .map_err(|error| {
                let method = self.inner.credential.method().to_string();
                let authority = self.inner.endpoints.authority.authority();
                Error::from_pipeline(operation, &error, &host, (&method, &authority), &effort)
            })?;
        let (status, headers, body) = answer.deconstruct();
        let text = |name: &HeaderName| headers.get_optional_str(name).map(str::to_owned);
        Ok(Received {
            status: u16::from(status),
            body: body.into(),
            request_id: text(&REQUEST_ID),
            date: text(&DATE).as_deref().and_then(http_date),
            wait: asked_wait(&headers, self.inner.clock.now()),
            location: text(&LOCATION),
            content_type: text(&CONTENT_TYPE),
            effort: Tried::of(&effort),
            refused_wait: effort.refused_wait(),
        })
    }

    /// Reads a resource; a status other than success is an error.
    pub(super) async fn get(&self, operation: &Operation, url: Url) -> Result<Received, Error> {
        let answer = self
            .send(operation, Method::Get, url, None::<&Value>)
            .await?;
        if answer.is_success() {
            Ok(answer)
        } else {
            Err(answer.into_error(operation))
        }
    }

    /// Reads all pages of a list, and keeps of each item what `read` makes of it.
    ///
    /// A page is given up before the next is asked for: read into a tree, a long list takes many times its own size.
    /// The link to the next page is used as it is given, as long as it leads to the management endpoint.
    pub(super) async fn list<T>(
        &self,
        operation: &Operation,
        first: Url,
        read: impl Fn(Value) -> Option<T>,
    ) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        let mut seen = HashSet::new();
        let mut url = first;
        loop {
            if !seen.insert(url.clone()) {
                return Err(Error::PageLoop {
                    operation: operation.clone(),
                    page: seen.len() + 1,
                });
            }
            let answer = self.get(operation, url.clone()).await?;
            let page: Page = answer.read(operation)?;
            items.extend(page.value.into_iter().filter_map(&read));
            let Some(link) = page.next_link.filter(|link| !link.is_empty()) else {
                return Ok(items);
            };
            url = self.next_page(operation, &link)?;
        }
    }

    /// A URL that an answer names, as long as it leads to the management endpoint.
    pub(super) fn next_page(&self, operation: &Operation, link: &str) -> Result<Url, Error> {
        let management = &self.inner.endpoints.management;
        let url = Url::parse(link).map_err(|error| Error::Unreadable {
            operation: operation.clone(),
            problem: format!("the link to the next page is no absolute URL: {error}"),
            excerpt: Detail(excerpt(link.as_bytes())),
            request_id: None,
        })?;
        if management.covers(&url) {
            Ok(management.reached(&url))
        } else {
            Err(Error::Refused {
                operation: operation.clone(),
                refused: Refused::new(&url, std::slice::from_ref(management)),
            })
        }
    }
}
