//! What a store tells of its own work, for metrics. It knows nobody who counts.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::{Any, pool::PoolConnection};

use crate::{Connection, StoreError};

/// A piece of work that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Reading: from the wait for a connection until it was given back.
    Read {
        /// How long that took.
        took: Duration,
        /// Whether there was a connection.
        end: End,
    },
    /// A write: from the wait for its turn until its commit, or until it was undone.
    Write {
        /// How long that took.
        took: Duration,
        /// What became of it.
        end: End,
    },
    /// A transaction of `SQLite`, on its way to the disk.
    Commit {
        /// How many writes share it.
        jobs: usize,
    },
}

/// What became of a piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was done.
    Done,
    /// A rule or a name that is taken forbade it.
    Refused,
    /// The database did not do it.
    Failed,
}

/// Who is told. It is called by every read and write, so it must be quick.
pub type Observer = Arc<dyn Fn(Work) + Send + Sync>;

/// A connection to read with, given back when this is dropped.
pub struct Reading {
    connection: PoolConnection<Any>,
    watch: Watch,
}

/// Tells an observer of the work of one store. Clones share everything.
#[derive(Clone)]
pub(crate) struct Teller {
    observer: Observer,
    waiting: Arc<AtomicUsize>,
}

/// One piece of work that is under way.
struct Watch {
    teller: Teller,
    since: Instant,
}

/// A write that is under way.
pub(crate) struct Writing(Watch);

impl Teller {
    pub(crate) fn new(observer: Observer) -> Self {
        Self { observer, waiting: Arc::default() }
    }

    /// Writes that somebody waits for.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    pub(crate) fn committing(&self, jobs: usize) {
        (self.observer)(Work::Commit { jobs });
    }

    /// Reads with what `acquire` gives.
    pub(crate) async fn read(
        &self,
        acquire: impl Future<Output = Result<PoolConnection<Any>, StoreError>>,
    ) -> Result<Reading, StoreError> {
        let watch = self.watch();
        match acquire.await {
            Ok(connection) => Ok(Reading { connection, watch }),
            Err(error) => {
                watch.tell(|took| Work::Read { took, end: End::of(&error) });
                Err(error)
            }
        }
    }

    pub(crate) fn write(&self) -> Writing {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Writing(self.watch())
    }

    fn watch(&self) -> Watch {
        Watch { teller: self.clone(), since: Instant::now() }
    }
}

impl Watch {
    fn tell(&self, work: impl FnOnce(Duration) -> Work) {
        (self.teller.observer)(work(self.since.elapsed()));
    }
}

impl Writing {
    /// The write is over. Where nobody waits until then, nothing is told.
    pub(crate) fn ended<T>(&self, result: &Result<T, StoreError>) {
        let end = result.as_ref().err().map_or(End::Done, End::of);
        self.0.tell(|took| Work::Write { took, end });
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.0.teller.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl End {
    const fn of(error: &StoreError) -> Self {
        match error {
            StoreError::Conflict(_) | StoreError::Refused(_) => Self::Refused,
            _ => Self::Failed,
        }
    }
}

impl Deref for Reading {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for Reading {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.watch.tell(|took| Work::Read { took, end: End::Done });
    }
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").finish_non_exhaustive()
    }
}
