//! What `doctor` asks: who we are, what we see, what we may do. Nothing here changes anything.

use azure_core::base64;
use azure_core::credentials::TokenCredential as _;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use crate::api::path::WorkspaceId;
use crate::api::version;
use crate::azure::client::Client;
use crate::azure::error::{Error, Operation};
use crate::azure::retry::Effort;

/// What a token says of itself; the token itself is not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TokenFacts {
    /// `aud`: what the token is good for.
    pub(crate) audience: Option<String>,
    /// `tid`: the tenant that issued it.
    pub(crate) tenant: Option<String>,
    /// `appid` or `azp`: the application.
    pub(crate) application: Option<String>,
    /// `upn` or `unique_name`: the person, when it is one.
    pub(crate) person: Option<String>,
    /// When it expires.
    pub(crate) expires: Option<Timestamp>,
}

/// A subscription as the identity sees it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubscriptionFacts {
    /// Its GUID.
    #[serde(rename = "subscriptionId")]
    pub(crate) id: String,
    /// Its name.
    #[serde(rename = "displayName", default)]
    pub(crate) name: String,
    /// `Enabled`, or why it is not.
    #[serde(default)]
    pub(crate) state: String,
}

/// What one role assignment allows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Permission {
    /// Actions allowed, `*` standing for any text.
    pub(crate) actions: Vec<String>,
    /// Of those, the ones taken away again.
    pub(crate) not_actions: Vec<String>,
}

impl Client {
    /// Signs in, and tells what the token says of itself.
    pub(crate) async fn token_facts(&self) -> Result<TokenFacts, Error> {
        let scope = self.inner.endpoints.management_scope();
        let token = self.inner.credential.get_token(&[&scope], None).await;
        let token = token.map_err(|error| {
            let method = self.inner.credential.method().to_string();
            let authority = self.inner.endpoints.authority.authority();
            Error::from_pipeline(
                &Operation::ListSubscriptions,
                &error,
                &authority,
                (&method, &authority),
                &Effort::default(),
            )
        })?;
        Ok(token_facts(token.token.secret()))
    }

    /// One subscription, or all that the identity sees; and how far our clock is ahead of the service's.
    pub(crate) async fn subscriptions(
        &self,
        one: Option<&str>,
    ) -> Result<(Vec<SubscriptionFacts>, Option<SignedDuration>), Error> {
        let operation = match one {
            Some(id) => Operation::ReadSubscription(id.to_owned()),
            None => Operation::ListSubscriptions,
        };
        let path = match one {
            Some(id) => format!("/subscriptions/{id}"),
            None => "/subscriptions".to_owned(),
        };
        let answer = self
            .get(&operation, self.url(&path, version::SUBSCRIPTIONS))
            .await?;
        let ahead = answer.date.map(|date| self.now().duration_since(date));
        if one.is_some() {
            return Ok((vec![answer.read(&operation)?], ahead));
        }
        let url = self.url(&path, version::SUBSCRIPTIONS);
        let read = |item: Value| SubscriptionFacts::deserialize(item).ok();
        Ok((self.list(&operation, url, read).await?, ahead))
    }

    /// What the identity may do in a workspace.
    pub(crate) async fn permissions(
        &self,
        workspace: &WorkspaceId,
    ) -> Result<Vec<Permission>, Error> {
        let operation = Operation::ReadPermissions(Box::new(workspace.clone()));
        let path = workspace.permissions();
        let url = self.url(&path, version::PERMISSIONS);
        let read = |item: Value| Permission::deserialize(item).ok();
        self.list(&operation, url, read).await
    }
}

/// Reads the claims of a token; one that is no JWT says nothing.
fn token_facts(token: &str) -> TokenFacts {
    let claims: Option<Value> = token
        .split('.')
        .nth(1)
        .and_then(|part| base64::decode_url_safe(part).ok())
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let Some(claims) = claims else {
        return TokenFacts::default();
    };
    let text = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| claims.get(name)?.as_str().map(str::to_owned))
    };
    TokenFacts {
        audience: text(&["aud"]),
        tenant: text(&["tid"]),
        application: text(&["appid", "azp"]),
        person: text(&["upn", "unique_name"]),
        expires: claims
            .get("exp")
            .and_then(Value::as_i64)
            .and_then(|second| Timestamp::from_second(second).ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_tells_who_and_what_for() {
        let claims = base64::encode_url_safe(
            r#"{"aud":"https://management.azure.com","tid":"t","appid":"a","exp":60}"#,
        );
        let facts = token_facts(&format!("h.{claims}.s"));
        assert_eq!(
            facts.audience.as_deref(),
            Some("https://management.azure.com")
        );
        assert_eq!(facts.application.as_deref(), Some("a"));
        assert_eq!(facts.expires.map(Timestamp::as_second), Some(60));
        assert_eq!(token_facts("opaque"), TokenFacts::default());
        assert_eq!(token_facts("a.b.c"), TokenFacts::default());
    }
}
