//! Signing access tokens.

use jsonwebtoken::{EncodingKey, Header};
use serde::Serialize;

use crate::{algorithm::Algorithm, key::SharedKey, signing_key::SigningKey};

/// Signs with one key. Cheap to keep, costly to make: build it once per key.
#[derive(Clone)]
pub struct Minter {
    header: Header,
    key: EncodingKey,
}

/// The cryptographic library could not sign.
#[derive(Debug, thiserror::Error)]
#[error("cannot sign an access token: {0}")]
pub struct MintError(#[from] jsonwebtoken::errors::Error);

impl Minter {
    /// Signs with HS256 and a shared key.
    pub fn hs256(key: &SharedKey) -> Self {
        Self::new(Algorithm::Hs256, key.kid(), EncodingKey::from_secret(key.expose()))
    }

    /// Signs with a private key, by the algorithm that it is for.
    pub fn asymmetric(key: &SigningKey) -> Self {
        Self::new(key.algorithm(), key.kid(), key.private.clone())
    }

    fn new(algorithm: Algorithm, kid: &str, key: EncodingKey) -> Self {
        crate::install_crypto();
        let mut header = Header::new(algorithm.backend());
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(kid.to_owned());
        Self { header, key }
    }

    /// The `kid` that its tokens carry.
    #[expect(clippy::missing_panics_doc, reason = "every minter names its key")]
    pub fn kid(&self) -> &str {
        self.header.kid.as_deref().expect("every minter names its key")
    }

    /// The signed token in compact form. The claims are [`Claims`](crate::claims::Claims), or
    /// whatever JSON object a test wants to see refused.
    pub fn mint(&self, claims: &impl Serialize) -> Result<String, MintError> {
        Ok(jsonwebtoken::encode(&self.header, claims, &self.key)?)
    }
}
