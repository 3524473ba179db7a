//! Whether a database is sound and takes writes: what an operator asks when something is wrong.

use crate::{Connection, Store, StoreError};

const QUICK_CHECK: &str = "PRAGMA quick_check(10)";

/// Changes nothing, and is a write all the same.
const TOUCH: &str = "UPDATE meta SET value = value WHERE name = 'min_reader'";

/// What is broken in the file of `SQLite`, at most ten lines of it; empty where nothing is.
/// `PostgreSQL` looks after that itself. Reads the whole file.
pub async fn damages(conn: &mut Connection) -> Result<Vec<String>, StoreError> {
    if conn.backend_name() != "SQLite" {
        return Ok(Vec::new());
    }
    let mut lines: Vec<String> = sqlx::query_scalar(QUICK_CHECK).fetch_all(conn).await?;
    lines.retain(|line| line != "ok");
    Ok(lines)
}

/// Fails unless the store takes a write, and keeps it.
pub async fn check_writable(store: &Store) -> Result<(), StoreError> {
    let touched = store.write(|conn| {
        Box::pin(async move { Ok(sqlx::query(TOUCH).execute(conn).await?.rows_affected()) })
    });
    match touched.await? {
        0 => Err(StoreError::NotMigrated),
        _ => Ok(()),
    }
}
