//! Which users hold one of some known password hashes.

use sqlx::Row;

use crate::{Connection, StoreError};

const HOLDING: &str = "\
    SELECT username FROM users WHERE password_hash IN ($1, $2, $3, $4, $5, $6, $7, $8) \
    ORDER BY username LIMIT $9";

/// The names, in their order, of at most `limit` users who hold one of these hashes.
pub async fn holding(
    conn: &mut Connection,
    hashes: &[&str; 8],
    limit: u32,
) -> Result<Vec<String>, StoreError> {
    let query = hashes.iter().fold(sqlx::query(HOLDING), |query, hash| query.bind(*hash));
    let rows = query.bind(i64::from(limit)).fetch_all(conn).await?;
    rows.iter().map(|row| row.try_get("username").map_err(StoreError::from)).collect()
}
