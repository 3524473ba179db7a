//! One token against keys, issuer, audience and the present moment.

use std::sync::Arc;

use scopegate_core::{
    claims::Verified,
    clock::Clock,
    verify::{Expectation, TokenError},
};

use crate::keys::Keys;

/// Checks tokens. A [`Guard`](crate::Guard) does so for routes; this is for the rest, such as a
/// token inside a WebSocket message. Clones are cheap.
#[derive(Clone)]
pub struct Verifier {
    expectation: Arc<Expectation>,
    keys: Keys,
    clock: Arc<dyn Clock>,
}

/// Why no claims came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// There are no keys yet; the token may be good.
    #[error("no verification keys yet")]
    NoKeys,
    /// The token is refused.
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl Verifier {
    pub(crate) fn new(expectation: Expectation, keys: Keys, clock: Arc<dyn Clock>) -> Self {
        Self { expectation: Arc::new(expectation), keys, clock }
    }

    /// Checks a token and says what it claims. Scopes and subject are the caller's to judge.
    ///
    /// It waits only where the key is not known yet and the source can be asked again.
    pub async fn verify(&self, token: &str) -> Result<Verified, VerifyError> {
        let now = self.clock.now();
        match self.keys.verify(&self.expectation, token, now) {
            Err(VerifyError::NoKeys | VerifyError::Token(TokenError::UnknownKey))
                if self.keys.look_again(token).await =>
            {
                self.keys.verify(&self.expectation, token, now)
            }
            outcome => outcome,
        }
    }

    /// Where its keys come from.
    pub const fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Whose tokens, and for whom.
    pub fn expectation(&self) -> &Expectation {
        &self.expectation
    }
}
