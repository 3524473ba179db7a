//! Users: adding, changing, shutting out, and names that are never given out twice.

use scopegate_store::{
    Connection, StoreError,
    changes::{self, ChangeKind},
    clients, refresh_tokens, users,
};

use crate::harness::{self, NOW, after, app, johndoe, on_every_database, scope};

async fn revoked(conn: &mut Connection, token: &str) -> bool {
    let found = refresh_tokens::find(conn, token).await.expect("tokens can be found");
    found.expect("the token is there").grant_revoked
}

#[tokio::test]
async fn a_user_is_found_as_added() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        let mut conn = db.store.read().await.unwrap();
        let user = users::find(&mut conn, "johndoe").await.unwrap().unwrap();
        assert_eq!(user.full_name.as_deref(), Some("John Doe"));
        assert_eq!(user.email, None);
        assert_eq!(user.password_hash.as_deref(), Some("hash-1"));
        assert_eq!((user.credential_version, user.disabled), (1, false));
        assert_eq!(user.scopes, scope("me items"));
        assert_eq!((user.created_at, user.updated_at), (NOW, NOW));
        for unknown in ["JohnDoe", "john", "", "app", "johndoe' OR '1'='1"] {
            assert_eq!(users::find(&mut conn, unknown).await, Ok(None), "PW11 IJ01 {unknown}");
        }
        assert!(!format!("{user:?}{:?}", johndoe()).contains("hash-1"));
    })
    .await;
}

#[tokio::test]
async fn users_are_listed_page_by_page() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        for name in ["alice", "bob", "zoe"] {
            let user = users::NewUser { username: name.to_owned(), scopes: scope(""), ..johndoe() };
            db.store
                .write(move |conn| Box::pin(async move { users::add(conn, &user, NOW).await }))
                .await
                .unwrap();
        }
        let mut conn = db.store.read().await.unwrap();
        let mut pages = Vec::new();
        let mut last: Option<String> = None;
        loop {
            let page = users::list(&mut conn, last.as_deref(), 3).await.unwrap();
            let Some(user) = page.last() else { break };
            last = Some(user.username.clone());
            pages.push(page.into_iter().map(|user| user.username).collect::<Vec<_>>());
        }
        assert_eq!(pages, [vec!["alice", "bob", "johndoe"], vec!["zoe"]]);
    })
    .await;
}

#[tokio::test]
async fn a_name_is_never_given_out_twice() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        let taken = |result: Result<(), StoreError>| {
            assert!(matches!(result, Err(StoreError::Conflict(_))), "{result:?}");
        };
        let user = |name: &str| users::NewUser { username: name.to_owned(), ..johndoe() };
        let client = |name: &str| clients::NewClient { client_id: name.to_owned(), ..app() };
        let (as_johndoe, as_app) = (user("johndoe"), user("app"));
        let (client_johndoe, client_app) = (client("johndoe"), client("app"));
        db.store
            .write(move |conn| {
                Box::pin(async move {
                    for round in ["living", "deleted"] {
                        taken(users::add(conn, &as_johndoe, NOW).await);
                        taken(users::add(conn, &as_app, NOW).await);
                        taken(clients::add(conn, &client_johndoe, NOW).await);
                        taken(clients::add(conn, &client_app, NOW).await);
                        assert_eq!(users::delete(conn, "johndoe", NOW).await?, round == "living");
                        assert_eq!(clients::delete(conn, "app", NOW).await?, round == "living");
                    }
                    Ok(())
                })
            })
            .await
            .unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_unknown_scope_is_named_and_nothing_is_written() {
    on_every_database(async |db| {
        let refused = db
            .store
            .write(|conn| Box::pin(async move { users::add(conn, &johndoe(), NOW).await }))
            .await;
        assert_eq!(refused, Err(StoreError::Refused("there is no scope \"items\"".to_owned())));
        let mut conn = db.store.read().await.unwrap();
        assert_eq!(users::find(&mut conn, "johndoe").await, Ok(None));
        drop(conn);
        db.with_johndoe().await;
    })
    .await;
}

#[tokio::test]
async fn a_profile_is_set_field_by_field() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        for (full_name, email, expected) in [
            (None, Some(Some("j@example.com")), (Some("John Doe"), Some("j@example.com"))),
            (Some(Some("J")), None, (Some("J"), Some("j@example.com"))),
            (Some(None), Some(None), (None, None)),
        ] {
            let known = db
                .store
                .write(move |conn| {
                    Box::pin(async move {
                        users::set_profile(conn, "johndoe", full_name, email, after(1)).await
                    })
                })
                .await;
            assert_eq!(known, Ok(true));
            let mut conn = db.store.read().await.unwrap();
            let user = users::find(&mut conn, "johndoe").await.unwrap().unwrap();
            assert_eq!((user.full_name.as_deref(), user.email.as_deref()), expected);
            assert_eq!(user.updated_at, after(1));
        }
    })
    .await;
}

#[tokio::test]
async fn scopes_of_a_user_are_replaced() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        for (text, allowed) in [("items", true), ("items admin", false), ("", true)] {
            let wanted = scope(text);
            let set = db
                .store
                .write(move |conn| {
                    Box::pin(
                        async move { users::set_scopes(conn, "johndoe", &wanted, after(1)).await },
                    )
                })
                .await;
            assert_eq!(set.is_ok_and(|known| known), allowed, "{text}");
            let expected = if allowed { scope(text) } else { scope("items") };
            let mut conn = db.store.read().await.unwrap();
            let user = users::find(&mut conn, "johndoe").await.unwrap().unwrap();
            assert_eq!(user.scopes, expected, "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_new_password_revokes_what_was_issued_before() {
    on_every_database(async |db| {
        db.with_johndoe().await.with_grant("g").await;
        let set = db.store.write(|conn| {
            Box::pin(async move { users::set_password(conn, "johndoe", "hash-2", after(1)).await })
        });
        assert_eq!(set.await, Ok(true));
        let mut conn = db.store.read().await.unwrap();
        let user = users::find(&mut conn, "johndoe").await.unwrap().unwrap();
        assert_eq!((user.password_hash.as_deref(), user.credential_version), (Some("hash-2"), 2));
        assert!(revoked(&mut conn, "g-1").await, "PW14 RF11");
    })
    .await;
}

#[tokio::test]
async fn of_two_new_passwords_from_one_old_one_the_first_counts() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        for (hash, seen, replaced) in
            [("hash-2", 1, true), ("hash-3", 1, false), ("hash-4", 3, false), ("hash-5", 2, true)]
        {
            let set = db.store.write(move |conn| {
                Box::pin(async move {
                    users::replace_password(conn, "johndoe", seen, hash, after(1)).await
                })
            });
            assert_eq!(set.await, Ok(replaced), "{hash} after version {seen}");
        }
        let mut conn = db.store.read().await.unwrap();
        let user = users::find(&mut conn, "johndoe").await.unwrap().unwrap();
        assert_eq!((user.password_hash.as_deref(), user.credential_version), (Some("hash-5"), 3));
    })
    .await;
}

#[tokio::test]
async fn a_stronger_hash_of_the_same_password_is_no_change() {
    on_every_database(async |db| {
        db.with_johndoe().await.with_grant("g").await;
        let mut conn = db.store.read().await.unwrap();
        let before = changes::last_seq(&mut conn).await.unwrap();
        for (from, to, upgraded) in
            [("hash-1", "strong", true), ("hash-1", "other", false), ("strong", "strong", true)]
        {
            let done = db.store.write(move |conn| {
                Box::pin(async move { users::upgrade_hash(conn, "johndoe", from, to).await })
            });
            assert_eq!(done.await, Ok(upgraded), "PW13 {from} {to}");
        }
        let user = users::find(&mut conn, "johndoe").await.unwrap().unwrap();
        assert_eq!((user.password_hash.as_deref(), user.credential_version), (Some("strong"), 1));
        assert!(!revoked(&mut conn, "g-1").await);
        assert_eq!(changes::last_seq(&mut conn).await, Ok(before));
    })
    .await;
}

#[tokio::test]
async fn who_holds_a_known_hash_is_found_by_it() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        for (name, hash) in [
            ("zoe", Some("hash-8")),
            ("bob", Some("Hash-1")),
            ("carl", Some("hash-1x")),
            ("dan", None),
        ] {
            let password_hash = hash.map(str::to_owned);
            let user = users::NewUser { username: name.to_owned(), password_hash, ..johndoe() };
            db.store
                .write(move |conn| Box::pin(async move { users::add(conn, &user, NOW).await }))
                .await
                .unwrap();
        }
        let hashes = ["hash-1", "h", "", "%", "h_sh-1", "hash-1", "hash-7", "hash-8"];
        let mut conn = db.store.read().await.unwrap();
        for (limit, expected) in [(9, vec!["johndoe", "zoe"]), (1, vec!["johndoe"])] {
            let found = users::holding(&mut conn, &hashes, limit).await.unwrap();
            assert_eq!(found, expected, "at most {limit}");
        }
    })
    .await;
}

#[tokio::test]
async fn shutting_out_revokes_and_letting_in_revives_nothing() {
    on_every_database(async |db| {
        db.with_johndoe().await.with_grant("g").await;
        for disabled in [true, false] {
            let set = db.store.write(move |conn| {
                Box::pin(
                    async move { users::set_disabled(conn, "johndoe", disabled, after(1)).await },
                )
            });
            assert_eq!(set.await, Ok(true));
            let mut conn = db.store.read().await.unwrap();
            let user = users::find(&mut conn, "johndoe").await.unwrap().unwrap();
            assert_eq!(user.disabled, disabled);
            assert!(revoked(&mut conn, "g-1").await, "RF10 disabled = {disabled}");
        }
    })
    .await;
}

#[tokio::test]
async fn revoking_a_user_counts_living_grants() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        for id in ["a", "b", "c"] {
            db.with_grant(id).await;
        }
        for expected in [3, 0] {
            let revoked = db.store.write(|conn| {
                Box::pin(async move { users::revoke(conn, "johndoe", after(1)).await })
            });
            assert_eq!(revoked.await, Ok(expected));
        }
        let mut conn = db.store.read().await.unwrap();
        let in_force = changes::revocations(&mut conn, after(1)).await.unwrap();
        let ids: Vec<_> = in_force.iter().map(|found| found.subject.as_str()).collect();
        assert_eq!(ids.len(), 3);
        assert!(["a", "b", "c"].iter().all(|id| ids.contains(id)), "{ids:?}");
        assert!(in_force.iter().all(|found| found.kind == ChangeKind::Grant));
    })
    .await;
}

#[tokio::test]
async fn a_deleted_user_is_gone_with_everything() {
    on_every_database(async |db| {
        db.with_johndoe().await.with_grant("g").await;
        let deleted = db
            .store
            .write(|conn| Box::pin(async move { users::delete(conn, "johndoe", after(1)).await }));
        assert_eq!(deleted.await, Ok(true));
        let mut conn = db.store.read().await.unwrap();
        assert_eq!(users::find(&mut conn, "johndoe").await, Ok(None));
        assert!(revoked(&mut conn, "g-1").await, "RF10");
    })
    .await;
}

#[tokio::test]
async fn what_is_asked_of_nobody_answers_false() {
    on_every_database(async |db| {
        let known = db
            .store
            .write(|conn| {
                Box::pin(async move {
                    let empty = scope("");
                    Ok([
                        users::set_profile(conn, "nobody", Some(None), None, NOW).await?,
                        users::set_scopes(conn, "nobody", &empty, NOW).await?,
                        users::set_password(conn, "nobody", "hash", NOW).await?,
                        users::upgrade_hash(conn, "nobody", "a", "b").await?,
                        users::set_disabled(conn, "nobody", true, NOW).await?,
                        users::revoke(conn, "nobody", NOW).await? > 0,
                        users::delete(conn, "nobody", NOW).await?,
                    ])
                })
            })
            .await;
        assert_eq!(known, Ok([false; 7]));
        let mut conn = db.store.read().await.unwrap();
        assert_eq!(changes::last_seq(&mut conn).await, Ok(0));
    })
    .await;
}

#[tokio::test]
async fn odd_names_are_only_names() {
    let db = harness::sqlite().await;
    db.with_johndoe().await;
    for name in ["'; DROP TABLE users; --", "jоhndoe", "名前", "a%b_c", "$1"] {
        let user = users::NewUser { username: name.to_owned(), ..johndoe() };
        db.store
            .write(move |conn| Box::pin(async move { users::add(conn, &user, NOW).await }))
            .await
            .unwrap();
        let mut conn = db.store.read().await.unwrap();
        let found = users::find(&mut conn, name).await.unwrap();
        assert_eq!(found.map(|user| user.username).as_deref(), Some(name), "IJ01 PW11");
    }
    db.store.close().await;
}
