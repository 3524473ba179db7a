//! What an access token says: the claims of RFC 9068 §2.2 and `grant_id`.

use std::sync::Arc;

use serde::{Serialize, de::DeserializeOwned};

use crate::scope::Scope;

/// The claims of one access token, ready to be signed.
#[derive(Clone, Debug, Serialize)]
pub struct Claims<'a> {
    /// The issuer's public URL, byte for byte.
    pub iss: &'a str,
    /// The username, or the client id where the client acts for itself.
    pub sub: &'a str,
    /// The resource server's public URL, byte for byte.
    pub aud: &'a str,
    /// Expiry, in Unix seconds.
    pub exp: i64,
    /// Time of issue, in Unix seconds.
    pub iat: i64,
    /// The token's own id.
    pub jti: &'a str,
    /// The client it was issued to.
    pub client_id: &'a str,
    /// What was granted; the claim is absent where nothing was.
    #[serde(skip_serializing_if = "Scope::is_empty")]
    pub scope: &'a Scope,
    /// One per login, code or client-credentials answer, kept over refreshes.
    pub grant_id: &'a str,
}

/// What a verified access token said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// `iss`: whose word all of this is.
    pub issuer: Arc<str>,
    /// `sub`: a username, or a client's id.
    pub subject: String,
    /// `client_id`, where the issuer states it.
    pub client_id: Option<String>,
    /// `scope`; empty where the claim is absent.
    pub scope: Scope,
    /// `exp`, in Unix seconds.
    pub expires_at: i64,
    /// `iat`, in Unix seconds.
    pub issued_at: Option<i64>,
    /// `jti`.
    pub token_id: Option<String>,
    /// `grant_id`.
    pub grant_id: Option<String>,
    /// The JSON object with all claims, as it came.
    pub payload: Vec<u8>,
}

impl Verified {
    /// The claims as a type of your own, for those that have no field here.
    ///
    /// ```
    /// # use scopegate_core::{claims::Verified, scope::Scope};
    /// #[derive(serde::Deserialize)]
    /// struct Tenant {
    ///     tenant: String,
    /// }
    ///
    /// fn tenant(token: &Verified) -> Result<String, serde_json::Error> {
    ///     Ok(token.claims::<Tenant>()?.tenant)
    /// }
    /// ```
    pub fn claims<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.payload)
    }

    /// Whether the token is for a client itself: exactly when `sub` = `client_id`
    /// (RFC 9068 §5, RFC 9700 §4.15).
    pub fn is_client(&self) -> bool {
        self.client_id.as_deref() == Some(self.subject.as_str())
    }
}
