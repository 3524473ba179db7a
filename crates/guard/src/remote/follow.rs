//! The task that fetches: ahead of expiry, when it is asked, and with growing pauses after failures.

use std::{sync::Arc, time::Duration};

use scopegate_core::verify::VerifyingKeys;

use super::{Held, fetch::KeySet, lock};

/// The longest pause after a failure, with older keys in force.
const MAX_PAUSE: Duration = Duration::from_mins(1);

/// The longest pause while there have been no keys, and every request is put off.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// Fetches until it is aborted.
pub(super) async fn follow(held: Arc<Held>) {
    let mut asks = held.flights.subscribe();
    let mut failures = 0;
    loop {
        let flight = held.take_off();
        let pause = match held.fetcher.fetch().await {
            Ok(set) => {
                failures = 0;
                held.take(&set)
            }
            Err(error) => {
                lock(&held.report).failed(held.fetcher.name(), &error);
                failures += 1;
                pause_after(failures, held.keys.load().is_some())
            }
        };
        held.flights.send_modify(|flights| flights.landed = flight);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = asks.wait_for(|flights| flights.asked > flights.landed) => {}
        }
    }
}

impl Held {
    /// The number of the flight that begins now: that which was asked for, or a new one.
    fn take_off(&self) -> u64 {
        self.flights.send_modify(|flights| flights.asked = flights.asked.max(flights.landed + 1));
        self.flights.borrow().asked
    }

    /// Puts the keys in force and says when to fetch again: before they are no longer fresh.
    fn take(&self, set: &KeySet) -> Duration {
        let keys = VerifyingKeys::public(&set.keys).only(&self.algorithms);
        lock(&self.report).succeeded(self.fetcher.name(), &keys, &set.skipped);
        self.keys.store(Some(Arc::new(keys)));
        set.fresh_for * 3 / 4
    }
}

/// One second, then twice as long after each further failure.
fn pause_after(failures: u32, has_keys: bool) -> Duration {
    let doublings = failures.saturating_sub(1);
    let longest = if has_keys { MAX_PAUSE } else { MAX_WAIT };
    Duration::from_secs(1).saturating_mul(2_u32.saturating_pow(doublings)).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute_and_to_seconds_before_the_first_keys() {
        let pauses = |has_keys| [1, 2, 3, 4, 6, 7, u32::MAX].map(|n| pause_after(n, has_keys));
        assert_eq!(pauses(true).map(|pause| pause.as_secs()), [1, 2, 4, 8, 32, 60, 60]);
        assert_eq!(pauses(false).map(|pause| pause.as_secs()), [1, 2, 4, 5, 5, 5, 5]);
    }
}
