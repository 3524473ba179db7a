//! The queue of password hashes, and how long a hash takes.

use std::time::Instant;

use scopegate_service::metrics::{Counter, Distribution, Gauge, Sheet, title};

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
pub struct Waiting(HashMetrics);

/// A hash under way, until this is dropped.
pub struct Running {
    metrics: HashMetrics,
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
        Waiting(self.clone())
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
        self.0.running.inc();
        Running { metrics: self.0.clone(), since: Instant::now() }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.dec();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.metrics.running.dec();
        self.metrics.duration.took(self.since.elapsed());
    }
}
