//! Keys made ready once, so that a token costs its signature and no more.

use std::sync::Arc;

use aws_lc_rs::{
    hmac,
    signature::{
        ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
        RsaPublicKeyComponents,
    },
};

/// What checks the signatures of one key by its one algorithm.
#[derive(Clone)]
pub(crate) enum ReadyKey {
    Hmac(Arc<hmac::Key>),
    Public(Arc<ParsedPublicKey>),
}

/// The numbers make no public key: no point of the curve, or no modulus and exponent to verify with.
pub(crate) struct NoKey;

impl ReadyKey {
    pub(crate) fn hmac(secret: &[u8]) -> Self {
        Self::Hmac(Arc::new(hmac::Key::new(hmac::HMAC_SHA256, secret)))
    }

    pub(crate) fn ed25519(x: &[u8]) -> Result<Self, NoKey> {
        ParsedPublicKey::new(&ED25519, x).map(Self::public).map_err(|_| NoKey)
    }

    /// From the coordinates, 32 bytes each.
    pub(crate) fn p256(x: &[u8], y: &[u8]) -> Result<Self, NoKey> {
        // Uncompressed: 0x04, then both (SEC 1 §2.3.3).
        let point = [&[4], x, y].concat();
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).map(Self::public).map_err(|_| NoKey)
    }

    /// From modulus and exponent, without leading zeros.
    pub(crate) fn rsa(n: &[u8], e: &[u8]) -> Result<Self, NoKey> {
        RsaPublicKeyComponents { n, e }
            .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
            .map(Self::public)
            .map_err(|_| NoKey)
    }

    fn public(key: ParsedPublicKey) -> Self {
        Self::Public(Arc::new(key))
    }

    /// Whether the signature, decoded, is this key's of the message. HMACs are compared in constant
    /// time.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Hmac(key) => hmac::verify(key, message, signature).is_ok(),
            Self::Public(key) => key.verify_sig(message, signature).is_ok(),
        }
    }
}
