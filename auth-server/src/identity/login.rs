//! A password check against the store, at the same cost whoever is asked for.

use std::sync::Arc;

use scopegate_store::{
    Store,
    users::{self, User},
};

use super::{Busy, Hasher, PasswordHash, Username, Verdict};
use crate::{
    audit::{self, Reason},
    fault::Fault,
    limits::{LimitError, Limits, Origin, TooMany},
    metrics::LoginOutcome,
    secret::Secret,
};

/// Checks passwords, as often as the limits allow.
pub struct Passwords {
    store: Store,
    hasher: Hasher,
    limits: Arc<Limits>,
}

/// Why a check could not be made.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Too many hashes are waiting.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// Too many passwords were wrong.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// The store failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Passwords {
    /// Checks the passwords of this store.
    pub const fn new(store: Store, hasher: Hasher, limits: Arc<Limits>) -> Self {
        Self { store, hasher, limits }
    }

    /// The user, where the name is known, the password right and the account enabled; `None` in every
    /// other case, after the same work. A weak hash is replaced on the way.
    pub async fn check(
        &self,
        username: &Username,
        password: Secret,
        origin: &Origin,
    ) -> Result<Option<User>, LoginError> {
        self.hasher.check_room()?;
        let found = self.find(username).await?.inspect(|user| audit::subject(&user.username));
        let version = found.as_ref().map(|user| user.credential_version);
        let attempt = self.limits.reserve(username.as_str(), version, origin).await?;
        // Whoever is disabled is as unknown: the right password must not take longer than a wrong one.
        let user = found.as_ref().filter(|user| !user.disabled);
        let hash = user.and_then(known_hash);
        let verdict = match self.hasher.verify(password, hash.clone()).await {
            Ok(verdict) => verdict,
            Err(busy) => {
                self.limits.not_made(attempt).await;
                return Err(busy.into());
            }
        };
        if verdict == Verdict::Wrong {
            audit::because(why(found.as_ref(), hash.as_ref()));
            return Ok(None);
        }
        self.limits.succeeded(attempt).await;
        if let (Verdict::Weak(better), Some(weak)) = (verdict, hash) {
            upgrade(&self.store, username.as_str(), weak, better).await;
        }
        Ok(found)
    }

    /// The hash of a new password.
    pub async fn hash(&self, password: Secret) -> Result<PasswordHash, Busy> {
        self.hasher.hash(password).await
    }

    async fn find(&self, username: &Username) -> Result<Option<User>, Fault> {
        let mut conn = self.store.read().await?;
        Ok(users::find(&mut conn, username.as_str()).await?)
    }
}

impl LoginError {
    /// What is counted of a login: `found` where name and password belong together.
    pub const fn outcome<T>(login: &Result<Option<T>, Self>) -> LoginOutcome {
        match login {
            Ok(Some(_)) => LoginOutcome::Granted,
            Ok(None) => LoginOutcome::Wrong,
            Err(Self::TooMany(_)) => LoginOutcome::Limited,
            Err(Self::Busy(_)) => LoginOutcome::QueueFull,
            Err(Self::Fault(_)) => LoginOutcome::Fault,
        }
    }
}

impl From<LimitError> for LoginError {
    fn from(error: LimitError) -> Self {
        match error {
            LimitError::TooMany(too_many) => Self::TooMany(too_many),
            LimitError::Fault(fault) => Self::Fault(fault),
        }
    }
}

fn why(found: Option<&User>, hash: Option<&PasswordHash>) -> Reason {
    match (found, hash) {
        (None, _) => Reason::UnknownUser,
        (Some(user), _) if user.disabled => Reason::DisabledUser,
        (Some(_), None) => Reason::NoPassword,
        (Some(_), Some(_)) => Reason::WrongPassword,
    }
}

/// The user's hash, if it is one that can be verified; one that cannot matches no password.
fn known_hash(user: &User) -> Option<PasswordHash> {
    let text = user.password_hash.as_deref()?;
    PasswordHash::parse(text)
        .inspect_err(
            |error| tracing::error!(user = user.username, %error, "unusable password hash"),
        )
        .ok()
}

/// Compare-and-swap: a password changed meanwhile wins. A failure costs nobody their login; the
/// next one tries again.
async fn upgrade(store: &Store, username: &str, weak: PasswordHash, better: PasswordHash) {
    let name = username.to_owned();
    let written = store
        .write(move |conn| {
            Box::pin(async move {
                users::upgrade_hash(conn, &name, weak.as_str(), better.as_str()).await
            })
        })
        .await;
    match written {
        Ok(true) => tracing::info!(user = username, "password hash upgraded"),
        Ok(false) => {}
        Err(error) => tracing::warn!(user = username, %error, "password hash not upgraded"),
    }
}
