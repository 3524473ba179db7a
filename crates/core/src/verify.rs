//! Checking an access token: header, key, signature, then claims, in that order.
//!
//! A token is read here, once and strictly: `jsonwebtoken::decode` does not refuse `crit`, `cnf`, a
//! missing `typ` or a future `iat`, and prepares its key again for each token.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    algorithm::Algorithm, claims::Verified, clock::Timestamp, jwk::JwkSet, key::SharedKeys,
};

mod hint;
mod introspected;
mod jws;
pub(crate) mod key;
mod payload;

pub use hint::KeyHint;
pub use introspected::IntrospectionError;
use jws::Jws;
use key::ReadyKey;
use payload::{Header, Payload};

/// The clock skew that a verifier allows.
pub const LEEWAY: Duration = Duration::from_secs(5);

/// The longest token that is looked at, in bytes.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// The keys that a verifier accepts, each for one algorithm.
#[derive(Clone, Default)]
pub struct VerifyingKeys(Vec<VerifyingKey>);

#[derive(Clone)]
struct VerifyingKey {
    kid: Option<String>,
    algorithm: Algorithm,
    key: ReadyKey,
    /// The first segment of the tokens that our own issuer signs with it. Whatever has these very bytes
    /// for a header need not have it read again.
    usual_header: Option<String>,
}

/// Whose tokens, and for whom.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// `iss` must equal it, byte for byte.
    pub issuer: Arc<str>,
    /// `aud` must be it, or hold it.
    pub audience: Arc<str>,
}

/// Why a token was refused. For logs; a client is told `invalid_token` and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Not three base64url segments of a sane size.
    #[error("not a compact JWS")]
    Malformed,
    /// The header is not the JSON that RFC 7515 §4 describes, or holds `crit`.
    #[error("bad header")]
    Header,
    /// `typ` is not `at+jwt` (RFC 9068 §4).
    #[error("typ is not at+jwt")]
    Type,
    /// No configured key has this `kid` and `alg`.
    #[error("no such key")]
    UnknownKey,
    /// The signature is not by the key.
    #[error("bad signature")]
    Signature,
    /// The payload is not the JSON that RFC 9068 §2.2 describes.
    #[error("bad claims")]
    Claims,
    /// `iss` is another.
    #[error("wrong issuer")]
    Issuer,
    /// `aud` does not hold this resource server.
    #[error("wrong audience")]
    Audience,
    /// `exp` has passed.
    #[error("expired")]
    Expired,
    /// `nbf` or `iat` lies ahead.
    #[error("not valid yet")]
    NotYet,
    /// `cnf` binds it to a key that a plain Bearer request does not prove (RFC 9449 §7.2).
    #[error("bound to a key")]
    Bound,
}

impl VerifyingKeys {
    /// HS256 with each key of a shared-key file.
    pub fn hs256(keys: &SharedKeys) -> Self {
        Self(
            keys.iter()
                .map(|key| {
                    let kid = Some(key.kid().to_owned());
                    VerifyingKey::new(kid, Algorithm::Hs256, ReadyKey::hmac(key.expose()))
                })
                .collect(),
        )
    }

    /// The public keys of a set.
    pub fn public(set: &JwkSet) -> Self {
        let keys = set.keys().iter().filter_map(|jwk| {
            let kid = jwk.kid().map(str::to_owned);
            Some(VerifyingKey::new(kid, jwk.algorithm(), jwk.ready().ok()?))
        });
        Self(keys.collect())
    }

    /// These keys and those of another set.
    #[must_use]
    pub fn and(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }

    /// Those of the keys that are for one of these algorithms.
    #[must_use]
    pub fn only(mut self, algorithms: &[Algorithm]) -> Self {
        self.0.retain(|key| algorithms.contains(&key.algorithm));
        self
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none, so that every token is refused.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The `kid`s of the keys that have one.
    pub fn kids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|key| key.kid.as_deref())
    }

    /// Keys that may have signed this: those that `kid` names, or each one without a `kid`.
    /// The algorithm is the key's own; the header only has to agree with it (RFC 8725 §3.1).
    fn candidates<'a>(&'a self, header: &'a Header) -> impl Iterator<Item = &'a VerifyingKey> {
        self.0.iter().filter(|key| {
            key.algorithm.as_str() == header.alg && (header.kid.is_none() || header.kid == key.kid)
        })
    }

    /// The same, where the header is one that our own issuer writes.
    fn usual_candidates<'a>(&'a self, header: &'a str) -> impl Iterator<Item = &'a VerifyingKey> {
        self.0.iter().filter(move |key| key.usual_header.as_deref() == Some(header))
    }
}

impl VerifyingKey {
    fn new(kid: Option<String>, algorithm: Algorithm, key: ReadyKey) -> Self {
        let usual_header = kid.as_deref().map(|kid| payload::usual_header(algorithm, kid));
        Self { kid, algorithm, key, usual_header }
    }
}

impl Expectation {
    /// Checks a token and says what it claims.
    pub fn verify(
        &self,
        token: &str,
        keys: &VerifyingKeys,
        now: Timestamp,
    ) -> Result<Verified, TokenError> {
        let jws = Jws::parse(token)?;
        jws.check(keys)?;
        let payload = jws.payload()?;
        let verified = self.check_claims(Payload::parse(&payload)?, now)?;
        Ok(Verified { payload, ..verified })
    }

    fn check_claims(&self, claims: Payload<'_>, now: Timestamp) -> Result<Verified, TokenError> {
        if *claims.iss != *self.issuer {
            return Err(TokenError::Issuer);
        }
        if !claims.aud.holds(&self.audience) {
            return Err(TokenError::Audience);
        }
        let expires_at = claims.exp.seconds();
        if now >= Timestamp::from_seconds(expires_at).plus(LEEWAY) {
            return Err(TokenError::Expired);
        }
        let ahead = |date: i64| Timestamp::from_seconds(date) > now.plus(LEEWAY);
        let issued_at = claims.iat.map(payload::NumericDate::seconds);
        if claims.nbf.is_some_and(|nbf| ahead(nbf.seconds())) || issued_at.is_some_and(ahead) {
            return Err(TokenError::NotYet);
        }
        if claims.cnf.is_some() {
            return Err(TokenError::Bound);
        }
        if claims.sub.is_empty() {
            return Err(TokenError::Claims);
        }
        Ok(Verified {
            issuer: Arc::clone(&self.issuer),
            payload: Vec::new(),
            subject: claims.sub.into_owned(),
            client_id: claims.client_id,
            scope: claims.scope,
            expires_at,
            issued_at,
            token_id: claims.jti,
            grant_id: claims.grant_id,
        })
    }
}

/// Strict base64url: no padding, no other alphabet, no white space, no stray bits (RFC 7515 §2).
fn decode(segment: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD.decode(segment).map_err(|_| TokenError::Malformed)
}

#[cfg(test)]
mod tests;
