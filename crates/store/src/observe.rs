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
        /// Whether there was a connection, before whoever asked for it left.
        end: End,
    },
    /// A write: from the wait for its turn until its commit, or until it was undone. It is told by
    /// whoever writes, also where nobody waits for it any more.
    Write {
        /// How long that took.
        took: Duration,
        /// What became of it.
        end: End,
    },
    /// The same write once more, told in the task that waited for it, if that is still there.
    Awaited {
        /// How long that took.
        took: Duration,
        /// What became of it.
        end: End,
    },
    /// A transaction of `SQLite` that is over.
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
    /// Tells when it is dropped.
    _watch: ReadWatch,
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

/// A read that is under way. It has failed unless it gets a connection.
struct ReadWatch(Watch, End);

/// A write that is under way. Dropped before its end, it has failed: there was no room for it, or
/// nobody to do it.
pub(crate) struct Writing(Watch, End);

/// Somebody who waits for a write.
pub(crate) struct Awaiting(Watch);

impl Teller {
    pub(crate) fn new(observer: Observer) -> Self {
        Self { observer, waiting: Arc::default() }
    }

    /// Writes that are not over.
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
        let mut watch = ReadWatch(self.watch(), End::Failed);
        let acquired = acquire.await;
        watch.1 = End::of(&acquired);
        Ok(Reading { connection: acquired?, _watch: watch })
    }

    pub(crate) fn write(&self) -> Writing {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Writing(self.watch(), End::Failed)
    }

    pub(crate) fn await_write(&self) -> Awaiting {
        Awaiting(self.watch())
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
    /// The write is over.
    pub(crate) fn ended<T>(mut self, result: &Result<T, StoreError>) {
        self.1 = End::of(result);
    }
}

impl Awaiting {
    /// The answer is there.
    pub(crate) fn answered<T>(&self, result: &Result<T, StoreError>) {
        self.0.tell(|took| Work::Awaited { took, end: End::of(result) });
    }
}

impl Drop for ReadWatch {
    fn drop(&mut self) {
        self.0.tell(|took| Work::Read { took, end: self.1 });
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.0.tell(|took| Work::Write { took, end: self.1 });
        self.0.teller.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl End {
    const fn of<T>(result: &Result<T, StoreError>) -> Self {
        match result {
            Ok(_) => Self::Done,
            Err(StoreError::Conflict(_) | StoreError::Refused(_)) => Self::Refused,
            Err(_) => Self::Failed,
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

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").finish_non_exhaustive()
    }
}
