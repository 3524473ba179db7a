//! Reading the feed of changes: every 250 ms, from where the last reading ended.

use std::time::{Duration, Instant};

use scopegate_core::{
    clock::{StepWatch, Timestamp},
    verify::LEEWAY,
};
use scopegate_store::{
    Reader, StoreError,
    changes::{self, Change, ChangeKind, Head},
};
use tokio::time::{MissedTickBehavior, interval};

use super::Directory;

/// How often the feed is read.
const POLL: Duration = Duration::from_millis(250);

/// After that long without the database the feed may have been cleaned: everything is read anew.
const TOO_LONG: Duration = Duration::from_hours(1);

/// How many changes are read at once.
const BATCH: u32 = 1000;

/// The database can never be used by this build.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct FeedError(StoreError);

/// Where in the feed this reader is.
struct Position {
    reader: Reader,
    /// How far it has read, and in which past.
    head: Head,
    version: Option<i64>,
}

/// Follows the feed of the database at this URL for as long as the program runs. Returns only when
/// the database's schema is newer than this build can read.
pub async fn follow(directory: &Directory, url: &str) -> FeedError {
    let mut ticks = interval(POLL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut position = None;
    let mut away = false;
    let (begun, mut steps) = (Instant::now(), StepWatch::default());
    loop {
        ticks.tick().await;
        let step = steps.look(directory.clock.now(), begun.elapsed());
        if let Some(seconds) = step {
            // What had expired by the wrong clock was forgotten, and may be in force again.
            tracing::warn!(seconds, "the clock was set: everything is read anew");
        }
        let read = match position.take().filter(|_| step.is_none()) {
            Some(known) => advance(directory, known).await,
            None => open(directory, url).await,
        };
        match read {
            Ok(reached) => {
                if std::mem::take(&mut away) {
                    tracing::info!("the database is back");
                }
                directory.mark_fresh();
                position = Some(reached);
            }
            Err(StoreError::NotThere) => {}
            Err(error @ StoreError::SchemaTooNew { .. }) => return FeedError(error),
            Err(error) => {
                if !std::mem::replace(&mut away, true) {
                    tracing::error!(%error, "the database is away");
                }
            }
        }
    }
}

/// Opens the database, or opens it again, and learns everything that is in force now.
async fn open(directory: &Directory, url: &str) -> Result<Position, StoreError> {
    let reader = Reader::open(url).await?;
    let version = reader.data_version().await?;
    // First, so that nothing is read from the old connection after everybody has been forgotten.
    directory.set_reader(reader.clone());
    let head = load(directory, &reader).await?;
    tracing::info!(seq = head.seq, "following the feed of changes");
    Ok(Position { reader, head, version })
}

/// What came before the position is read from the tables, what comes after it from the feed.
async fn load(directory: &Directory, reader: &Reader) -> Result<Head, StoreError> {
    let mut conn = reader.read().await?;
    let head = changes::head(&mut conn).await?;
    // A token that has just expired still passes for as long as the verifier's skew.
    let now = directory.clock.now().minus(LEEWAY);
    for revocation in changes::revocations(&mut conn, now).await? {
        revoke(directory, revocation.kind, revocation.subject, revocation.until);
    }
    directory.subjects.evict_all();
    Ok(head)
}

async fn advance(directory: &Directory, mut position: Position) -> Result<Position, StoreError> {
    let version = position.reader.data_version().await?;
    if version.is_some() && version == position.version {
        return Ok(position);
    }
    let mut conn = position.reader.read().await?;
    let head = changes::head(&mut conn).await?;
    let known = &position.head;
    // A restore by other means says nothing, but numbers that went back do.
    let was_restored = head.incarnation != known.incarnation || head.seq < known.seq;
    if was_restored || directory.clock.now() > directory.fresh_at().plus(TOO_LONG) {
        position.head = load(directory, &position.reader).await?;
    }
    loop {
        let batch = changes::since(&mut conn, position.head.seq, BATCH).await?;
        let Some(last) = batch.last() else { break };
        position.head.seq = last.seq;
        for change in batch {
            apply(directory, change);
        }
    }
    drop(conn);
    directory.revoked.forget_expired(directory.clock.now());
    position.version = version;
    Ok(position)
}

fn apply(directory: &Directory, change: Change) {
    match change.kind {
        ChangeKind::User => directory.subjects.evict_user(&change.subject),
        ChangeKind::Client => directory.subjects.evict_client(&change.subject),
        ChangeKind::Grant | ChangeKind::Token => {
            let until = change.until.unwrap_or(change.at);
            revoke(directory, change.kind, change.subject, until);
        }
    }
}

fn revoke(directory: &Directory, kind: ChangeKind, id: String, until: Timestamp) {
    if kind == ChangeKind::Token {
        directory.revoked.add_token(id, until);
    } else {
        directory.revoked.add_grant(id, until);
    }
}
