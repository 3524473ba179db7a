//! What auth-server counts of its work. docs/metrics.md tells what each metric is good for.
//!
//! Labels are out of small sets that are fixed here. Nothing that a request carries becomes one: no
//! name, no client, no address.

mod growth;
mod hashing;
mod keys;
mod requests;
mod storage;

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use self::keys::KeyMetrics;
use scopegate_service::metrics::{Connections, Counter, Gauge, HttpMetrics, Sheet, title};

pub use self::{
    growth::GrowthMetrics,
    hashing::HashMetrics,
    keys::SigningKeyAge,
    requests::{GuessMetrics, LoginOutcome, RequestMetrics, TokenOutcome, Via},
    storage::StoreMetrics,
};

/// Everything that is counted.
pub struct Metrics {
    /// Requests by route.
    pub http: HttpMetrics,
    /// Connections of the public listener.
    pub connections: Connections,
    /// Logins, tokens, and what was tried with spent ones.
    pub requests: RequestMetrics,
    /// Attempts that had to wait.
    pub guesses: GuessMetrics,
    /// Password hashes.
    pub hashing: HashMetrics,
    /// Reads and writes.
    pub store: StoreMetrics,
    /// Refusals that found no room on their way to the audit log.
    pub audit_lost: Counter,
    /// Rows, and how cleaning keeps up.
    pub growth: GrowthMetrics,
    keys: KeyMetrics,
    writes_waiting: Gauge,
    sheet: Sheet,
    /// One page at a time: some values are set just before they are shown.
    page: Mutex<()>,
}

/// What is asked for when the page is written, and not counted before.
pub struct Present {
    /// Writes that wait for their turn or their commit.
    pub writes_waiting: usize,
    /// The key that signs.
    pub key: Option<SigningKeyAge>,
}

impl Metrics {
    /// Nothing counted yet.
    pub fn new() -> Self {
        let mut sheet = Sheet::new("auth-server", env!("CARGO_PKG_VERSION"));
        Self {
            http: HttpMetrics::new(&mut sheet),
            connections: Connections::new(&mut sheet),
            requests: RequestMetrics::new(&mut sheet),
            guesses: GuessMetrics::new(&mut sheet),
            hashing: HashMetrics::new(&mut sheet),
            store: StoreMetrics::new(&mut sheet),
            audit_lost: sheet.counter(title(
                "scopegate_audit_lost",
                "Refusals that are not in the audit log, for they came faster than they are written",
            )),
            growth: GrowthMetrics::new(&mut sheet),
            keys: KeyMetrics::new(&mut sheet),
            writes_waiting: sheet.gauge(title(
                "scopegate_store_writes_waiting",
                "Writes that wait for their turn or their commit",
            )),
            sheet,
            page: Mutex::default(),
        }
    }

    /// The page of all of them.
    pub fn page(&self, present: &Present) -> Result<String, fmt::Error> {
        let _alone = self.page.lock().unwrap_or_else(PoisonError::into_inner);
        self.writes_waiting.set(i64::try_from(present.writes_waiting).unwrap_or(i64::MAX));
        self.keys.show(present.key.as_ref());
        self.sheet.page()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}
