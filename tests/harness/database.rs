//! A hand in the database, for what no command does: a later release that was here, a program that
//! will not let go.

use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::Place;

/// Another program that holds the database for itself, until it is released or dropped.
pub(crate) struct Lock(SqliteConnection);

/// Says in the store that only a program of a later release may use it.
pub(crate) async fn demand_a_later_release(place: &Place) {
    let mut conn = connect(place).await;
    run(&mut conn, "UPDATE meta SET value = '9999' WHERE name = 'min_reader'").await;
    conn.close().await.expect("it closes");
}

impl Lock {
    /// Takes the database.
    pub(crate) async fn take(place: &Place) -> Self {
        let mut conn = connect(place).await;
        run(&mut conn, "BEGIN EXCLUSIVE").await;
        Self(conn)
    }

    /// Gives it back.
    pub(crate) async fn release(mut self) {
        run(&mut self.0, "ROLLBACK").await;
        self.0.close().await.expect("it closes");
    }
}

async fn connect(place: &Place) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(place.data("shared/scopegate.db"));
    SqliteConnection::connect_with(&options).await.expect("the store is there")
}

async fn run(conn: &mut SqliteConnection, sql: &'static str) {
    sqlx::query(sql).execute(conn).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}
