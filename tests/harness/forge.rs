//! Access tokens of our own making, right and wrong, signed with any key.

use scopegate_core::clock::{Clock, SystemClock};
use serde_json::{Value, json};

use super::{AUDIENCE, ISSUER, Place, Signer};

/// A token in the making: good, unless something about it is changed.
#[derive(Clone)]
pub(crate) struct Forge {
    header: Value,
    claims: Value,
    signer: Signer,
}

/// The time, in Unix seconds.
pub(crate) fn now() -> i64 {
    SystemClock.now().seconds()
}

impl Forge {
    /// johndoe's token for `me` and `items`, as auth-server at this place would issue it.
    pub(crate) fn at(place: &Place) -> Self {
        Self::by(Signer::of(place))
    }

    /// The same, signed with this key.
    pub(crate) fn by(signer: Signer) -> Self {
        Self {
            header: json!({"typ": "at+jwt", "alg": signer.algorithm.as_str(), "kid": signer.kid}),
            claims: json!({
                "iss": ISSUER, "sub": "johndoe", "aud": AUDIENCE,
                "exp": now() + 600, "iat": now(), "jti": "forged",
                "client_id": "first-party", "scope": "items me", "grant_id": "forged",
            }),
            signer,
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
    pub(crate) fn signed_by(mut self, signer: Signer) -> Self {
        let kid = signer.kid.clone();
        self.signer = signer;
        self.header("kid", kid)
    }

    /// The key that signs.
    pub(crate) const fn signer(&self) -> &Signer {
        &self.signer
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
        self.signer.compact(self.header_json().as_bytes(), self.claims_json().as_bytes())
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
