//! The server key: one secret from which the others are derived, the same on every replica.

use std::{fs, path::Path};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{KeyError, file};
use crate::{id, secret::Secret};

/// Keys derived from `server.key` by HKDF (RFC 5869), one per purpose.
pub struct ServerKey {
    refresh_successor: Zeroizing<[u8; 32]>,
    apply: Zeroizing<[u8; 32]>,
    csrf: Zeroizing<[u8; 32]>,
    seal: Zeroizing<[u8; 32]>,
    fingerprint: String,
}

impl ServerKey {
    /// Reads the key file, and makes it first where there is none.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        let fault = |cause| KeyError::File { path: path.to_owned(), cause };
        let fresh = id::shared_key();
        if file::write_new(path, format!("{}\n", fresh.expose())).map_err(fault)? {
            tracing::info!(path = %path.display(), "server key made");
        }
        let content = Zeroizing::new(fs::read_to_string(path).map_err(fault)?);
        Self::parse(&content).ok_or_else(|| KeyError::ServerKey { path: path.to_owned() })
    }

    pub(super) fn parse(content: &str) -> Option<Self> {
        let text = content.trim_end();
        (text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()))
            .then(|| Self::derive(text.as_bytes()))
    }

    fn derive(secret: &[u8]) -> Self {
        let hkdf = Hkdf::<Sha256>::new(None, secret);
        let expand = |label: &[u8]| {
            let mut key = Zeroizing::new([0; 32]);
            hkdf.expand(label, &mut *key).expect("32 bytes are within HKDF's bound");
            key
        };
        Self {
            refresh_successor: expand(b"scopegate refresh successor"),
            apply: expand(b"scopegate apply"),
            csrf: expand(b"scopegate csrf"),
            seal: expand(b"scopegate seal"),
            fingerprint: URL_SAFE_NO_PAD.encode(&expand(b"scopegate fingerprint")[..16]),
        }
    }

    /// Names the key without telling it; the store remembers which key it was made with.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The refresh token that follows this one. The same at each call, on every replica and after a
    /// restart, so that a lost answer can be given again though no token is stored in the clear.
    pub fn successor(&self, presented: &Secret) -> Secret {
        let mut mac = keyed(&self.refresh_successor);
        mac.update(presented.expose().as_bytes());
        Secret::new(URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    /// The token that forms carry in a browser with this cookie. It needs no row in the store, and
    /// tells nobody the cookie.
    pub fn csrf(&self, cookie: &Secret) -> String {
        let mut mac = keyed(&self.csrf);
        mac.update(cookie.expose().as_bytes());
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }

    /// What the store keeps of a value that `apply` last brought in.
    pub fn applied(&self, kind: &str, entry: &str, field: &str, value: &str) -> String {
        of_parts(&self.apply, &[kind, entry, field, value])
    }

    /// Stands for these parts, the first of which says what for: without the key nobody can make it
    /// or find out what it stands for.
    pub fn seal(&self, parts: &[&str]) -> String {
        of_parts(&self.seal, parts)
    }
}

fn of_parts(key: &[u8; 32], parts: &[&str]) -> String {
    let mut mac = keyed(key);
    for part in parts {
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";

    #[test]
    fn a_server_key_is_64_hexadecimal_digits() {
        for (content, good) in [(KEY, true), ("", false), ("zz", false), (&KEY[1..], false)] {
            assert_eq!(ServerKey::parse(content).is_some(), good, "{content:?}");
        }
    }

    #[test]
    fn a_successor_depends_on_the_key_and_the_token_alone() {
        let key = ServerKey::parse(KEY).unwrap();
        let other = ServerKey::parse(&KEY.replace('0', "1")).unwrap();
        let token = |text: &str| Secret::new(text.to_owned());
        let successor = |key: &ServerKey, text| key.successor(&token(text)).expose().to_owned();
        assert_eq!(successor(&key, "a"), successor(&ServerKey::parse(KEY).unwrap(), "a"));
        assert_ne!(successor(&key, "a"), successor(&key, "b"));
        assert_ne!(successor(&key, "a"), successor(&other, "a"));
        assert_eq!(successor(&key, "a").len(), 43);
    }

    #[test]
    fn applied_values_do_not_run_into_each_other() {
        let key = ServerKey::parse(KEY).unwrap();
        assert_ne!(key.applied("user", "ab", "c", ""), key.applied("user", "a", "bc", ""));
    }

    #[test]
    fn the_key_is_made_once_and_then_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("private/server.key");
        let first = ServerKey::load_or_create(&path).unwrap();
        let second = ServerKey::load_or_create(&path).unwrap();
        assert_eq!(first.fingerprint(), second.fingerprint());
    }
}
