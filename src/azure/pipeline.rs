//! The order of steps that every management request takes.

use std::sync::Arc;

use azure_core::http::policies::auth::BearerTokenAuthorizationPolicy;
use azure_core::http::{
    ClientOptions, HttpClient, LoggingOptions, Pipeline, RetryOptions, Transport, UserAgentOptions,
};

use crate::azure::auth::Renewable;
use crate::azure::retry::{Retry, Traffic};

/// Headers shown in the log beside those that `azure_core` shows; every other one is only named.
const LOGGED_HEADERS: [&str; 12] = [
    "content-length",
    "content-type",
    "date",
    "retry-after",
    "retry-after-ms",
    "x-ms-retry-after-ms",
    "x-ms-client-request-id",
    "x-ms-correlation-request-id",
    "x-ms-ratelimit-remaining-subscription-deletes",
    "x-ms-ratelimit-remaining-subscription-reads",
    "x-ms-ratelimit-remaining-subscription-writes",
    "x-ms-request-id",
];

/// Joins the steps. The retry inside `azure_core` is off: ours stands before it and knows the method, the throttle
/// and the clock.
pub(super) fn build(
    retry: Retry,
    credential: Arc<Renewable>,
    scope: String,
    transport: Arc<dyn HttpClient>,
) -> Pipeline {
    debug_assert_eq!(retry.traffic, Traffic::Management);
    let options = ClientOptions {
        retry: RetryOptions::none(),
        transport: Some(Transport::new(transport)),
        user_agent: UserAgentOptions {
            application_id: Some("rulepost".to_owned()),
        },
        logging: LoggingOptions {
            additional_allowed_header_names: LOGGED_HEADERS.map(Into::into).to_vec(),
            additional_allowed_query_params: vec!["api-version".into(), "$skipToken".into()],
        },
        ..ClientOptions::default()
    };
    let bearer = BearerTokenAuthorizationPolicy::new(credential, [scope]);
    Pipeline::new(
        option_env!("CARGO_PKG_NAME"),
        option_env!("CARGO_PKG_VERSION"),
        options,
        vec![Arc::new(retry)],
        vec![Arc::new(bearer)],
        None,
    )
}
