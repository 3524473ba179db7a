//! Cleaning in small batches, and counting what there is now and then.

use std::time::Duration;

use scopegate_core::clock::Timestamp;
use scopegate_store::{StoreError, audit, cleanup, growth};
use tokio::time::{Instant, MissedTickBehavior};

use super::trust::Trust;
use crate::app::App;

/// How often expired rows are cleaned away, and how many at a time.
const CLEANUP: Duration = Duration::from_mins(1);
const CLEANUP_BATCH: u32 = 500;

/// How often rows are counted, and up to how many of a table: counting walks it.
const COUNTING: Duration = Duration::from_mins(5);
const MOST_COUNTED: u32 = 1_000_000;
/// Of each kind of expired rows; finding one takes ten times as long as counting one.
const MOST_EXPIRED: u32 = 100_000;

/// Goes on for as long as the program runs.
pub async fn work(app: &App) {
    let mut ticks = tokio::time::interval(CLEANUP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut counted: Option<Instant> = None;
    let (begun, mut trust) = (Instant::now(), Trust::default());
    match newest(app).await {
        Ok(newest) => trust.begin(newest, app.clock.now()),
        Err(error) => tracing::warn!(%error, "the audit log cannot be read"),
    }
    loop {
        ticks.tick().await;
        if counted.is_none_or(|at| at.elapsed() >= COUNTING) {
            count(app).await;
            counted = Some(Instant::now());
        }
        if trust.believes(app.clock.now(), begun.elapsed()) {
            clean(app).await;
        }
    }
}

async fn newest(app: &App) -> Result<Option<Timestamp>, StoreError> {
    audit::find_newest(&mut *app.store.read().await?).await
}

/// Batch after batch, until nothing is left or a batch fails.
async fn clean(app: &App) {
    let now = app.clock.now();
    loop {
        match clean_once(app, now).await {
            Ok(0) => return app.metrics.growth.completed(now),
            Ok(deleted) => {
                app.metrics.growth.cleaned(deleted);
                tracing::debug!(deleted, "expired rows cleaned away");
            }
            Err(error) => return tracing::warn!(%error, "expired rows not cleaned away"),
        }
    }
}

/// One small batch, so that no other write waits long.
async fn clean_once(app: &App, now: Timestamp) -> Result<u64, StoreError> {
    let told_until = now.minus(app.audit_keep);
    let batch = app.store.write(move |conn| {
        Box::pin(async move {
            let expired = cleanup::delete_expired(conn, now, CLEANUP_BATCH).await?;
            Ok(expired + audit::delete_before(conn, told_until, CLEANUP_BATCH).await?)
        })
    });
    batch.await
}

/// Before cleaning, so that what piled up since the last round shows.
async fn count(app: &App) {
    let now = app.clock.now();
    let counted = async {
        let mut conn = app.store.read().await?;
        let rows = growth::count(&mut conn, MOST_COUNTED).await?;
        let expired = cleanup::count_expired(&mut conn, now, MOST_EXPIRED).await?;
        Ok::<_, StoreError>((rows, expired))
    };
    match counted.await {
        Ok((rows, expired)) => app.metrics.growth.counted(&rows, expired),
        Err(error) => tracing::warn!(%error, "rows not counted"),
    }
}
