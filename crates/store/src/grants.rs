//! The table `grants`: what a login, a code or a client's own credentials gave out.

mod own;

use std::fmt;

use scopegate_core::{clock::Timestamp, scope::Scope, verify::LEEWAY};
use sqlx::{Row, any::AnyRow};

use crate::{
    Connection, StoreError,
    changes::{self, ChangeKind, NewChange},
    refresh_tokens, row,
};

pub use self::own::OwnGrant;

/// A grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Whose; `None` where a client acts for itself.
    pub username: Option<String>,
    /// To which client.
    pub client_id: String,
    /// What was granted.
    pub scope: Scope,
    /// Whether it was revoked.
    pub revoked: bool,
    /// When its last access token expires.
    pub access_until: Timestamp,
    /// When its family of refresh tokens ends.
    pub expires_at: Timestamp,
}

/// A grant to open.
#[derive(Clone, Debug)]
pub struct NewGrant {
    /// 128 random bits; `grant_id` in every access token of it.
    pub id: String,
    /// Whose; `None` where a client acts for itself.
    pub username: Option<String>,
    /// The user's `credential_version` when the password was checked.
    pub credential_version: Option<i64>,
    /// To which client.
    pub client_id: String,
    /// The client's `updated_at` when it was looked up, where that may be long ago.
    pub client_updated_at: Option<Timestamp>,
    /// What was granted.
    pub scope: Scope,
    /// Now.
    pub created_at: Timestamp,
    /// When the first access token expires.
    pub access_until: Timestamp,
    /// When the whole family ends; without refresh tokens the same as `access_until`.
    pub expires_at: Timestamp,
    /// The first refresh token, if there is one.
    pub refresh: Option<NewRefreshToken>,
}

/// A refresh token to store.
#[derive(Clone)]
pub struct NewRefreshToken {
    /// The hash of the token.
    pub hash: String,
    /// When it dies unused; never later than its grant.
    pub expires_at: Timestamp,
}

const FIND: &str = "\
    SELECT username, client_id, scope, access_until, expires_at, revoked_at \
    FROM grants WHERE id = $1";

/// Repeats what the password check saw, and on `PostgreSQL` holds the user's row until the commit, so
/// that shutting a user out and opening a grant come one after the other.
const HOLD_USER: &str = "\
    UPDATE users SET disabled = disabled \
    WHERE username = $1 AND disabled = 0 AND credential_version = COALESCE($2, credential_version)";

const OPEN: &str = "\
    INSERT INTO grants (id, username, client_id, scope, created_at, access_until, expires_at) \
    SELECT $1, $2, client_id, $4, $5, $6, $7 FROM clients \
    WHERE client_id = $3 AND disabled = 0 AND updated_at = COALESCE($8, updated_at)";

const REVOKE: &str = "\
    UPDATE grants SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING access_until";

const REVOKE_OF_USER: &str = "\
    UPDATE grants SET revoked_at = $2 \
    WHERE username = $1 AND client_id = COALESCE($3, client_id) AND revoked_at IS NULL";

const REVOKE_OF_CLIENT: &str =
    "UPDATE grants SET revoked_at = $2 WHERE client_id = $1 AND revoked_at IS NULL";

const LIVING: &str = "\
    SELECT id FROM grants WHERE id > $1 AND revoked_at IS NULL ORDER BY id LIMIT $2";

const REVOKE_STRETCH: &str = "\
    UPDATE grants SET revoked_at = $3 WHERE id > $1 AND id <= $2 AND revoked_at IS NULL";

/// Those that were revoked just now are the ones of that time that nobody was told of.
const TAKE_NUMBERS_OF_REVOKED: &str = "\
    UPDATE counters SET value = value + (SELECT count(*) FROM grants \
        WHERE revoked_at = $1 AND access_until + $2 > $1 \
            AND NOT EXISTS (SELECT 1 FROM changes WHERE kind = 'grant' AND subject = grants.id)) \
    WHERE name = 'change_seq' RETURNING value";

const RECORD_REVOKED: &str = "\
    INSERT INTO changes (seq, at, kind, subject, until) \
    SELECT $3 + 1 - row_number() OVER (ORDER BY id), $1, 'grant', id, access_until + $2 \
    FROM grants WHERE revoked_at = $1 AND access_until + $2 > $1 \
        AND NOT EXISTS (SELECT 1 FROM changes WHERE kind = 'grant' AND subject = grants.id)";

/// Looks a grant up, also one that is revoked or has ended.
pub async fn find(conn: &mut Connection, id: &str) -> Result<Option<Grant>, StoreError> {
    sqlx::query(FIND).bind(id).fetch_optional(conn).await?.as_ref().map(from_row).transpose()
}

/// Opens a grant, with its first refresh token if there is one. `false`, and nothing written, where
/// the user is gone, disabled or has a new password by now, or the client is gone, disabled or not what
/// it was.
pub async fn open(conn: &mut Connection, new: &NewGrant) -> Result<bool, StoreError> {
    if let Some(username) = &new.username
        && !hold_user(conn, username, new.credential_version).await?
    {
        return Ok(false);
    }
    let opened = sqlx::query(OPEN)
        .bind(&new.id)
        .bind(new.username.as_deref())
        .bind(&new.client_id)
        .bind(new.scope.to_string())
        .bind(new.created_at.millis())
        .bind(new.access_until.millis())
        .bind(new.expires_at.millis())
        .bind(new.client_updated_at.map(Timestamp::millis))
        .execute(&mut *conn)
        .await?;
    if opened.rows_affected() == 0 {
        return Ok(false);
    }
    if let Some(token) = &new.refresh {
        let expires_at = token.expires_at.min(new.expires_at);
        refresh_tokens::add(conn, &token.hash, &new.id, new.created_at, expires_at).await?;
    }
    Ok(true)
}

/// Revokes one grant; `false` if there is none or it was revoked before.
pub async fn revoke(conn: &mut Connection, id: &str, now: Timestamp) -> Result<bool, StoreError> {
    let revoked = sqlx::query_scalar(REVOKE).bind(id).bind(now.millis());
    let Some(access_until) = revoked.fetch_optional(&mut *conn).await? else { return Ok(false) };
    // A verifier takes a token for that much longer, and so must the revocation hold.
    let until = Timestamp::from_millis(access_until).plus(LEEWAY);
    if until > now {
        let change = NewChange { kind: ChangeKind::Grant, subject: id, until: Some(until) };
        changes::record(conn, now, &[change]).await?;
    }
    Ok(true)
}

/// Revokes every grant of a user and says how many there were.
pub async fn revoke_of_user(
    conn: &mut Connection,
    username: &str,
    now: Timestamp,
) -> Result<u64, StoreError> {
    revoke_all(conn, username, None, now).await
}

/// Revokes every grant to a client and says how many there were.
pub(crate) async fn revoke_of_client(
    conn: &mut Connection,
    client_id: &str,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let revoke = sqlx::query(REVOKE_OF_CLIENT).bind(client_id).bind(now.millis());
    let revoked = revoke.execute(&mut *conn).await?.rows_affected();
    record_revoked(conn, revoked, now).await
}

/// Revokes every grant of a user to one client and says how many there were.
pub(crate) async fn revoke_of_user_and_client(
    conn: &mut Connection,
    username: &str,
    client_id: &str,
    now: Timestamp,
) -> Result<u64, StoreError> {
    revoke_all(conn, username, Some(client_id), now).await
}

/// The first `number` ids after that one of grants that are not revoked.
pub(crate) async fn living(
    conn: &mut Connection,
    after: &str,
    number: u32,
) -> Result<Vec<String>, StoreError> {
    let query = sqlx::query_scalar(LIVING).bind(after).bind(i64::from(number));
    Ok(query.fetch_all(conn).await?)
}

/// Revokes the grants whose ids come after the first one and not after the second, and says how many
/// there were.
pub(crate) async fn revoke_stretch(
    conn: &mut Connection,
    (after, last): &(String, String),
    now: Timestamp,
) -> Result<u64, StoreError> {
    let revoke = sqlx::query(REVOKE_STRETCH).bind(after).bind(last).bind(now.millis());
    let revoked = revoke.execute(&mut *conn).await?.rows_affected();
    record_revoked(conn, revoked, now).await
}

/// Whether the user is there, not disabled and of that `credential_version`, and stays so until the
/// commit.
pub(crate) async fn hold_user(
    conn: &mut Connection,
    username: &str,
    credential_version: Option<i64>,
) -> Result<bool, StoreError> {
    let held = sqlx::query(HOLD_USER).bind(username).bind(credential_version).execute(conn).await?;
    Ok(held.rows_affected() > 0)
}

async fn revoke_all(
    conn: &mut Connection,
    username: &str,
    client_id: Option<&str>,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let revoke = sqlx::query(REVOKE_OF_USER).bind(username).bind(now.millis()).bind(client_id);
    let revoked = revoke.execute(&mut *conn).await?.rows_affected();
    record_revoked(conn, revoked, now).await
}

/// Tells of the grants that were revoked just now, however many, as far as their access tokens live.
async fn record_revoked(
    conn: &mut Connection,
    revoked: u64,
    now: Timestamp,
) -> Result<u64, StoreError> {
    if revoked == 0 {
        return Ok(0);
    }
    // Counting and recording are two statements that must see the same rows.
    changes::lock(conn).await?;
    let leeway = Timestamp::from_millis(0).plus(LEEWAY).millis();
    let last: i64 = sqlx::query_scalar(TAKE_NUMBERS_OF_REVOKED)
        .bind(now.millis())
        .bind(leeway)
        .fetch_one(&mut *conn)
        .await?;
    sqlx::query(RECORD_REVOKED).bind(now.millis()).bind(leeway).bind(last).execute(conn).await?;
    Ok(revoked)
}

fn from_row(row: &AnyRow) -> Result<Grant, StoreError> {
    Ok(Grant {
        username: row.try_get("username")?,
        client_id: row.try_get("client_id")?,
        scope: row::scope(row, "scope")?,
        revoked: row::time_option(row, "revoked_at")?.is_some(),
        access_until: row::time(row, "access_until")?,
        expires_at: row::time(row, "expires_at")?,
    })
}

/// Without the hash.
impl fmt::Debug for NewRefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewRefreshToken")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
