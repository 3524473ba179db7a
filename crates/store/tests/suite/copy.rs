//! A store that is copied: complete, as of one moment, into an empty one, or not at all.

use std::collections::BTreeMap;

use scopegate_store::{
    Connection, CopiedTable, CopyError, Reader, Store, StoreError, StoreOptions, Synchronous,
    answered_requests, applied, changes, consents, copy, items, meta, scopes, sessions, sqlite_url,
    users,
};
use sqlx::{AssertSqlSafe, Column, Row};

use crate::{
    harness::{self, Database, NOW, after, new_postgres, on_every_database, open_store, scope},
    sessions::session,
};

#[tokio::test]
async fn every_table_arrives_whole_in_either_kind_of_database() {
    on_every_database(async |db| {
        fill(db).await;
        let before = dump(&db.store).await;
        let folder = tempfile::tempdir().unwrap();
        let file = sqlite_url(&folder.path().join("shared/copy.db"));
        for url in [Some(file), new_postgres()].into_iter().flatten() {
            let copied = copy(&db.url, &options(&url)).await.unwrap();
            let counted: BTreeMap<&str, usize> =
                copied.iter().map(|t| (t.name, usize::try_from(t.rows).unwrap())).collect();
            let held = before.iter().map(|(name, rows)| (name.as_str(), rows.len())).collect();
            assert_eq!(counted, held, "{url}");
            let store = open_store(&url).await;
            assert_eq!(dump(&store).await, before, "{url}");
            check_feed(db, &store).await;
            store.close().await;
        }
    })
    .await;
}

/// The next change has the next number, for whoever followed the feed so far.
async fn check_feed(db: &Database, store: &Store) {
    let last = changes::last_seq(&mut db.store.read().await.expect("it is open"))
        .await
        .expect("it answers");
    assert_ne!(last, 0);
    store
        .write(|conn| {
            Box::pin(async move { users::set_disabled(conn, "johndoe", true, after(9)).await })
        })
        .await
        .expect("johndoe was copied");
    let mut conn = store.read().await.expect("it is open");
    let told = changes::since(&mut conn, last, 9).await.expect("it answers");
    assert_eq!(told.first().map(|change| change.seq), Some(last + 1));
}

#[tokio::test]
async fn the_tables_that_are_copied_are_those_that_there_are() {
    on_every_database(async |db| {
        let folder = tempfile::tempdir().unwrap();
        let url = sqlite_url(&folder.path().join("copy.db"));
        let copied = copy(&db.url, &options(&url)).await.unwrap();
        let mut names: Vec<&str> = copied.iter().map(|table| table.name).collect();
        names.sort_unstable();
        assert_eq!(names, tables(&db.store).await);
    })
    .await;
}

#[tokio::test]
async fn a_target_that_holds_anything_is_refused_and_left_as_it_is() {
    on_every_database(async |db| {
        let source = harness::sqlite().await;
        source.with_johndoe().await;
        let target = options(&db.url);
        let put = |name: &'static str, value: &'static str| {
            db.store.write(move |conn| {
                Box::pin(async move { meta::put_if_absent(conn, name, value).await })
            })
        };
        put("server_key", "fingerprint").await.unwrap();
        let refused = copy(&source.url, &target).await;
        assert_eq!(refused, Err(CopyError::NotEmpty { table: "meta", rows: 1 }));
        db.with_johndoe().await;
        let before = dump(&db.store).await;
        let refused = copy(&source.url, &target).await;
        assert!(matches!(refused, Err(CopyError::NotEmpty { .. })), "{refused:?}");
        assert_eq!(dump(&db.store).await, before);
        source.store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_copy_that_fails_half_way_leaves_an_empty_target() {
    on_every_database(async |db| {
        db.with_grant_of_johndoe().await;
        let target = harness::sqlite().await;
        // The tables that come first arrive; a grant does not.
        run(&target.store, "CREATE TRIGGER t BEFORE INSERT ON grants BEGIN SELECT RAISE(ABORT, 'part of the test'); END").await;
        let refused = copy(&db.url, &options(&target.url)).await;
        assert!(matches!(refused, Err(CopyError::Target(_))), "{refused:?}");
        let mut conn = target.store.read().await.unwrap();
        assert_eq!(users::find(&mut conn, "johndoe").await, Ok(None));
        drop(conn);
        run(&target.store, "DROP TRIGGER t").await;
        assert!(copy(&db.url, &options(&target.url)).await.is_ok(), "the second time");
        target.store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_row_that_does_not_arrive_undoes_the_copy() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        let target = harness::sqlite().await;
        run(
            &target.store,
            "CREATE TRIGGER t BEFORE INSERT ON users BEGIN SELECT RAISE(IGNORE); END",
        )
        .await;
        let refused = copy(&db.url, &options(&target.url)).await;
        let lost = CopyError::Incomplete { table: "users", rows: 1, arrived: 0 };
        assert_eq!(refused, Err(lost));
        let mut conn = target.store.read().await.unwrap();
        assert!(scopes::list(&mut conn).await.unwrap().is_empty());
        drop(conn);
        target.store.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_copied_makes_no_target() {
    let folder = tempfile::tempdir().unwrap();
    let missing = sqlite_url(&folder.path().join("missing.db"));
    let target = folder.path().join("target.db");
    let refused = copy(&missing, &options(&sqlite_url(&target))).await;
    assert_eq!(refused, Err(CopyError::Source(StoreError::NotThere)));
    assert!(!target.exists());
    on_every_database(async |db| {
        for bad in ["postgres://db/x?ssl_mode=require", "mysql://db/x"] {
            let refused = copy(&db.url, &options(bad)).await;
            assert!(matches!(refused, Err(CopyError::Target(StoreError::Url(_)))), "{bad}");
        }
        run(
            &db.store,
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             SELECT 9999, 'newer', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1",
        )
        .await;
        let file = sqlite_url(&folder.path().join("newer.db"));
        assert_eq!(copy(&db.url, &options(&file)).await, Err(CopyError::Newer { found: 9999 }));
        std::fs::remove_file(folder.path().join("newer.db")).unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_is_written_meanwhile_is_in_the_copy_whole_or_not_at_all() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        let folder = tempfile::tempdir().unwrap();
        let url = sqlite_url(&folder.path().join("copy.db"));
        let writes = async {
            for n in 0..50 {
                db.with_grant(&format!("g{n}")).await;
            }
        };
        let target = options(&url);
        let (copied, ()) = tokio::join!(copy(&db.url, &target), writes);
        let rows = |copied: &[CopiedTable], name: &str| {
            copied.iter().find(|table| table.name == name).map(|table| table.rows)
        };
        let copied = copied.unwrap();
        assert_eq!(rows(&copied, "grants"), rows(&copied, "refresh_tokens"), "one for each");
        assert!(Reader::open(&url).await.is_ok());
    })
    .await;
}

impl Database {
    async fn with_grant_of_johndoe(&self) {
        self.with_johndoe().await.with_grant("one").await;
    }
}

/// Rows in every table, more of some than fit into one statement, and values that are absent.
pub(crate) async fn fill(db: &Database) {
    db.with_grant_of_johndoe().await;
    db.with_grant("two").await;
    db.with_code("code").await;
    db.store.write(|conn| Box::pin(fill_more(conn))).await.expect("rows can be added");
}

async fn fill_more(conn: &mut Connection) -> Result<(), StoreError> {
    for n in 0..450 {
        scopes::add(conn, &format!("scope-{n}"), "Ünïcode ' \" \\ $1 \u{1f511}\n", NOW).await?;
    }
    answered_requests::add(conn, "request", after(600)).await?;
    consents::remember(conn, "johndoe", "app", &scope("me items"), NOW).await?;
    sessions::open(conn, &session("session")).await?;
    let item = items::Item { item_id: "Foo".to_owned(), owner: "johndoe".to_owned() };
    items::add(conn, &item).await?;
    let field = applied::AppliedField {
        kind: "user".to_owned(),
        entry: "johndoe".to_owned(),
        field: "email".to_owned(),
    };
    applied::put(conn, &field, "mark").await?;
    meta::put_if_absent(conn, "server_key", "fingerprint").await?;
    scopegate_store::grants::revoke(conn, "two", after(1)).await?;
    changes::revoke_token(conn, "jti", after(60), NOW).await?;
    Ok(())
}

fn options(url: &str) -> StoreOptions {
    StoreOptions { url: url.to_owned(), synchronous: Synchronous::Full }
}

async fn run(store: &Store, sql: &'static str) {
    let job = store.write(move |conn| {
        Box::pin(async move {
            sqlx::query(sql).execute(conn).await?;
            Ok(())
        })
    });
    job.await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// The tables of the database, as it lists them itself.
async fn tables(store: &Store) -> Vec<String> {
    let mut conn = store.read().await.expect("it is open");
    let list = if conn.backend_name() == "SQLite" {
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> '_sqlx_migrations' \
         AND name NOT LIKE 'sqlite_%' ORDER BY name"
    } else {
        "SELECT CAST(table_name AS TEXT) FROM information_schema.tables \
         WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations' ORDER BY table_name"
    };
    sqlx::query_scalar(list).fetch_all(&mut *conn).await.expect("a table can be read")
}

/// Every row of every table, in an order that both databases agree on.
pub(crate) async fn dump(store: &Store) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for table in tables(store).await {
        let mut conn = store.read().await.expect("it is open");
        let rows = sqlx::query(AssertSqlSafe(format!("SELECT * FROM {table}")));
        let rows = rows.fetch_all(&mut *conn).await.expect("a table can be read");
        let mut rows: Vec<String> = rows.iter().map(show).collect();
        rows.sort_unstable();
        all.insert(table, rows);
    }
    all
}

fn show(row: &sqlx::any::AnyRow) -> String {
    let cell = |column: &<sqlx::Any as sqlx::Database>::Column| {
        let at = column.ordinal();
        let number = row.try_get::<Option<i64>, _>(at).map(|value| format!("{value:?}"));
        let value =
            number.or_else(|_| row.try_get::<Option<String>, _>(at).map(|v| format!("{v:?}")));
        format!("{}={}", column.name(), value.expect("columns are TEXT or BIGINT"))
    };
    let mut cells: Vec<String> = row.columns().iter().map(cell).collect();
    cells.sort_unstable();
    cells.join(" ")
}
