//! A look into the database, for what no command does: pretending that a later release was here.

use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::Place;

/// Says in the store that only a program of a later release may use it.
pub(crate) async fn demand_a_later_release(place: &Place) {
    let options = SqliteConnectOptions::new().filename(place.data("shared/scopegate.db"));
    let mut conn = SqliteConnection::connect_with(&options).await.expect("the store is there");
    sqlx::query("UPDATE meta SET value = '9999' WHERE name = 'min_reader'")
        .execute(&mut conn)
        .await
        .expect("the store has the table");
    conn.close().await.expect("it closes");
}
