//! Writes on `PostgreSQL`: a transaction for each job, begun again where the database gave it up.

use std::time::Duration;

use sqlx::AnyPool;
use tokio::time::sleep;

use crate::{Connection, JobFuture, StoreError, Told, audit, writer};

/// How often a job is begun at most. A deadlock has one loser, so the second time nearly always does.
const ATTEMPTS: u32 = 5;

/// How long a job that gave way lets the other one go ahead, longer each time: begun at once, it could
/// take the same row again before the one that waits for it wakes.
const PAUSE: Duration = Duration::from_millis(10);

/// Runs the job as one transaction, from its beginning again after a deadlock or a serialization
/// failure: both say for certain that nothing was kept. A lost connection does not, so it is an error.
pub(crate) async fn write<T, F>(pool: AnyPool, job: F) -> Result<T, StoreError>
where
    F: for<'c> FnOnce(&'c mut Connection) -> JobFuture<'c, Told<T>> + Clone,
{
    for attempt in 1..ATTEMPTS {
        match once(&pool, job.clone()).await {
            Err(StoreError::Yielded(reason)) => {
                tracing::debug!(attempt, reason, "a write gave way and is run again");
                sleep(PAUSE * attempt).await;
            }
            other => return other,
        }
    }
    once(&pool, job).await
}

async fn once<T, F>(pool: &AnyPool, job: F) -> Result<T, StoreError>
where
    F: for<'c> FnOnce(&'c mut Connection) -> JobFuture<'c, Told<T>>,
{
    let mut transaction = pool.begin().await?;
    match writer::caught(&mut transaction, job).await {
        Ok((answer, entries)) => {
            audit::record_all(&mut transaction, &entries).await?;
            transaction.commit().await?;
            Ok(answer)
        }
        Err(error) => {
            // If this fails too, the connection is broken and the server rolls back by itself.
            let _ = transaction.rollback().await;
            Err(error)
        }
    }
}
