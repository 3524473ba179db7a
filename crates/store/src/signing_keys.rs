//! The table `signing_keys`: which key pairs there are, and from when on each signs.
//!
//! Their private halves are files of auth-server. What a key is good for at some moment is worked out
//! there; here is only what all replicas have to agree on.

use scopegate_core::{algorithm::Algorithm, clock::Timestamp};
use sqlx::{Row, any::AnyRow};

use crate::{Connection, StoreError, row};

/// A key pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKeyRow {
    /// Its id, which tokens carry.
    pub kid: String,
    /// What it signs with; never HS256.
    pub algorithm: Algorithm,
    /// The public half as a JWK (RFC 7517).
    pub public_key: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it may sign.
    pub signs_at: Timestamp,
    /// When the last token that it may have signed by now has expired; `None` before its first.
    pub tokens_until: Option<Timestamp>,
    /// Since when it counts no more.
    pub retired_at: Option<Timestamp>,
}

/// A key pair to add.
#[derive(Clone, Debug)]
pub struct NewSigningKey {
    /// Its id.
    pub kid: String,
    /// What it signs with.
    pub algorithm: Algorithm,
    /// The public half as a JWK.
    pub public_key: String,
    /// Now.
    pub created_at: Timestamp,
    /// From when on it may sign.
    pub signs_at: Timestamp,
}

/// What became of a key to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is there.
    Done,
    /// Nothing was written: the key of that id has to sign first.
    Waiting(String),
}

const LIST: &str = "\
    SELECT kid, algorithm, public_key, created_at, signs_at, tokens_until, retired_at \
    FROM signing_keys ORDER BY signs_at, created_at, kid";

/// Its row stays locked until the commit, so what is read after it stays true.
const QUEUE: &str = "UPDATE counters SET value = value + 1 WHERE name = 'signing_keys'";

const FIND_ANY: &str =
    "SELECT 1 FROM signing_keys WHERE algorithm = $1 AND retired_at IS NULL LIMIT 1";

const FIND_WAITING: &str = "\
    SELECT kid FROM signing_keys WHERE algorithm = $1 AND retired_at IS NULL \
        AND (signs_at > $2 OR tokens_until IS NULL) ORDER BY signs_at, created_at, kid LIMIT 1";

const ADD: &str = "\
    INSERT INTO signing_keys (kid, algorithm, public_key, created_at, signs_at) \
    VALUES ($1, $2, $3, $4, $5)";

const HOLD: &str = "\
    UPDATE signing_keys \
    SET tokens_until = CASE WHEN tokens_until > $2 THEN tokens_until ELSE $2 END \
    WHERE kid = $1 AND retired_at IS NULL";

const BEGIN: &str = "UPDATE signing_keys SET signs_at = $2 WHERE kid = $1 AND signs_at > $2";

const RETIRE: &str = "\
    UPDATE signing_keys SET retired_at = $2 WHERE kid = $1 AND retired_at IS NULL";

const RETIRE_ALL: &str = "UPDATE signing_keys SET retired_at = $1 WHERE retired_at IS NULL";

const RETIRE_UNUSED: &str = "\
    UPDATE signing_keys SET retired_at = $2 WHERE kid = $1 AND retired_at IS NULL \
        AND (tokens_until IS NULL OR tokens_until <= $3)";

const FORGET: &str = "DELETE FROM signing_keys WHERE retired_at <= $1";

/// All key pairs, the one that signed first first.
pub async fn list(conn: &mut Connection) -> Result<Vec<SigningKeyRow>, StoreError> {
    sqlx::query(LIST).fetch_all(conn).await?.iter().map(from_row).collect()
}

/// Adds a key unless its algorithm has one; says whether it did.
pub async fn add_first(conn: &mut Connection, new: &NewSigningKey) -> Result<bool, StoreError> {
    queue(conn).await?;
    let algorithm = new.algorithm.as_str();
    if sqlx::query(FIND_ANY).bind(algorithm).fetch_optional(&mut *conn).await?.is_some() {
        return Ok(false);
    }
    add(conn, new).await?;
    Ok(true)
}

/// Adds a key that follows the present one, unless one is waiting: one that signs later, or that has
/// signed nothing yet.
pub async fn add_next(conn: &mut Connection, new: &NewSigningKey) -> Result<Added, StoreError> {
    queue(conn).await?;
    if let Some(kid) = find_waiting(conn, new.algorithm, new.created_at).await? {
        return Ok(Added::Waiting(kid));
    }
    add(conn, new).await?;
    Ok(Added::Done)
}

/// Retires a key that signs. The key that waits signs at once; where none does, `replacement` is
/// added. Answers with the id of the key that signs now, or `None` where the key was retired before.
pub async fn replace(
    conn: &mut Connection,
    kid: &str,
    replacement: &NewSigningKey,
) -> Result<Option<String>, StoreError> {
    queue(conn).await?;
    let now = replacement.created_at;
    if !retire(conn, kid, now).await? {
        return Ok(None);
    }
    let Some(waiting) = find_waiting(conn, replacement.algorithm, now).await? else {
        add(conn, replacement).await?;
        return Ok(Some(replacement.kid.clone()));
    };
    begin(conn, &waiting, now).await?;
    Ok(Some(waiting))
}

/// Retires every key, whatever it has signed, and adds the one that takes over where there is one.
/// Says how many were retired.
pub(crate) async fn replace_all(
    conn: &mut Connection,
    replacement: Option<&NewSigningKey>,
    now: Timestamp,
) -> Result<u64, StoreError> {
    queue(conn).await?;
    let retired = sqlx::query(RETIRE_ALL).bind(now.millis()).execute(&mut *conn).await?;
    if let Some(replacement) = replacement {
        add(conn, replacement).await?;
    }
    Ok(retired.rows_affected())
}

/// Lets a key sign from now on that was to sign later.
pub async fn begin(conn: &mut Connection, kid: &str, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query(BEGIN).bind(kid).bind(now.millis()).execute(conn).await?;
    Ok(())
}

/// Notes that the key may sign tokens that live until then. To be committed before it signs one.
/// `false` where it is retired.
pub async fn hold(conn: &mut Connection, kid: &str, until: Timestamp) -> Result<bool, StoreError> {
    let held = sqlx::query(HOLD).bind(kid).bind(until.millis()).execute(conn).await?;
    Ok(held.rows_affected() > 0)
}

/// Retires a key, whatever it has signed. `false` where it was retired before.
pub async fn retire(conn: &mut Connection, kid: &str, now: Timestamp) -> Result<bool, StoreError> {
    let retired = sqlx::query(RETIRE).bind(kid).bind(now.millis()).execute(conn).await?;
    Ok(retired.rows_affected() > 0)
}

/// Retires a key, provided that no token it signed lived on after `dead_at`.
pub async fn retire_unused(
    conn: &mut Connection,
    kid: &str,
    now: Timestamp,
    dead_at: Timestamp,
) -> Result<bool, StoreError> {
    let query = sqlx::query(RETIRE_UNUSED).bind(kid).bind(now.millis()).bind(dead_at.millis());
    Ok(query.execute(conn).await?.rows_affected() > 0)
}

/// Deletes the keys that were retired until then, and says how many.
pub async fn forget(conn: &mut Connection, until: Timestamp) -> Result<u64, StoreError> {
    Ok(sqlx::query(FORGET).bind(until.millis()).execute(conn).await?.rows_affected())
}

async fn queue(conn: &mut Connection) -> Result<(), StoreError> {
    sqlx::query(QUEUE).execute(conn).await?;
    Ok(())
}

async fn find_waiting(
    conn: &mut Connection,
    algorithm: Algorithm,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    let query = sqlx::query_scalar(FIND_WAITING).bind(algorithm.as_str()).bind(now.millis());
    Ok(query.fetch_optional(conn).await?)
}

async fn add(conn: &mut Connection, new: &NewSigningKey) -> Result<(), StoreError> {
    sqlx::query(ADD)
        .bind(&new.kid)
        .bind(new.algorithm.as_str())
        .bind(&new.public_key)
        .bind(new.created_at.millis())
        .bind(new.signs_at.millis())
        .execute(conn)
        .await?;
    Ok(())
}

fn from_row(row: &AnyRow) -> Result<SigningKeyRow, StoreError> {
    let algorithm: &str = row.try_get("algorithm")?;
    Ok(SigningKeyRow {
        kid: row.try_get("kid")?,
        algorithm: algorithm
            .parse()
            .map_err(|_| StoreError::Corrupt(format!("a key for {algorithm:?}")))?,
        public_key: row.try_get("public_key")?,
        created_at: row::time(row, "created_at")?,
        signs_at: row::time(row, "signs_at")?,
        tokens_until: row::time_option(row, "tokens_until")?,
        retired_at: row::time_option(row, "retired_at")?,
    })
}
