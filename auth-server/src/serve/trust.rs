//! Whether the clock can be believed in something that cannot be taken back, as cleaning is.

use std::time::Duration;

use scopegate_core::clock::{StepWatch, Timestamp};

/// How long nothing is cleaned away after the clock was set. By a clock that is years ahead everything
/// has expired, revocations too, and what is deleted is not alive again when it is set right.
const HOLD: Duration = Duration::from_hours(1);

/// A store that nobody used for longer looks like a clock that is ahead, and is treated like one.
const GAP: Duration = Duration::from_hours(24);

/// Whether the clock can be believed in something that cannot be taken back.
#[derive(Default)]
pub(super) struct Trust {
    steps: StepWatch,
    held_until: Duration,
}

impl Trust {
    /// At a start there is no second clock to compare with, only what was written last.
    pub(super) fn begin(&mut self, newest: Option<Timestamp>, now: Timestamp) {
        if newest.is_some_and(|newest| now > newest.plus(GAP)) {
            tracing::warn!(
                "the newest entry of the audit log is more than a day old: expired rows are kept for \
                 an hour, in case it is the clock that is wrong"
            );
            self.held_until = HOLD;
        }
    }

    /// Whether the clock has gone on as it should for long enough. `running` is how long this has run.
    pub(super) fn believes(&mut self, now: Timestamp, running: Duration) -> bool {
        if let Some(seconds) = self.steps.look(now, running) {
            tracing::warn!(seconds, "the clock was set: expired rows are kept for an hour");
            self.held_until = running.saturating_add(HOLD);
        }
        running >= self.held_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
    const YEARS: Duration = Duration::from_hours(10 * 365 * 24);

    #[test]
    fn db11_a_clock_that_was_set_is_believed_again_after_an_hour_of_running_well() {
        let mut trust = Trust::default();
        trust.begin(Some(NOW), NOW);
        let minute = |n| Duration::from_mins(n);
        assert!(trust.believes(NOW, minute(0)));
        assert!(trust.believes(NOW.plus(minute(1)), minute(1)));
        let wild = NOW.plus(YEARS);
        for n in 2..62 {
            assert!(!trust.believes(wild.plus(minute(n)), minute(n)), "{n}");
        }
        assert!(trust.believes(wild.plus(minute(62)), minute(62)), "it was no mistake");
        assert!(!trust.believes(NOW.plus(minute(63)), minute(63)), "set back");
    }

    #[test]
    fn db11_a_start_long_after_the_last_entry_deletes_nothing_for_an_hour() {
        for (row, newest, held) in [
            ("nobody used it yet", None, false),
            ("used a day ago", Some(NOW.minus(GAP)), false),
            ("not used for longer", Some(NOW.minus(GAP).minus(Duration::from_secs(1))), true),
            ("by a clock that was ahead", Some(NOW.plus(YEARS)), false),
        ] {
            let mut trust = Trust::default();
            trust.begin(newest, NOW);
            assert_eq!(trust.believes(NOW, Duration::ZERO), !held, "{row}");
            assert!(trust.believes(NOW.plus(HOLD), HOLD), "{row}");
        }
    }
}
