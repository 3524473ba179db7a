//! Signing access tokens.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::Header;
use serde::Serialize;

use crate::{algorithm::Algorithm, key::SharedKey, signer::Signer, signing_key::SigningKey};

/// Signs with one key. Cheap to clone, costly to make: build it once per key.
#[derive(Clone)]
pub struct Minter {
    kid: String,
    /// The header in base64url: the same in every token of a key.
    header: String,
    signer: Signer,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    /// The claims cannot be written as JSON.
    #[error("cannot write the claims of an access token: {0}")]
    Claims(#[from] serde_json::Error),
    /// The cryptographic library could not sign.
    #[error("cannot sign an access token")]
    Signature,
}

impl Minter {
    /// Signs with HS256 and a shared key.
    pub fn hs256(key: &SharedKey) -> Self {
        Self::new(Algorithm::Hs256, key.kid(), Signer::hmac(key.expose()))
    }

    /// Signs with a private key, by the algorithm that it is for.
    pub fn asymmetric(key: &SigningKey) -> Self {
        Self::new(key.algorithm(), key.kid(), key.private.clone())
    }

    fn new(algorithm: Algorithm, kid: &str, signer: Signer) -> Self {
        let header = Header {
            typ: Some("at+jwt".to_owned()),
            kid: Some(kid.to_owned()),
            ..Header::new(algorithm.backend())
        };
        let header = serde_json::to_vec(&header).expect("a header of three texts is JSON");
        Self { kid: kid.to_owned(), header: URL_SAFE_NO_PAD.encode(header), signer }
    }

    /// The `kid` that its tokens carry.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The signed token in compact form (RFC 7515 §7.1). The claims are
    /// [`Claims`](crate::claims::Claims), or whatever JSON object a test wants to see refused.
    pub fn mint(&self, claims: &impl Serialize) -> Result<String, MintError> {
        let claims = serde_json::to_vec(claims)?;
        let mut token = String::with_capacity(self.header.len() + claims.len() * 4 / 3 + 360);
        token.push_str(&self.header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signature = self.signer.sign(token.as_bytes()).map_err(|_| MintError::Signature)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}
