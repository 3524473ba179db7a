//! Making, following and retiring key pairs. The file comes first, then the row, which decides.

use scopegate_core::{algorithm::Algorithm, clock::Timestamp, signing_key::SigningKey};
use scopegate_store::{
    Store,
    signing_keys::{self, Added, NewSigningKey},
};

use super::{
    KeyError,
    folder::KeyFolder,
    plan::{self, KeyState, MARGIN},
};

/// What became of a wish for the key that follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The key of that id was made.
    Made(String),
    /// Nothing was done: the key of that id has to sign first.
    Waiting(String),
}

/// What became of a wish to retire a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Retirement {
    /// It counts no more.
    Done {
        /// The key that signs in its place, where it was the one that signed.
        successor: Option<String>,
    },
    /// Nothing was done: it signs.
    Signs,
    /// Nothing was done: tokens that it signed live until then.
    Needed {
        /// Until then.
        until: Timestamp,
    },
    /// It was retired before.
    Before {
        /// Since then.
        since: Timestamp,
    },
    /// There is no such key.
    Unknown,
}

/// Makes the first key of an algorithm, unless there is one by now.
pub async fn make_first(
    store: &Store,
    folder: &KeyFolder,
    algorithm: Algorithm,
    now: Timestamp,
) -> Result<(), KeyError> {
    let new = generate(folder, algorithm, now, now).await?;
    let kid = new.kid.clone();
    let added = store
        .write(move |conn| Box::pin(async move { signing_keys::add_first(conn, &new).await }))
        .await?;
    if added {
        tracing::info!(%kid, %algorithm, "signing key made");
        Ok(())
    } else {
        folder.remove(&kid)
    }
}

/// Makes the key that follows, to sign from `signs_at` on.
pub async fn rotate(
    store: &Store,
    folder: &KeyFolder,
    algorithm: Algorithm,
    signs_at: Timestamp,
    now: Timestamp,
) -> Result<Rotation, KeyError> {
    let new = generate(folder, algorithm, now, signs_at).await?;
    let kid = new.kid.clone();
    let added = store
        .write(move |conn| Box::pin(async move { signing_keys::add_next(conn, &new).await }))
        .await?;
    match added {
        Added::Done => Ok(Rotation::Made(kid)),
        Added::Waiting(other) => {
            folder.remove(&kid)?;
            Ok(Rotation::Waiting(other))
        }
    }
}

/// Retires a key that nothing needs; with `at_once` whatever it signed, and whether or not it signs.
pub async fn retire(
    store: &Store,
    folder: &KeyFolder,
    signing: Algorithm,
    (kid, at_once): (&str, bool),
    now: Timestamp,
) -> Result<Retirement, KeyError> {
    let rows = signing_keys::list(&mut *store.read().await?).await?;
    let Some(row) = rows.iter().find(|row| row.kid == kid) else {
        return Ok(Retirement::Unknown);
    };
    let is_retired = match plan::state(row, &rows, signing, now) {
        KeyState::Retired { since } => return Ok(Retirement::Before { since }),
        KeyState::Signing if !at_once => return Ok(Retirement::Signs),
        KeyState::Verifying { until } if !at_once => return Ok(Retirement::Needed { until }),
        KeyState::Signing => return replace(store, folder, signing, kid, now).await,
        _ if at_once => write_retired(store, kid, now, None).await?,
        _ => write_retired(store, kid, now, Some(now.minus(MARGIN))).await?,
    };
    if !is_retired {
        // Between reading and writing a server noted that it is about to sign with it.
        return Ok(Retirement::Signs);
    }
    folder.remove(kid)?;
    Ok(Retirement::Done { successor: None })
}

async fn replace(
    store: &Store,
    folder: &KeyFolder,
    algorithm: Algorithm,
    kid: &str,
    now: Timestamp,
) -> Result<Retirement, KeyError> {
    let replacement = generate(folder, algorithm, now, now).await?;
    let (made, old) = (replacement.kid.clone(), kid.to_owned());
    let successor = store
        .write(move |conn| {
            Box::pin(async move { signing_keys::replace(conn, &old, &replacement).await })
        })
        .await?;
    if successor.as_ref() != Some(&made) {
        folder.remove(&made)?;
    }
    folder.remove(kid)?;
    Ok(match successor {
        Some(successor) => Retirement::Done { successor: Some(successor) },
        None => Retirement::Before { since: now },
    })
}

async fn write_retired(
    store: &Store,
    kid: &str,
    now: Timestamp,
    dead_at: Option<Timestamp>,
) -> Result<bool, KeyError> {
    let kid = kid.to_owned();
    let retired = store.write(move |conn| {
        Box::pin(async move {
            match dead_at {
                Some(dead_at) => signing_keys::retire_unused(conn, &kid, now, dead_at).await,
                None => signing_keys::retire(conn, &kid, now).await,
            }
        })
    });
    Ok(retired.await?)
}

/// Makes a key pair and keeps its private half. An RSA key takes a while, so not on an async thread.
async fn generate(
    folder: &KeyFolder,
    algorithm: Algorithm,
    created_at: Timestamp,
    signs_at: Timestamp,
) -> Result<NewSigningKey, KeyError> {
    let folder = folder.clone();
    let key = super::off_async_threads(move || {
        let (key, pem) = SigningKey::generate(algorithm)?;
        folder.write(&key, &pem)?;
        Ok(key)
    })
    .await?;
    Ok(NewSigningKey {
        kid: key.kid().to_owned(),
        algorithm,
        public_key: serde_json::to_string(key.public()).expect("texts become JSON"),
        created_at,
        signs_at,
    })
}
