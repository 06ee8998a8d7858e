//! The Azure side as a user meets it: signing in, what strange answers lead to, where requests may go.

mod answers;
mod doctor;
mod fence;
mod secrets;
mod sign_in;

use serde_json::json;

use crate::support::{Rulepost, Scripted};

/// A run that signs in to a scripted server with a client secret and works on it.
fn against(server: &Scripted) -> Rulepost {
    Rulepost::new()
        .env("AZURE_TENANT_ID", "00000000-0000-0000-0000-0000000000aa")
        .env("AZURE_CLIENT_ID", "00000000-0000-0000-0000-0000000000bb")
        .env("AZURE_CLIENT_SECRET", "SECRETMARKER")
        .env("AZURE_AUTHORITY_HOST", server.endpoint())
        .env("RULEPOST_MANAGEMENT_ENDPOINT", server.endpoint())
        .env("RULEPOST_LOGS_ENDPOINT", server.endpoint())
}

/// What the token endpoint answers.
fn token() -> String {
    json!({"token_type": "Bearer", "expires_in": 3600, "access_token": "TOKENMARKER"}).to_string()
}

/// The line of a text that holds a part.
fn line_with<'a>(text: &'a str, part: &str) -> &'a str {
    text.lines()
        .find(|line| line.contains(part))
        .unwrap_or_else(|| panic!("no line holds {part:?}:\n{text}"))
}

/// The line of one check of `doctor`.
fn check<'a>(text: &'a str, name: &str) -> &'a str {
    text.lines()
        .find(|line| {
            let mut words = line.split_whitespace();
            words.next().is_some() && words.next() == Some(name) && !line.starts_with(' ')
        })
        .unwrap_or_else(|| panic!("no check {name:?}:\n{text}"))
}
