//! The audit log: what is found by which filter, once each, and what is cleaned away.

use std::time::Duration;

use futures_util::future::join_all;
use scopegate_core::{clock::Timestamp, scope::Scope};
use scopegate_store::{
    StoreError,
    audit::{self, Entry, Filter, Outcome},
    scopes, users,
};

use crate::harness::{Database, NOW, after, on_every_database};

pub(super) fn entry(at: Timestamp, unique: &str) -> Entry {
    Entry {
        id: Entry::id_at(at, unique),
        at,
        event: "login".to_owned(),
        outcome: Outcome::Done,
        reason: None,
        actor: None,
        subject: Some("johndoe".to_owned()),
        client_id: None,
        address: None,
        request_id: None,
        detail: None,
    }
}

async fn record(db: &Database, entries: Vec<Entry>) {
    let written = db.store.write(move |conn| {
        Box::pin(async move {
            for entry in &entries {
                audit::record(conn, entry).await?;
            }
            Ok(())
        })
    });
    written.await.expect("entries can be written");
}

async fn latest(db: &Database, filter: Filter, limit: u32) -> Vec<Entry> {
    let mut conn = db.store.read().await.expect("the store can be read");
    audit::latest(&mut conn, &filter, limit).await.expect("entries can be read")
}

/// What makes the ids unique, of the entries that pass the filter.
async fn found(db: &Database, filter: Filter) -> String {
    let entries = latest(db, filter, 100).await;
    entries.iter().map(|entry| &entry.id[12..]).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn an_entry_is_read_as_it_was_written_and_kept_once() {
    on_every_database(async |db| {
        let full = Entry {
            outcome: Outcome::Refused,
            reason: Some("wrong_password".to_owned()),
            actor: Some("command (root)".to_owned()),
            client_id: Some("app".to_owned()),
            address: Some("2001:db8::1".to_owned()),
            request_id: Some("r-1".to_owned()),
            detail: Some("in words, ä".to_owned()),
            ..entry(NOW, "0a")
        };
        let failed = Entry { outcome: Outcome::Failed, subject: None, ..entry(NOW, "0b") };
        record(db, vec![full.clone(), failed.clone(), full.clone()]).await;
        record(db, vec![failed.clone()]).await;
        assert_eq!(latest(db, Filter::default(), 100).await, [full, failed]);
    })
    .await;
}

#[tokio::test]
async fn entries_are_found_by_time_user_client_kind_and_request() {
    on_every_database(async |db| {
        let text = |text: &str| Some(text.to_owned());
        let token = |at, unique, event: &str, client: &str| Entry {
            event: event.to_owned(),
            client_id: text(client),
            ..entry(at, unique)
        };
        record(
            db,
            vec![
                token(after(1), "01", "token.password", "app"),
                entry(NOW, "00"),
                token(after(2), "02", "token.refresh_token", "web"),
                Entry { subject: None, ..token(after(3), "03", "token", "web") },
                Entry { subject: text("bob"), request_id: text("r"), ..entry(after(4), "04") },
                Entry { request_id: text("r"), ..entry(after(5), "05") },
                Entry { event: "tokens".to_owned(), ..entry(after(6), "06") },
            ],
        )
        .await;
        let all = Filter::default;
        for (row, filter, expected) in [
            ("all", all(), "00 01 02 03 04 05 06"),
            ("since", Filter { since: Some(after(4)), ..all() }, "04 05 06"),
            ("of a user", Filter { subject: text("johndoe"), ..all() }, "00 01 02 05 06"),
            ("of a client", Filter { client_id: text("web"), ..all() }, "02 03"),
            ("a kind", Filter { event: text("token"), ..all() }, "01 02 03"),
            ("a narrower kind", Filter { event: text("token.password"), ..all() }, "01"),
            ("no pattern", Filter { event: text("token_refresh%"), ..all() }, ""),
            ("of a request", Filter { request_id: text("r"), ..all() }, "04 05"),
            (
                "of a request and user",
                Filter { request_id: text("r"), subject: text("bob"), ..all() },
                "04",
            ),
            (
                "of user, client, kind and time",
                Filter {
                    since: Some(after(2)),
                    subject: text("johndoe"),
                    client_id: text("web"),
                    event: text("token"),
                    ..all()
                },
                "02",
            ),
            ("of nobody", Filter { subject: text("x' OR 1=1 --"), ..all() }, ""),
        ] {
            assert_eq!(found(db, filter).await, expected, "{row}");
        }
        let last = latest(db, all(), 2).await;
        assert_eq!(last.iter().map(|entry| entry.at).collect::<Vec<_>>(), [after(5), after(6)]);
    })
    .await;
}

#[tokio::test]
async fn an_entry_stands_or_falls_with_the_job_that_it_tells_of() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        let entry = entry(NOW, "00");
        let undone = db.store.write(move |conn| {
            Box::pin(async move {
                users::set_disabled(conn, "johndoe", true, NOW).await?;
                audit::record(conn, &entry).await?;
                Err::<(), _>(StoreError::Refused("no".to_owned()))
            })
        });
        assert!(undone.await.is_err());
        assert_eq!(latest(db, Filter::default(), 100).await, []);
    })
    .await;
}

#[tokio::test]
async fn jobs_at_once_have_the_entries_of_those_that_were_done() {
    on_every_database(async |db| {
        for failing in [None, Some(41)] {
            let day = if failing.is_some() { after(86_400) } else { NOW };
            let told = join_all((0..70).map(|n| {
                let entry = entry(day.plus(Duration::from_secs(n)), &format!("{n:02}"));
                db.store.write_told(move |conn| {
                    Box::pin(async move {
                        scopes::find_unknown(conn, &Scope::empty()).await?;
                        if failing == Some(n) {
                            return Err(StoreError::Refused("no".to_owned()));
                        }
                        Ok((n, (n % 7 > 0).then_some(entry).into_iter().collect()))
                    })
                })
            }))
            .await;
            for (n, told) in (0..).zip(told) {
                assert_eq!(told.is_err(), failing == Some(n), "{n}");
            }
            let expected: Vec<_> = (0..70)
                .filter(|n| n % 7 > 0 && failing != Some(*n))
                .map(|n| format!("{n:02}"))
                .collect();
            let filter = Filter { since: Some(day), ..Filter::default() };
            assert_eq!(found(db, filter).await, expected.join(" "));
        }
    })
    .await;
}

#[tokio::test]
async fn old_entries_are_cleaned_away_in_small_bites() {
    on_every_database(async |db| {
        let entries = (0..10).map(|n| entry(after(n), &format!("{n:02}"))).collect();
        record(db, entries).await;
        let mut bites = Vec::new();
        while bites.last() != Some(&0) {
            let bite = db.store.write(|conn| {
                Box::pin(async move { audit::delete_before(conn, after(7), 3).await })
            });
            bites.push(bite.await.expect("cleaning answers"));
        }
        assert_eq!(bites, [3, 3, 1, 0]);
        assert_eq!(found(db, Filter::default()).await, "07 08 09");
    })
    .await;
}
