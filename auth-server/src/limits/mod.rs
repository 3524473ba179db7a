//! How often somebody may guess: counters in the store, which all replicas share and restarts keep.
//!
//! An attempt at a password is counted as a failure before any hash runs and given back when it was
//! none, so that many at once gain nothing over one after the other. docs/guessing.md has the reasons.

mod known_browser;
mod net;
mod pending;
mod rules;

use std::{sync::Arc, time::Duration};

use scopegate_core::clock::{Clock, Timestamp};
use scopegate_store::{
    Store,
    guesses::{self, Counted, Counter, Reserved},
};

pub use self::{known_browser::KnownBrowser, net::Net, rules::Proof};
use self::{
    pending::{Pending, UnderWay},
    rules::{AT_ONE_NET, BROWSER, EVERYWHERE, NET, SITE, is_of_place},
};
use crate::{fault::Fault, keys::ServerKey, metrics::GuessMetrics, secret::Secret};

/// How long an attempt waits for others to end, before its sender is told to come again.
const PATIENCE: Duration = Duration::from_secs(10);

/// The counters of one server.
pub struct Limits {
    pending: Arc<Pending>,
    store: Store,
    server_key: Arc<ServerKey>,
    clock: Arc<dyn Clock>,
    /// Who counts what has to wait; `None` where nothing has to.
    metrics: Option<GuessMetrics>,
}

/// Where an attempt at a password comes from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// An address, and nothing more is known.
    Net(Net),
    /// A browser there, with what it holds of earlier logins.
    Browser(Net, KnownBrowser),
    /// A session that is signed in, by its public id.
    Session(String),
}

/// An attempt that is counted as a failure until it turns out to be none.
#[must_use = "an attempt that succeeds has to be given back"]
#[derive(Default)]
pub struct Attempt {
    counted: Vec<Counted>,
    under_way: Option<UnderWay>,
}

/// Too many attempts have failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts have failed")]
pub struct TooMany {
    /// After how many seconds the next one is heard; at least one.
    pub retry_after: u16,
}

/// Why an attempt is not heard.
#[derive(Debug, thiserror::Error)]
pub enum LimitError {
    /// Others have failed before it.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// The store failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Limits {
    /// The counters of this store. The server key keeps names and addresses out of it. Without
    /// metrics nobody has to wait.
    pub fn new(
        store: Store,
        server_key: Arc<ServerKey>,
        clock: Arc<dyn Clock>,
        metrics: Option<GuessMetrics>,
    ) -> Self {
        Self { pending: Arc::default(), store, server_key, clock, metrics }
    }

    /// Counts an attempt at the password of `username`, whether or not anybody is called that.
    /// Where it has to wait only because of others that are under way here, it waits for them: many
    /// right passwords at once are all heard.
    /// `credential_version` is the user's, where there is one: it decides which browsers are known.
    pub async fn reserve(
        &self,
        username: &str,
        credential_version: Option<i64>,
        origin: &Origin,
    ) -> Result<Attempt, LimitError> {
        let Some(metrics) = &self.metrics else { return Ok(Attempt::default()) };
        let counters = self.counters(username, credential_version, origin);
        let reserved = tokio::time::timeout(PATIENCE, self.reserve_in_turn(counters)).await;
        let reserved = reserved.unwrap_or(Err(TooMany { retry_after: 1 }.into()));
        if let Err(LimitError::TooMany(_)) = &reserved {
            metrics.limited(Proof::Password.as_str());
        }
        reserved
    }

    async fn reserve_in_turn(&self, counters: Vec<Counter>) -> Result<Attempt, LimitError> {
        // An address is shared by many; whoever waits there waits for the same name only.
        let of_name = counters.iter().filter(|counter| !is_of_place(counter.rule));
        let keys: Vec<String> = of_name.map(|counter| counter.key.clone()).collect();
        loop {
            let too_many = match self.begin(&counters, &keys).await {
                Err(LimitError::TooMany(too_many)) => too_many,
                outcome => return outcome,
            };
            if !self.pending.ends(&keys).await {
                return Err(too_many.into());
            }
        }
    }

    async fn begin(&self, counters: &[Counter], keys: &[String]) -> Result<Attempt, LimitError> {
        self.check_counters(counters).await?;
        let under_way = self.pending.begin(keys.to_vec());
        let counted = self.count(counters.to_vec()).await?;
        Ok(Attempt { counted, under_way: Some(under_way) })
    }

    /// The password was right: what failed before is forgotten, but for what failed at the address.
    /// A failure here costs nobody their login.
    pub async fn succeeded(&self, attempt: Attempt) {
        self.settle(attempt, is_of_place).await;
    }

    /// Nobody looked at the password.
    pub async fn not_made(&self, attempt: Attempt) {
        self.settle(attempt, |_| true).await;
    }

    /// Counts what failed already. An error where too much has: the answer is to say that instead.
    pub async fn failed(&self, proof: Proof, net: Net) -> Result<(), LimitError> {
        let Some(metrics) = &self.metrics else { return Ok(()) };
        let counters = self.of_place(proof, net);
        let counted = match self.check_counters(&counters).await {
            Ok(()) => self.count(counters).await.map(drop),
            refused => refused,
        };
        if let Err(LimitError::TooMany(_)) = &counted {
            metrics.limited(proof.as_str());
        }
        counted
    }

    /// What the browser is to hold from now on, to be known when this user comes back; `None` where
    /// nothing is counted.
    pub fn remember(
        &self,
        browser: &KnownBrowser,
        username: &str,
        credential_version: i64,
    ) -> Option<Secret> {
        let is_on = self.metrics.is_some();
        is_on.then(|| browser.with(&self.server_key, username, credential_version))
    }

    /// The counters of an attempt, always in this order: writes that come together then never wait
    /// for one another in a circle.
    fn counters(&self, username: &str, version: Option<i64>, origin: &Origin) -> Vec<Counter> {
        let counter = |rule, parts: &[&str]| Counter { key: self.server_key.seal(parts), rule };
        let (net, known) = match origin {
            Origin::Session(id) => return vec![counter(BROWSER, &["session", id])],
            Origin::Browser(net, browser) => {
                // The same work for a name that is nobody's: no mark was ever made for version 0.
                (net, browser.find(&self.server_key, username, version.unwrap_or_default()))
            }
            Origin::Net(net) => (net, None),
        };
        if let Some(mark) = known {
            return vec![counter(BROWSER, &["browser", mark])];
        }
        let mut counters = self.of_place(Proof::Password, *net);
        counters.push(counter(AT_ONE_NET, &["name at net", username, &net.to_string()]));
        counters.push(counter(EVERYWHERE, &["name", username]));
        counters
    }

    fn of_place(&self, proof: Proof, net: Net) -> Vec<Counter> {
        let counter = |rule, place: &str| Counter {
            key: self.server_key.seal(&["net", proof.as_str(), place]),
            rule,
        };
        let site = net.site().map(|site| counter(SITE, &site));
        std::iter::once(counter(NET, &net.to_string())).chain(site).collect()
    }

    /// Asked after [`check_counters`](Self::check_counters), so that a flood of attempts that have to
    /// wait writes nothing.
    async fn count(&self, counters: Vec<Counter>) -> Result<Vec<Counted>, LimitError> {
        let now = self.clock.now();
        let reserved = self
            .store
            .write(move |conn| {
                Box::pin(async move { guesses::reserve(conn, &counters, now).await })
            })
            .await
            .map_err(Fault::from)?;
        match reserved {
            Reserved::Granted(counted) => {
                let until = counted.iter().filter_map(|counted| counted.wait_until).max();
                if let Some(until) = until {
                    let seconds = too_many(until, now).retry_after;
                    tracing::info!(seconds, "attempts keep failing; the next one has to wait");
                }
                Ok(counted)
            }
            Reserved::Refused(until) => Err(too_many(until, now).into()),
        }
    }

    async fn check_counters(&self, counters: &[Counter]) -> Result<(), LimitError> {
        let now = self.clock.now();
        let wait =
            async { guesses::find_wait(&mut *self.store.read().await?, counters, now).await };
        match wait.await.map_err(Fault::from)? {
            Some(until) => Err(too_many(until, now).into()),
            None => Ok(()),
        }
    }

    /// Gives back what `kept` says, and forgets the other counters.
    async fn settle(&self, attempt: Attempt, gives_back: fn(guesses::Rule) -> bool) {
        let Attempt { counted, under_way } = attempt;
        if counted.is_empty() {
            return;
        }
        let (back, over): (Vec<_>, Vec<_>) =
            counted.into_iter().partition(|counted| gives_back(counted.counter.rule));
        let settled = self.store.write(move |conn| {
            Box::pin(async move {
                guesses::give_back(conn, &back).await?;
                for counted in &over {
                    guesses::forget(conn, &counted.counter.key).await?;
                }
                Ok(())
            })
        });
        if let Err(error) = settled.await {
            tracing::warn!(%error, "an attempt that was no failure stays counted as one");
        }
        // Whoever waits for it finds what was written.
        drop(under_way);
    }
}

/// The whole seconds after which an attempt is heard.
fn too_many(until: Timestamp, now: Timestamp) -> TooMany {
    let left = until.millis().saturating_sub(now.millis()).max(1);
    let seconds = Duration::from_millis(left.unsigned_abs()).as_millis().div_ceil(1000);
    TooMany { retry_after: u16::try_from(seconds).unwrap_or(u16::MAX) }
}
