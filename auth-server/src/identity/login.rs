//! A password check against the store, at the same cost whoever is asked for.

use scopegate_store::{
    Store,
    users::{self, User},
};

use super::{Busy, Hasher, PasswordHash, Username, Verdict};
use crate::{
    audit::{self, Reason},
    fault::Fault,
    secret::Secret,
};

/// Why a check could not be made.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Too many hashes are waiting.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The store failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The user, where the name is known, the password right and the account enabled; `None` in every
/// other case, after the same work. A weak hash is replaced on the way.
pub async fn check_password(
    store: &Store,
    hasher: &Hasher,
    username: &Username,
    password: Secret,
) -> Result<Option<User>, LoginError> {
    let user = {
        let mut conn = store.read().await.map_err(Fault::from)?;
        users::find(&mut conn, username.as_str()).await.map_err(Fault::from)?
    };
    let hash = user.as_ref().and_then(known_hash);
    let verdict = hasher.verify(password, hash.clone()).await?;
    let Some(user) = user.inspect(|user| audit::subject(&user.username)) else {
        audit::because(Reason::UnknownUser);
        return Ok(None);
    };
    if user.disabled {
        audit::because(Reason::DisabledUser);
        return Ok(None);
    }
    match verdict {
        Verdict::Wrong => {
            let reason = if hash.is_some() { Reason::WrongPassword } else { Reason::NoPassword };
            audit::because(reason);
            Ok(None)
        }
        Verdict::Right => Ok(Some(user)),
        Verdict::Weak(better) => {
            if let Some(weak) = hash {
                upgrade(store, &user.username, weak, better).await;
            }
            Ok(Some(user))
        }
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
