//! What a running server does for the key pairs of the store, a little at a time: note which may
//! sign, retire those that nothing needs, delete the files of those that are retired.

use std::{collections::HashSet, time::Duration};

use scopegate_core::{algorithm::Algorithm, clock::Timestamp};
use scopegate_store::{
    Store,
    signing_keys::{self, SigningKeyRow},
};

use super::{
    KeyError,
    folder::KeyFolder,
    plan::{self, KeyState, MARGIN},
    timeline::Timeline,
};

/// How far ahead a server notes that it may sign with a key. It does so again at half of it, so an
/// old key is kept for up to that much longer than its last token needs.
const LEASE: Duration = Duration::from_mins(2);

/// How long a retired key is remembered, so that every replica hears of it and deletes its file.
const REMEMBERED: Duration = Duration::from_hours(30 * 24);

/// Notes until when tokens may live of each key that may sign soon. Whoever retires keys goes by
/// that note, so no key signs before it is written. Answers with those that are retired meanwhile
/// and must not sign. A key that signs ahead of its time, because there is no other, has begun.
pub async fn hold(
    store: &Store,
    rows: &[SigningKeyRow],
    timeline: &Timeline,
    token_lifetime: Duration,
    now: Timestamp,
) -> Result<Vec<String>, KeyError> {
    let until = now.plus(LEASE).plus(token_lifetime);
    let is_held = |kid: &str| {
        let held = rows.iter().find(|row| row.kid == kid).and_then(|row| row.tokens_until);
        held.is_some_and(|held| held >= until.minus(LEASE / 2))
    };
    let soon = timeline.between(now, now.plus(LEASE)).map(|minter| minter.kid());
    let kids: Vec<String> = soon.filter(|kid| !is_held(kid)).map(str::to_owned).collect();
    let early = find_early(rows, timeline, now).map(str::to_owned);
    if kids.is_empty() && early.is_none() {
        return Ok(Vec::new());
    }
    let noted = store.write(move |conn| {
        Box::pin(async move {
            let mut retired = Vec::new();
            if let Some(kid) = early {
                signing_keys::begin(conn, &kid, now).await?;
            }
            for kid in kids {
                if !signing_keys::hold(conn, &kid, until).await? {
                    retired.push(kid);
                }
            }
            Ok(retired)
        })
    });
    Ok(noted.await?)
}

fn find_early<'a>(
    rows: &'a [SigningKeyRow],
    timeline: &Timeline,
    now: Timestamp,
) -> Option<&'a str> {
    let signing = timeline.at(now)?.kid();
    let row = rows.iter().find(|row| row.kid == signing)?;
    // A server that lacks the file of the present key takes the next one for itself alone.
    let is_current = plan::current(rows, row.algorithm, now).is_some_and(|r| r.kid == signing);
    (is_current && row.signs_at > now).then_some(&row.kid)
}

/// Retires the keys that nothing needs any more, and forgets those that were retired long ago.
pub async fn retire_expired(
    store: &Store,
    rows: &[SigningKeyRow],
    signing: Algorithm,
    now: Timestamp,
) -> Result<(), KeyError> {
    let (dead_at, forgotten) = (now.minus(MARGIN), now.minus(REMEMBERED));
    let mut expired = Vec::new();
    let mut has_forgotten = false;
    for row in rows {
        match plan::state(row, rows, signing, now) {
            KeyState::Expired => expired.push(row.kid.clone()),
            KeyState::Retired { since } => has_forgotten |= since <= forgotten,
            _ => {}
        }
    }
    if expired.is_empty() && !has_forgotten {
        return Ok(());
    }
    let kids = expired.clone();
    store
        .write(move |conn| {
            Box::pin(async move {
                for kid in &expired {
                    signing_keys::retire_unused(conn, kid, now, dead_at).await?;
                }
                signing_keys::forget(conn, forgotten).await
            })
        })
        .await?;
    for kid in kids {
        tracing::info!(%kid, "signing key retired: its last token has expired");
    }
    Ok(())
}

/// Deletes the files of retired keys, once each.
pub struct Sweeper {
    folder: KeyFolder,
    swept: HashSet<String>,
}

impl Sweeper {
    /// For the files of this folder.
    pub fn new(folder: KeyFolder) -> Self {
        Self { folder, swept: HashSet::new() }
    }

    /// Deletes what is not deleted yet. A file that cannot be deleted keeps none of the others.
    pub async fn sweep(&mut self, rows: &[SigningKeyRow]) -> Result<(), KeyError> {
        let mut swept = Ok(());
        for row in rows.iter().filter(|row| row.retired_at.is_some()) {
            // A `kid` that is no thumbprint names no file of ours.
            if plan::public_key(row).is_some() && !self.swept.contains(&row.kid) {
                let (folder, kid) = (self.folder.clone(), row.kid.clone());
                match super::off_async_threads(move || folder.remove(&kid)).await {
                    Ok(()) => drop(self.swept.insert(row.kid.clone())),
                    Err(error) => swept = Err(error),
                }
            }
        }
        swept
    }
}
