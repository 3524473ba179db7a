//! The table `authorization_requests`: what clients asked for, until the user has decided.

use scopegate_core::{clock::Timestamp, scope::Scope};
use sqlx::{Row, any::AnyRow};

use crate::{Connection, StoreError, row};

/// A request whose form is good, and whose client and redirect URI belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// Random; the only thing that the browser carries.
    pub id: String,
    /// Who asks.
    pub client_id: String,
    /// Where the answer goes, character by character as it was asked for.
    pub redirect_uri: String,
    /// What is asked for.
    pub scope: Option<Scope>,
    /// What the client wants to see again, to the last byte. U+0000 has no place in a database.
    pub state: Option<String>,
    /// The S256 challenge (RFC 7636 §4.2).
    pub code_challenge: String,
    /// When it came.
    pub created_at: Timestamp,
    /// Until when the user may decide.
    pub expires_at: Timestamp,
}

const FIND: &str = "\
    SELECT id, client_id, redirect_uri, scope, state, code_challenge, created_at, expires_at \
    FROM authorization_requests WHERE id = $1 AND expires_at > $2";

const ADD: &str = "\
    INSERT INTO authorization_requests (id, client_id, redirect_uri, scope, state, \
        code_challenge, created_at, expires_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

const DELETE: &str = "DELETE FROM authorization_requests WHERE id = $1";

/// Looks a request up that still waits.
pub async fn find(
    conn: &mut Connection,
    id: &str,
    now: Timestamp,
) -> Result<Option<AuthorizationRequest>, StoreError> {
    let query = sqlx::query(FIND).bind(id).bind(now.millis());
    query.fetch_optional(conn).await?.as_ref().map(from_row).transpose()
}

/// Stores a request. [`StoreError::Refused`] if its client is gone.
pub async fn add(conn: &mut Connection, new: &AuthorizationRequest) -> Result<(), StoreError> {
    sqlx::query(ADD)
        .bind(&new.id)
        .bind(&new.client_id)
        .bind(&new.redirect_uri)
        .bind(new.scope.as_ref().map(ToString::to_string))
        .bind(new.state.as_deref())
        .bind(&new.code_challenge)
        .bind(new.created_at.millis())
        .bind(new.expires_at.millis())
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes a request away when it is decided. Of two decisions one finds it.
pub async fn delete(conn: &mut Connection, id: &str) -> Result<bool, StoreError> {
    let deleted = sqlx::query(DELETE).bind(id).execute(conn).await?;
    Ok(deleted.rows_affected() > 0)
}

fn from_row(row: &AnyRow) -> Result<AuthorizationRequest, StoreError> {
    Ok(AuthorizationRequest {
        id: row.try_get("id")?,
        client_id: row.try_get("client_id")?,
        redirect_uri: row.try_get("redirect_uri")?,
        scope: row::scope_option(row, "scope")?,
        state: row.try_get("state")?,
        code_challenge: row.try_get("code_challenge")?,
        created_at: row::time(row, "created_at")?,
        expires_at: row::time(row, "expires_at")?,
    })
}
