//! One issuer that is trusted, with what proves its tokens.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use scopegate_core::{
    claims::Verified,
    clock::Timestamp,
    verify::{Expectation, TokenError},
};
use serde::Deserialize;

#[cfg(feature = "introspection")]
use crate::introspection::Introspector;
use crate::{
    builder::GuardError, keys::Keys, proof::Proof, source_state::SourceState, verifier::VerifyError,
};

/// An issuer, and who judges its tokens.
pub(crate) struct TrustedIssuer {
    expected: Expectation,
    judge: Judge,
}

enum Judge {
    Keys(Keys),
    #[cfg(feature = "introspection")]
    Asked(Box<Introspector>),
}

impl TrustedIssuer {
    #[cfg_attr(
        not(feature = "introspection"),
        expect(clippy::unnecessary_wraps, reason = "an endpoint that is asked may be none")
    )]
    pub(crate) fn new(expected: Expectation, proof: Proof) -> Result<Self, GuardError> {
        let judge = match proof {
            Proof::Keys(keys) => Judge::Keys(keys),
            #[cfg(feature = "introspection")]
            Proof::Introspection(told) => Judge::Asked(Box::new(Introspector::new(&told)?)),
        };
        Ok(Self { expected, judge })
    }

    pub(crate) async fn verify(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Verified, VerifyError> {
        match &self.judge {
            Judge::Keys(keys) => match keys.verify(&self.expected, token, now) {
                Err(VerifyError::NoKeys | VerifyError::Token(TokenError::UnknownKey))
                    // In a box, as below: what is rare, and asks the network, takes much room.
                    if Box::pin(keys.look_again(token)).await =>
                {
                    keys.verify(&self.expected, token, now)
                }
                outcome => outcome,
            },
            #[cfg(feature = "introspection")]
            Judge::Asked(issuer) => Box::pin(issuer.verify(&self.expected, token, now)).await,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.expected.issuer
    }

    /// Whether the issuer itself is asked about its tokens, which need not be JWTs then.
    pub(crate) const fn is_asked(&self) -> bool {
        match &self.judge {
            Judge::Keys(_) => false,
            #[cfg(feature = "introspection")]
            Judge::Asked(_) => true,
        }
    }

    pub(crate) fn is_ready(&self) -> bool {
        match &self.judge {
            Judge::Keys(keys) => keys.is_ready(),
            #[cfg(feature = "introspection")]
            Judge::Asked(_) => true,
        }
    }

    /// Whether some token of it could be judged.
    pub(crate) fn has_keys(&self) -> bool {
        match &self.judge {
            Judge::Keys(keys) => keys.has_some(),
            #[cfg(feature = "introspection")]
            Judge::Asked(_) => true,
        }
    }

    /// How its sources of keys stand.
    pub(crate) fn key_states(&self) -> Vec<SourceState> {
        match &self.judge {
            Judge::Keys(keys) => keys.states(),
            #[cfg(feature = "introspection")]
            Judge::Asked(_) => Vec::new(),
        }
    }

    pub(crate) async fn ready(&self) {
        match &self.judge {
            Judge::Keys(keys) => keys.ready().await,
            #[cfg(feature = "introspection")]
            Judge::Asked(_) => {}
        }
    }

    pub(crate) async fn reload(&self) {
        match &self.judge {
            Judge::Keys(keys) => keys.reload().await,
            #[cfg(feature = "introspection")]
            Judge::Asked(_) => {}
        }
    }
}

/// The `iss` of what looks like a JWT, without any proof.
pub(crate) fn claimed_issuer(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Claimed<'a> {
        #[serde(borrow)]
        iss: Cow<'a, str>,
    }
    let (message, _) = token.rsplit_once('.')?;
    let (_, payload) = message.split_once('.')?;
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let Claimed { iss } = serde_json::from_slice(&payload).ok()?;
    Some(iss.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_read_from_what_looks_like_a_token() {
        let jwt = |payload: &str| format!("e30.{}.x", URL_SAFE_NO_PAD.encode(payload));
        for (name, token, expected) in [
            ("a JWT", jwt(r#"{"iss":"https://a.example","sub":1}"#), Some("https://a.example")),
            ("an escape", jwt(r#"{"iss":"https:\/\/a.example"}"#), Some("https://a.example")),
            ("no issuer", jwt("{}"), None),
            ("twice", jwt(r#"{"iss":"a","iss":"b"}"#), None),
            ("not a string", jwt(r#"{"iss":["a"]}"#), None),
            ("not JSON", jwt("iss"), None),
            ("not base64url", "a.b=.c".to_owned(), None),
            ("five parts", "a.b.c.d.e".to_owned(), None),
            ("opaque", "2YotnFZFEjr1zCsicMWpAA".to_owned(), None),
            ("opaque with a dot", "a.b".to_owned(), None),
        ] {
            assert_eq!(claimed_issuer(&token).as_deref(), expected, "{name}");
        }
    }
}
