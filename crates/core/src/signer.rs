//! Private keys made ready once, so that a signature costs no more than itself.

use std::sync::Arc;

use aws_lc_rs::{
    error::{KeyRejected, Unspecified},
    hmac,
    rand::SystemRandom,
    rsa,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
    },
};

use crate::jwk::Jwk;

/// What signs with one key by its one algorithm.
#[derive(Clone)]
pub(crate) enum Signer {
    Hmac(Arc<hmac::Key>),
    Ed25519(Arc<Ed25519KeyPair>),
    P256(Arc<EcdsaKeyPair>),
    Rsa(Arc<rsa::KeyPair>),
}

impl Signer {
    pub(crate) fn hmac(secret: &[u8]) -> Self {
        Self::Hmac(Arc::new(hmac::Key::new(hmac::HMAC_SHA256, secret)))
    }

    /// From PKCS #8 (RFC 5958), with the public half.
    pub(crate) fn pkcs8(der: &[u8]) -> Result<(Self, Jwk), KeyRejected> {
        if let Ok(pair) = Ed25519KeyPair::from_pkcs8(der) {
            let public = Jwk::ed25519(pair.public_key().as_ref());
            return Ok((Self::Ed25519(Arc::new(pair)), public));
        }
        if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der) {
            // 0x04, then both coordinates (SEC 1 §2.3.3).
            let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
            let public = Jwk::p256(x, y);
            return Ok((Self::P256(Arc::new(pair)), public));
        }
        let pair = rsa::KeyPair::from_pkcs8(der)?;
        let public = Jwk::rsa(
            pair.public_key().modulus().big_endian_without_leading_zero(),
            pair.public_key().exponent().big_endian_without_leading_zero(),
        );
        Ok((Self::Rsa(Arc::new(pair)), public))
    }

    /// The signature as a JWS carries it, before base64url (RFC 7518 §3).
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        match self {
            Self::Hmac(key) => Ok(hmac::sign(key, message).as_ref().to_vec()),
            Self::Ed25519(pair) => Ok(pair.try_sign(message)?.as_ref().to_vec()),
            Self::P256(pair) => Ok(pair.sign(&SystemRandom::new(), message)?.as_ref().to_vec()),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)?;
                Ok(signature)
            }
        }
    }
}
