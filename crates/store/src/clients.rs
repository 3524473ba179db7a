//! The tables `clients` and `client_scopes`: applications, and what they may ask for.

use scopegate_core::{clock::Timestamp, scope::Scope};
use sqlx::{Row, any::AnyRow};

use crate::{
    Connection, StoreError,
    changes::{self, ChangeKind, NewChange},
    codes, grants, redirect_uris, row, scopes,
    subjects::{self, SubjectKind},
};

mod types;

pub use types::{Client, ClientChange, Consent, NewClient};

const FIND: &str = "\
    SELECT c.client_id, c.name, c.secret_sha256, c.old_secret_sha256, c.old_secret_until, c.grants, \
        c.consent, c.resource_server, c.disabled, c.created_at, c.updated_at, \
        COALESCE((SELECT string_agg(s.scope, ' ') FROM client_scopes s \
            WHERE s.client_id = c.client_id), '') AS scopes \
    FROM clients c WHERE c.client_id = $1";

const LIST: &str = "\
    SELECT c.client_id, c.name, c.secret_sha256, c.old_secret_sha256, c.old_secret_until, c.grants, \
        c.consent, c.resource_server, c.disabled, c.created_at, c.updated_at, \
        COALESCE((SELECT string_agg(s.scope, ' ') FROM client_scopes s \
            WHERE s.client_id = c.client_id), '') AS scopes \
    FROM clients c WHERE c.client_id > $1 ORDER BY c.client_id LIMIT $2";

const ADD: &str = "\
    INSERT INTO clients (client_id, name, secret_sha256, grants, consent, resource_server, \
        disabled, created_at, updated_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)";

const SET: &str = "\
    UPDATE clients SET \
        name = COALESCE($2, name), \
        grants = COALESCE($3, grants), \
        consent = COALESCE($4, consent), \
        resource_server = COALESCE($5, resource_server), \
        secret_sha256 = CASE WHEN $6 = 1 THEN $7 ELSE secret_sha256 END, \
        old_secret_sha256 = CASE WHEN $6 = 1 THEN NULL ELSE old_secret_sha256 END, \
        old_secret_until = CASE WHEN $6 = 1 THEN NULL ELSE old_secret_until END, \
        updated_at = CASE WHEN updated_at < $8 THEN $8 ELSE updated_at + 1 END \
    WHERE client_id = $1";

const SET_DISABLED: &str = "\
    UPDATE clients SET disabled = $2, \
        updated_at = CASE WHEN updated_at < $3 THEN $3 ELSE updated_at + 1 END \
    WHERE client_id = $1 AND disabled <> $2";

const ROTATE_SECRET: &str = "\
    UPDATE clients SET secret_sha256 = $2, \
        old_secret_sha256 = CASE WHEN $3 IS NULL THEN NULL ELSE secret_sha256 END, \
        old_secret_until = $3, \
        updated_at = CASE WHEN updated_at < $4 THEN $4 ELSE updated_at + 1 END \
    WHERE client_id = $1 AND secret_sha256 IS NOT NULL";

const DELETE: &str = "DELETE FROM clients WHERE client_id = $1";

const CLEAR_SCOPES: &str = "DELETE FROM client_scopes WHERE client_id = $1";

const ADD_SCOPE: &str = "\
    INSERT INTO client_scopes (client_id, scope) SELECT $1, name FROM scopes WHERE name = $2";

/// Looks a client up by its exact id.
pub async fn find(conn: &mut Connection, client_id: &str) -> Result<Option<Client>, StoreError> {
    let query = sqlx::query(FIND).bind(client_id);
    query.fetch_optional(conn).await?.as_ref().map(from_row).transpose()
}

/// At most `limit` clients in the order of their ids, those after `after`.
pub async fn list(
    conn: &mut Connection,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<Client>, StoreError> {
    let query = sqlx::query(LIST).bind(after.unwrap_or("")).bind(i64::from(limit));
    query.fetch_all(conn).await?.iter().map(from_row).collect()
}

/// Where the client's codes may go, in the order in which that was registered.
pub async fn redirect_uris(
    conn: &mut Connection,
    client_id: &str,
) -> Result<Vec<String>, StoreError> {
    redirect_uris::of_client(conn, client_id).await
}

/// Whether a page of that web origin belongs to a public client: the CORS rule of the token endpoint.
pub async fn origin_of_public_client(
    conn: &mut Connection,
    origin: &str,
) -> Result<bool, StoreError> {
    redirect_uris::has_origin_of_public_client(conn, origin).await
}

/// Adds a client. [`StoreError::Conflict`] if the id was ever taken by a user or client,
/// [`StoreError::Refused`] for a scope that does not exist.
pub async fn add(conn: &mut Connection, new: &NewClient, now: Timestamp) -> Result<(), StoreError> {
    subjects::claim(conn, &new.client_id, SubjectKind::Client, now).await?;
    sqlx::query(ADD)
        .bind(&new.client_id)
        .bind(&new.name)
        .bind(new.secret_sha256.as_deref())
        .bind(new.grants.join(" "))
        .bind(new.consent.as_str())
        .bind(i64::from(new.resource_server))
        .bind(i64::from(new.disabled))
        .bind(now.millis())
        .execute(&mut *conn)
        .await?;
    replace_scopes(conn, &new.client_id, &new.scopes).await?;
    redirect_uris::replace(conn, &new.client_id, &new.redirect_uris).await?;
    record(conn, &new.client_id, now).await.map(drop)
}

/// Sets some fields.
pub async fn set(
    conn: &mut Connection,
    client_id: &str,
    change: &ClientChange,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let set = sqlx::query(SET)
        .bind(client_id)
        .bind(change.name.as_deref())
        .bind(change.grants.as_ref().map(|grants| grants.join(" ")))
        .bind(change.consent.map(Consent::as_str))
        .bind(change.resource_server.map(i64::from))
        .bind(i64::from(change.secret_sha256.is_some()))
        .bind(change.secret_sha256.as_ref().and_then(Option::as_deref))
        .bind(now.millis())
        .execute(&mut *conn)
        .await?;
    if set.rows_affected() == 0 {
        return Ok(false);
    }
    if let Some(scope) = &change.scopes {
        replace_scopes(conn, client_id, scope).await?;
    }
    if let Some(uris) = &change.redirect_uris {
        redirect_uris::replace(conn, client_id, uris).await?;
    }
    record(conn, client_id, now).await
}

/// Shuts a client out or lets it in again. Shutting out revokes its grants and takes away the codes
/// that wait to be used, letting in revives none of them.
pub async fn set_disabled(
    conn: &mut Connection,
    client_id: &str,
    disabled: bool,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let set =
        sqlx::query(SET_DISABLED).bind(client_id).bind(i64::from(disabled)).bind(now.millis());
    if set.execute(&mut *conn).await?.rows_affected() == 0 {
        return Ok(find(conn, client_id).await?.is_some());
    }
    // On letting in too: a login does not hold its client's row, so on PostgreSQL the grant of one
    // that was under way can be committed after the shutting out. Until now the client could not
    // use it.
    codes::burn_unused_of_client(conn, client_id).await?;
    grants::revoke_of_client(conn, client_id, now).await?;
    record(conn, client_id, now).await
}

/// Sets a new secret; the old one counts until `keep_old_until`, or no longer.
/// [`StoreError::Refused`] for a public client.
pub async fn rotate_secret(
    conn: &mut Connection,
    client_id: &str,
    new_sha256: &str,
    keep_old_until: Option<Timestamp>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let rotated = sqlx::query(ROTATE_SECRET)
        .bind(client_id)
        .bind(new_sha256)
        .bind(keep_old_until.map(Timestamp::millis))
        .bind(now.millis())
        .execute(&mut *conn)
        .await?;
    if rotated.rows_affected() > 0 {
        return record(conn, client_id, now).await;
    }
    match find(conn, client_id).await? {
        Some(_) => Err(StoreError::Refused(format!(
            "the client {client_id:?} is public: it has no secret"
        ))),
        None => Ok(false),
    }
}

/// Deletes a client and keeps its id from being given out again. Its grants are refused from then on,
/// because their client is not there.
pub async fn delete(
    conn: &mut Connection,
    client_id: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let deleted = sqlx::query(DELETE).bind(client_id).execute(&mut *conn).await?;
    if deleted.rows_affected() == 0 {
        return Ok(false);
    }
    subjects::bury(conn, client_id, now).await?;
    record(conn, client_id, now).await
}

async fn replace_scopes(
    conn: &mut Connection,
    client_id: &str,
    scope: &Scope,
) -> Result<(), StoreError> {
    sqlx::query(CLEAR_SCOPES).bind(client_id).execute(&mut *conn).await?;
    for token in scope.iter() {
        let added = sqlx::query(ADD_SCOPE).bind(client_id).bind(token).execute(&mut *conn).await?;
        if added.rows_affected() == 0 {
            return Err(scopes::unknown(token));
        }
    }
    Ok(())
}

/// Tells the resource servers; the answer of a mutation that found its client.
async fn record(
    conn: &mut Connection,
    client_id: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let change = NewChange { kind: ChangeKind::Client, subject: client_id, until: None };
    changes::record(conn, now, &[change]).await?;
    Ok(true)
}

fn from_row(row: &AnyRow) -> Result<Client, StoreError> {
    Ok(Client {
        client_id: row.try_get("client_id")?,
        name: row.try_get("name")?,
        secret_sha256: row.try_get("secret_sha256")?,
        old_secret_sha256: row.try_get("old_secret_sha256")?,
        old_secret_until: row::time_option(row, "old_secret_until")?,
        grants: row.try_get::<&str, _>("grants")?.split_whitespace().map(str::to_owned).collect(),
        scopes: row::scope(row, "scopes")?,
        consent: Consent::parse(row.try_get("consent")?)?,
        resource_server: row::flag(row, "resource_server")?,
        disabled: row::flag(row, "disabled")?,
        created_at: row::time(row, "created_at")?,
        updated_at: row::time(row, "updated_at")?,
    })
}
