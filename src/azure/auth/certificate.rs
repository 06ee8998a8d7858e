//! The assertion that an application with a certificate signs in with.
//!
//! A JWT signed with the certificate's private key (PS256) that names the certificate by its SHA-256 thumbprint.
//! Source: "Microsoft identity platform application authentication certificate credentials". Only PEM is read: the
//! feature of `azure_identity` that reads PFX needs OpenSSL.

use std::fmt;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use azure_core::base64;
use azure_core::error::ErrorKind;
use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PSS_SHA256, RsaKeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::azure::auth::AuthError;
use crate::clock::Clock;

/// How long an assertion is good for, in seconds; one is made for every token.
const LIFETIME: i64 = 600;

/// What an assertion says.
#[derive(Debug, Clone)]
pub(super) struct Claims {
    /// The application.
    pub(super) client_id: String,
    /// URL of the token endpoint.
    pub(super) audience: String,
    /// Whether the certificates themselves are put in.
    pub(super) send_chain: bool,
}

/// Makes assertions with one certificate.
pub(super) struct Assertion {
    key: RsaKeyPair,
    header: String,
    claims: Claims,
    clock: Clock,
}

impl fmt::Debug for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assertion")
            .field("claims", &self.claims)
            .finish_non_exhaustive()
    }
}

impl Assertion {
    /// Reads certificate and key from a PEM file.
    pub(super) fn read(path: &Path, claims: Claims, clock: Clock) -> Result<Self, AuthError> {
        let refuse = |reason: String| AuthError::Certificate {
            path: PathBuf::from(path),
            reason,
        };
        let pem = std::fs::read(path).map_err(|error| refuse(error.to_string()))?;
        Self::parse(&pem, claims, clock).map_err(refuse)
    }

    fn parse(pem: &[u8], claims: Claims, clock: Clock) -> Result<Self, String> {
        let certificates: Vec<CertificateDer<'_>> = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<_, _>>()
            .map_err(|_quotes_file| "it is not PEM".to_owned())?;
        let Some(first) = certificates.first() else {
            return Err("it holds no certificate".to_owned());
        };
        let key = PrivateKeyDer::from_pem_slice(pem)
            .map_err(|_quotes_file| "it holds no private key that is not encrypted".to_owned())?;
        let key = match &key {
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            _ => return Err("its private key is not an RSA key".to_owned()),
        }
        .map_err(|rejected| format!("its private key is not taken: {rejected}"))?;
        let mut header = json!({
            "alg": "PS256",
            "typ": "JWT",
            "x5t#S256": base64::encode_url_safe(Sha256::digest(first)),
        });
        if claims.send_chain {
            header["x5c"] = certificates.iter().map(base64::encode).collect();
        }
        Ok(Self {
            key,
            header: base64::encode_url_safe(header.to_string()),
            claims,
            clock,
        })
    }

    fn sign(&self) -> Result<String, ring::error::Unspecified> {
        let now = self.clock.now().as_second();
        let claims = json!({
            "aud": self.claims.audience,
            "iss": self.claims.client_id,
            "sub": self.claims.client_id,
            "jti": Uuid::new_v4().to_string(),
            "nbf": now,
            "iat": now,
            "exp": now + LIFETIME,
        });
        let claims = base64::encode_url_safe(claims.to_string());
        let text = format!("{}.{claims}", self.header);
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key.sign(
            &RSA_PSS_SHA256,
            &SystemRandom::new(),
            text.as_bytes(),
            &mut signature,
        )?;
        Ok(format!("{text}.{}", base64::encode_url_safe(signature)))
    }
}

#[async_trait]
impl ClientAssertion for Assertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        self.sign().map_err(|_unspecified| {
            azure_core::Error::with_message(
                ErrorKind::Credential,
                "the assertion could not be signed with the certificate's key",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use ring::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
    use serde_json::Value;

    use super::*;
    use crate::clock::ManualClock;

    /// Kept as DER: a PEM key in a repository is taken for a leaked one.
    const KEY: &[u8] = include_bytes!("../../../tests/fixtures/azure/client-key.der");
    const CERTIFICATE: &[u8] =
        include_bytes!("../../../tests/fixtures/azure/client-certificate.der");

    fn block(name: &str, der: &[u8]) -> String {
        format!(
            "-----BEGIN {name}-----\n{}\n-----END {name}-----\n",
            base64::encode(der)
        )
    }

    fn assertion(pem: &str, send_chain: bool) -> Result<Assertion, String> {
        let claims = Claims {
            client_id: "client".into(),
            audience: "https://login.example.org/tenant/oauth2/v2.0/token".into(),
            send_chain,
        };
        let clock = Clock::Manual(ManualClock::new(Timestamp::UNIX_EPOCH));
        Assertion::parse(pem.as_bytes(), claims, clock)
    }

    fn decoded(part: &str) -> Value {
        let bytes = base64::decode_url_safe(part).expect("base64url without padding");
        serde_json::from_slice(&bytes).expect("JSON")
    }

    #[test]
    fn an_assertion_is_signed_by_the_key_and_names_the_certificate() {
        let pem = block("CERTIFICATE", CERTIFICATE) + &block("PRIVATE KEY", KEY);
        let assertion = assertion(&pem, true).expect("both are there");
        let jwt = assertion.sign().expect("signed");
        let parts: Vec<&str> = jwt.split('.').collect();
        let header = decoded(parts[0]);
        assert_eq!(header["alg"], "PS256");
        let thumbprint = base64::encode_url_safe(Sha256::digest(CERTIFICATE));
        assert_eq!(header["x5t#S256"], thumbprint);
        assert_eq!(header["x5c"], json!([base64::encode(CERTIFICATE)]));
        let claims = decoded(parts[1]);
        assert_eq!(
            claims["aud"],
            "https://login.example.org/tenant/oauth2/v2.0/token"
        );
        assert_eq!(claims["sub"], "client");
        assert_eq!(claims["exp"], LIFETIME);
        let text = format!("{}.{}", parts[0], parts[1]);
        let signature = base64::decode_url_safe(parts[2]).expect("base64url");
        UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, assertion.key.public().as_ref())
            .verify(text.as_bytes(), &signature)
            .expect("the signature fits the key");
    }

    #[test]
    fn what_cannot_be_used_is_said_without_quoting_it() {
        let only = |pem: &str| assertion(pem, false).expect_err("refused");
        assert_eq!(only("nothing"), "it holds no certificate");
        assert_eq!(
            only(&block("CERTIFICATE", CERTIFICATE)),
            "it holds no private key that is not encrypted"
        );
        let encrypted = block("CERTIFICATE", CERTIFICATE) + &block("ENCRYPTED PRIVATE KEY", KEY);
        assert_eq!(
            only(&encrypted),
            "it holds no private key that is not encrypted"
        );
        let other = block("CERTIFICATE", CERTIFICATE) + &block("PRIVATE KEY", b"MARKER");
        assert!(!only(&other).contains("MARKER"));
    }

    #[test]
    fn the_key_does_not_show_in_debug() {
        let pem = block("CERTIFICATE", CERTIFICATE) + &block("PRIVATE KEY", KEY);
        let shown = format!("{:?}", assertion(&pem, false).expect("both are there"));
        assert!(
            shown.starts_with("Assertion") && !shown.contains("key"),
            "{shown}"
        );
    }
}
