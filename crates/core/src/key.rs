//! The shared-key file: one HS256 key per line, the first signs, all verify.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// One HMAC key: the text of a line, byte for byte.
///
/// `Debug` shows its `kid` only.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedKey {
    bytes: Box<[u8]>,
    kid: String,
}

/// The keys of a shared-key file, in the file's order; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedKeys(Vec<SharedKey>);

/// Why a shared-key file is refused. Lines are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// There is no key in it.
    #[error("the file holds no key")]
    Empty,
    /// A key is shorter than [`SharedKey::MIN_BYTES`] (RFC 7518 §3.2).
    #[error(
        "line {line} holds a key of {bytes} bytes; {} is the least (make one with `openssl rand -hex 32`)",
        SharedKey::MIN_BYTES
    )]
    Short {
        /// The line.
        line: usize,
        /// How long the key is.
        bytes: usize,
    },
    /// More keys than [`SharedKeys::MAX_KEYS`].
    #[error(
        "the file holds more than {} keys; take out those whose tokens have expired",
        SharedKeys::MAX_KEYS
    )]
    TooMany,
    /// The same key twice.
    #[error("line {line} repeats an earlier key")]
    Repeated {
        /// The line.
        line: usize,
    },
}

impl SharedKey {
    /// The least length of a key for HS256, in bytes (RFC 7518 §3.2).
    pub const MIN_BYTES: usize = 32;

    fn new(bytes: &[u8]) -> Self {
        let digest = Sha256::new().chain_update(b"scopegate-kid\0").chain_update(bytes).finalize();
        Self { bytes: bytes.into(), kid: URL_SAFE_NO_PAD.encode(&digest[..8]) }
    }

    /// The key id that tokens carry: base64url of the first 8 bytes of
    /// SHA-256("scopegate-kid" 0x00 key).
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The secret itself.
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }
}

impl SharedKeys {
    /// The most keys that a file may hold.
    pub const MAX_KEYS: usize = 8;

    /// Parses the content of a shared-key file. Blank lines and carriage returns are skipped.
    ///
    /// ```
    /// use scopegate_core::key::SharedKeys;
    ///
    /// let keys = SharedKeys::parse(b"0123456789abcdef0123456789abcdef\n")?;
    /// assert_eq!(keys.signing().kid().len(), 11);
    /// # Ok::<(), scopegate_core::key::KeyFileError>(())
    /// ```
    pub fn parse(content: &[u8]) -> Result<Self, KeyFileError> {
        let mut keys: Vec<SharedKey> = Vec::new();
        for (at, line) in content.split(|&b| b == b'\n').enumerate() {
            let text: Vec<u8> = line.iter().copied().filter(|&b| b != b'\r').collect();
            if text.is_empty() {
                continue;
            }
            let line = at + 1;
            if text.len() < SharedKey::MIN_BYTES {
                return Err(KeyFileError::Short { line, bytes: text.len() });
            }
            if keys.len() == Self::MAX_KEYS {
                return Err(KeyFileError::TooMany);
            }
            let key = SharedKey::new(&text);
            if keys.contains(&key) {
                return Err(KeyFileError::Repeated { line });
            }
            keys.push(key);
        }
        if keys.is_empty() { Err(KeyFileError::Empty) } else { Ok(Self(keys)) }
    }

    /// The key that signs: the file's first.
    pub fn signing(&self) -> &SharedKey {
        &self.0[0]
    }

    /// All keys, the signing one first.
    pub fn iter(&self) -> impl Iterator<Item = &SharedKey> {
        self.0.iter()
    }
}

impl fmt::Debug for SharedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "0123456789abcdef0123456789abcdef";
    const B: &str = "fedcba9876543210fedcba9876543210";

    #[test]
    fn a_key_file_is_its_lines() {
        let nine = (0..9).map(|n| format!("{n}{A}")).collect::<Vec<_>>().join("\n");
        for (content, expected) in [
            (format!("{A}\n"), Ok(1)),
            (A.to_owned(), Ok(1)),
            (format!("\r\n\n{A}\r\n{B}\r\n\n"), Ok(2)),
            (String::new(), Err(KeyFileError::Empty)),
            ("\n\r\n".to_owned(), Err(KeyFileError::Empty)),
            (format!("{A}\nshort"), Err(KeyFileError::Short { line: 2, bytes: 5 })),
            (format!("{A}\n{A}\n"), Err(KeyFileError::Repeated { line: 2 })),
            (nine, Err(KeyFileError::TooMany)),
        ] {
            let found = SharedKeys::parse(content.as_bytes()).map(|keys| keys.iter().count());
            assert_eq!(found, expected, "{content:?}");
        }
    }

    #[test]
    fn the_first_line_signs_and_its_text_is_the_key() {
        let keys = SharedKeys::parse(format!("{A}\r\n{B}\n").as_bytes()).unwrap();
        assert_eq!(keys.signing().expose(), A.as_bytes());
    }

    #[test]
    fn a_kid_is_the_documented_digest() {
        // printf 'scopegate-kid\0%s' 0123456789abcdef0123456789abcdef | openssl dgst -sha256 -binary
        //   | head -c 8 | basenc --base64url
        let keys = SharedKeys::parse(A.as_bytes()).unwrap();
        assert_eq!(keys.signing().kid(), KID_OF_A);
    }

    #[test]
    fn debug_shows_no_key() {
        let shown = format!("{:?}", SharedKeys::parse(A.as_bytes()).unwrap());
        assert!(!shown.contains(A), "{shown}");
    }

    const KID_OF_A: &str = "L9Py636AJJY";
}
