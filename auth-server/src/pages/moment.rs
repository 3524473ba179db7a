//! Moments in words. The pages run no script, so they cannot know the reader's time zone: what is
//! near is told as a distance, the rest as a date.

use chrono::{DateTime, Utc};
use scopegate_core::clock::Timestamp;
use serde::Serialize;

/// A moment for a `time` element.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// For machines: RFC 3339, in UTC.
    pub iso: String,
    /// For people: `5 minutes ago`, `3 March 2027`.
    pub words: String,
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

impl Moment {
    /// The moment `at`, told at `now`.
    pub fn told(at: Timestamp, now: Timestamp) -> Self {
        let date = DateTime::<Utc>::from_timestamp(at.seconds(), 0).unwrap_or_default();
        let iso = date.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let words = match now.seconds() - at.seconds() {
            // A clock of another replica may be a little ahead.
            ..MINUTE => "just now".to_owned(),
            ago @ MINUTE..HOUR => count(ago / MINUTE, "minute") + " ago",
            ago @ HOUR..DAY => count(ago / HOUR, "hour") + " ago",
            ago if ago < 14 * DAY => count(ago / DAY, "day") + " ago",
            _ => date.format("on %-d %B %Y").to_string(),
        };
        Self { iso, words }
    }
}

/// A wait in words, never shorter than it is: `45 seconds`, `5 minutes`.
pub fn wait(seconds: u16) -> String {
    let seconds = i64::from(seconds);
    if seconds <= 2 * MINUTE {
        count(seconds, "second")
    } else {
        count((seconds + MINUTE - 1) / MINUTE, "minute")
    }
}

fn count(number: i64, unit: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_moments_are_distances_and_far_ones_dates() {
        let at = Timestamp::from_seconds(1_800_000_000);
        for (later, expected) in [
            (-5, "just now"),
            (0, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (3599, "59 minutes ago"),
            (3600, "1 hour ago"),
            (23 * HOUR, "23 hours ago"),
            (DAY, "1 day ago"),
            (13 * DAY, "13 days ago"),
            (14 * DAY, "on 15 January 2027"),
        ] {
            let now = Timestamp::from_seconds(at.seconds() + later);
            assert_eq!(Moment::told(at, now).words, expected, "{later}");
        }
        assert_eq!(Moment::told(at, at).iso, "2027-01-15T08:00:00Z");
    }
}
