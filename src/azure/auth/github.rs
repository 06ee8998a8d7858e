//! The identity token of a GitHub Actions job, as proof for Entra ID.
//!
//! Source: "`OpenID` Connect reference" of GitHub Actions. The job asks for a token afresh whenever Entra ID asks for
//! proof, so that a long run never shows one that has expired.

use async_trait::async_trait;
use azure_core::credentials::Secret;
use azure_core::error::ErrorKind;
use azure_core::http::headers::AUTHORIZATION;
use azure_core::http::{
    ClientMethodOptions, ClientOptions, Method, Pipeline, PipelineSendOptions, Request,
};
use azure_identity::ClientAssertion;
use serde::Deserialize;
use url::Url;

/// What Entra ID expects as the audience of federated tokens.
const AUDIENCE: &str = "api://AzureADTokenExchange";

/// Asks GitHub for the job's identity token.
#[derive(Debug)]
pub(super) struct JobToken {
    url: Url,
    token: Secret,
    pipeline: Pipeline,
}

#[derive(Deserialize)]
struct Answer {
    value: String,
}

impl JobToken {
    /// `url` and `token` are those of the job's environment.
    pub(super) fn new(mut url: Url, token: Secret, options: ClientOptions) -> Self {
        url.query_pairs_mut().append_pair("audience", AUDIENCE);
        let pipeline = Pipeline::new(
            option_env!("CARGO_PKG_NAME"),
            option_env!("CARGO_PKG_VERSION"),
            options,
            Vec::new(),
            Vec::new(),
            None,
        );
        Self {
            url,
            token,
            pipeline,
        }
    }
}

#[async_trait]
impl ClientAssertion for JobToken {
    async fn secret(&self, options: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let mut request = Request::new(self.url.clone(), Method::Get);
        request.insert_header(AUTHORIZATION, format!("bearer {}", self.token.secret()));
        request.insert_header("accept", "application/json; api-version=2.0");
        let context = options.unwrap_or_default().context;
        let answer = self
            .pipeline
            .send(
                &context,
                &mut request,
                Some(PipelineSendOptions {
                    skip_checks: true,
                    ..PipelineSendOptions::default()
                }),
            )
            .await?;
        let status = u16::from(answer.status());
        if !answer.status().is_success() {
            return Err(azure_core::Error::with_message(
                ErrorKind::Credential,
                format!("GitHub answered {status} when asked for the job's identity token"),
            ));
        }
        // The cause is left out: it can quote the body, which holds the token.
        let answer: Answer = answer.into_body().json().map_err(|_quotes_body| {
            azure_core::Error::with_message(
                ErrorKind::Credential,
                "GitHub's answer holds no identity token",
            )
        })?;
        Ok(answer.value)
    }
}
