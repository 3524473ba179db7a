//! The tables `users` and `user_scopes`: people, and what they hold.

use scopegate_core::{clock::Timestamp, scope::Scope};
use sqlx::{Row, any::AnyRow};

use crate::{
    Connection, StoreError,
    changes::{self, ChangeKind, NewChange},
    grants, row, scopes, sessions,
    subjects::{self, SubjectKind},
};

mod hashes;
mod types;

pub use hashes::holding;
pub use types::{NewUser, User};

const FIND: &str = "\
    SELECT u.username, u.full_name, u.email, u.password_hash, u.credential_version, u.disabled, \
        u.created_at, u.updated_at, \
        COALESCE((SELECT string_agg(s.scope, ' ') FROM user_scopes s \
            WHERE s.username = u.username), '') AS scopes \
    FROM users u WHERE u.username = $1";

const LIST: &str = "\
    SELECT u.username, u.full_name, u.email, u.password_hash, u.credential_version, u.disabled, \
        u.created_at, u.updated_at, \
        COALESCE((SELECT string_agg(s.scope, ' ') FROM user_scopes s \
            WHERE s.username = u.username), '') AS scopes \
    FROM users u WHERE u.username > $1 ORDER BY u.username LIMIT $2";

const ADD: &str = "\
    INSERT INTO users (username, full_name, email, password_hash, credential_version, disabled, \
        created_at, updated_at) \
    VALUES ($1, $2, $3, $4, 1, $5, $6, $6)";

const SET_PROFILE: &str = "\
    UPDATE users SET \
        full_name = CASE WHEN $2 = 1 THEN $3 ELSE full_name END, \
        email = CASE WHEN $4 = 1 THEN $5 ELSE email END, \
        updated_at = $6 \
    WHERE username = $1";

const TOUCH: &str = "UPDATE users SET updated_at = $2 WHERE username = $1";

const CLEAR_SCOPES: &str = "DELETE FROM user_scopes WHERE username = $1";

const ADD_SCOPE: &str = "\
    INSERT INTO user_scopes (username, scope) SELECT $1, name FROM scopes WHERE name = $2";

const SET_PASSWORD: &str = "\
    UPDATE users SET password_hash = $2, credential_version = credential_version + 1, \
        updated_at = $3 \
    WHERE username = $1";

const UPGRADE_HASH: &str =
    "UPDATE users SET password_hash = $3 WHERE username = $1 AND password_hash = $2";

/// Shutting out counts, so that no login or code of before is good after letting in.
const SET_DISABLED: &str = "\
    UPDATE users SET disabled = $2, credential_version = credential_version + $2, updated_at = $3 \
    WHERE username = $1";

const REVOKE: &str = "\
    UPDATE users SET credential_version = credential_version + 1 WHERE username = $1";

const DELETE: &str = "DELETE FROM users WHERE username = $1";

/// Looks a user up by the exact name.
pub async fn find(conn: &mut Connection, username: &str) -> Result<Option<User>, StoreError> {
    sqlx::query(FIND).bind(username).fetch_optional(conn).await?.as_ref().map(from_row).transpose()
}

/// At most `limit` users in the order of their names, those after `after`.
pub async fn list(
    conn: &mut Connection,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<User>, StoreError> {
    let query = sqlx::query(LIST).bind(after.unwrap_or("")).bind(i64::from(limit));
    query.fetch_all(conn).await?.iter().map(from_row).collect()
}

/// Adds a user. [`StoreError::Conflict`] if the name was ever taken by a user or client,
/// [`StoreError::Refused`] for a scope that does not exist.
pub async fn add(conn: &mut Connection, new: &NewUser, now: Timestamp) -> Result<(), StoreError> {
    subjects::claim(conn, &new.username, SubjectKind::User, now).await?;
    sqlx::query(ADD)
        .bind(&new.username)
        .bind(new.full_name.as_deref())
        .bind(new.email.as_deref())
        .bind(new.password_hash.as_deref())
        .bind(i64::from(new.disabled))
        .bind(now.millis())
        .execute(&mut *conn)
        .await?;
    add_scopes(conn, &new.username, &new.scopes).await?;
    record(conn, &new.username, now).await.map(drop)
}

/// Sets the full name and the e-mail address; `None` leaves one as it is, `Some(None)` takes it away.
pub async fn set_profile(
    conn: &mut Connection,
    username: &str,
    full_name: Option<Option<&str>>,
    email: Option<Option<&str>>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let set = sqlx::query(SET_PROFILE)
        .bind(username)
        .bind(i64::from(full_name.is_some()))
        .bind(full_name.flatten())
        .bind(i64::from(email.is_some()))
        .bind(email.flatten())
        .bind(now.millis())
        .execute(&mut *conn)
        .await?;
    if set.rows_affected() == 0 {
        return Ok(false);
    }
    record(conn, username, now).await
}

/// Sets what the user holds. Refresh grants narrow with it; access tokens keep what they have.
pub async fn set_scopes(
    conn: &mut Connection,
    username: &str,
    scope: &Scope,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let touched = sqlx::query(TOUCH).bind(username).bind(now.millis()).execute(&mut *conn).await?;
    if touched.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query(CLEAR_SCOPES).bind(username).execute(&mut *conn).await?;
    add_scopes(conn, username, scope).await?;
    record(conn, username, now).await
}

/// Sets a new password, ends all sessions and revokes everything that was issued before.
pub async fn set_password(
    conn: &mut Connection,
    username: &str,
    hash: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let set = sqlx::query(SET_PASSWORD).bind(username).bind(hash).bind(now.millis());
    if set.execute(&mut *conn).await?.rows_affected() == 0 {
        return Ok(false);
    }
    end_all(conn, username, now).await?;
    record(conn, username, now).await
}

/// Sets a new password as [`set_password`] does, unless the user's `credential_version` is no longer
/// the given one, or they are shut out.
pub async fn replace_password(
    conn: &mut Connection,
    username: &str,
    credential_version: i64,
    hash: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(grants::hold_user(conn, username, Some(credential_version)).await?
        && set_password(conn, username, hash, now).await?)
}

/// Replaces a hash of the same password by a stronger one, unless it is no longer `from`. No change
/// of the password: nothing is revoked, nobody is told.
pub async fn upgrade_hash(
    conn: &mut Connection,
    username: &str,
    from: &str,
    to: &str,
) -> Result<bool, StoreError> {
    let upgraded =
        sqlx::query(UPGRADE_HASH).bind(username).bind(from).bind(to).execute(conn).await?;
    Ok(upgraded.rows_affected() > 0)
}

/// Shuts a user out or lets them in again. Shutting out ends all sessions and revokes all grants,
/// letting in revives none.
pub async fn set_disabled(
    conn: &mut Connection,
    username: &str,
    disabled: bool,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let set = sqlx::query(SET_DISABLED).bind(username).bind(i64::from(disabled)).bind(now.millis());
    if set.execute(&mut *conn).await?.rows_affected() == 0 {
        return Ok(false);
    }
    if disabled {
        end_all(conn, username, now).await?;
    }
    record(conn, username, now).await
}

/// Ends all sessions of the user, revokes all grants and says how many grants there were. Logins and
/// codes under way come to nothing.
pub async fn revoke(
    conn: &mut Connection,
    username: &str,
    now: Timestamp,
) -> Result<u64, StoreError> {
    sqlx::query(REVOKE).bind(username).execute(&mut *conn).await?;
    end_all(conn, username, now).await
}

/// Deletes a user, revokes what was issued, and keeps the name from being given out again.
pub async fn delete(
    conn: &mut Connection,
    username: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let deleted = sqlx::query(DELETE).bind(username).execute(&mut *conn).await?;
    if deleted.rows_affected() == 0 {
        return Ok(false);
    }
    subjects::bury(conn, username, now).await?;
    end_all(conn, username, now).await?;
    record(conn, username, now).await
}

/// Ends the sessions and revokes the grants.
async fn end_all(conn: &mut Connection, username: &str, now: Timestamp) -> Result<u64, StoreError> {
    sessions::end_all(conn, username).await?;
    grants::revoke_of_user(conn, username, now).await
}

async fn add_scopes(
    conn: &mut Connection,
    username: &str,
    scope: &Scope,
) -> Result<(), StoreError> {
    for token in scope.iter() {
        let added = sqlx::query(ADD_SCOPE).bind(username).bind(token).execute(&mut *conn).await?;
        if added.rows_affected() == 0 {
            return Err(scopes::unknown(token));
        }
    }
    Ok(())
}

/// Tells the resource servers; the answer of a mutation that found its user.
async fn record(conn: &mut Connection, username: &str, now: Timestamp) -> Result<bool, StoreError> {
    let change = NewChange { kind: ChangeKind::User, subject: username, until: None };
    changes::record(conn, now, &[change]).await?;
    Ok(true)
}

fn from_row(row: &AnyRow) -> Result<User, StoreError> {
    Ok(User {
        username: row.try_get("username")?,
        full_name: row.try_get("full_name")?,
        email: row.try_get("email")?,
        password_hash: row.try_get("password_hash")?,
        credential_version: row.try_get("credential_version")?,
        disabled: row::flag(row, "disabled")?,
        scopes: row::scope(row, "scopes")?,
        created_at: row::time(row, "created_at")?,
        updated_at: row::time(row, "updated_at")?,
    })
}
