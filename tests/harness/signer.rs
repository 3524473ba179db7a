//! A key that signs tokens of our own making: a line of the shared-key file, or a private key.

use std::fs;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::EncodingKey;
use scopegate_core::{algorithm::Algorithm, key::SharedKeys, signing_key::SigningKey};
use serde_json::Value;

use super::Place;

/// One key, with what a token's header says of it.
#[derive(Clone)]
pub(crate) struct Signer {
    pub(crate) algorithm: Algorithm,
    pub(crate) kid: String,
    key: EncodingKey,
    /// The public half; nothing for a shared key.
    public: Option<Public>,
}

#[derive(Clone)]
struct Public {
    pem: String,
    jwk: Value,
}

/// The `kid` of a shared key.
pub(crate) fn kid(key: &str) -> String {
    SharedKeys::parse(key.as_bytes()).expect("a good key").signing().kid().to_owned()
}

/// The `kid` of a token's header.
pub(crate) fn kid_of(token: &str) -> String {
    let (header, _) = token.split_once('.').expect("a compact JWS");
    let json = URL_SAFE_NO_PAD.decode(header).expect("base64url");
    let header: Value = serde_json::from_slice(&json).expect("JSON");
    header["kid"].as_str().expect("our tokens name their key").to_owned()
}

impl Signer {
    /// What auth-server at this place signs with.
    pub(crate) fn of(place: &Place) -> Self {
        if place.algorithm() == Algorithm::Hs256 {
            return Self::shared(place.shared_key().lines().next().expect("a first line"));
        }
        let folder = fs::read_dir(place.data("private/signing")).expect("auth-server made it");
        let keys = folder.map(|entry| {
            let pem = fs::read_to_string(entry.expect("an entry").path()).expect("ours to read");
            Self::private(&pem)
        });
        keys.into_iter()
            .find(|key| key.algorithm == place.algorithm())
            .expect("a key of this algorithm")
    }

    /// This line of a shared-key file.
    pub(crate) fn shared(key: &str) -> Self {
        Self {
            algorithm: Algorithm::Hs256,
            kid: kid(key),
            key: EncodingKey::from_secret(key.as_bytes()),
            public: None,
        }
    }

    /// A private key in PEM.
    pub(crate) fn private(pem: &str) -> Self {
        let found = SigningKey::parse_pem(pem).expect("a key of ours");
        let algorithm = found.algorithm();
        let key = match algorithm {
            Algorithm::EdDsa => EncodingKey::from_ed_pem(pem.as_bytes()),
            Algorithm::Es256 => EncodingKey::from_ec_pem(pem.as_bytes()),
            _ => EncodingKey::from_rsa_pem(pem.as_bytes()),
        };
        let public = Public {
            pem: public_pem(pem),
            jwk: serde_json::to_value(found.public()).expect("a JWK is JSON"),
        };
        Self {
            algorithm,
            kid: found.kid().to_owned(),
            key: key.expect("core read it, too"),
            public: Some(public),
        }
    }

    /// A new key of the same kind that nobody has seen.
    pub(crate) fn stranger(algorithm: Algorithm) -> Self {
        match SigningKey::generate(algorithm) {
            Ok((_, pem)) => Self::private(&pem),
            Err(_) => Self::shared("fedcba9876543210fedcba9876543210"),
        }
    }

    /// Everything that an attacker could take for an HMAC key when only the public half is known
    /// (RFC 8725 §2.1).
    pub(crate) fn confusions(&self) -> Vec<(&'static str, Vec<u8>)> {
        let Some(Public { pem, jwk }) = &self.public else { return Vec::new() };
        let der = pem::parse(pem).expect("PEM").into_contents();
        let mut secrets = vec![
            ("PEM", pem.clone().into_bytes()),
            ("PEM without its last line end", pem.trim_end().as_bytes().to_vec()),
            ("PEM with CRLF", pem.replace('\n', "\r\n").into_bytes()),
            ("DER", der),
            ("JWK", jwk.to_string().into_bytes()),
        ];
        for member in ["x", "y", "n"] {
            if let Some(text) = jwk[member].as_str() {
                secrets.push(("a member", text.as_bytes().to_vec()));
                secrets
                    .push(("a member's bytes", URL_SAFE_NO_PAD.decode(text).expect("base64url")));
            }
        }
        secrets
    }

    /// A compact JWS of these bytes.
    pub(crate) fn compact(&self, header: &[u8], claims: &[u8]) -> String {
        compact(header, claims, &self.key, self.algorithm)
    }
}

/// A compact JWS of these bytes, signed with HS256 by any secret.
pub(crate) fn compact_hs256(header: &[u8], claims: &[u8], secret: &[u8]) -> String {
    compact(header, claims, &EncodingKey::from_secret(secret), Algorithm::Hs256)
}

fn compact(header: &[u8], claims: &[u8], key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let algorithm = algorithm.as_str().parse().expect("jsonwebtoken knows it");
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm);
    format!("{message}.{}", signature.expect("the key is for it"))
}

/// The public half as `openssl pkey -pubout` gives it.
fn public_pem(private: &str) -> String {
    use aws_lc_rs::{
        encoding::{AsDer, PublicKeyX509Der},
        rsa,
        signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
    };
    let der = pem::parse(private).expect("PEM").into_contents();
    let spki: PublicKeyX509Der<'_> = if let Ok(pair) = Ed25519KeyPair::from_pkcs8(&der) {
        pair.public_key().as_der().expect("a public key")
    } else if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der) {
        pair.public_key().as_der().expect("a public key")
    } else {
        rsa::KeyPair::from_pkcs8(&der).expect("RSA").public_key().as_der().expect("a public key")
    };
    let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new("PUBLIC KEY", spki.as_ref().to_vec()), config)
}
