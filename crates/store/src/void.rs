//! Ends everything that was issued: for a store that was restored, and has forgotten what was revoked.

use std::collections::HashSet;

use scopegate_core::clock::Clock;

use crate::{
    Connection, Store, StoreError,
    audit::{self, Entry},
    codes, grants, meta, sessions,
    signing_keys::{self, NewSigningKey},
};

/// How many rows one transaction takes: servers write in between.
const BATCH: u32 = 5000;

/// What takes the place of what ends.
#[derive(Clone, Debug)]
pub struct Successors {
    /// The new name of the store's state: see [`meta::renew_incarnation`].
    pub incarnation: String,
    /// The key pair that signs from now on, where key pairs do.
    pub signing_key: Option<NewSigningKey>,
}

/// What ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Voided {
    /// Logins, with their refresh tokens.
    pub grants: u64,
    /// Browsers that were signed in.
    pub sessions: u64,
    /// Key pairs.
    pub signing_keys: u64,
}

/// Revokes every grant, ends every session, burns every code and retires every key pair, while
/// servers use the store, too. Cut short, it is run again. What is issued meanwhile may end as well,
/// and no clock is asked what was: one that is behind would leave logins alive. `entry` tells of the
/// beginning, so that the log also has a run that was cut short.
///
/// Sessions come first, then codes, then grants: a session can make a code and a code a grant, and
/// neither the other way round.
pub async fn void(
    store: &Store,
    clock: &dyn Clock,
    successors: Successors,
    entry: Entry,
) -> Result<Voided, StoreError> {
    let now = clock.now();
    let Successors { incarnation, signing_key } = successors;
    let signing_keys = store
        .write(move |conn| {
            Box::pin(async move {
                let retired = signing_keys::replace_all(conn, signing_key.as_ref(), now).await?;
                meta::renew_incarnation(conn, &incarnation).await?;
                audit::record(conn, &entry).await?;
                Ok(retired)
            })
        })
        .await?;
    let sessions = end_sessions(store).await?;
    store.write(|conn| Box::pin(codes::burn_all_unused(conn))).await?;
    let grants = revoke_grants(store, clock).await?;
    Ok(Voided { grants, sessions, signing_keys })
}

async fn end_sessions(store: &Store) -> Result<u64, StoreError> {
    let mut ended = 0;
    loop {
        let more = store.write(|conn| Box::pin(sessions::end_some(conn, BATCH))).await?;
        ended += more;
        // Those that are opened meanwhile are new.
        if more < u64::from(BATCH) {
            return Ok(ended);
        }
    }
}

/// Of all grants that live one stretch of ids after the other. Fails if one of them still does.
async fn revoke_grants(store: &Store, clock: &dyn Clock) -> Result<u64, StoreError> {
    let (mut revoked, mut after) = (0, String::new());
    loop {
        let living = grants::living(&mut *store.read().await?, &after, BATCH).await?;
        let Some(last) = living.last().cloned() else { return Ok(revoked) };
        let (stretch, now) = ((after.clone(), last.clone()), clock.now());
        revoked += store
            .write(move |conn: &mut Connection| {
                Box::pin(async move { grants::revoke_stretch(conn, &stretch, now).await })
            })
            .await?;
        // Others may have been opened in this stretch since, and these are new.
        let still = grants::living(&mut *store.read().await?, &after, BATCH).await?;
        let living: HashSet<String> = living.into_iter().collect();
        let alive = still.iter().filter(|id| living.contains(*id)).count();
        if alive > 0 {
            let reason = format!("{alive} logins are still alive after they were revoked");
            return Err(StoreError::Corrupt(reason));
        }
        after = last;
    }
}
