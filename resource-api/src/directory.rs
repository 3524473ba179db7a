//! Who is a user, and what was revoked: held in memory, kept fresh by the feed of changes.
//!
//! A request asks nobody. The feed is read every 250 ms; a change of a user or client evicts it
//! from a bounded cache, a revocation enters a set until its tokens have expired. While the
//! database is away, the last known state serves for `max-staleness`, and then nothing does.

mod feed;
mod revoked;
mod subjects;

use std::{
    sync::{
        Arc, RwLock,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use http::Extensions;
use scopegate_core::{
    claims::Verified,
    clock::{Clock, Timestamp},
    verify::LEEWAY,
};
use scopegate_guard::{Standing, SubjectCheck, Unavailable};
use scopegate_store::{
    Reader, StoreError,
    items::{self, Item},
};

pub use self::{
    feed::{FeedError, follow},
    subjects::CurrentUser,
};
use self::{revoked::Revoked, subjects::Subjects};
use crate::metrics::LookupMetrics;

/// Users, clients and revocations as of at most a second ago.
pub struct Directory {
    clock: Arc<dyn Clock>,
    max_staleness: Duration,
    started_at: Timestamp,
    reader: RwLock<Option<Reader>>,
    /// When the feed was last read, in Unix milliseconds; 0 before that.
    fresh_at: AtomicI64,
    subjects: Subjects,
    revoked: Revoked,
}

impl Directory {
    /// A directory that knows nobody yet: [`follow`] fills it.
    pub fn new(clock: Arc<dyn Clock>, max_staleness: Duration) -> Self {
        Self {
            started_at: clock.now(),
            clock,
            max_staleness,
            reader: RwLock::new(None),
            fresh_at: AtomicI64::new(0),
            subjects: Subjects::new(),
            revoked: Revoked::default(),
        }
    }

    /// The same directory, its look-ups counted.
    #[must_use]
    pub fn counted_by(mut self, metrics: LookupMetrics) -> Self {
        self.subjects.count_by(metrics);
        self
    }

    /// How old the state is from which it answers; since the start where it knows none yet.
    pub fn age(&self) -> Duration {
        let known_at = self.fresh_at().max(self.started_at);
        let age = self.clock.now().millis().saturating_sub(known_at.millis());
        Duration::from_millis(u64::try_from(age).unwrap_or(0))
    }

    /// How many tokens and how many grants it refuses by their ids.
    pub fn refused(&self) -> [usize; 2] {
        self.revoked.len()
    }

    /// How many users and clients it holds in memory.
    pub fn cached(&self) -> usize {
        self.subjects.len()
    }

    /// Whether what it knows is fresh enough to answer from.
    pub fn is_ready(&self) -> bool {
        let (now, fresh_at) = (self.clock.now(), self.fresh_at());
        // Set back, a clock would call fresh what nobody has looked at for as long as the step.
        now <= fresh_at.plus(self.max_staleness) && fresh_at <= now.plus(LEEWAY)
    }

    /// The items of a user, from the database.
    pub async fn items_of(&self, username: &str) -> Result<Vec<Item>, StoreError> {
        let reader = self.reader().ok_or(StoreError::NotThere)?;
        items::of_owner(&mut *reader.read().await?, username).await
    }

    fn reader(&self) -> Option<Reader> {
        self.reader.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    fn set_reader(&self, reader: Reader) {
        *self.reader.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(reader);
    }

    fn fresh_at(&self) -> Timestamp {
        Timestamp::from_millis(self.fresh_at.load(Ordering::Acquire))
    }

    fn mark_fresh(&self) {
        self.fresh_at.store(self.clock.now().millis(), Ordering::Release);
    }

    async fn standing(
        &self,
        token: &Verified,
        found: &mut Extensions,
    ) -> Result<Standing, StoreError> {
        let reader = || self.reader().ok_or(StoreError::NotThere);
        if !token.is_client() {
            let Some(user) = self.subjects.user(&token.subject, reader).await? else {
                return Ok(Standing::Unknown);
            };
            if user.disabled {
                return Ok(Standing::Inactive);
            }
            found.insert(user);
        }
        if let Some(client) = &token.client_id
            && !self.subjects.client_may_act(client, reader).await?
        {
            return Ok(Standing::Revoked);
        }
        if self.revoked.holds(token) { Ok(Standing::Revoked) } else { Ok(Standing::Active) }
    }
}

#[async_trait]
impl SubjectCheck for Directory {
    async fn check(
        &self,
        token: &Verified,
        found: &mut Extensions,
    ) -> Result<Standing, Unavailable> {
        let unavailable = Unavailable { retry_after: Duration::from_secs(5) };
        if !self.is_ready() {
            return Err(unavailable);
        }
        self.standing(token, found).await.map_err(|error| {
            tracing::error!(%error, "cannot look a subject up");
            unavailable
        })
    }
}
