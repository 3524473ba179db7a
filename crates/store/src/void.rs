//! Ends everything that was issued: for a store that was restored, and has forgotten what was revoked.

use std::time::Duration;

use scopegate_core::clock::Clock;

use crate::{
    Connection, Store, StoreError,
    audit::{self, Entry},
    codes, grants, meta, sessions,
    signing_keys::{self, NewSigningKey},
};

/// How many rows one transaction takes: servers write in between.
const BATCH: u32 = 5000;

/// How far the clocks of replicas may differ.
const SKEW: Duration = Duration::from_secs(5);

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
/// servers use the store, too. Cut short, it is run again. What is issued meanwhile may end as well.
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
                Ok(retired)
            })
        })
        .await?;
    store.write(|conn| Box::pin(codes::burn_all_unused(conn))).await?;
    let sessions = end_sessions(store).await?;
    let grants = revoke_grants(store, clock).await?;
    store.write(move |conn| Box::pin(async move { audit::record(conn, &entry).await })).await?;
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

/// Of all grants one stretch of ids after the other.
async fn revoke_grants(store: &Store, clock: &dyn Clock) -> Result<u64, StoreError> {
    let before = clock.now().plus(SKEW);
    let (mut revoked, mut after) = (0, String::new());
    loop {
        let last = grants::last_of_stretch(&mut *store.read().await?, &after, BATCH).await?;
        let Some(last) = last else { return Ok(revoked) };
        let (stretch, now) = ((after, last.clone()), clock.now());
        revoked += store
            .write(move |conn: &mut Connection| {
                Box::pin(async move { grants::revoke_stretch(conn, &stretch, before, now).await })
            })
            .await?;
        after = last;
    }
}
