//! The table `scopes`: what can be granted at all.

use scopegate_core::{clock::Timestamp, scope::Scope};
use sqlx::{Row, any::AnyRow};

use crate::{Connection, StoreError, row};

/// One scope token with the sentence that a user reads before consenting to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeEntry {
    /// The token.
    pub name: String,
    /// What it opens.
    pub description: String,
    /// When it was added.
    pub created_at: Timestamp,
}

const LIST: &str = "SELECT name, description, created_at FROM scopes ORDER BY name";

const NAMES: &str = "SELECT name FROM scopes";

const ADD: &str = "INSERT INTO scopes (name, description, created_at) VALUES ($1, $2, $3) \
    ON CONFLICT (name) DO NOTHING";

const SET: &str = "UPDATE scopes SET description = $2 WHERE name = $1";

/// Which clients have lost a scope shows no more once it is deleted, so none is what it was.
const TOUCH_CLIENTS: &str = "UPDATE clients SET updated_at = updated_at + 1";

const DELETE: &str = "DELETE FROM scopes WHERE name = $1";

/// All scopes, by name.
pub async fn list(conn: &mut Connection) -> Result<Vec<ScopeEntry>, StoreError> {
    sqlx::query(LIST).fetch_all(conn).await?.iter().map(from_row).collect()
}

/// The tokens of that scope which do not exist.
pub async fn find_unknown(conn: &mut Connection, scope: &Scope) -> Result<Vec<String>, StoreError> {
    if scope.is_empty() {
        return Ok(Vec::new());
    }
    let known: Vec<String> = sqlx::query_scalar(NAMES).fetch_all(conn).await?;
    Ok(scope.iter().filter(|token| !known.iter().any(|k| k == token)).map(str::to_owned).collect())
}

/// Adds a scope; [`StoreError::Conflict`] if it exists.
pub async fn add(
    conn: &mut Connection,
    name: &str,
    description: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let added =
        sqlx::query(ADD).bind(name).bind(description).bind(now.millis()).execute(conn).await?;
    if added.rows_affected() == 0 {
        return Err(StoreError::Conflict(format!("the scope {name:?} is there already")));
    }
    Ok(())
}

/// Sets the description.
pub async fn set(conn: &mut Connection, name: &str, description: &str) -> Result<bool, StoreError> {
    let set = sqlx::query(SET).bind(name).bind(description).execute(conn).await?;
    Ok(set.rows_affected() > 0)
}

/// Deletes a scope and takes it from every user and client. Tokens keep it until they expire.
pub async fn delete(conn: &mut Connection, name: &str) -> Result<bool, StoreError> {
    let deleted = sqlx::query(DELETE).bind(name).execute(&mut *conn).await?;
    if deleted.rows_affected() == 0 {
        return Ok(false);
    }
    // Afterwards: from the deletion on, nobody can give the scope to a client any more.
    sqlx::query(TOUCH_CLIENTS).execute(conn).await?;
    Ok(true)
}

/// The refusal for a token that does not exist.
pub(crate) fn unknown(name: &str) -> StoreError {
    StoreError::Refused(format!("there is no scope {name:?}"))
}

fn from_row(row: &AnyRow) -> Result<ScopeEntry, StoreError> {
    Ok(ScopeEntry {
        name: row.try_get("name")?,
        description: row.try_get("description")?,
        created_at: row::time(row, "created_at")?,
    })
}
