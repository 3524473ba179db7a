//! The table `meta`: facts about the store itself, by name.

use crate::{Connection, StoreError};

const FIND: &str = "SELECT value FROM meta WHERE name = $1";

const PUT_IF_ABSENT: &str =
    "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";

const RENEW_INCARNATION: &str = "\
    INSERT INTO meta (name, value) VALUES ('incarnation', $1) \
    ON CONFLICT (name) DO UPDATE SET value = excluded.value";

const PUT: &str = "INSERT INTO meta (name, value) VALUES ($1, $2) \
    ON CONFLICT (name) DO UPDATE SET value = excluded.value";

/// The value under that name.
pub async fn find(conn: &mut Connection, name: &str) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar(FIND).bind(name).fetch_optional(conn).await?)
}

/// Sets a value that is set once, such as a fingerprint; answers the one in force, which may be
/// another program's.
pub async fn put_if_absent(
    conn: &mut Connection,
    name: &str,
    value: &str,
) -> Result<String, StoreError> {
    sqlx::query(PUT_IF_ABSENT).bind(name).bind(value).execute(&mut *conn).await?;
    Ok(sqlx::query_scalar(FIND).bind(name).fetch_one(conn).await?)
}

/// Says that what the store holds is not what came of its own past: it was restored. Whoever follows
/// the feed starts over, because its numbers may have gone back, and its revocations with them.
pub async fn renew_incarnation(conn: &mut Connection, new: &str) -> Result<(), StoreError> {
    sqlx::query(RENEW_INCARNATION).bind(new).execute(conn).await?;
    Ok(())
}

/// Sets a value, whatever was there before.
pub async fn put(conn: &mut Connection, name: &str, value: &str) -> Result<(), StoreError> {
    sqlx::query(PUT).bind(name).bind(value).execute(conn).await?;
    Ok(())
}
