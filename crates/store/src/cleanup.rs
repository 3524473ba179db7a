//! Takes away what has expired, in batches small enough to let others write in between.

use scopegate_core::{clock::Timestamp, verify::LEEWAY};

use crate::{Connection, StoreError, changes};

const DELETE_SESSIONS: &str = "\
    DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions WHERE expires_at <= $1 LIMIT $2)";

const DELETE_GUESSES: &str = "\
    DELETE FROM guesses WHERE key IN (SELECT key FROM guesses WHERE forgotten_at <= $1 LIMIT $2)";

const DELETE_ANSWERED_REQUESTS: &str = "\
    DELETE FROM answered_requests WHERE id IN (SELECT id FROM answered_requests \
        WHERE expires_at <= $1 LIMIT $2)";

const DELETE_UNUSED_CODES: &str = "\
    DELETE FROM codes WHERE hash IN (SELECT hash FROM codes \
        WHERE used_at IS NULL AND expires_at <= $1 LIMIT $2)";

/// Used codes stay while their grant lives, because a second use of one has to revoke it.
const DELETE_USED_CODES: &str = "\
    DELETE FROM codes WHERE hash IN (SELECT c.hash FROM grants g \
        JOIN codes c ON c.grant_id = g.id \
        WHERE g.expires_at <= $1 OR g.revoked_at IS NOT NULL LIMIT $2)";

/// Spent tokens stay while their family lives, because a second use of one has to be noticed.
const DELETE_REFRESH_TOKENS: &str = "\
    DELETE FROM refresh_tokens WHERE hash IN (SELECT t.hash FROM grants g \
        JOIN refresh_tokens t ON t.grant_id = g.id \
        WHERE g.expires_at <= $1 OR g.revoked_at IS NOT NULL LIMIT $2)";

const DELETE_GRANTS: &str = "\
    DELETE FROM grants WHERE id IN (SELECT g.id FROM grants g \
        WHERE (g.expires_at <= $1 OR g.revoked_at IS NOT NULL) AND g.access_until <= $2 \
            AND NOT EXISTS (SELECT 1 FROM refresh_tokens t WHERE t.grant_id = g.id) \
            AND NOT EXISTS (SELECT 1 FROM codes c WHERE c.grant_id = g.id) LIMIT $3)";

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
    let mut deleted = 0;
    for expired in [
        DELETE_SESSIONS,
        DELETE_GUESSES,
        DELETE_ANSWERED_REQUESTS,
        DELETE_UNUSED_CODES,
        DELETE_USED_CODES,
        DELETE_REFRESH_TOKENS,
    ] {
        let query = sqlx::query(expired).bind(now.millis()).bind(batch);
        deleted += query.execute(&mut *conn).await?.rows_affected();
    }
    for (ended, at, dead_at) in [
        (DELETE_GRANTS, now, now.minus(LEEWAY)),
        (DELETE_CHANGES, now.minus(changes::KEPT_FOR), now),
    ] {
        let query = sqlx::query(ended).bind(at.millis()).bind(dead_at.millis()).bind(batch);
        deleted += query.execute(&mut *conn).await?.rows_affected();
    }
    Ok(deleted)
}
