//! The table `guesses`: failed attempts, counted up front, and how long the next one has to wait.
//!
//! A counter is one number in disguise: `forgotten_at` is the moment at which its last failure is
//! forgotten, so what lies between now and then, divided by [`Rule::forgets`], is how many there are.

use std::time::Duration;

use scopegate_core::clock::Timestamp;

use crate::{Connection, StoreError, row};

/// How a counter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Attempts that are heard at once; when the last of them fails, the next one waits. At least one.
    pub free: u32,
    /// The first wait; it doubles with each failure that follows.
    pub first: Duration,
    /// The longest wait; no longer than `forgets`, so that nobody waits for what is forgotten.
    pub most: Duration,
    /// How long it takes to forget one failure.
    pub forgets: Duration,
}

/// A counter: what it counts, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    /// Who or where, such that nobody can read it.
    pub key: String,
    /// How.
    pub rule: Rule,
}

/// An attempt that was counted as a failure, before anybody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// With what.
    pub counter: Counter,
    at: Timestamp,
    /// Until when the next one waits, where it does.
    pub wait_until: Option<Timestamp>,
}

/// Whether an attempt may be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// Yes; it counts as a failure until it is given back. In the order of the counters.
    Granted(Vec<Counted>),
    /// Not before this moment; nothing was counted.
    Refused(Timestamp),
}

/// How far one clock may be behind that of another attempt: of another machine, or of one that was
/// counted first although it began later.
const SKEW: Duration = Duration::from_mins(1);

/// One failure more, unless the counter makes wait. A row from a time when the clock was far ahead
/// must not shut anybody out, so neither moment counts beyond what its rule can have written.
const COUNT: &str = "\
    INSERT INTO guesses (key, wait_until, forgotten_at) VALUES ($1, $2, $3) \
    ON CONFLICT (key) DO UPDATE SET forgotten_at = $4 + CASE \
        WHEN guesses.forgotten_at < $2 THEN $2 \
        WHEN guesses.forgotten_at > $5 THEN $5 \
        ELSE guesses.forgotten_at END \
    WHERE guesses.wait_until <= $2 OR guesses.wait_until > $6 \
    RETURNING forgotten_at";

const WAIT: &str = "UPDATE guesses SET wait_until = $2 WHERE key = $1";

const FIND_WAIT: &str = "\
    SELECT wait_until FROM guesses WHERE key = $1 AND wait_until > $2 AND wait_until <= $3";

/// Takes a wait back where it is that of the attempt itself, or where what is left makes none.
const GIVE_BACK: &str = "\
    UPDATE guesses SET forgotten_at = forgotten_at - $2, wait_until = CASE \
        WHEN wait_until = $3 OR forgotten_at - $2 <= $5 THEN $4 ELSE wait_until END \
    WHERE key = $1";

const FORGET: &str = "DELETE FROM guesses WHERE key = $1";

/// Until when an attempt has to wait; `None` where none of the counters makes it wait.
pub async fn find_wait(
    conn: &mut Connection,
    counters: &[Counter],
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let mut longest = None;
    for Counter { key, rule } in counters {
        let query =
            sqlx::query(FIND_WAIT).bind(key).bind(now.millis()).bind(rule.longest(now).millis());
        let found = query.fetch_optional(&mut *conn).await?;
        let wait = found.as_ref().map(|found| row::time(found, "wait_until")).transpose()?;
        longest = longest.max(wait);
    }
    Ok(longest)
}

/// Counts an attempt with every counter, or with none where one of them makes it wait.
pub async fn reserve(
    conn: &mut Connection,
    counters: &[Counter],
    now: Timestamp,
) -> Result<Reserved, StoreError> {
    let mut granted = Vec::with_capacity(counters.len());
    for counter in counters {
        if let Some(counted) = count(conn, counter, now).await? {
            granted.push(counted);
        } else {
            give_back(conn, &granted).await?;
            let until = find_wait(conn, counters, now).await?;
            return Ok(Reserved::Refused(until.unwrap_or(now)));
        }
    }
    Ok(Reserved::Granted(granted))
}

async fn count(
    conn: &mut Connection,
    counter: &Counter,
    now: Timestamp,
) -> Result<Option<Counted>, StoreError> {
    let Counter { key, rule } = counter;
    let row = sqlx::query(COUNT)
        .bind(key)
        .bind(now.millis())
        .bind(now.plus(rule.forgets).millis())
        .bind(millis(rule.forgets))
        .bind(now.plus(rule.memory()).millis())
        .bind(rule.longest(now).millis())
        .fetch_optional(&mut *conn)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let failures = rule.failures(row::time(&row, "forgotten_at")?, now);
    let wait = rule.wait(failures);
    let wait_until = Some(now.plus(wait)).filter(|_| !wait.is_zero());
    if let Some(until) = wait_until {
        sqlx::query(WAIT).bind(key).bind(until.millis()).execute(conn).await?;
    }
    Ok(Some(Counted { counter: counter.clone(), at: now, wait_until }))
}

/// Takes attempts back that were no failures, as if they had never been made.
pub async fn give_back(conn: &mut Connection, counted: &[Counted]) -> Result<(), StoreError> {
    for Counted { counter: Counter { key, rule }, at, wait_until } in counted {
        sqlx::query(GIVE_BACK)
            .bind(key)
            .bind(millis(rule.forgets))
            .bind(wait_until.unwrap_or(*at).millis())
            .bind(at.millis())
            .bind(at.plus(rule.forgets.saturating_mul(rule.free.saturating_sub(1))).millis())
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// Forgets every failure of that counter.
pub async fn forget(conn: &mut Connection, key: &str) -> Result<bool, StoreError> {
    let forgotten = sqlx::query(FORGET).bind(key).execute(conn).await?;
    Ok(forgotten.rows_affected() > 0)
}

impl Rule {
    /// How long the next attempt waits after so many failures.
    pub fn wait(&self, failures: u32) -> Duration {
        failures.checked_sub(self.free).map_or(Duration::ZERO, |beyond| {
            self.first.saturating_mul(2_u32.saturating_pow(beyond)).min(self.most)
        })
    }

    /// How many failures are not forgotten yet.
    fn failures(&self, forgotten_at: Timestamp, now: Timestamp) -> u32 {
        let left = forgotten_at.millis().saturating_sub(now.millis()).max(0);
        let failures = left.unsigned_abs().div_ceil(millis(self.forgets).unsigned_abs().max(1));
        u32::try_from(failures).unwrap_or(u32::MAX)
    }

    /// The last moment up to which a wait can be meant.
    fn longest(&self, now: Timestamp) -> Timestamp {
        now.plus(self.most).plus(SKEW)
    }

    /// The longest that anything is remembered: as many failures as lead to the longest wait.
    fn memory(&self) -> Duration {
        let first = self.first.as_millis().max(1);
        let doublings = self.most.as_millis().div_ceil(first).max(1).next_power_of_two().ilog2();
        self.forgets.saturating_mul(self.free.saturating_add(doublings))
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule {
        free: 5,
        first: Duration::from_secs(1),
        most: Duration::from_mins(15),
        forgets: Duration::from_mins(15),
    };
    const STEADY: Rule = Rule { free: 2, first: RULE.most, ..RULE };

    #[test]
    fn waits_begin_after_the_free_failures_and_double_up_to_the_longest() {
        for (rule, failures, seconds) in [
            (RULE, 0, 0),
            (RULE, 4, 0),
            (RULE, 5, 1),
            (RULE, 6, 2),
            (RULE, 14, 512),
            (RULE, 15, 900),
            (RULE, u32::MAX, 900),
            (STEADY, 1, 0),
            (STEADY, 2, 900),
            (STEADY, 3, 900),
        ] {
            assert_eq!(rule.wait(failures).as_secs(), seconds, "{failures} failures");
        }
    }

    #[test]
    fn one_failure_after_the_other_is_forgotten() {
        let now = Timestamp::from_seconds(1000);
        for (minutes, expected) in [(0, 0), (1, 1), (15, 1), (16, 2), (30, 2)] {
            let forgotten_at = now.plus(Duration::from_mins(minutes));
            assert_eq!(RULE.failures(forgotten_at, now), expected, "{minutes} minutes left");
        }
        assert_eq!(RULE.failures(now.minus(RULE.forgets), now), 0, "forgotten long ago");
    }

    #[test]
    fn what_is_remembered_is_enough_for_the_longest_wait_and_no_more() {
        for rule in [RULE, STEADY] {
            let most = rule
                .failures(Timestamp::from_millis(0).plus(rule.memory()), Timestamp::from_millis(0));
            assert_eq!(rule.wait(most), rule.most);
            assert!(rule.wait(most - 1) < rule.most || rule.first == rule.most);
        }
    }
}
