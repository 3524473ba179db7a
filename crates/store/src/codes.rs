//! The table `codes`: authorization codes, single use, and what a second use betrays
//! (RFC 6749 §4.1.2).

use scopegate_core::{clock::Timestamp, verify::LEEWAY};
use sqlx::{Row, any::AnyRow};

use crate::{
    Connection, StoreError,
    grants::{self, NewGrant},
    row,
};

mod types;

pub use types::{Code, NewCode, Redeemed, Redemption};

const FIND: &str = "\
    SELECT hash, grant_id, username, credential_version, client_id, scope, redirect_uri, \
        code_challenge, created_at, expires_at, used_at \
    FROM codes WHERE hash = $1";

const ADD: &str = "\
    INSERT INTO codes (hash, grant_id, username, credential_version, client_id, scope, \
        redirect_uri, code_challenge, created_at, expires_at) \
    SELECT $1, $2, $3, $4, client_id, $6, $7, $8, $9, $10 \
    FROM clients WHERE client_id = $5 AND disabled = 0";

/// A code lives for a minute, so one that lies ahead of the clock is not worth keeping alive.
const SPEND: &str = "\
    UPDATE codes SET used_at = $3 \
    WHERE hash = $1 AND client_id = $2 AND used_at IS NULL AND expires_at > $3 \
        AND created_at <= $4 \
    RETURNING hash, grant_id, username, credential_version, client_id, scope, redirect_uri, \
        code_challenge, created_at, expires_at, used_at";

const FIND_GRANT_OF_USED: &str = "\
    SELECT g.id FROM codes c JOIN grants g ON g.id = c.grant_id \
    WHERE c.hash = $1 AND c.client_id = $2 AND c.used_at IS NOT NULL";

const DELETE: &str = "DELETE FROM codes WHERE hash = $1";

const BURN: &str = "\
    DELETE FROM codes \
    WHERE hash = $1 AND client_id = $2 AND used_at IS NULL AND expires_at > $3";

const BURN_UNUSED: &str =
    "DELETE FROM codes WHERE username = $1 AND client_id = $2 AND used_at IS NULL";

const BURN_UNUSED_OF_CLIENT: &str = "DELETE FROM codes WHERE client_id = $1 AND used_at IS NULL";

const BURN_ALL_UNUSED: &str = "DELETE FROM codes WHERE used_at IS NULL";

/// Looks a code up by its hash, also one that is used or expired. For the checks that must not spend
/// it; [`redeem`] repeats those that can race.
pub async fn find(conn: &mut Connection, hash: &str) -> Result<Option<Code>, StoreError> {
    sqlx::query(FIND).bind(hash).fetch_optional(conn).await?.as_ref().map(from_row).transpose()
}

/// Stores a code. `false`, and no code, where the user is gone, disabled or has another
/// `credential_version` by now, or the client is gone or disabled.
pub async fn add(conn: &mut Connection, new: &NewCode) -> Result<bool, StoreError> {
    if !grants::hold_user(conn, &new.username, Some(new.credential_version)).await? {
        return Ok(false);
    }
    let added = sqlx::query(ADD)
        .bind(&new.hash)
        .bind(&new.grant_id)
        .bind(&new.username)
        .bind(new.credential_version)
        .bind(&new.client_id)
        .bind(new.scope.to_string())
        .bind(&new.redirect_uri)
        .bind(&new.code_challenge)
        .bind(new.created_at.millis())
        .bind(new.expires_at.millis())
        .execute(conn)
        .await?;
    Ok(added.rows_affected() > 0)
}

/// Uses a code: opens its grant, or finds out why not. Another client's try leaves the code whole.
///
/// On [`Redeemed::Replayed`] the job has to succeed, for the revocation is part of it.
pub async fn redeem(
    conn: &mut Connection,
    redemption: &Redemption,
) -> Result<Redeemed, StoreError> {
    let spent = sqlx::query(SPEND)
        .bind(&redemption.hash)
        .bind(&redemption.client_id)
        .bind(redemption.now.millis())
        .bind(redemption.now.plus(LEEWAY).millis())
        .fetch_optional(&mut *conn)
        .await?;
    let Some(code) = spent.as_ref().map(from_row).transpose()? else {
        return replay(conn, redemption).await;
    };
    if grants::open(conn, &grant(&code, redemption)).await? {
        return Ok(Redeemed::Fresh);
    }
    // Without a grant there is nothing that a second use could revoke.
    sqlx::query(DELETE).bind(&code.hash).execute(conn).await?;
    Ok(Redeemed::Gone)
}

/// Spends a code without a grant, because its client failed to prove that it asked for it. `false`
/// if it is not this client's, used or expired. It is then as unknown as one that never was.
pub async fn burn(
    conn: &mut Connection,
    hash: &str,
    client_id: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let burnt =
        sqlx::query(BURN).bind(hash).bind(client_id).bind(now.millis()).execute(conn).await?;
    Ok(burnt.rows_affected() > 0)
}

/// Takes away the codes of a user and client that wait to be used; says how many.
pub(crate) async fn burn_unused(
    conn: &mut Connection,
    username: &str,
    client_id: &str,
) -> Result<u64, StoreError> {
    let burnt = sqlx::query(BURN_UNUSED).bind(username).bind(client_id).execute(conn).await?;
    Ok(burnt.rows_affected())
}

/// Takes away the codes of a client that wait to be used, whoever's they are.
pub(crate) async fn burn_unused_of_client(
    conn: &mut Connection,
    client_id: &str,
) -> Result<(), StoreError> {
    sqlx::query(BURN_UNUSED_OF_CLIENT).bind(client_id).execute(conn).await?;
    Ok(())
}

/// Burns the unused codes of everybody.
pub(crate) async fn burn_all_unused(conn: &mut Connection) -> Result<(), StoreError> {
    sqlx::query(BURN_ALL_UNUSED).execute(conn).await?;
    Ok(())
}

/// What could not be spent: if it was before, its grant is revoked.
async fn replay(conn: &mut Connection, redemption: &Redemption) -> Result<Redeemed, StoreError> {
    let found = sqlx::query_scalar(FIND_GRANT_OF_USED)
        .bind(&redemption.hash)
        .bind(&redemption.client_id)
        .fetch_optional(&mut *conn)
        .await?;
    let Some(grant_id): Option<String> = found else { return Ok(Redeemed::Gone) };
    grants::revoke(conn, &grant_id, redemption.now).await?;
    Ok(Redeemed::Replayed { grant_id })
}

fn grant(code: &Code, redemption: &Redemption) -> NewGrant {
    let is_family = redemption.refresh.is_some();
    NewGrant {
        id: code.grant_id.clone(),
        username: Some(code.username.clone()),
        credential_version: Some(code.credential_version),
        client_id: code.client_id.clone(),
        client_updated_at: None,
        scope: code.scope.clone(),
        created_at: redemption.now,
        access_until: redemption.access_until,
        expires_at: if is_family { redemption.expires_at } else { redemption.access_until },
        refresh: redemption.refresh.clone(),
    }
}

fn from_row(row: &AnyRow) -> Result<Code, StoreError> {
    Ok(Code {
        hash: row.try_get("hash")?,
        grant_id: row.try_get("grant_id")?,
        username: row.try_get("username")?,
        credential_version: row.try_get("credential_version")?,
        client_id: row.try_get("client_id")?,
        scope: row::scope(row, "scope")?,
        redirect_uri: row.try_get("redirect_uri")?,
        code_challenge: row.try_get("code_challenge")?,
        created_at: row::time(row, "created_at")?,
        expires_at: row::time(row, "expires_at")?,
        used_at: row::time_option(row, "used_at")?,
    })
}
