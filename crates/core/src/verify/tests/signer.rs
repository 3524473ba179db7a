//! One signer per algorithm, made once, so that each row can meet all four.

use std::sync::OnceLock;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};

use super::super::VerifyingKeys;
use crate::{
    algorithm::Algorithm,
    jwk::{Jwk, JwkSet},
    key::SharedKeys,
    signing_key::SigningKey,
};

pub(super) const SHARED_KEY: &str = "0123456789abcdef0123456789abcdef";
pub(super) const OTHER_SHARED_KEY: &str = "fedcba9876543210fedcba9876543210";

/// Signs whatever it is given, good or bad, and knows who would believe it.
pub(super) struct Signer {
    pub(super) algorithm: Algorithm,
    pub(super) kid: String,
    /// The keys of a verifier that trusts this signer and no other.
    pub(super) keys: VerifyingKeys,
    /// The public half and the private key's PEM, where there is a pair.
    pub(super) pair: Option<(Jwk, String)>,
    key: EncodingKey,
}

/// The four, in the order of [`Algorithm::ALL`].
pub(super) fn signers() -> &'static [Signer; 4] {
    static SIGNERS: OnceLock<[Signer; 4]> = OnceLock::new();
    SIGNERS.get_or_init(|| Algorithm::ALL.map(|algorithm| Signer::new(algorithm, SHARED_KEY)))
}

/// Four more, with other keys.
pub(super) fn strangers() -> &'static [Signer; 4] {
    static SIGNERS: OnceLock<[Signer; 4]> = OnceLock::new();
    SIGNERS.get_or_init(|| Algorithm::ALL.map(|algorithm| Signer::new(algorithm, OTHER_SHARED_KEY)))
}

/// The one of the four for this algorithm.
pub(super) fn signer(algorithm: Algorithm) -> &'static Signer {
    signers().iter().find(|signer| signer.algorithm == algorithm).unwrap()
}

impl Signer {
    fn new(algorithm: Algorithm, shared_key: &str) -> Self {
        if algorithm == Algorithm::Hs256 {
            let keys = SharedKeys::parse(shared_key.as_bytes()).unwrap();
            return Self {
                algorithm,
                kid: keys.signing().kid().to_owned(),
                keys: VerifyingKeys::hs256(&keys),
                pair: None,
                key: EncodingKey::from_secret(shared_key.as_bytes()),
            };
        }
        let (key, pem) = SigningKey::generate(algorithm).unwrap();
        Self {
            algorithm,
            kid: key.kid().to_owned(),
            keys: VerifyingKeys::public(&JwkSet::new(vec![key.public().clone()])),
            pair: Some((key.public().clone(), pem.to_string())),
            key: encoding_key(algorithm, pem.as_bytes()),
        }
    }

    /// The header that a good token of this signer has.
    pub(super) fn header(&self) -> Value {
        json!({"typ": "at+jwt", "alg": self.algorithm.as_str(), "kid": self.kid})
    }

    /// A token of exactly these bytes, signed with the signer's algorithm whatever they say.
    pub(super) fn sign(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        self.sign_by(self.algorithm.backend(), header, payload)
    }

    /// The same by another algorithm that the key could be used with.
    pub(super) fn sign_by(
        &self,
        algorithm: jsonwebtoken::Algorithm,
        header: impl AsRef<[u8]>,
        payload: impl AsRef<[u8]>,
    ) -> String {
        let message = message(header, payload);
        let signature =
            jsonwebtoken::crypto::sign(message.as_bytes(), &self.key, algorithm).unwrap();
        format!("{message}.{signature}")
    }
}

fn encoding_key(algorithm: Algorithm, pem: &[u8]) -> EncodingKey {
    let key = match algorithm {
        Algorithm::EdDsa => EncodingKey::from_ed_pem(pem),
        Algorithm::Es256 => EncodingKey::from_ec_pem(pem),
        _ => EncodingKey::from_rsa_pem(pem),
    };
    key.unwrap()
}

/// A token whose signature is an HMAC with any bytes as its key.
pub(super) fn sign_hmac(key: &[u8], header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
    let message = message(header, payload);
    let key = EncodingKey::from_secret(key);
    let algorithm = jsonwebtoken::Algorithm::HS256;
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, algorithm).unwrap();
    format!("{message}.{signature}")
}

/// The signing input of RFC 7515 §5.1.
pub(super) fn message(header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
    format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header.as_ref()),
        URL_SAFE_NO_PAD.encode(payload.as_ref())
    )
}
