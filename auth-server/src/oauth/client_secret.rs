//! Client secrets: long and random, so that a plain SHA-256 guards them as well as a slow hash.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::secret::Secret;

/// The least length of a secret that was made elsewhere, in characters.
pub const MIN_CHARS: usize = 32;

/// A secret given by hand is too short to be guarded by a fast hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a client secret has {MIN_CHARS} characters at least; `openssl rand -hex 32` makes one")]
pub struct ShortSecret;

/// Checks a secret that was made elsewhere.
pub fn check_given(secret: &Secret) -> Result<(), ShortSecret> {
    if secret.expose().chars().count() < MIN_CHARS { Err(ShortSecret) } else { Ok(()) }
}

/// What the store keeps: SHA-256 in lower-case hexadecimal digits.
pub fn sha256_hex(secret: &Secret) -> String {
    Sha256::digest(secret.expose())
        .iter()
        .fold(String::with_capacity(64), |text, b| text + &format!("{b:02x}"))
}

/// Whether the secret is the one that was kept, in constant time.
pub fn matches(digest: &str, kept: &str) -> bool {
    digest.as_bytes().ct_eq(kept.as_bytes()).into()
}
