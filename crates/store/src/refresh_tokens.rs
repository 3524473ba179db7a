//! The table `refresh_tokens`: single use, idempotent retries, and what a second use betrays
//! (RFC 9700 §4.14.2).

mod together;

use std::{fmt, time::Duration};

use scopegate_core::{
    clock::{AHEAD, Timestamp},
    scope::Scope,
};
use sqlx::{Row, any::AnyRow};

use crate::{Connection, StoreError, grants, row};

pub use self::together::TokenUse;

/// A refresh token with what its grant says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// Its family.
    pub grant_id: String,
    /// The client that it is bound to.
    pub client_id: String,
    /// Whose.
    pub username: Option<String>,
    /// What was granted; a refresh may ask for less, never for more.
    pub scope: Scope,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it dies unused.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
    /// When the family began.
    pub grant_created_at: Timestamp,
    /// When the whole family ends.
    pub grant_expires_at: Timestamp,
    /// Whether the family was revoked.
    pub grant_revoked: bool,
    /// What its user holds now; `None` where there is no such user, or a disabled one.
    pub held: Option<Scope>,
}

/// One use of a refresh token. Tokens are given as hashes.
#[derive(Clone)]
pub struct Rotation {
    /// What the client presented.
    pub presented: String,
    /// What it gets instead: always the same for the same `presented`.
    pub successor: String,
    /// The client that presented it.
    pub client_id: String,
    /// The client's `updated_at` when it was looked up, where that may be long ago.
    pub client_updated_at: Option<Timestamp>,
    /// Now.
    pub now: Timestamp,
    /// How long after its use a token may come again while its successor is unused.
    pub grace: Duration,
    /// When the access token that is about to be minted expires.
    pub access_until: Timestamp,
    /// When the successor dies unused; never later than the grant.
    pub successor_expires_at: Timestamp,
}

/// What became of a use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// The token was spent, its successor is stored.
    Fresh,
    /// A retry within the grace: the successor is the one that is stored already.
    Repeated,
    /// A spent token came again: its whole family is revoked now.
    Reused {
        /// The family.
        grant_id: String,
    },
    /// Unknown, expired, revoked, another client's, or of a client that is disabled, deleted or not
    /// what it was.
    /// Nothing was changed.
    Gone,
}

const FIND: &str = "\
    SELECT t.grant_id, g.client_id, g.username, g.scope, t.issued_at, t.expires_at, t.used_at, \
        g.created_at AS grant_created_at, g.expires_at AS grant_expires_at, \
        g.revoked_at AS grant_revoked_at, u.username AS holder, \
        COALESCE((SELECT string_agg(s.scope, ' ') FROM user_scopes s \
            WHERE s.username = u.username), '') AS held \
    FROM refresh_tokens t JOIN grants g ON g.id = t.grant_id \
        LEFT JOIN users u ON u.username = g.username AND u.disabled = 0 \
    WHERE t.hash = $1";

const ADD: &str = "\
    INSERT INTO refresh_tokens (hash, grant_id, issued_at, expires_at) VALUES ($1, $2, $3, $4)";

/// Holds the family until the commit: of any number of uses at once, on either database, one goes on
/// and the next one finds what it left. A family that began under a clock far ahead would outlive its
/// greatest age, so it does not count; one that was only rotated under it cannot, and goes on.
const HOLD_FAMILY: &str = "\
    UPDATE grants SET access_until = CASE WHEN access_until < $4 THEN $4 ELSE access_until END \
    WHERE id = (SELECT grant_id FROM refresh_tokens \
            WHERE hash = $1 AND (used_at IS NOT NULL OR expires_at > $3)) \
        AND client_id = $2 AND revoked_at IS NULL AND expires_at > $3 AND created_at <= $5 \
        AND EXISTS (SELECT 1 FROM clients \
            WHERE client_id = $2 AND disabled = 0 AND updated_at = COALESCE($6, updated_at)) \
    RETURNING id, expires_at";

const SPEND: &str = "\
    UPDATE refresh_tokens SET used_at = $2 \
    WHERE hash = $1 AND used_at IS NULL AND expires_at > $2";

const FIND_REPEATED: &str = "\
    SELECT s.hash FROM refresh_tokens t JOIN refresh_tokens s ON s.grant_id = t.grant_id \
    WHERE t.hash = $1 AND t.used_at >= $3 AND s.hash = $2 AND s.used_at IS NULL";

/// Looks a token up by its hash, also one that is spent.
pub async fn find(conn: &mut Connection, hash: &str) -> Result<Option<RefreshToken>, StoreError> {
    sqlx::query(FIND).bind(hash).fetch_optional(conn).await?.as_ref().map(from_row).transpose()
}

/// Uses a token: spends it and stores its successor, or finds out why not.
///
/// On [`Rotated::Reused`] the job has to succeed, for the revocation is part of it.
pub async fn rotate(conn: &mut Connection, rotation: &Rotation) -> Result<Rotated, StoreError> {
    let held = sqlx::query(HOLD_FAMILY)
        .bind(&rotation.presented)
        .bind(&rotation.client_id)
        .bind(rotation.now.millis())
        .bind(rotation.access_until.millis())
        .bind(rotation.now.plus(AHEAD).millis())
        .bind(rotation.client_updated_at.map(Timestamp::millis))
        .fetch_optional(&mut *conn)
        .await?;
    let Some(family) = held else { return Ok(Rotated::Gone) };
    let grant_id: String = family.try_get("id")?;
    let spent = sqlx::query(SPEND)
        .bind(&rotation.presented)
        .bind(rotation.now.millis())
        .execute(&mut *conn)
        .await?;
    if spent.rows_affected() > 0 {
        let expires_at = rotation.successor_expires_at.min(row::time(&family, "expires_at")?);
        add(conn, &rotation.successor, &grant_id, rotation.now, expires_at).await?;
        return Ok(Rotated::Fresh);
    }
    if is_repeated(conn, rotation).await? {
        return Ok(Rotated::Repeated);
    }
    grants::revoke(conn, &grant_id, rotation.now).await?;
    Ok(Rotated::Reused { grant_id })
}

async fn is_repeated(conn: &mut Connection, rotation: &Rotation) -> Result<bool, StoreError> {
    let found = sqlx::query(FIND_REPEATED)
        .bind(&rotation.presented)
        .bind(&rotation.successor)
        .bind(rotation.now.minus(rotation.grace).millis())
        .fetch_optional(conn)
        .await?;
    Ok(found.is_some())
}

pub(crate) async fn add(
    conn: &mut Connection,
    hash: &str,
    grant_id: &str,
    issued_at: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(ADD)
        .bind(hash)
        .bind(grant_id)
        .bind(issued_at.millis())
        .bind(expires_at.millis())
        .execute(conn)
        .await?;
    Ok(())
}

fn from_row(row: &AnyRow) -> Result<RefreshToken, StoreError> {
    Ok(RefreshToken {
        grant_id: row.try_get("grant_id")?,
        client_id: row.try_get("client_id")?,
        username: row.try_get("username")?,
        scope: row::scope(row, "scope")?,
        issued_at: row::time(row, "issued_at")?,
        expires_at: row::time(row, "expires_at")?,
        used_at: row::time_option(row, "used_at")?,
        grant_created_at: row::time(row, "grant_created_at")?,
        grant_expires_at: row::time(row, "grant_expires_at")?,
        grant_revoked: row::time_option(row, "grant_revoked_at")?.is_some(),
        held: match row.try_get("holder")? {
            Some::<&str>(_) => Some(row::scope(row, "held")?),
            None => None,
        },
    })
}

/// Without the hashes.
impl fmt::Debug for Rotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rotation").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}
