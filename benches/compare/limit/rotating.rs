//! The limit of a refresh: the statements of its rotation through the same driver, in full groups.

use std::{path::Path, time::Duration};

use scopegate_core::clock::{Clock, SystemClock};
use scopegate_store::{
    Store, StoreError, StoreOptions, Synchronous,
    audit::{Entry, Outcome},
    bench::Rotations,
    refresh_tokens::{Rotation, TokenUse},
    sqlite_url,
};

use super::Watch;
use crate::{
    failure::{Doing, Failure},
    looped::Looped,
    seed,
};

/// Rotations of one transaction, each of a family of its own.
const GROUP: usize = 16;

const HOUR: Duration = Duration::from_hours(1);

/// Makes a store with as many families as a group has, and rotates all of them again and again.
pub(super) async fn run(normal: bool, data: &Path, time: Duration) -> Result<Looped, Failure> {
    let file = data.join("limit.db");
    let synchronous = if normal { Synchronous::Normal } else { Synchronous::Full };
    prepare(&file).await.doing(|| "cannot make the store".to_owned())?;
    let failed = || "cannot rotate".to_owned();
    let mut rotations = Rotations::open(&file, synchronous).await.doing(failed)?;
    let mut latencies = Vec::new();
    let watch = Watch::start();
    for turn in 0_u64.. {
        let before = watch.elapsed();
        if before >= time {
            break;
        }
        let group: Vec<_> = (0..GROUP).map(|family| token_use(family, turn)).collect();
        let fresh = rotations.rotate(&group).await.doing(failed)?;
        if fresh != GROUP {
            return Err(Failure::new("a rotation found no token"));
        }
        latencies.extend([watch.elapsed().saturating_sub(before); GROUP]);
    }
    Ok(watch.stop(latencies))
}

async fn prepare(file: &Path) -> Result<(), StoreError> {
    let options = StoreOptions { url: sqlite_url(file), synchronous: Synchronous::Normal };
    let store = Store::open(&options).await?;
    store.migrate().await?;
    seed::people(&store).await?;
    for family in 0..GROUP {
        seed::family(&store, "johndoe", hash(family, 0)).await?;
    }
    store.close().await;
    Ok(())
}

/// As long as the hash of a token, and as spread.
fn hash(family: usize, turn: u64) -> String {
    seed::digest(&format!("{family} {turn}"))
}

fn token_use(family: usize, turn: u64) -> TokenUse {
    let now = SystemClock.now();
    let rotation = Rotation {
        presented: hash(family, turn),
        successor: hash(family, turn + 1),
        client_id: "first-party".to_owned(),
        client_updated_at: None,
        now,
        grace: Duration::from_secs(30),
        access_until: now.plus(HOUR),
        successor_expires_at: now.plus(HOUR),
    };
    let entry = Entry {
        id: Entry::id_at(now, &format!("{turn:012x}{family:04x}")),
        at: now,
        event: "token.refresh_token".to_owned(),
        outcome: Outcome::Done,
        reason: None,
        actor: None,
        subject: Some("johndoe".to_owned()),
        client_id: Some("first-party".to_owned()),
        address: Some("127.0.0.1".to_owned()),
        request_id: Some("00000000-0000-4000-8000-000000000000".to_owned()),
        detail: Some("grant 0000000000000000000000, scope \"me\"".to_owned()),
    };
    let grant_id = seed::grant_id(&hash(family, 0));
    TokenUse { rotation, grant_id, issued: entry.clone(), reused: entry }
}
