//! Public keys from a URL, held in memory and fetched again before they grow old.
//!
//! One task fetches, so no two fetches are ever under way. Whoever wants one asks for a flight by
//! number and waits until it has landed.

mod builder;
mod discovery;
mod fetch;
mod follow;
mod report;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwapOption;
use scopegate_core::{
    algorithm::Algorithm,
    verify::{KeyHint, VerifyingKeys},
};
use tokio::{
    sync::watch,
    task::AbortHandle,
    time::{Instant, timeout},
};

pub use self::builder::{RemoteKeys, RemoteKeysError};
use self::{fetch::Fetcher, report::Report};
use crate::source_state::SourceState;

/// Keys at a URL. The task that fetches them ends when this is dropped.
pub(crate) struct Remote {
    held: Arc<Held>,
    task: AbortHandle,
}

/// What the task fills and everybody else reads.
struct Held {
    fetcher: Fetcher,
    algorithms: Vec<Algorithm>,
    least_interval: Duration,
    keys: ArcSwapOption<VerifyingKeys>,
    flights: watch::Sender<Flights>,
    /// When an unknown `kid` last led to a fetch.
    last_extra: Mutex<Option<Instant>>,
    report: Mutex<Report>,
}

/// Fetches by number. One is under way, or about to be, while more were asked for than landed.
#[derive(Clone, Copy, Default)]
struct Flights {
    asked: u64,
    landed: u64,
}

/// As much of a foreign text as a log line needs, in characters.
const SHOWN: usize = 128;

/// What another server wrote, short enough to be shown.
fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl Remote {
    /// Starts the task that fetches.
    #[track_caller]
    fn start(fetcher: Fetcher, algorithms: Vec<Algorithm>, least_interval: Duration) -> Self {
        let held = Arc::new(Held {
            fetcher,
            algorithms,
            least_interval,
            keys: ArcSwapOption::empty(),
            flights: watch::Sender::new(Flights::default()),
            last_extra: Mutex::new(None),
            report: Mutex::default(),
        });
        let task = tokio::spawn(follow::follow(Arc::clone(&held))).abort_handle();
        Self { held, task }
    }

    pub(crate) fn with<T>(&self, job: impl FnOnce(&VerifyingKeys) -> T) -> Option<T> {
        self.held.keys.load().as_deref().map(job)
    }

    pub(crate) fn serves(&self, algorithm: Algorithm) -> bool {
        self.held.algorithms.contains(&algorithm)
    }

    pub(crate) async fn ready(&self) {
        // Every landing wakes it, and the keys are there before that.
        let _ = self.held.flights.subscribe().wait_for(|_| self.with(|_| ()).is_some()).await;
    }

    /// Fetches now. A fetch under way does not count: it may have been answered before the change.
    pub(crate) async fn reload(&self) {
        self.held.fetcher.forget();
        self.held.landing(self.held.ask()).await;
    }

    /// Looks for a key that is not there: waits for the fetch under way, and starts one if the
    /// last for such a reason is long enough ago. Says whether the key is there now.
    pub(crate) async fn look_for(&self, hint: &KeyHint) -> bool {
        let Some(kid) = hint.kid.as_deref() else { return false };
        if !self.serves(hint.algorithm) || self.with(|_| ()).is_none() {
            return false;
        }
        if let Some(flight) = self.held.under_way() {
            self.held.landing(flight).await;
        }
        if self.holds(kid) {
            return true;
        }
        if let Some(flight) = self.held.extra() {
            self.held.landing(flight).await;
        }
        self.holds(kid)
    }

    fn holds(&self, kid: &str) -> bool {
        self.with(|keys| keys.kids().any(|known| known == kid)) == Some(true)
    }

    pub(crate) fn state(&self) -> SourceState {
        let report = lock(&self.held.report);
        SourceState {
            name: self.held.fetcher.name().to_owned(),
            keys: self.with(VerifyingKeys::len),
            age: report.age(),
            error: report.error(),
        }
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Held {
    /// Asks for a flight that has not begun yet.
    fn ask(&self) -> u64 {
        self.flights.send_modify(|flights| flights.asked += 1);
        self.flights.borrow().asked
    }

    /// The flight that was asked for and has not landed.
    fn under_way(&self) -> Option<u64> {
        let flights = *self.flights.borrow();
        (flights.asked > flights.landed).then_some(flights.asked)
    }

    /// Asks for a flight because of an unknown `kid`, unless that was done a short time ago.
    fn extra(&self) -> Option<u64> {
        let mut last = lock(&self.last_extra);
        if last.is_some_and(|last| last.elapsed() < self.least_interval) {
            return None;
        }
        *last = Some(Instant::now());
        Some(self.ask())
    }

    /// Waits until the flight has landed, well or not.
    async fn landing(&self, flight: u64) {
        // The one before it and itself; more would mean that the task is gone with its runtime.
        let patience = self.fetcher.timeout() * 2;
        let mut flights = self.flights.subscribe();
        let _ = timeout(patience, flights.wait_for(|flights| flights.landed >= flight)).await;
    }
}

/// What is behind these locks stays whole whoever panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
