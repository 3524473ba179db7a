//! Guesses: counted up front, given back, refused, forgotten.

use std::time::Duration;

use futures_util::future::join_all;
use scopegate_core::clock::Timestamp;
use scopegate_store::{
    StoreError, cleanup,
    guesses::{self, Counted, Counter, Reserved, Rule},
};

use crate::harness::{Database, NOW, after, on_every_database};

const QUARTER: u64 = 15 * 60;

const RULE: Rule = Rule {
    free: 4,
    first: Duration::from_secs(1),
    most: Duration::from_secs(8),
    forgets: Duration::from_secs(QUARTER),
};

fn counter(key: &str) -> Counter {
    Counter { key: key.to_owned(), rule: RULE }
}

async fn reserve(db: &Database, keys: &[&str], now: Timestamp) -> Reserved {
    let counters: Vec<_> = keys.iter().map(|key| counter(key)).collect();
    db.store
        .write(move |conn| Box::pin(async move { guesses::reserve(conn, &counters, now).await }))
        .await
        .expect("a reservation is answered")
}

#[track_caller]
fn granted(reserved: Reserved) -> Vec<Counted> {
    match reserved {
        Reserved::Granted(counted) => counted,
        Reserved::Refused(until) => panic!("refused until {until:?}"),
    }
}

async fn give_back(db: &Database, counted: Vec<Counted>) {
    db.store
        .write(move |conn| Box::pin(async move { guesses::give_back(conn, &counted).await }))
        .await
        .expect("attempts can be given back");
}

async fn wait(db: &Database, key: &str, now: Timestamp) -> Option<Timestamp> {
    let mut conn = db.store.read().await.expect("the store can be read");
    guesses::find_wait(&mut conn, &[counter(key)], now).await.expect("waits can be found")
}

#[tokio::test]
async fn after_the_free_failures_each_one_doubles_the_wait() {
    on_every_database(async |db| {
        for _ in 0..3 {
            assert_eq!(granted(reserve(db, &["a"], NOW).await)[0].wait_until, None);
        }
        let mut now = NOW;
        for seconds in [1, 2, 4, 8, 8, 8] {
            let until = now.plus(Duration::from_secs(seconds));
            assert_eq!(granted(reserve(db, &["a"], now).await)[0].wait_until, Some(until));
            let before = until.minus(Duration::from_millis(1));
            assert_eq!(wait(db, "a", before).await, Some(until));
            assert_eq!(reserve(db, &["a"], before).await, Reserved::Refused(until));
            assert_eq!(wait(db, "a", until).await, None, "whoever waited is heard");
            now = until;
        }
    })
    .await;
}

#[tokio::test]
async fn an_attempt_that_has_to_wait_does_not_make_the_wait_longer() {
    on_every_database(async |db| {
        for _ in 0..4 {
            granted(reserve(db, &["a"], NOW).await);
        }
        for _ in 0..20 {
            assert_eq!(reserve(db, &["a"], NOW).await, Reserved::Refused(after(1)));
        }
        assert_eq!(granted(reserve(db, &["a"], after(1)).await)[0].wait_until, Some(after(3)));
    })
    .await;
}

#[tokio::test]
async fn many_attempts_at_once_gain_nothing_over_one_after_the_other() {
    on_every_database(async |db| {
        let attempts = join_all((0..32).map(|_| reserve(db, &["net", "a"], NOW))).await;
        let granted = attempts.iter().filter(|tried| matches!(tried, Reserved::Granted(_)));
        assert_eq!(granted.count(), 4, "four are heard, and the fourth makes the others wait");
        let refused = attempts.iter().filter(|tried| **tried == Reserved::Refused(after(1)));
        assert_eq!(refused.count(), 28);
    })
    .await;
}

#[tokio::test]
async fn failures_are_forgotten_one_after_the_other() {
    on_every_database(async |db| {
        for _ in 0..4 {
            granted(reserve(db, &["a"], NOW).await);
        }
        let later = after(2 * QUARTER);
        assert_eq!(granted(reserve(db, &["a"], later).await)[0].wait_until, None, "two are left");
        let until = later.plus(Duration::from_secs(1));
        assert_eq!(granted(reserve(db, &["a"], later).await)[0].wait_until, Some(until));
    })
    .await;
}

#[tokio::test]
async fn what_one_counter_refuses_no_other_counts() {
    on_every_database(async |db| {
        for _ in 0..4 {
            granted(reserve(db, &["a"], NOW).await);
        }
        for _ in 0..10 {
            assert_eq!(reserve(db, &["net", "a"], NOW).await, Reserved::Refused(after(1)));
        }
        for _ in 0..3 {
            assert_eq!(granted(reserve(db, &["net"], NOW).await)[0].wait_until, None);
        }
    })
    .await;
}

#[tokio::test]
async fn an_attempt_that_was_no_failure_leaves_nothing_behind() {
    on_every_database(async |db| {
        for _ in 0..50 {
            let counted = granted(reserve(db, &["a", "b"], NOW).await);
            give_back(db, counted).await;
        }
        for _ in 0..3 {
            granted(reserve(db, &["a"], NOW).await);
        }
        for _ in 0..5 {
            let last = granted(reserve(db, &["a"], NOW).await);
            assert_eq!(last[0].wait_until, Some(after(1)));
            give_back(db, last).await;
            assert_eq!(wait(db, "a", NOW).await, None, "its wait is given back, too");
        }
        let [first, second] =
            [granted(reserve(db, &["c"], NOW).await), granted(reserve(db, &["c"], NOW).await)];
        for seconds in [0, 0, 1] {
            granted(reserve(db, &["c"], after(seconds)).await);
        }
        give_back(db, first).await;
        assert_eq!(wait(db, "c", after(1)).await, Some(after(3)), "another's wait stays");
        give_back(db, second).await;
        assert_eq!(wait(db, "c", after(1)).await, None, "three failures make nobody wait");
    })
    .await;
}

#[tokio::test]
async fn a_counter_that_is_forgotten_begins_anew() {
    on_every_database(async |db| {
        for _ in 0..4 {
            granted(reserve(db, &["a"], NOW).await);
        }
        let forget = |key: &'static str| {
            db.store.write(move |conn| Box::pin(async move { guesses::forget(conn, key).await }))
        };
        assert_eq!(forget("a").await, Ok(true));
        assert_eq!(forget("a").await, Ok::<_, StoreError>(false));
        assert_eq!(wait(db, "a", NOW).await, None);
        assert_eq!(granted(reserve(db, &["a"], NOW).await)[0].wait_until, None);
    })
    .await;
}

#[tokio::test]
async fn a_clock_that_was_ahead_shuts_nobody_out() {
    on_every_database(async |db| {
        let year = after(365 * 86_400);
        for _ in 0..4 {
            granted(reserve(db, &["a"], year).await);
        }
        assert_eq!(wait(db, "a", NOW).await, None);
        let counted = granted(reserve(db, &["a"], NOW).await);
        assert_eq!(counted[0].wait_until, Some(after(8)), "the longest wait and no more");
        assert!(matches!(reserve(db, &["a"], after(8)).await, Reserved::Granted(_)));
    })
    .await;
}

#[tokio::test]
async fn an_attempt_whose_clock_is_behind_waits_as_well() {
    on_every_database(async |db| {
        for seconds in [0, 0, 0, 0, 1, 3, 7] {
            granted(reserve(db, &["a"], after(seconds)).await);
        }
        assert_eq!(wait(db, "a", after(6)).await, Some(after(15)), "the longest wait");
        assert_eq!(reserve(db, &["a"], after(6)).await, Reserved::Refused(after(15)));
    })
    .await;
}

#[tokio::test]
async fn what_is_forgotten_is_cleaned_away_in_small_bites() {
    on_every_database(async |db| {
        for key in ["a", "b", "c"] {
            granted(reserve(db, &[key], NOW).await);
        }
        let clean = |now, batch| {
            db.store.write(move |conn| {
                Box::pin(async move { cleanup::delete_expired(conn, now, batch).await })
            })
        };
        assert_eq!(clean(after(QUARTER - 1), 9).await, Ok(0));
        assert_eq!(clean(after(QUARTER), 2).await, Ok(2));
        assert_eq!(clean(after(QUARTER), 2).await, Ok(1));
    })
    .await;
}
