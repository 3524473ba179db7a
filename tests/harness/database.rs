//! The database of a place: a file of SQLite below it or, where the run is about that, one of
//! PostgreSQL's; and a hand in it, for what no command does.

use scopegate_store::testing::Cluster;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row, any::AnyRow};

use super::Place;

/// Says which database the stories run on: `sqlite`, as without it, or `postgres`.
const WHICH: &str = "SCOPEGATE_TEST_DATABASE";

/// Another program that holds the database for itself, until it is released or dropped: others read,
/// and wait when they write.
pub(crate) struct Lock(AnyConnection);

/// Whether the stories run on PostgreSQL.
pub(crate) fn is_postgres() -> bool {
    match std::env::var(WHICH).as_deref() {
        Ok("postgres") => true,
        Ok("sqlite" | "") | Err(_) => false,
        Ok(other) => panic!("{WHICH}={other}: neither sqlite nor postgres"),
    }
}

/// The URL of a new database of PostgreSQL's, where the stories run on that.
pub(super) fn create() -> Option<String> {
    is_postgres().then(|| {
        let cluster = Cluster::shared();
        cluster.unwrap_or_else(|| panic!("{WHICH}=postgres, and no PostgreSQL")).create_database()
    })
}

/// Says in the store that only a program of a later release may use it.
pub(crate) async fn demand_a_later_release(place: &Place) {
    let mut conn = connect(place).await;
    run(&mut conn, "UPDATE meta SET value = '9999' WHERE name = 'min_reader'").await;
    conn.close().await.expect("it closes");
}

/// Whether any row of any table of a PostgreSQL database holds this text.
pub(super) async fn holds(url: &str, text: &str) -> bool {
    let mut conn = open(url).await;
    let tables = "SELECT CAST(table_name AS TEXT) FROM information_schema.tables \
                  WHERE table_schema = 'public'";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut conn).await.expect("some");
    let mut found = 0;
    for table in tables {
        let count =
            format!("SELECT count(*) FROM {table} t WHERE strpos(CAST(t.* AS TEXT), $1) > 0");
        let query = sqlx::query_scalar::<_, i64>(AssertSqlSafe(count)).bind(text);
        found +=
            query.fetch_one(&mut conn).await.unwrap_or_else(|error| panic!("{table}: {error}"));
    }
    conn.close().await.expect("it closes");
    found > 0
}

/// Moves what is in the log into the file of `SQLite`, and writes once more, so that no connection
/// trusts the pages that it remembers. The page at which each table and index begins, from 1.
pub(crate) async fn settle(place: &Place) -> Vec<(String, u64)> {
    let mut conn = connect(place).await;
    run(&mut conn, "PRAGMA wal_checkpoint(TRUNCATE)").await;
    run(&mut conn, "INSERT INTO meta (name, value) VALUES ('settled', '') ON CONFLICT DO NOTHING")
        .await;
    let roots = "SELECT tbl_name, rootpage FROM sqlite_master WHERE rootpage > 0";
    let rows: Vec<AnyRow> = sqlx::query(roots).fetch_all(&mut conn).await.expect("some");
    let pages = rows.iter().map(|row| {
        let page: i64 = row.try_get(1).expect("a number");
        (row.try_get(0).expect("a name"), page.unsigned_abs())
    });
    let pages = pages.collect();
    // Closed, it would move the log if it were the last one.
    conn.close().await.expect("it closes");
    pages
}

impl Lock {
    /// Takes the database.
    pub(crate) async fn take(place: &Place) -> Self {
        let mut conn = connect(place).await;
        if is_postgres() {
            run(&mut conn, "BEGIN").await;
            run(&mut conn, "LOCK TABLE meta, users, grants, refresh_tokens IN EXCLUSIVE MODE")
                .await;
        } else {
            run(&mut conn, "BEGIN EXCLUSIVE").await;
        }
        Self(conn)
    }

    /// Gives it back.
    pub(crate) async fn release(mut self) {
        run(&mut self.0, "ROLLBACK").await;
        self.0.close().await.expect("it closes");
    }
}

async fn connect(place: &Place) -> AnyConnection {
    open(&place.database_url()).await
}

async fn open(url: &str) -> AnyConnection {
    sqlx::any::install_default_drivers();
    AnyConnection::connect(url).await.expect("the store is there")
}

async fn run(conn: &mut AnyConnection, sql: &'static str) {
    sqlx::query(sql).execute(conn).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}
