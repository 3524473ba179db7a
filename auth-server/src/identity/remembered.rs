//! Clients as they were looked up last, so that a grant which needs no password reads none.
//!
//! What is remembered may be stale. So only the two grants use it whose write checks that the client
//! still is what it was, and only to say yes: a refusal on its account is decided anew by a look-up.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use scopegate_store::clients::Client;

/// The most clients that are remembered.
const ROOM: usize = 1024;

/// Clients by their ids.
#[derive(Default)]
pub struct RememberedClients(RwLock<HashMap<String, Arc<Client>>>);

impl RememberedClients {
    /// The client as it was looked up last.
    pub fn recall(&self, client_id: &str) -> Option<Arc<Client>> {
        self.clients().get(client_id).map(Arc::clone)
    }

    /// Keeps a client that was looked up.
    pub fn remember(&self, client: &Arc<Client>) {
        let mut clients = self.clients_mut();
        if clients.len() >= ROOM {
            clients.clear();
        }
        clients.insert(client.client_id.clone(), Arc::clone(client));
    }

    /// Forgets a client that may have changed.
    pub fn forget(&self, client_id: &str) {
        self.clients_mut().remove(client_id);
    }

    fn clients(&self) -> RwLockReadGuard<'_, HashMap<String, Arc<Client>>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn clients_mut(&self) -> RwLockWriteGuard<'_, HashMap<String, Arc<Client>>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
