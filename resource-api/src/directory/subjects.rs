//! Users and clients, read once and then kept until a change evicts them.

use std::sync::{Arc, Mutex, PoisonError};

use quick_cache::sync::Cache;
use scopegate_store::{Reader, StoreError, clients, users};

use crate::metrics::LookupMetrics;

/// How many users, and how many clients, are kept.
const CAPACITY: usize = 100_000;

/// A user as this server shows them.
#[derive(Debug)]
pub struct User {
    /// The username.
    pub username: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The full name.
    pub full_name: Option<String>,
    /// Whether the account is disabled.
    pub disabled: bool,
}

/// The user of the present request: in its extensions once the guard has let it in.
pub type CurrentUser = Arc<User>;

/// Bounded caches; a name that does not exist is remembered too.
pub struct Subjects {
    users: Cache<String, Option<CurrentUser>>,
    clients: Cache<String, bool>,
    /// Counts evictions, so that what was read before one is not kept after it.
    evictions: Mutex<u64>,
    lookups: LookupMetrics,
}

impl Subjects {
    /// Empty caches.
    pub fn new() -> Self {
        Self {
            users: Cache::new(CAPACITY),
            clients: Cache::new(CAPACITY),
            evictions: Mutex::new(0),
            lookups: LookupMetrics::default(),
        }
    }

    /// Has look-ups counted from now on.
    pub fn count_by(&mut self, metrics: LookupMetrics) {
        self.lookups = metrics;
    }

    /// How many users and clients are kept.
    pub fn len(&self) -> usize {
        self.users.len() + self.clients.len()
    }

    /// The user of that name. The reader is for one who is not known yet.
    pub async fn user(
        &self,
        name: &str,
        reader: impl FnOnce() -> Result<Reader, StoreError>,
    ) -> Result<Option<CurrentUser>, StoreError> {
        let known = self.users.get(name);
        self.lookups.count(known.is_some());
        match known {
            Some(known) => Ok(known),
            // In a box, for reading takes much more room than the rest of a request.
            None => Box::pin(self.read_user(name, reader()?)).await,
        }
    }

    async fn read_user(
        &self,
        name: &str,
        reader: Reader,
    ) -> Result<Option<CurrentUser>, StoreError> {
        let before = self.evictions();
        let user = users::find(&mut *reader.read().await?, name).await?.map(|user| {
            Arc::new(User {
                username: user.username,
                email: user.email,
                full_name: user.full_name,
                disabled: user.disabled,
            })
        });
        self.keep(before, || self.users.insert(name.to_owned(), user.clone()));
        Ok(user)
    }

    /// Whether the client exists and is enabled. The reader is for one that is not known yet.
    pub async fn client_may_act(
        &self,
        id: &str,
        reader: impl FnOnce() -> Result<Reader, StoreError>,
    ) -> Result<bool, StoreError> {
        let known = self.clients.get(id);
        self.lookups.count(known.is_some());
        match known {
            Some(known) => Ok(known),
            None => Box::pin(self.read_client(id, reader()?)).await,
        }
    }

    async fn read_client(&self, id: &str, reader: Reader) -> Result<bool, StoreError> {
        let before = self.evictions();
        let client = clients::find(&mut *reader.read().await?, id).await?;
        let may_act = client.is_some_and(|client| !client.disabled);
        self.keep(before, || self.clients.insert(id.to_owned(), may_act));
        Ok(may_act)
    }

    /// Forgets a user, who is read again when next asked for.
    pub fn evict_user(&self, name: &str) {
        self.evict(|| drop(self.users.remove(name)));
    }

    /// Forgets a client.
    pub fn evict_client(&self, id: &str) {
        self.evict(|| drop(self.clients.remove(id)));
    }

    /// Forgets everybody.
    pub fn evict_all(&self) {
        self.evict(|| {
            self.users.clear();
            self.clients.clear();
        });
    }

    fn evictions(&self) -> u64 {
        *self.evictions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn evict(&self, evict: impl FnOnce()) {
        let mut count = self.evictions.lock().unwrap_or_else(PoisonError::into_inner);
        *count += 1;
        evict();
    }

    /// Keeps what was read, unless an eviction came between: it may be the old row.
    fn keep(&self, before: u64, insert: impl FnOnce()) {
        let count = self.evictions.lock().unwrap_or_else(PoisonError::into_inner);
        if *count == before {
            insert();
        }
    }
}
