//! Clients as they were looked up a moment ago, so that a grant which needs no password reads none.
//!
//! What is remembered may be stale. So only the two grants use it whose write checks that the client
//! still is what it was, and only to say yes: after a refusal the client is looked up.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::Duration,
};

use scopegate_core::clock::Timestamp;
use scopegate_store::clients::Client;

/// The most clients that are remembered.
const ROOM: usize = 1024;

/// How long one is remembered. The write sees every change that is made through the store; this
/// bounds those that are made by hand, or by an older program.
const AGE: Duration = Duration::from_secs(30);

/// Clients by their ids.
#[derive(Default)]
pub struct RememberedClients(RwLock<HashMap<String, Remembered>>);

struct Remembered {
    client: Arc<Client>,
    since: Timestamp,
}

impl RememberedClients {
    /// The client as it was looked up a moment ago.
    pub fn recall(&self, client_id: &str, now: Timestamp) -> Option<Arc<Client>> {
        let clients = self.clients();
        let Remembered { client, since } = clients.get(client_id)?;
        let is_young = *since <= now && now < since.plus(AGE);
        is_young.then(|| Arc::clone(client))
    }

    /// Keeps a client that was looked up.
    pub fn remember(&self, client: &Arc<Client>, now: Timestamp) {
        let mut clients = self.clients_mut();
        if clients.len() >= ROOM {
            clients.clear();
        }
        let client = Arc::clone(client);
        clients.insert(client.client_id.clone(), Remembered { client, since: now });
    }

    /// Forgets a client that has changed.
    pub fn forget(&self, client_id: &str) {
        self.clients_mut().remove(client_id);
    }

    fn clients(&self) -> RwLockReadGuard<'_, HashMap<String, Remembered>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn clients_mut(&self) -> RwLockWriteGuard<'_, HashMap<String, Remembered>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use scopegate_core::scope::Scope;
    use scopegate_store::clients::Consent;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn client(id: String) -> Arc<Client> {
        Arc::new(Client {
            client_id: id,
            name: String::new(),
            secret_sha256: None,
            old_secret_sha256: None,
            old_secret_until: None,
            grants: Vec::new(),
            scopes: Scope::empty(),
            consent: Consent::Ask,
            resource_server: false,
            disabled: false,
            created_at: NOW,
            updated_at: NOW,
        })
    }

    #[test]
    fn a_client_is_remembered_for_half_a_minute_or_until_it_is_forgotten() {
        let clients = RememberedClients::default();
        clients.remember(&client("app".to_owned()), NOW);
        for (millis, expected) in [(-1, false), (0, true), (29_999, true), (30_000, false)] {
            let at = Timestamp::from_millis(NOW.millis() + millis);
            assert_eq!(clients.recall("app", at).is_some(), expected, "{millis}");
        }
        assert!(clients.recall("other", NOW).is_none());
        clients.forget("app");
        assert!(clients.recall("app", NOW).is_none());
    }

    #[test]
    fn however_many_clients_there_are_so_many_are_remembered() {
        let clients = RememberedClients::default();
        for n in 0..3 * ROOM {
            clients.remember(&client(n.to_string()), NOW);
            assert!(clients.recall(&n.to_string(), NOW).is_some());
            assert!(clients.clients().len() <= ROOM);
        }
    }
}
