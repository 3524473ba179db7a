//! The table `sessions`: browsers that are signed in, and what ends that.

use std::{fmt, time::Duration};

use scopegate_core::clock::{AHEAD, Timestamp};
use sqlx::{Row, any::AnyRow};

use crate::{Connection, StoreError, grants, row};

/// A session to open.
#[derive(Clone)]
pub struct NewSession {
    /// The hash of the cookie's value.
    pub hash: String,
    /// A random name for the account page, of no use as a cookie.
    pub id: String,
    /// Who signed in.
    pub username: String,
    /// The user's `credential_version` when the password was checked.
    pub credential_version: i64,
    /// Now.
    pub created_at: Timestamp,
    /// When it ends, however often it is used.
    pub expires_at: Timestamp,
    /// What the browser calls itself.
    pub user_agent: Option<String>,
}

/// A session that is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its name on the account page.
    pub id: String,
    /// Who signed in.
    pub username: String,
    /// What other people call them.
    pub full_name: Option<String>,
    /// The user's `credential_version`, at the login and now.
    pub credential_version: i64,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When it was last used.
    pub seen_at: Timestamp,
    /// When it ends, however often it is used.
    pub expires_at: Timestamp,
    /// What the browser called itself at the login.
    pub user_agent: Option<String>,
}

const OPEN: &str = "\
    INSERT INTO sessions (hash, id, username, credential_version, created_at, seen_at, \
        expires_at, user_agent) \
    VALUES ($1, $2, $3, $4, $5, $5, $6, $7)";

const FIND: &str = "\
    SELECT s.id, s.username, u.full_name, s.credential_version, s.created_at, s.seen_at, \
        s.expires_at, s.user_agent \
    FROM sessions s JOIN users u ON u.username = s.username \
    WHERE s.hash = $1 AND s.expires_at > $2 AND s.seen_at > $3 AND s.created_at <= $4 \
        AND u.disabled = 0 AND u.credential_version = s.credential_version";

const OF_USER: &str = "\
    SELECT s.id, s.username, u.full_name, s.credential_version, s.created_at, s.seen_at, \
        s.expires_at, s.user_agent \
    FROM sessions s JOIN users u ON u.username = s.username \
    WHERE s.username = $1 AND s.expires_at > $2 AND s.seen_at > $3 AND s.created_at <= $4 \
        AND u.disabled = 0 AND u.credential_version = s.credential_version \
    ORDER BY s.seen_at DESC, s.id";

const TOUCH: &str = "\
    UPDATE sessions SET seen_at = CASE WHEN seen_at < $2 THEN $2 ELSE seen_at END \
    WHERE hash = $1";

const HOLD: &str = "\
    UPDATE sessions SET seen_at = seen_at WHERE id = $1 AND username = $2 AND expires_at > $3";

const END: &str = "DELETE FROM sessions WHERE hash = $1";

const END_ONE: &str = "DELETE FROM sessions WHERE username = $1 AND id = $2";

const END_OTHERS: &str = "DELETE FROM sessions WHERE username = $1 AND hash <> $2";

const END_ALL: &str = "DELETE FROM sessions WHERE username = $1";

const END_SOME: &str =
    "DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions ORDER BY hash LIMIT $1)";

/// Opens a session. `false`, and nothing written, where the user is gone, disabled or has another
/// `credential_version` by now.
pub async fn open(conn: &mut Connection, new: &NewSession) -> Result<bool, StoreError> {
    if !grants::hold_user(conn, &new.username, Some(new.credential_version)).await? {
        return Ok(false);
    }
    sqlx::query(OPEN)
        .bind(&new.hash)
        .bind(&new.id)
        .bind(&new.username)
        .bind(new.credential_version)
        .bind(new.created_at.millis())
        .bind(new.expires_at.millis())
        .bind(new.user_agent.as_deref())
        .execute(conn)
        .await?;
    Ok(true)
}

/// Looks a session up by the hash of its cookie. `None` unless it is good: neither too old nor unused
/// for as long as `idle`, and its user not shut out since.
pub async fn find(
    conn: &mut Connection,
    hash: &str,
    now: Timestamp,
    idle: Duration,
) -> Result<Option<Session>, StoreError> {
    let query = sqlx::query(FIND)
        .bind(hash)
        .bind(now.millis())
        .bind(now.minus(idle).millis())
        .bind(now.plus(AHEAD).millis());
    query.fetch_optional(conn).await?.as_ref().map(from_row).transpose()
}

/// The good sessions of a user, the one used last first.
pub async fn of_user(
    conn: &mut Connection,
    username: &str,
    now: Timestamp,
    idle: Duration,
) -> Result<Vec<Session>, StoreError> {
    let query = sqlx::query(OF_USER)
        .bind(username)
        .bind(now.millis())
        .bind(now.minus(idle).millis())
        .bind(now.plus(AHEAD).millis());
    query.fetch_all(conn).await?.iter().map(from_row).collect()
}

/// Notes that a session was used. Only for one that [`find`] has just called good: a use after the
/// idle time would wake it up.
pub async fn touch(conn: &mut Connection, hash: &str, now: Timestamp) -> Result<bool, StoreError> {
    let touched = sqlx::query(TOUCH).bind(hash).bind(now.millis()).execute(conn).await?;
    Ok(touched.rows_affected() > 0)
}

/// Whether the user's session of that id is there and not too old, and stays so until the commit:
/// whatever ends it then finds what was done in it.
pub async fn hold(
    conn: &mut Connection,
    username: &str,
    id: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let held = sqlx::query(HOLD).bind(id).bind(username).bind(now.millis()).execute(conn).await?;
    Ok(held.rows_affected() > 0)
}

/// Ends the session of that cookie.
pub async fn end(conn: &mut Connection, hash: &str) -> Result<bool, StoreError> {
    let ended = sqlx::query(END).bind(hash).execute(conn).await?;
    Ok(ended.rows_affected() > 0)
}

/// Ends the user's session of that id; another user's is not there.
pub async fn end_one(conn: &mut Connection, username: &str, id: &str) -> Result<bool, StoreError> {
    let ended = sqlx::query(END_ONE).bind(username).bind(id).execute(conn).await?;
    Ok(ended.rows_affected() > 0)
}

/// Ends the user's sessions except that of the cookie with the hash `keep`; says how many.
pub async fn end_others(
    conn: &mut Connection,
    username: &str,
    keep: &str,
) -> Result<u64, StoreError> {
    let ended = sqlx::query(END_OTHERS).bind(username).bind(keep).execute(conn).await?;
    Ok(ended.rows_affected())
}

/// Ends every session of the user.
pub(crate) async fn end_all(conn: &mut Connection, username: &str) -> Result<(), StoreError> {
    sqlx::query(END_ALL).bind(username).execute(conn).await?;
    Ok(())
}

/// Ends at most `number` sessions, whoever's, and says how many.
pub(crate) async fn end_some(conn: &mut Connection, number: u32) -> Result<u64, StoreError> {
    Ok(sqlx::query(END_SOME).bind(i64::from(number)).execute(conn).await?.rows_affected())
}

fn from_row(row: &AnyRow) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.try_get("id")?,
        username: row.try_get("username")?,
        full_name: row.try_get("full_name")?,
        credential_version: row.try_get("credential_version")?,
        created_at: row::time(row, "created_at")?,
        seen_at: row::time(row, "seen_at")?,
        expires_at: row::time(row, "expires_at")?,
        user_agent: row.try_get("user_agent")?,
    })
}

/// Without the hash.
impl fmt::Debug for NewSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSession")
            .field("id", &self.id)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}
