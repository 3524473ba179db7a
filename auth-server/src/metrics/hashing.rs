//! The queue of password hashes, and how long a hash waits and takes.

use std::time::Instant;

use scopegate_service::{
    metrics::{Counter, Distribution, Gauge, Sheet, title},
    traces::{Outcome, Parent},
};

/// From a bcrypt hash of low cost to a machine that is far too busy.
const BOUNDS: &[u64] = &[
    10_000_000,
    25_000_000,
    50_000_000,
    75_000_000,
    100_000_000,
    150_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
];

/// Password hashes. Clones share everything.
#[derive(Clone, Debug)]
pub struct HashMetrics {
    waiting: Gauge,
    running: Gauge,
    capacity: Gauge,
    workers: Gauge,
    rejected: Counter,
    duration: Distribution,
}

/// A hash in the queue, until this is dropped.
pub struct Waiting(Watch);

/// A hash under way, until this is dropped.
pub struct Running(Watch);

struct Watch {
    metrics: HashMetrics,
    /// The worker that hashes knows no request.
    parent: Parent,
    since: Instant,
}

impl HashMetrics {
    pub(super) fn new(sheet: &mut Sheet) -> Self {
        let metrics = Self {
            waiting: sheet.gauge(title("scopegate_hash_queue_waiting", "Hashes in the queue")),
            running: sheet.gauge(title("scopegate_hash_running", "Hashes under way")),
            capacity: sheet.gauge(title("scopegate_hash_queue_capacity", "Hashes that may wait")),
            workers: sheet
                .gauge(title("scopegate_hash_workers", "Hashes that may be under way at a time")),
            rejected: sheet.counter(title(
                "scopegate_hash_rejected",
                "Hashes that found the queue full, so that somebody was told to come again",
            )),
            ..Self::default()
        };
        let duration = title("scopegate_hash_duration", "From a hash's start to its end");
        sheet.distribution(duration, &metrics.duration);
        metrics
    }

    /// Says how much room there is.
    pub fn set_room(&self, capacity: usize, workers: usize) {
        for (gauge, room) in [(&self.capacity, capacity), (&self.workers, workers)] {
            gauge.set(i64::try_from(room).unwrap_or(i64::MAX));
        }
    }

    /// Counts a hash as waiting.
    pub fn wait(&self) -> Waiting {
        self.waiting.inc();
        let metrics = self.clone();
        Waiting(Watch { metrics, parent: Parent::current(), since: Instant::now() })
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        usize::try_from(self.waiting.get()).unwrap_or(0)
    }

    /// Counts one that found no room.
    pub fn reject(&self) {
        self.rejected.inc();
    }
}

/// Shown nowhere.
impl Default for HashMetrics {
    fn default() -> Self {
        Self {
            waiting: Gauge::default(),
            running: Gauge::default(),
            capacity: Gauge::default(),
            workers: Gauge::default(),
            rejected: Counter::default(),
            duration: Distribution::of_nanoseconds(BOUNDS),
        }
    }
}

impl Waiting {
    /// Its turn has come.
    pub fn begin(self) -> Running {
        let Watch { metrics, parent, since } = &self.0;
        parent.had("password hash wait", since.elapsed(), Outcome::Done);
        metrics.running.inc();
        let (metrics, parent) = (metrics.clone(), parent.clone());
        Running(Watch { metrics, parent, since: Instant::now() })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.metrics.waiting.dec();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Watch { metrics, parent, since } = &self.0;
        let took = since.elapsed();
        metrics.running.dec();
        metrics.duration.took(took);
        parent.had("password hash", took, Outcome::Done);
    }
}
