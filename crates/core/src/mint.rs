//! Signing access tokens.

use jsonwebtoken::{Algorithm, EncodingKey, Header};

use crate::{claims::Claims, key::SharedKey};

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
        crate::install_crypto();
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(key.kid().to_owned());
        Self { header, key: EncodingKey::from_secret(key.expose()) }
    }

    /// The signed token in compact form.
    pub fn mint(&self, claims: &Claims<'_>) -> Result<String, MintError> {
        Ok(jsonwebtoken::encode(&self.header, claims, &self.key)?)
    }
}
