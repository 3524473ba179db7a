//! Refusals on their way to the table. They have no transaction to ride in, and one each would let
//! strangers load the database: so they wait for one another, in bounded number, and are written at a
//! bounded rate. What does not fit is counted, and the count is written.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use scopegate_core::clock::{Clock, Timestamp};
use scopegate_service::metrics::Counter;
use scopegate_store::{Store, StoreError};

use super::{Entry, Event, Outcome, detail, empty, record_all};

/// The most entries that wait.
const ROOM: usize = 1024;

/// How many are written in one transaction, and how often one is.
const BATCH: usize = 32;
const PAUSE: Duration = Duration::from_secs(1);

/// The refusals that wait.
#[derive(Default)]
pub struct Trail {
    waiting: Mutex<Waiting>,
    /// All that ever found no room.
    counted: Counter,
}

#[derive(Default)]
struct Waiting {
    entries: VecDeque<Entry>,
    /// How many found no room since the last write.
    lost: u64,
}

impl Trail {
    /// Counts with this what finds no room.
    pub fn counted_by(counted: Counter) -> Self {
        Self { counted, ..Self::default() }
    }

    /// Takes an entry in, or counts it where there is no room.
    pub fn note(&self, entry: Entry) {
        let mut waiting = self.waiting();
        if waiting.entries.len() < ROOM {
            waiting.entries.push_back(entry);
        } else {
            waiting.lost += 1;
            self.counted.inc();
        }
    }

    /// Writes for as long as the server runs.
    pub async fn work(&self, store: &Store, clock: &dyn Clock) {
        let mut ticks = tokio::time::interval(PAUSE);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut away = false;
        loop {
            ticks.tick().await;
            match self.write(store, clock.now()).await {
                Ok(_) => away = false,
                // They wait for the next time. One line tells of an outage, however long.
                Err(error) if !away => {
                    tracing::warn!(%error, "refusals wait to be written to the audit log");
                    away = true;
                }
                Err(_) => {}
            }
        }
    }

    /// Writes all that waits, as far as the store takes it: the server is about to stop.
    pub async fn finish(&self, store: &Store, now: Timestamp) {
        loop {
            match self.write(store, now).await {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "the last refusals are not in the audit log");
                    return;
                }
            }
        }
    }

    /// Writes one batch and says how large it was. What cannot be written waits on.
    pub async fn write(&self, store: &Store, now: Timestamp) -> Result<usize, StoreError> {
        let (batch, lost) = self.take();
        if batch.is_empty() && lost == 0 {
            return Ok(0);
        }
        let mut entries = batch.clone();
        entries.extend((lost > 0).then(|| gap(now, lost)));
        let written = entries.len();
        let outcome = store
            .write(move |conn| Box::pin(async move { record_all(conn, &entries).await }))
            .await;
        match outcome {
            Ok(()) => {
                if lost > 0 {
                    tracing::warn!(lost, "refusals found no room in the audit log");
                }
                Ok(written)
            }
            Err(error) => {
                self.give_back(batch, lost);
                Err(error)
            }
        }
    }

    fn take(&self) -> (Vec<Entry>, u64) {
        let mut waiting = self.waiting();
        let count = waiting.entries.len().min(BATCH);
        let batch = waiting.entries.drain(..count).collect();
        (batch, std::mem::take(&mut waiting.lost))
    }

    fn give_back(&self, batch: Vec<Entry>, lost: u64) {
        let mut waiting = self.waiting();
        waiting.lost += lost;
        for entry in batch.into_iter().rev() {
            waiting.entries.push_front(entry);
        }
        while waiting.entries.len() > ROOM {
            waiting.entries.pop_back();
            waiting.lost += 1;
            self.counted.inc();
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn gap(now: Timestamp, lost: u64) -> Entry {
    Entry {
        event: Event::Lost.as_str().to_owned(),
        outcome: Outcome::Failed,
        detail: detail(&format!(
            "{lost} refusals came faster than they are written; the log has them"
        )),
        ..empty(now)
    }
}
