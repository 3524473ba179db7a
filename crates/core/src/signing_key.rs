//! Private keys that sign access tokens, in PEM (RFC 7468) as PKCS #8 (RFC 5958).

use std::fmt;

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{self, KeySize},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair},
};
use zeroize::Zeroizing;

use crate::{algorithm::Algorithm, jwk::Jwk, signer::Signer};

/// A private key with its public half. `Debug` shows the `kid` only.
#[derive(Clone)]
pub struct SigningKey {
    public: Jwk,
    pub(crate) private: Signer,
}

/// Why there is no signing key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningKeyError {
    /// Not one PEM block `PRIVATE KEY`.
    #[error("not a private key in PEM (`-----BEGIN PRIVATE KEY-----`)")]
    NotPem,
    /// PKCS #8 of another kind of key.
    #[error(
        "not a private key for EdDSA (Ed25519), ES256 (P-256) or RS256 (RSA, 2048 bits or more)"
    )]
    Unsupported,
    /// There are no key pairs for HS256: its key is a line of the shared-key file.
    #[error("HS256 has no key pair")]
    Symmetric,
    /// The cryptographic library failed.
    #[error("the key could not be generated")]
    Generation,
}

impl SigningKey {
    /// Makes a new key and gives its PEM, to be kept in a file. RSA keys have 2048 bits.
    ///
    /// ```
    /// use scopegate_core::{algorithm::Algorithm, signing_key::SigningKey};
    ///
    /// let (key, pem) = SigningKey::generate(Algorithm::EdDsa)?;
    /// assert_eq!(SigningKey::parse_pem(&pem)?.kid(), key.kid());
    /// # Ok::<(), scopegate_core::signing_key::SigningKeyError>(())
    /// ```
    pub fn generate(algorithm: Algorithm) -> Result<(Self, Zeroizing<String>), SigningKeyError> {
        let der = pkcs8(algorithm)?;
        let block = pem::Pem::new("PRIVATE KEY", der.to_vec());
        let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        let text = Zeroizing::new(pem::encode_config(&block, config));
        Ok((Self::from_pkcs8(&der)?, text))
    }

    /// Reads a key; its algorithm is what the key is for.
    pub fn parse_pem(text: &str) -> Result<Self, SigningKeyError> {
        let block = pem::parse(text).map_err(|_| SigningKeyError::NotPem)?;
        if block.tag() != "PRIVATE KEY" {
            return Err(SigningKeyError::NotPem);
        }
        Self::from_pkcs8(&Zeroizing::new(block.into_contents()))
    }

    fn from_pkcs8(der: &[u8]) -> Result<Self, SigningKeyError> {
        let (private, public) = Signer::pkcs8(der).map_err(|_| SigningKeyError::Unsupported)?;
        Ok(Self { public, private })
    }

    /// The key id: the thumbprint of the public key (RFC 7638).
    #[expect(clippy::missing_panics_doc, reason = "a key of ours is named")]
    pub fn kid(&self) -> &str {
        self.public.kid().expect("a key of ours is named")
    }

    /// What it signs with.
    pub const fn algorithm(&self) -> Algorithm {
        self.public.algorithm()
    }

    /// The public half, to be published.
    pub const fn public(&self) -> &Jwk {
        &self.public
    }
}

fn pkcs8(algorithm: Algorithm) -> Result<Zeroizing<Vec<u8>>, SigningKeyError> {
    let fault = |_| SigningKeyError::Generation;
    let der = match algorithm {
        Algorithm::Hs256 => return Err(SigningKeyError::Symmetric),
        Algorithm::EdDsa => {
            Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).map_err(fault)?.as_ref().to_vec()
        }
        Algorithm::Es256 => {
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
                .map_err(fault)?
                .as_ref()
                .to_vec()
        }
        Algorithm::Rs256 => {
            let pair = rsa::KeyPair::generate(KeySize::Rsa2048).map_err(fault)?;
            AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(fault)?.as_ref().to_vec()
        }
    };
    Ok(Zeroizing::new(der))
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("public", &self.public).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_key_comes_back_from_its_pem() {
        for algorithm in [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Rs256] {
            let (key, pem) = SigningKey::generate(algorithm).unwrap();
            let read = SigningKey::parse_pem(&pem).unwrap();
            assert_eq!((read.algorithm(), read.public()), (algorithm, key.public()));
            assert_eq!(key.kid().len(), 43, "a SHA-256 in base64url");
            let json = serde_json::to_vec(key.public()).unwrap();
            assert_eq!(Jwk::parse(&json).as_ref(), Ok(key.public()), "{algorithm}");
            assert_eq!(serde_json::from_slice::<serde_json::Value>(&json).unwrap().get("d"), None);
        }
    }

    #[test]
    fn what_is_no_key_of_ours_is_refused() {
        let garbage = pem::encode(&pem::Pem::new("PRIVATE KEY", b"garbage"));
        let (_, good) = SigningKey::generate(Algorithm::EdDsa).unwrap();
        for (name, text, expected) in [
            ("empty", String::new(), SigningKeyError::NotPem),
            ("a shared key", "0123456789abcdef".repeat(4), SigningKeyError::NotPem),
            ("another label", good.replace("PRIVATE", "PUBLIC"), SigningKeyError::NotPem),
            ("garbage inside", garbage, SigningKeyError::Unsupported),
        ] {
            assert_eq!(SigningKey::parse_pem(&text).err(), Some(expected), "{name}");
        }
        assert_eq!(SigningKey::generate(Algorithm::Hs256).err(), Some(SigningKeyError::Symmetric));
    }

    #[test]
    fn debug_shows_no_private_member() {
        let (key, pem) = SigningKey::generate(Algorithm::EdDsa).unwrap();
        let shown = format!("{key:?}");
        assert!(shown.contains(key.kid()) && !shown.contains(pem.lines().nth(1).unwrap()));
    }
}
