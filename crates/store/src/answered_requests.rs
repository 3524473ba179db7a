//! The table `answered_requests`: authorization requests that got their answer, so that none gets two.
//!
//! Only whoever is signed in can answer one, so strangers make no rows.

use scopegate_core::clock::Timestamp;

use crate::{Connection, StoreError};

const FIND: &str = "SELECT 1 FROM answered_requests WHERE id = $1";

const ADD: &str = "\
    INSERT INTO answered_requests (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";

/// Whether the request of this id was answered.
pub async fn is_answered(conn: &mut Connection, id: &str) -> Result<bool, StoreError> {
    Ok(sqlx::query(FIND).bind(id).fetch_optional(conn).await?.is_some())
}

/// Notes that a request is answered, until it expires. Of two answers one notes it.
pub async fn add(
    conn: &mut Connection,
    id: &str,
    expires_at: Timestamp,
) -> Result<bool, StoreError> {
    let added = sqlx::query(ADD).bind(id).bind(expires_at.millis()).execute(conn).await?;
    Ok(added.rows_affected() > 0)
}
