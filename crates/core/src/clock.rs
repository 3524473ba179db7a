//! Time as a value that is passed in, so that tests own it.

use std::time::Duration;

/// A moment, in milliseconds since the Unix epoch. Databases keep it so; tokens carry seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment that many milliseconds after the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// The moment that many seconds after the Unix epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Milliseconds since the Unix epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down: the `NumericDate` of RFC 7519 §2.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The moment `by` later; the far future where that would overflow.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The moment `by` earlier; the far past where that would overflow.
    #[must_use]
    pub fn minus(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// How far ahead of the clock the birth of something stored may lie: as much as a clock loses that is
/// set right by a little. What was born further ahead was so under a clock that was wildly wrong, and
/// does not count.
pub const AHEAD: Duration = Duration::from_hours(1);

/// What a clock may gain or lose without having been set.
const DRIFT: Duration = Duration::from_secs(5);

/// Notices when the clock is set, by a second one that nobody sets.
#[derive(Debug, Default)]
pub struct StepWatch(Option<(Timestamp, Duration)>);

impl StepWatch {
    /// How many seconds the clock was set forward since the last look, or back where it is less than
    /// zero; `None` where it went on as it should. `running` is how long the program has run.
    pub fn look(&mut self, now: Timestamp, running: Duration) -> Option<i64> {
        let (before, ran_before) = self.0.replace((now, running))?;
        let expected = before.plus(running.saturating_sub(ran_before));
        let step = now.millis().saturating_sub(expected.millis());
        let is_drift = u128::from(step.unsigned_abs()) <= DRIFT.as_millis();
        (!is_drift).then_some(step / 1000)
    }
}

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        Timestamp(0).plus(since)
    }
}

/// A clock that stands still until a test moves it.
#[cfg(feature = "testing")]
#[derive(Debug)]
pub struct ManualClock(std::sync::atomic::AtomicI64);

#[cfg(feature = "testing")]
impl ManualClock {
    /// A clock that shows `now`.
    pub const fn at(now: Timestamp) -> Self {
        Self(std::sync::atomic::AtomicI64::new(now.0))
    }

    /// Sets the clock, forward or back.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.0, std::sync::atomic::Ordering::SeqCst);
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let to = self.now().plus(by);
        self.0.store(to.0, std::sync::atomic::Ordering::SeqCst);
    }
}

#[cfg(feature = "testing")]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(std::sync::atomic::Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_is_noticed_once_and_one_that_drifts_is_not() {
        let mut watch = StepWatch::default();
        for (row, now, running, expected) in [
            ("the first look", 1000, 0, None),
            ("a minute later", 1060, 60, None),
            ("a little fast", 1124, 120, None),
            ("an hour forward", 1184 + 3600, 180, Some(3600)),
            ("and on from there", 1244 + 3600, 240, None),
            ("back again", 1304, 300, Some(-3600)),
            ("before the epoch", -5, 360, Some(-1369)),
            ("the end of time", i64::MAX, 420, Some(i64::MAX / 1000 - 55)),
        ] {
            let found = watch.look(Timestamp::from_seconds(now), Duration::from_secs(running));
            assert_eq!(found, expected, "DB11 {row}");
        }
    }
}
