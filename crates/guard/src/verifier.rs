//! One token against the issuers that are trusted, their keys, the audience and the present moment.

use std::{fmt, sync::Arc};

use scopegate_core::{
    claims::Verified,
    clock::Clock,
    verify::{MAX_TOKEN_BYTES, TokenError},
};

use crate::{
    issuer::{TrustedIssuer, claimed_issuer},
    source_state::SourceState,
};

/// Checks tokens. A [`Guard`](crate::Guard) does so for routes; this is for the rest, such as a
/// token inside a WebSocket message. Clones are cheap.
#[derive(Clone)]
pub struct Verifier(Arc<Trust>);

struct Trust {
    audience: Arc<str>,
    /// At least one, each of another name.
    issuers: Vec<TrustedIssuer>,
    clock: Arc<dyn Clock>,
}

/// Why no claims came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// There are no keys yet; the token may be good.
    #[error("no verification keys yet")]
    NoKeys,
    /// The token is refused.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The issuer says that the token is not active (RFC 7662 §2.2).
    #[error("the issuer says that the token is not active")]
    NotActive,
    /// The issuer was asked and gave no answer that can be used; the token may be good.
    #[error("the issuer cannot be asked now")]
    Unavailable {
        /// When to ask again.
        retry_after: std::time::Duration,
    },
}

impl Verifier {
    pub(crate) fn new(
        audience: Arc<str>,
        issuers: Vec<TrustedIssuer>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self(Arc::new(Trust { audience, issuers, clock }))
    }

    /// Checks a token and says what it claims. Scopes and subject are the caller's to judge.
    ///
    /// It waits only where the key is not known yet and the source can be asked again, or where
    /// the issuer itself has to be asked.
    pub async fn verify(&self, token: &str) -> Result<Verified, VerifyError> {
        self.choose(token)?.verify(token, self.0.clock.now()).await
    }

    /// Whose tokens are taken: their `iss`, in the order in which they were named.
    pub fn issuers(&self) -> impl Iterator<Item = &str> {
        self.0.issuers.iter().map(TrustedIssuer::name)
    }

    /// For whom the tokens must be: their `aud`.
    pub fn audience(&self) -> &str {
        &self.0.audience
    }

    /// Whether the keys of every issuer are there. As [`Guard::is_ready`](crate::Guard::is_ready),
    /// it is true of a fetched set without a usable key, too.
    pub fn is_ready(&self) -> bool {
        self.0.issuers.iter().all(TrustedIssuer::is_ready)
    }

    /// Waits until the keys of every issuer are there.
    pub async fn ready(&self) {
        for issuer in &self.0.issuers {
            issuer.ready().await;
        }
    }

    /// Reads all keys again, now, as on SIGHUP.
    pub async fn reload(&self) {
        for issuer in &self.0.issuers {
            issuer.reload().await;
        }
    }

    /// How every source of keys stands, for health endpoints and metrics. An issuer that is asked
    /// has none.
    pub fn key_states(&self) -> Vec<SourceState> {
        self.0.issuers.iter().flat_map(TrustedIssuer::key_states).collect()
    }

    /// Whether some token could be judged.
    pub(crate) fn has_keys(&self) -> bool {
        self.0.issuers.iter().any(TrustedIssuer::has_keys)
    }

    /// The issuer whose token this seems to be. What the token says of it is not proved yet: it
    /// decides who judges, and that issuer's judgement is compared with it afterwards.
    fn choose(&self, token: &str) -> Result<&TrustedIssuer, TokenError> {
        if let [only] = self.0.issuers.as_slice()
            && !only.is_asked()
        {
            return Ok(only);
        }
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Malformed);
        }
        let mut issuers = self.0.issuers.iter();
        if let Some(name) = claimed_issuer(token) {
            issuers.find(|issuer| issuer.name() == name).ok_or(TokenError::Issuer)
        } else {
            issuers.find(|issuer| issuer.is_asked()).ok_or(TokenError::Malformed)
        }
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("issuers", &self.issuers().collect::<Vec<_>>())
            .field("audience", &self.audience())
            .finish_non_exhaustive()
    }
}
