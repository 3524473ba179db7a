//! Takes away what has expired, in batches small enough to let others write in between.

use scopegate_core::{clock::Timestamp, verify::LEEWAY};

use crate::{Connection, StoreError, changes};

/// Spent tokens stay while their family lives, because a second use of one has to be noticed.
const DELETE_REFRESH_TOKENS: &str = "\
    DELETE FROM refresh_tokens WHERE hash IN (SELECT t.hash FROM grants g \
        JOIN refresh_tokens t ON t.grant_id = g.id \
        WHERE g.expires_at <= $1 OR g.revoked_at IS NOT NULL LIMIT $2)";

const DELETE_GRANTS: &str = "\
    DELETE FROM grants WHERE id IN (SELECT g.id FROM grants g \
        WHERE (g.expires_at <= $1 OR g.revoked_at IS NOT NULL) AND g.access_until <= $2 \
            AND NOT EXISTS (SELECT 1 FROM refresh_tokens t WHERE t.grant_id = g.id) LIMIT $3)";

const DELETE_CHANGES: &str = "\
    DELETE FROM changes WHERE seq IN (SELECT seq FROM changes \
        WHERE at <= $1 AND (until IS NULL OR until <= $2) ORDER BY seq LIMIT $3)";

/// Deletes at most `batch` rows of each kind and says how many in all; zero means that nothing is
/// left to delete.
pub async fn delete_expired(
    conn: &mut Connection,
    now: Timestamp,
    batch: u32,
) -> Result<u64, StoreError> {
    let batch = i64::from(batch);
    let tokens =
        sqlx::query(DELETE_REFRESH_TOKENS).bind(now.millis()).bind(batch).execute(&mut *conn);
    let tokens = tokens.await?.rows_affected();
    let grants = sqlx::query(DELETE_GRANTS)
        .bind(now.millis())
        .bind(now.minus(LEEWAY).millis())
        .bind(batch)
        .execute(&mut *conn)
        .await?;
    let changes = sqlx::query(DELETE_CHANGES)
        .bind(now.minus(changes::KEPT_FOR).millis())
        .bind(now.millis())
        .bind(batch)
        .execute(conn)
        .await?;
    Ok(tokens + grants.rows_affected() + changes.rows_affected())
}
