//! What an operator sets up besides users and clients: scopes, items, and what `apply` remembers.

use scopegate_store::{
    StoreError,
    applied::{self, AppliedField},
    items::{self, Item},
    scopes,
    subjects::{self, SubjectKind},
    users,
};

use crate::harness::{NOW, after, on_every_database, scope};

#[tokio::test]
async fn scopes_are_added_described_and_deleted() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        db.store
            .write(|conn| {
                Box::pin(async move {
                    let again = scopes::add(conn, "me", "", NOW).await;
                    assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
                    assert!(scopes::set(conn, "me", "You.").await?);
                    assert!(!scopes::set(conn, "none", "").await?);
                    let entries = scopes::list(conn).await?;
                    let described: Vec<_> =
                        entries.iter().map(|e| (e.name.as_str(), e.description.as_str())).collect();
                    assert_eq!(described, [("items", "Read items."), ("me", "You.")]);
                    let unknown = scopes::find_unknown(conn, &scope("me x items y")).await?;
                    assert_eq!(unknown, ["x", "y"]);
                    assert!(scopes::find_unknown(conn, &scope("")).await?.is_empty());
                    assert!(scopes::delete(conn, "items").await?);
                    assert!(!scopes::delete(conn, "items").await?);
                    Ok(())
                })
            })
            .await
            .unwrap();
        let mut conn = db.store.read().await.unwrap();
        let johndoe = users::find(&mut conn, "johndoe").await.unwrap().unwrap();
        assert_eq!(johndoe.scopes, scope("me"), "a deleted scope is nobody's");
    })
    .await;
}

#[tokio::test]
async fn items_belong_to_users_who_exist() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        let foo = Item { item_id: "Foo".to_owned(), owner: "johndoe".to_owned() };
        let of_nobody = Item { item_id: "Bar".to_owned(), owner: "nobody".to_owned() };
        let (one, other) = (foo.clone(), of_nobody);
        db.store
            .write(move |conn| {
                Box::pin(async move {
                    items::add(conn, &one).await?;
                    items::add(conn, &one).await?;
                    let refused = items::add(conn, &other).await;
                    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
                    Ok(())
                })
            })
            .await
            .unwrap();
        let mut conn = db.store.read().await.unwrap();
        assert_eq!(items::find(&mut conn, "Foo").await, Ok(Some(foo.clone())));
        assert_eq!(items::find(&mut conn, "Bar").await, Ok(None));
        assert_eq!(items::of_owner(&mut conn, "johndoe").await, Ok(vec![foo]));
        assert_eq!(items::of_owner(&mut conn, "nobody").await, Ok(Vec::new()));
    })
    .await;
}

#[tokio::test]
async fn what_was_applied_is_remembered_by_field() {
    on_every_database(async |db| {
        let field = AppliedField {
            kind: "user".to_owned(),
            entry: "johndoe".to_owned(),
            field: "email".to_owned(),
        };
        let one = field.clone();
        db.store
            .write(move |conn| {
                Box::pin(async move {
                    applied::put(conn, &one, "first").await?;
                    applied::put(conn, &one, "second").await
                })
            })
            .await
            .unwrap();
        let all = applied::find_all(&mut db.store.read().await.unwrap()).await.unwrap();
        assert_eq!(all.into_iter().collect::<Vec<_>>(), [(field, "second".to_owned())]);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_name_is_known_and_stays_deleted() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        db.store
            .write(|conn| Box::pin(async move { users::delete(conn, "johndoe", after(9)).await }))
            .await
            .unwrap();
        let mut conn = db.store.read().await.unwrap();
        for (name, expected) in [
            ("johndoe", Some((SubjectKind::User, Some(after(9))))),
            ("app", Some((SubjectKind::Client, None))),
            ("nobody", None),
        ] {
            let found = subjects::find(&mut conn, name).await.unwrap();
            assert_eq!(found.map(|s| (s.kind, s.deleted_at)), expected, "{name}");
        }
    })
    .await;
}
