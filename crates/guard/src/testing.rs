//! Tokens for the tests of a guarded service.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

pub use scopegate_core::clock::{ManualClock, Timestamp};
use scopegate_core::{
    claims::Claims,
    clock::{Clock, SystemClock},
    key::SharedKeys,
    mint::Minter,
    scope::Scope,
};
use serde_json::Value;

use crate::{builder::GuardBuilder, guard::Guard, keys::Keys};

const KEY: &[u8] = b"a key for tests, known to everyone";

/// Mints tokens for one issuer and audience, and builds the guard that takes them.
///
/// ```
/// use scopegate_guard::testing::TestTokens;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tokens = TestTokens::new("http://localhost:8000", "http://localhost:8001");
/// let guard = tokens.guard().build()?;
/// let token = tokens.user("johndoe").scopes("me items").mint();
/// let claims = guard.verifier().verify(&token).await?;
/// assert_eq!(claims.subject, "johndoe");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TestTokens {
    issuer: String,
    audience: String,
    keys: SharedKeys,
    clock: Arc<dyn Clock>,
    minted: Arc<AtomicU64>,
}

/// One token to be minted: good for 30 minutes, without scopes, unless said.
#[must_use]
pub struct TestToken<'a> {
    by: &'a TestTokens,
    subject: String,
    client_id: String,
    scope: Scope,
    expires_in: Duration,
    raw: Vec<(String, Option<Value>)>,
}

impl TestTokens {
    /// Tokens of this issuer for this audience, with a key of their own and the machine's clock.
    #[expect(clippy::missing_panics_doc, reason = "the key is a good one")]
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            audience: audience.into(),
            keys: SharedKeys::parse(KEY).expect("the key is long enough"),
            clock: Arc::new(SystemClock),
            minted: Arc::default(),
        }
    }

    /// With other keys; the first signs.
    #[must_use]
    pub fn with_keys(mut self, keys: SharedKeys) -> Self {
        self.keys = keys;
        self
    }

    /// With another clock, for tokens and guard alike.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The keys for a guard.
    pub fn keys(&self) -> Keys {
        Keys::fixed(&self.keys)
    }

    /// A guard that takes these tokens, to be finished.
    pub fn guard(&self) -> GuardBuilder {
        Guard::builder()
            .issuer(&self.issuer)
            .audience(&self.audience)
            .keys(self.keys())
            .clock(Arc::clone(&self.clock))
    }

    /// A token of a user, issued to the client `test-client`.
    pub fn user(&self, username: &str) -> TestToken<'_> {
        self.token(username, "test-client")
    }

    /// A token of a client for itself.
    pub fn client(&self, client_id: &str) -> TestToken<'_> {
        self.token(client_id, client_id)
    }

    fn token(&self, subject: &str, client_id: &str) -> TestToken<'_> {
        TestToken {
            by: self,
            subject: subject.to_owned(),
            client_id: client_id.to_owned(),
            scope: Scope::empty(),
            expires_in: Duration::from_mins(30),
            raw: Vec::new(),
        }
    }
}

impl TestToken<'_> {
    /// With these scopes, separated by spaces.
    ///
    /// # Panics
    ///
    /// On what is no scope (RFC 6749 §3.3).
    #[track_caller]
    pub fn scopes(mut self, scope: &str) -> Self {
        self.scope = scope.parse().expect("a test grants well-formed scopes");
        self
    }

    /// Expires that long after its issue.
    pub const fn expires_in(mut self, ttl: Duration) -> Self {
        self.expires_in = ttl;
        self
    }

    /// With any JSON as a claim, right or wrong.
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.raw.push((name.to_owned(), Some(value.into())));
        self
    }

    /// Without a claim.
    pub fn without(mut self, name: &str) -> Self {
        self.raw.push((name.to_owned(), None));
        self
    }

    /// The token.
    ///
    /// # Panics
    ///
    /// Where the cryptographic library cannot sign.
    pub fn mint(self) -> String {
        let now = self.by.clock.now();
        let number = self.by.minted.fetch_add(1, Ordering::Relaxed);
        let claims = Claims {
            iss: &self.by.issuer,
            sub: &self.subject,
            aud: &self.by.audience,
            exp: now.plus(self.expires_in).seconds(),
            iat: now.seconds(),
            jti: &format!("token-{number}"),
            client_id: &self.client_id,
            scope: &self.scope,
            grant_id: &format!("grant-{number}"),
        };
        let minter = Minter::hs256(self.by.keys.signing());
        if self.raw.is_empty() {
            return minter.mint(&claims).expect("HS256 signs any claims");
        }
        let mut claims = serde_json::to_value(claims).expect("claims are JSON");
        for (name, value) in self.raw {
            let members = claims.as_object_mut().expect("claims are an object");
            match value {
                Some(value) => members.insert(name, value),
                None => members.remove(&name),
            };
        }
        minter.mint(&claims).expect("HS256 signs any claims")
    }
}

impl fmt::Debug for TestTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestTokens")
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for TestToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestToken")
            .field("subject", &self.subject)
            .field("client_id", &self.client_id)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
