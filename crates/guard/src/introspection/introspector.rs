//! What is known of tokens, and who asks about those that are not: once each, and not too many at
//! a time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use quick_cache::sync::Cache;
use scopegate_core::{
    claims::Verified,
    clock::Timestamp,
    verify::{Expectation, IntrospectionError},
};
use sha2::{Digest, Sha256};
use tokio::{sync::Semaphore, time::timeout};

use super::{
    Introspection, IntrospectionSetupError,
    endpoint::{AskError, Endpoint},
};
use crate::verifier::VerifyError;

/// How long it is known that a token is not active, or that there was no answer, at most. Short:
/// a failure is over when it is over, and such tokens must not fill the cache.
const REFUSED_FOR: Duration = Duration::from_secs(1);

/// Questions under way at a time, about different tokens. Made-up ones must not become a flood at
/// the issuer.
const MAX_QUESTIONS: usize = 64;

/// Asks one endpoint for one guard: what it knows depends on the guard's audience.
pub(crate) struct Introspector {
    endpoint: Endpoint,
    /// By the SHA-256 of the token, so that no dump of memory is a list of tokens.
    known: Cache<[u8; 32], Known>,
    cache_for: Duration,
    questions: Semaphore,
    failing: AtomicBool,
}

#[derive(Clone)]
struct Known {
    judged: Result<Arc<Verified>, VerifyError>,
    until: Timestamp,
}

impl Introspector {
    pub(crate) fn new(told: &Introspection) -> Result<Self, IntrospectionSetupError> {
        Ok(Self {
            endpoint: Endpoint::new(told)?,
            known: Cache::new(told.capacity.max(1)),
            cache_for: told.cache_for,
            questions: Semaphore::new(MAX_QUESTIONS),
            failing: AtomicBool::new(false),
        })
    }

    /// What the endpoint says of the token, or said a short while ago.
    pub(crate) async fn verify(
        &self,
        expected: &Expectation,
        token: &str,
        now: Timestamp,
    ) -> Result<Verified, VerifyError> {
        let key: [u8; 32] = Sha256::digest(token).into();
        loop {
            // Whoever was asking may have been cut off, and the next one asks in turn.
            let found =
                timeout(self.endpoint.timeout(), self.known.get_value_or_guard_async(&key)).await;
            match found {
                Ok(Ok(known)) if known.until > now => return known.judged(),
                Ok(Ok(_)) => {
                    self.known.remove_if(&key, |known| known.until <= now);
                }
                Ok(Err(place)) => {
                    let known = self.ask(expected, token, now).await;
                    // An error says that the place was taken meanwhile; our answer is as good.
                    let _ = place.insert(known.clone());
                    return known.judged();
                }
                Err(_) => return Err(UNAVAILABLE),
            }
        }
    }

    async fn ask(&self, expected: &Expectation, token: &str, now: Timestamp) -> Known {
        let answer = self.question(token).await.and_then(|answer| {
            match expected.introspected(answer, now, now.plus(self.cache_for)) {
                Err(IntrospectionError::NotAnAnswer) => Err(AskError::NotAnAnswer),
                judged => Ok(judged),
            }
        });
        self.report(answer.as_ref().err());
        let refused_until = now.plus(self.cache_for.min(REFUSED_FOR));
        match answer {
            Ok(Ok(verified)) => {
                let expiry = Timestamp::from_seconds(verified.expires_at);
                let until = now.plus(self.cache_for).min(expiry);
                Known { judged: Ok(Arc::new(verified)), until }
            }
            Ok(Err(IntrospectionError::Token(error))) => {
                Known { judged: Err(error.into()), until: refused_until }
            }
            Ok(Err(_)) => Known { judged: Err(VerifyError::NotActive), until: refused_until },
            Err(_) => Known { judged: Err(UNAVAILABLE), until: now.plus(REFUSED_FOR) },
        }
    }

    async fn question(&self, token: &str) -> Result<Vec<u8>, AskError> {
        let limit = self.endpoint.timeout();
        let permit = timeout(limit, self.questions.acquire()).await;
        let _permit =
            permit.map_err(|_| AskError::Timeout(limit))?.expect("the questions are never closed");
        self.endpoint.ask(token).await
    }

    /// Logs the first failure of a row, and its end.
    fn report(&self, failure: Option<&AskError>) {
        let url = self.endpoint.url();
        match failure {
            Some(error) if !self.failing.swap(true, Ordering::Relaxed) => {
                tracing::warn!(%url, %error, "the introspection endpoint gives no answer");
            }
            None if self.failing.swap(false, Ordering::Relaxed) => {
                tracing::info!(%url, "the introspection endpoint answers again");
            }
            _ => {}
        }
    }
}

const UNAVAILABLE: VerifyError = VerifyError::Unavailable { retry_after: REFUSED_FOR };

impl Known {
    fn judged(self) -> Result<Verified, VerifyError> {
        self.judged.map(Arc::unwrap_or_clone)
    }
}
