//! The examples that the RFCs print, as data (RFC 7515, 7638, 8037).
//!
//! They are plain JWS and no access tokens: what is checked is message, signature and key, by the
//! steps that [`Expectation::verify`] takes before it reads claims.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::{super::jws::Jws, *};
use crate::jwk::Jwk;

#[derive(Deserialize)]
struct Published {
    signatures: Vec<Signature>,
    thumbprints: Vec<Thumbprint>,
}

#[derive(Deserialize)]
struct Signature {
    name: String,
    jwk: Value,
    jws: String,
}

#[derive(Deserialize)]
struct Thumbprint {
    name: String,
    jwk: Value,
    sha_256: String,
}

fn published() -> Published {
    serde_json::from_str(include_str!("../../../tests/vectors/rfc.json")).unwrap()
}

/// The payload of a plain JWS whose signature is good: everything but `typ` and claims.
pub(super) fn open(jws: &str, keys: &VerifyingKeys) -> Result<Vec<u8>, TokenError> {
    let jws = Jws::parse(jws)?;
    jws.check_signature(&jws.header()?, keys)?;
    jws.payload()
}

/// The one HS256 key of a symmetric JWK, which has no way into a verifier outside of tests.
pub(super) fn symmetric(jwk: &Value) -> VerifyingKeys {
    let secret = URL_SAFE_NO_PAD.decode(jwk["k"].as_str().unwrap()).unwrap();
    let kid = jwk["kid"].as_str().map(str::to_owned);
    VerifyingKeys(vec![VerifyingKey::new(kid, Algorithm::Hs256, ReadyKey::hmac(&secret))])
}

#[test]
fn the_signatures_of_the_rfcs_verify_and_a_changed_one_does_not() {
    let published = published();
    assert_eq!(published.signatures.len(), 4);
    for Signature { name, jwk, jws } in published.signatures {
        let keys = if jwk["kty"] == "oct" {
            symmetric(&jwk)
        } else {
            let key = Jwk::parse(jwk.to_string().as_bytes()).unwrap();
            VerifyingKeys::public(&JwkSet::new(vec![key]))
        };
        assert!(open(&jws, &keys).is_ok(), "{name}");
        let (head, rest) = jws.split_once('.').unwrap();
        let changed = format!("{head}.e{rest}");
        assert_eq!(open(&changed, &keys), Err(TokenError::Signature), "{name}");
        assert_eq!(verify(&jws, &keys).err(), Some(TokenError::Type), "{name} is no access token");
    }
}

#[test]
fn the_thumbprints_of_the_rfcs_are_ours() {
    let published = published();
    assert_eq!(published.thumbprints.len(), 2);
    for Thumbprint { name, jwk, sha_256 } in published.thumbprints {
        let key = Jwk::parse(jwk.to_string().as_bytes()).unwrap();
        assert_eq!(key.thumbprint(), sha_256, "{name}");
    }
}
