//! Takes away what has expired, in batches small enough to let others write in between.

use scopegate_core::{clock::Timestamp, verify::LEEWAY};

use crate::{Connection, StoreError, changes};

/// A kind of expired rows, as the statement that deletes a batch of them and the one that counts them.
struct Kind {
    delete: &'static str,
    count: &'static str,
}

macro_rules! kind {
    ($table:literal by $key:literal: $($expired:tt)+) => {
        Kind {
            delete: concat!("DELETE FROM ", $table, " WHERE ", $key, " IN (", $($expired)+, ")"),
            count: concat!("SELECT count(*) FROM (", $($expired)+, ") AS expired"),
        }
    };
}

/// What hangs on a grant that has ended. `SQLite` keeps the order of a `CROSS JOIN`, and would
/// otherwise walk the whole table, seconds long in a store of a million logins, while every write waits.
macro_rules! of_ended_grants {
    ($table:literal) => {
        concat!(
            "SELECT hash FROM (SELECT t.hash FROM grants g CROSS JOIN ",
            $table,
            " t WHERE t.grant_id = g.id AND g.expires_at <= $1 \
            UNION ALL SELECT t.hash FROM grants g CROSS JOIN ",
            $table,
            " t WHERE t.grant_id = g.id AND g.revoked_at IS NOT NULL) AS ended LIMIT $2"
        )
    };
}

/// What is expired at `$1`; `$2` is the batch.
const EXPIRED: &[Kind] = &[
    kind!("sessions" by "hash": "SELECT hash FROM sessions WHERE expires_at <= $1 LIMIT $2"),
    kind!("guesses" by "key": "SELECT key FROM guesses WHERE forgotten_at <= $1 LIMIT $2"),
    kind!("answered_requests" by "id": "SELECT id FROM answered_requests \
        WHERE expires_at <= $1 LIMIT $2"),
    kind!("codes" by "hash": "SELECT hash FROM codes \
        WHERE used_at IS NULL AND expires_at <= $1 LIMIT $2"),
    // Used codes stay while their grant lives, because a second use of one has to revoke it.
    kind!("codes" by "hash": of_ended_grants!("codes")),
    // Spent tokens stay while their family lives, because a second use of one has to be noticed.
    kind!("refresh_tokens" by "hash": of_ended_grants!("refresh_tokens")),
];

/// Grants that have ended at `$1` and whose tokens are dead at `$2`; `$3` is the batch.
const DELETE_GRANTS: &str = "\
    DELETE FROM grants WHERE id IN (SELECT g.id FROM (\
            SELECT id, access_until FROM grants WHERE expires_at <= $1 \
            UNION ALL SELECT id, access_until FROM grants WHERE revoked_at IS NOT NULL) AS g \
        WHERE g.access_until <= $2 \
            AND NOT EXISTS (SELECT 1 FROM refresh_tokens t WHERE t.grant_id = g.id) \
            AND NOT EXISTS (SELECT 1 FROM codes c WHERE c.grant_id = g.id) LIMIT $3)";

/// What is older than `$1` and concerns nothing that lives at `$2`; `$3` is the batch.
const CHANGES: Kind = kind!("changes" by "seq": "SELECT seq FROM changes \
    WHERE at <= $1 AND (until IS NULL OR until <= $2) ORDER BY seq LIMIT $3");

/// Deletes at most `batch` rows of each kind and says how many in all; zero means that nothing is
/// left to delete.
pub async fn delete_expired(
    conn: &mut Connection,
    now: Timestamp,
    batch: u32,
) -> Result<u64, StoreError> {
    let batch = i64::from(batch);
    let mut deleted = 0;
    for kind in EXPIRED {
        let query = sqlx::query(kind.delete).bind(now.millis()).bind(batch);
        deleted += query.execute(&mut *conn).await?.rows_affected();
    }
    for (ended, at, dead_at) in [
        (DELETE_GRANTS, now, now.minus(LEEWAY)),
        (CHANGES.delete, now.minus(changes::KEPT_FOR), now),
    ] {
        let query = sqlx::query(ended).bind(at.millis()).bind(dead_at.millis()).bind(batch);
        deleted += query.execute(&mut *conn).await?.rows_affected();
    }
    Ok(deleted)
}

/// How many rows wait to be deleted, counting no more than `limit` of each kind. Grants are left out:
/// their tokens stand for them.
pub async fn count_expired(
    conn: &mut Connection,
    now: Timestamp,
    limit: u32,
) -> Result<u64, StoreError> {
    let limit = i64::from(limit);
    let mut expired = 0;
    for kind in EXPIRED {
        let query = sqlx::query_scalar::<_, i64>(kind.count).bind(now.millis()).bind(limit);
        expired += query.fetch_one(&mut *conn).await?;
    }
    let told_until = now.minus(changes::KEPT_FOR);
    let query = sqlx::query_scalar::<_, i64>(CHANGES.count).bind(told_until.millis());
    expired += query.bind(now.millis()).bind(limit).fetch_one(conn).await?;
    Ok(u64::try_from(expired).unwrap_or(0))
}
