//! Attempts whose outcome nobody knows yet. They count as failures, so others may have to wait only
//! because of them; those are told as soon as one turns out to be none.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

/// What is under way at this server, by the key of its counters.
#[derive(Default)]
pub(super) struct Pending {
    under_way: Mutex<HashMap<String, usize>>,
    ended: Notify,
}

/// An attempt that is under way until this is dropped.
pub(super) struct UnderWay {
    pending: Arc<Pending>,
    keys: Vec<String>,
}

impl Pending {
    /// Begins an attempt that these counters count.
    pub(super) fn begin(self: &Arc<Self>, keys: Vec<String>) -> UnderWay {
        let mut under_way = self.lock();
        for key in &keys {
            *under_way.entry(key.clone()).or_default() += 1;
        }
        drop(under_way);
        UnderWay { pending: Arc::clone(self), keys }
    }

    /// Waits until some attempt has ended. `false`, and at once, where none with these counters is
    /// under way, so that waiting changes nothing.
    pub(super) async fn ends(&self, keys: &[String]) -> bool {
        let ended = self.ended.notified();
        if !keys.iter().any(|key| self.lock().contains_key(key)) {
            return false;
        }
        ended.await;
        true
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut under_way = self.pending.lock();
        for key in &self.keys {
            match under_way.get_mut(key) {
                Some(count) if *count > 1 => *count -= 1,
                _ => drop(under_way.remove(key)),
            }
        }
        drop(under_way);
        self.pending.ended.notify_waiters();
    }
}
