//! The tables `consents` and `consent_scopes`: which apps a user has allowed what, and taking it back.

use scopegate_core::{clock::Timestamp, scope::Scope};
use sqlx::{Row, any::AnyRow};

use crate::{Connection, StoreError, codes, grants, row};

/// An app that a user has let in: by a consent that is remembered, by a grant that lives, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedApp {
    /// Its client id.
    pub client_id: String,
    /// Its name.
    pub name: String,
    /// What it was allowed, and what its living grants hold.
    pub scopes: Scope,
    /// When the consent was given, or without one when the oldest living grant was.
    pub allowed_at: Timestamp,
    /// When it last got a token for this user, as far as that is still known.
    pub last_used_at: Option<Timestamp>,
}

const FIND: &str = "\
    SELECT COALESCE((SELECT string_agg(s.scope, ' ') FROM consent_scopes s \
        WHERE s.username = c.username AND s.client_id = c.client_id), '') AS scopes \
    FROM consents c WHERE c.username = $1 AND c.client_id = $2";

const REMEMBER: &str = "\
    INSERT INTO consents (username, client_id, created_at, updated_at) VALUES ($1, $2, $3, $3) \
    ON CONFLICT (username, client_id) DO UPDATE SET updated_at = excluded.updated_at";

const HOLD: &str = "\
    UPDATE consents SET updated_at = updated_at WHERE username = $1 AND client_id = $2";

const ADD_SCOPE: &str = "\
    INSERT INTO consent_scopes (username, client_id, scope) \
    SELECT $1, $2, name FROM scopes WHERE name = $3 \
    ON CONFLICT (username, client_id, scope) DO NOTHING";

const WITHDRAW: &str = "DELETE FROM consents WHERE username = $1 AND client_id = $2";

/// `living` and `first_granted_at` are of the grants that live, the last two columns of all of them.
const APPS_OF: &str = "\
    SELECT c.client_id, c.name, a.created_at AS consented_at, \
        COALESCE((SELECT string_agg(s.scope, ' ') FROM consent_scopes s \
            WHERE s.username = a.username AND s.client_id = a.client_id), '') AS consented, \
        COALESCE(g.living, '') AS living, g.first_granted_at, g.last_granted_at, g.last_refreshed_at \
    FROM clients c \
    LEFT JOIN consents a ON a.client_id = c.client_id AND a.username = $1 \
    LEFT JOIN (SELECT client_id, \
            string_agg(CASE WHEN revoked_at IS NULL AND (expires_at > $2 OR access_until > $2) \
                THEN scope END, ' ') AS living, \
            min(CASE WHEN revoked_at IS NULL AND (expires_at > $2 OR access_until > $2) \
                THEN created_at END) AS first_granted_at, \
            max(created_at) AS last_granted_at, \
            max((SELECT max(t.issued_at) FROM refresh_tokens t WHERE t.grant_id = grants.id)) \
                AS last_refreshed_at \
        FROM grants WHERE username = $1 GROUP BY client_id) g ON g.client_id = c.client_id \
    WHERE a.client_id IS NOT NULL OR g.first_granted_at IS NOT NULL \
    ORDER BY c.name, c.client_id";

/// What the user has allowed the client; `None` if they were never asked or took it back.
pub async fn find(
    conn: &mut Connection,
    username: &str,
    client_id: &str,
) -> Result<Option<Scope>, StoreError> {
    let found = sqlx::query(FIND).bind(username).bind(client_id).fetch_optional(conn).await?;
    found.as_ref().map(|row| row::scope(row, "scopes")).transpose()
}

/// Remembers a consent, in addition to what was allowed before. [`StoreError::Refused`] if the user or
/// the client is gone; a scope that is gone is left out.
pub async fn remember(
    conn: &mut Connection,
    username: &str,
    client_id: &str,
    scope: &Scope,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(REMEMBER)
        .bind(username)
        .bind(client_id)
        .bind(now.millis())
        .execute(&mut *conn)
        .await?;
    for token in scope.iter() {
        sqlx::query(ADD_SCOPE)
            .bind(username)
            .bind(client_id)
            .bind(token)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// Whether the user allows the client at least this, now and until the job ends: a withdrawal waits
/// for it, or has come before and is seen.
pub async fn hold(
    conn: &mut Connection,
    username: &str,
    client_id: &str,
    scope: &Scope,
) -> Result<bool, StoreError> {
    let held = sqlx::query(HOLD).bind(username).bind(client_id).execute(&mut *conn).await?;
    if held.rows_affected() == 0 {
        return Ok(false);
    }
    Ok(find(conn, username, client_id).await?.is_some_and(|allowed| scope.is_subset(&allowed)))
}

/// Takes everything back that the user has let the client have: the consent, codes that wait to be
/// used, and every grant. `false` if there was nothing.
pub async fn withdraw(
    conn: &mut Connection,
    username: &str,
    client_id: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let consents = sqlx::query(WITHDRAW).bind(username).bind(client_id).execute(&mut *conn).await?;
    let codes = codes::burn_unused(conn, username, client_id).await?;
    let grants = grants::revoke_of_user_and_client(conn, username, client_id, now).await?;
    Ok(consents.rows_affected() + codes + grants > 0)
}

/// The apps that the user has let in, by name.
pub async fn apps_of(
    conn: &mut Connection,
    username: &str,
    now: Timestamp,
) -> Result<Vec<AllowedApp>, StoreError> {
    let query = sqlx::query(APPS_OF).bind(username).bind(now.millis());
    query.fetch_all(conn).await?.iter().map(from_row).collect()
}

fn from_row(row: &AnyRow) -> Result<AllowedApp, StoreError> {
    let allowed_at = row::time_option(row, "consented_at")?
        .or(row::time_option(row, "first_granted_at")?)
        .ok_or_else(|| StoreError::Corrupt("an app that nobody has let in".to_owned()))?;
    let granted_at = row::time_option(row, "last_granted_at")?;
    Ok(AllowedApp {
        client_id: row.try_get("client_id")?,
        name: row.try_get("name")?,
        scopes: row::scope(row, "consented")?.union(&row::scope(row, "living")?),
        allowed_at,
        last_used_at: granted_at.max(row::time_option(row, "last_refreshed_at")?),
    })
}
