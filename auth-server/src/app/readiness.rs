//! Whether the server can do its work: shown by doing some, once for all who ask.

use std::{
    fmt::Display,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use scopegate_core::clock::Clock;
use scopegate_store::{Store, StoreError, meta};
use tokio::time::{Instant, timeout};

/// How long an answer serves everybody. Strangers may ask, and each trial is a commit.
const SERVES: Duration = Duration::from_secs(1);

/// How long a trial may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// The row of `meta` that a trial writes.
const ROW: &str = "ready_at";

/// What is missing, in words that tell a stranger nothing about this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    /// The database cannot be read, or not by this program.
    #[error("the database is unavailable or not migrated")]
    Away,
    /// It answers, and takes no writes: a full disk, a read-only file.
    #[error("the database takes no writes")]
    ReadOnly,
    /// It did not answer in time.
    #[error("the database is busy or does not answer")]
    Busy,
    /// The private half of no key is here.
    #[error("no private key to sign with is here")]
    NoKey,
}

/// The last trial, or the one that is under way.
#[derive(Default)]
pub struct Readiness(Mutex<Option<Trial>>);

struct Trial {
    begun: Instant,
    verdict: Verdict,
}

type Verdict = Shared<BoxFuture<'static, Result<(), NotReady>>>;

impl Readiness {
    /// Whether the database takes a write. A trial goes on when whoever asked for it hangs up, so
    /// that asking again and again begins no others.
    pub async fn check(&self, store: &Store, clock: &Arc<dyn Clock>) -> Result<(), NotReady> {
        self.verdict(|| {
            let trial = tokio::spawn(attempt(store.clone(), Arc::clone(clock)));
            // An error means that the program ends.
            async { trial.await.unwrap_or(Err(NotReady::Away)) }.boxed().shared()
        })
        .await
    }

    fn verdict(&self, begin: impl FnOnce() -> Verdict) -> Verdict {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let serves =
            |trial: &&Trial| trial.verdict.peek().is_none() || trial.begun.elapsed() < SERVES;
        if let Some(trial) = last.as_ref().filter(serves) {
            return trial.verdict.clone();
        }
        let verdict = begin();
        *last = Some(Trial { begun: Instant::now(), verdict: verdict.clone() });
        verdict
    }
}

async fn attempt(store: Store, clock: Arc<dyn Clock>) -> Result<(), NotReady> {
    let told = |missing: NotReady, why: &dyn Display| {
        tracing::warn!("not ready: {missing}: {why}");
        Err(missing)
    };
    match timeout(PATIENCE, write(&store, &*clock)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err((missing, error))) => told(missing, &error),
        Err(late) => told(NotReady::Busy, &late),
    }
}

/// A commit like any other, so that what would refuse one refuses this.
async fn write(store: &Store, clock: &dyn Clock) -> Result<(), (NotReady, StoreError)> {
    store.check().await.map_err(|error| (NotReady::Away, error))?;
    let now = clock.now().millis().to_string();
    let written =
        store.write(move |conn| Box::pin(async move { meta::put(conn, ROW, &now).await }));
    written.await.map_err(|error| (NotReady::ReadOnly, error))
}
