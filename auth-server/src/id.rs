//! Random ids and secrets: the only place that asks for randomness.

use std::sync::atomic::{AtomicU32, Ordering};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::RngCore;

use crate::secret::Secret;

/// Random bytes from the operating system's generator.
#[expect(clippy::disallowed_methods, reason = "the one place that asks for randomness")]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// A `jti`: 128 random bits in base64url.
pub fn token_id() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<16>())
}

/// A `grant_id`: 128 random bits in base64url.
pub fn grant_id() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<16>())
}

/// The id of an authorization request: 128 random bits in base64url.
pub fn request_id() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<16>())
}

/// An authorization code: 256 random bits in base64url.
pub fn authorization_code() -> Secret {
    Secret::new(URL_SAFE_NO_PAD.encode(bytes::<32>()))
}

/// The first refresh token of a family: 256 random bits in base64url.
pub fn refresh_token() -> Secret {
    Secret::new(URL_SAFE_NO_PAD.encode(bytes::<32>()))
}

/// The cookie of a browser: 256 random bits in base64url.
pub fn session() -> Secret {
    Secret::new(URL_SAFE_NO_PAD.encode(bytes::<32>()))
}

/// The id of a login in a mark of the browser: 128 random bits in base64url.
pub fn browser_name() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<16>())
}

/// What a session is called on the account page: 128 random bits in base64url.
pub fn session_name() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<16>())
}

/// A client secret: 256 random bits in base64url.
pub fn client_secret() -> Secret {
    Secret::new(URL_SAFE_NO_PAD.encode(bytes::<32>()))
}

/// What tells entries of the audit log apart that were made in the same millisecond: a count, so that
/// those of one process keep their order, and 64 random bits. Lower-case hexadecimal.
pub fn audit() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{count:08x}{:016x}", u64::from_be_bytes(bytes()))
}

/// A key for the shared-key file: 256 random bits as 64 hexadecimal digits.
pub fn shared_key() -> Secret {
    Secret::new(bytes::<32>().iter().fold(String::new(), |text, b| text + &format!("{b:02x}")))
}
