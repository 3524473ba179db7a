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
use crate::audit::{self, Entry};

/// A change that an operator makes.
pub struct KeyChange<'a> {
    /// Where the key pairs are known.
    pub store: &'a Store,
    /// Where their private halves lie.
    pub folder: &'a KeyFolder,
    /// Now.
    pub now: Timestamp,
    /// What the audit log tells of it; the key is filled in.
    pub entry: Entry,
}

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

impl KeyChange<'_> {
    /// Makes the key that follows, to sign from `signs_at` on.
    pub async fn rotate(
        &self,
        algorithm: Algorithm,
        signs_at: Timestamp,
    ) -> Result<Rotation, KeyError> {
        let new = generate(self.folder, algorithm, self.now, signs_at).await?;
        let kid = new.kid.clone();
        let entry = self.entry(&kid, "");
        let added = self.store.write(move |conn| {
            Box::pin(async move {
                let added = signing_keys::add_next(conn, &new).await?;
                if added == Added::Done {
                    audit::record(conn, &entry).await?;
                }
                Ok(added)
            })
        });
        match added.await? {
            Added::Done => Ok(Rotation::Made(kid)),
            Added::Waiting(other) => {
                self.folder.remove(&kid)?;
                Ok(Rotation::Waiting(other))
            }
        }
    }

    /// Retires a key that nothing needs, where that algorithm signs; with `at_once` whatever it
    /// signed, and whether or not it signs.
    pub async fn retire(
        &self,
        signing: Algorithm,
        kid: &str,
        at_once: bool,
    ) -> Result<Retirement, KeyError> {
        let rows = signing_keys::list(&mut *self.store.read().await?).await?;
        let Some(row) = rows.iter().find(|row| row.kid == kid) else {
            return Ok(Retirement::Unknown);
        };
        let is_done = match plan::state(row, &rows, signing, self.now) {
            KeyState::Retired { since } => return Ok(Retirement::Before { since }),
            KeyState::Signing if !at_once => return Ok(Retirement::Signs),
            KeyState::Verifying { until } if !at_once => return Ok(Retirement::Needed { until }),
            KeyState::Signing => return self.replace(signing, kid).await,
            _ if at_once => self.write_retired(kid, None).await?,
            _ => self.write_retired(kid, Some(self.now.minus(MARGIN))).await?,
        };
        if !is_done {
            // Between reading and writing a server noted that it is about to sign with it.
            return Ok(Retirement::Signs);
        }
        self.folder.remove(kid)?;
        Ok(Retirement::Done { successor: None })
    }

    async fn replace(&self, algorithm: Algorithm, kid: &str) -> Result<Retirement, KeyError> {
        let replacement = generate(self.folder, algorithm, self.now, self.now).await?;
        let (made, old) = (replacement.kid.clone(), kid.to_owned());
        let entry = self.entry(kid, " at once");
        let successor = self.store.write(move |conn| {
            Box::pin(async move {
                let successor = signing_keys::replace(conn, &old, &replacement).await?;
                if successor.is_some() {
                    audit::record(conn, &entry).await?;
                }
                Ok(successor)
            })
        });
        let successor = successor.await?;
        if successor.as_ref() != Some(&made) {
            self.folder.remove(&made)?;
        }
        self.folder.remove(kid)?;
        Ok(match successor {
            Some(successor) => Retirement::Done { successor: Some(successor) },
            None => Retirement::Before { since: self.now },
        })
    }

    async fn write_retired(&self, kid: &str, dead_at: Option<Timestamp>) -> Result<bool, KeyError> {
        let entry = self.entry(kid, if dead_at.is_some() { "" } else { " at once" });
        let (kid, now) = (kid.to_owned(), self.now);
        let retired = self.store.write(move |conn| {
            Box::pin(async move {
                let retired = match dead_at {
                    Some(dead_at) => signing_keys::retire_unused(conn, &kid, now, dead_at).await?,
                    None => signing_keys::retire(conn, &kid, now).await?,
                };
                if retired {
                    audit::record(conn, &entry).await?;
                }
                Ok(retired)
            })
        });
        Ok(retired.await?)
    }

    fn entry(&self, kid: &str, how: &str) -> Entry {
        Entry { detail: audit::detail(&format!("key {kid}{how}")), ..self.entry.clone() }
    }
}

/// Makes a key pair and keeps its private half. An RSA key takes a while, so not on an async thread.
pub(super) async fn generate(
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
