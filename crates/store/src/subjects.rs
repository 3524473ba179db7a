//! The table `subjects`: one namespace for users and clients, in which no name is given out twice.

use scopegate_core::clock::Timestamp;
use sqlx::{Row, any::AnyRow};

use crate::{Connection, StoreError, row};

/// A name that was given out, once and for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The username or client id.
    pub name: String,
    /// Whose name it is.
    pub kind: SubjectKind,
    /// When it was given out.
    pub created_at: Timestamp,
    /// When its bearer was deleted.
    pub deleted_at: Option<Timestamp>,
}

/// Whose name it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectKind {
    /// A user's.
    User,
    /// A client's.
    Client,
}

const FIND: &str = "SELECT name, kind, created_at, deleted_at FROM subjects WHERE name = $1";

const CLAIM: &str = "INSERT INTO subjects (name, kind, created_at) VALUES ($1, $2, $3) \
    ON CONFLICT (name) DO NOTHING";

const BURY: &str = "UPDATE subjects SET deleted_at = $2 WHERE name = $1 AND deleted_at IS NULL";

/// Looks a name up, also one whose bearer was deleted.
pub async fn find(conn: &mut Connection, name: &str) -> Result<Option<Subject>, StoreError> {
    sqlx::query(FIND).bind(name).fetch_optional(conn).await?.as_ref().map(from_row).transpose()
}

/// Gives a name out; [`StoreError::Conflict`] if it ever was before.
pub(crate) async fn claim(
    conn: &mut Connection,
    name: &str,
    kind: SubjectKind,
    now: Timestamp,
) -> Result<(), StoreError> {
    let claimed =
        sqlx::query(CLAIM).bind(name).bind(kind.as_str()).bind(now.millis()).execute(conn).await?;
    if claimed.rows_affected() == 0 {
        return Err(StoreError::Conflict(format!(
            "the name {name:?} is taken, or was once: no name is given out twice"
        )));
    }
    Ok(())
}

/// Notes that the bearer of the name was deleted.
pub(crate) async fn bury(
    conn: &mut Connection,
    name: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(BURY).bind(name).bind(now.millis()).execute(conn).await?;
    Ok(())
}

fn from_row(row: &AnyRow) -> Result<Subject, StoreError> {
    Ok(Subject {
        name: row.try_get("name")?,
        kind: SubjectKind::parse(row.try_get("kind")?)?,
        created_at: row::time(row, "created_at")?,
        deleted_at: row::time_option(row, "deleted_at")?,
    })
}

impl SubjectKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Client => "client",
        }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        match text {
            "user" => Ok(Self::User),
            "client" => Ok(Self::Client),
            other => Err(StoreError::Corrupt(format!("a subject of kind {other:?}"))),
        }
    }
}
