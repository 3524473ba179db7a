//! Writes of one kind that wait for the same turn: each gets its own answer.

use futures_util::{FutureExt, future::join_all};
use scopegate_store::{
    StoreError,
    audit::{self, Filter},
    clients::{self, NewClient},
    grants::{self, NewGrant, OwnGrant},
};

use super::audit::entry;
use crate::harness::{Database, NOW, after, app, grant, on_every_database};

fn own(id: &str, client_id: &str) -> OwnGrant {
    let grant = NewGrant {
        username: None,
        credential_version: None,
        refresh: None,
        client_id: client_id.to_owned(),
        ..grant(id)
    };
    OwnGrant { grant, entry: entry(NOW, id) }
}

async fn is_there(db: &Database, id: &str) -> bool {
    let mut conn = db.store.read().await.expect("the store can be read");
    grants::find(&mut conn, id).await.expect("grants can be found").is_some()
}

async fn told(db: &Database) -> usize {
    let mut conn = db.store.read().await.expect("the store can be read");
    audit::latest(&mut conn, &Filter::default(), 1000).await.expect("entries can be read").len()
}

#[tokio::test]
async fn grants_opened_at_once_are_each_judged_by_their_own_client() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        let web = NewClient { client_id: "web".to_owned(), disabled: true, ..app() };
        let added = db
            .store
            .write(move |conn| Box::pin(async move { clients::add(conn, &web, NOW).await }));
        assert_eq!(added.await, Ok(()));
        let mut conn = db.store.read().await.unwrap();
        let current = clients::find(&mut conn, "app").await.unwrap().unwrap().updated_at;
        drop(conn);
        let with = |at, mut own: OwnGrant| {
            own.grant.client_updated_at = Some(at);
            own
        };
        let mut items = Vec::new();
        for n in 0..20 {
            items.push((own(&format!("plain-{n}"), "app"), true));
            items.push((with(current, own(&format!("current-{n}"), "app")), true));
            items.push((with(after(9), own(&format!("stale-{n}"), "app")), false));
            items.push((own(&format!("disabled-{n}"), "web"), false));
            items.push((own(&format!("unknown-{n}"), "nobody"), false));
        }
        let opened = join_all(items.iter().map(|(own, _)| db.store.write_alike(own.clone()))).await;
        for ((own, expected), opened) in items.iter().zip(opened) {
            let id = &own.grant.id;
            assert_eq!((opened, is_there(db, id).await), (Ok(*expected), *expected), "{id}");
        }
        assert_eq!(told(db).await, 40, "the audit log has those that are open");
    })
    .await;
}

#[tokio::test]
async fn one_that_fails_does_not_fail_the_others() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        assert_eq!(db.store.write_alike(own("taken", "app")).await, Ok(true));
        let ids = ["a", "b", "taken", "c", "d"];
        let opened = join_all(ids.map(|id| db.store.write_alike(own(id, "app")))).await;
        for (id, opened) in ids.into_iter().zip(opened) {
            if id == "taken" {
                assert!(matches!(opened, Err(StoreError::Conflict(_))), "{opened:?}");
            } else {
                assert_eq!(opened, Ok(true), "{id}");
                assert!(is_there(db, id).await, "{id}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn it_is_done_although_its_caller_has_gone_and_others_are_told() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        let store = db.store.clone();
        // The first one takes the turn for both. Polled once, so that it waits, and dropped.
        let mut first = Box::pin(async move { store.write_alike(own("first", "app")).await });
        assert_eq!(first.as_mut().now_or_never(), None);
        let mut second = Box::pin(db.store.write_alike(own("second", "app")));
        assert_eq!(second.as_mut().now_or_never(), None);
        drop(first);
        assert_eq!(second.await, Ok(true));
        while !is_there(db, "first").await {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_waits_for_a_store_that_is_closed() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        db.store.close().await;
        let late = db.store.write_alike(own("late", "app")).await;
        assert!(late.is_err_and(|error| error.is_unavailable()));
    })
    .await;
}
