//! Access tokens of our own making, right and wrong, signed with any key.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use scopegate_core::{
    clock::{Clock, SystemClock},
    key::SharedKeys,
};
use serde_json::{Value, json};

use super::{AUDIENCE, ISSUER, Place};

/// A token in the making: good, unless something about it is changed.
#[derive(Clone)]
pub(crate) struct Forge {
    header: Value,
    claims: Value,
    key: String,
}

/// The time, in Unix seconds.
pub(crate) fn now() -> i64 {
    SystemClock.now().seconds()
}

/// The `kid` of a key.
pub(crate) fn kid(key: &str) -> String {
    SharedKeys::parse(key.as_bytes()).expect("a good key").signing().kid().to_owned()
}

/// A compact JWS of these bytes, signed with HS256.
pub(crate) fn compact(header: &[u8], claims: &[u8], key: &str) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let key = EncodingKey::from_secret(key.as_bytes());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256);
    format!("{message}.{}", signature.expect("HS256 signs anything"))
}

impl Forge {
    /// johndoe's token for `me` and `items`, as auth-server at this place would issue it.
    pub(crate) fn at(place: &Place) -> Self {
        Self::at_with_key(&place.shared_key())
    }

    /// The same, where the file of the shared keys had this content.
    pub(crate) fn at_with_key(content: &str) -> Self {
        let key = content.lines().next().expect("a first line").to_owned();
        Self {
            header: json!({"typ": "at+jwt", "alg": "HS256", "kid": kid(&key)}),
            claims: json!({
                "iss": ISSUER, "sub": "johndoe", "aud": AUDIENCE,
                "exp": now() + 600, "iat": now(), "jti": "forged",
                "client_id": "first-party", "scope": "items me", "grant_id": "forged",
            }),
            key,
        }
    }

    /// With another member in the header; `null` takes it away.
    pub(crate) fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        put(&mut self.header, name, value.into());
        self
    }

    /// With another claim; `null` takes it away.
    pub(crate) fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        put(&mut self.claims, name, value.into());
        self
    }

    /// Signed with another key, under its own `kid`.
    pub(crate) fn signed_with(mut self, key: &str) -> Self {
        key.clone_into(&mut self.key);
        self.header("kid", kid(key))
    }

    /// The key that signs.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// The header's JSON.
    pub(crate) fn header_json(&self) -> String {
        self.header.to_string()
    }

    /// The claims' JSON.
    pub(crate) fn claims_json(&self) -> String {
        self.claims.to_string()
    }

    /// The token.
    pub(crate) fn token(&self) -> String {
        compact(self.header_json().as_bytes(), self.claims_json().as_bytes(), &self.key)
    }
}

fn put(object: &mut Value, name: &str, value: Value) {
    let members = object.as_object_mut().expect("it is made as one");
    if value.is_null() {
        members.remove(name);
    } else {
        members.insert(name.to_owned(), value);
    }
}
