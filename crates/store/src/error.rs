//! What can go wrong with the store, sorted by what a caller does about it.

use sqlx::error::{DatabaseError, ErrorKind};

/// Why the store did not do what it was asked. Each message is one line for an operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no database yet, or nothing has been set up in it: wait.
    #[error("the database is not there yet: auth-server creates and migrates it")]
    NotThere,
    /// Migrations that this program needs have not been run.
    #[error("the database is not migrated: run `auth-server migrate`")]
    NotMigrated,
    /// The schema is newer than this program may use.
    #[error(
        "the database asks for a program that knows schema {needs}, this one knows {has}: upgrade it"
    )]
    SchemaTooNew {
        /// The store's `min_reader`.
        needs: i64,
        /// The newest migration that this program knows.
        has: i64,
    },
    /// The database URL cannot be used.
    #[error("bad database URL: {0}")]
    Url(String),
    /// The database cannot be reached, is locked, full or closed: try again later.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The file may be read and not written: a mode, or a file system that became read-only.
    #[error("the database cannot be written: {0}")]
    ReadOnly(String),
    /// The file is there and is not what was written: a broken disk, or somebody's copy over it. What
    /// it answers is not to be trusted, so nothing may be concluded from it about anybody.
    #[error("the database is damaged, stop and restore a backup: {0}")]
    Damaged(String),
    /// The database ended the transaction for the sake of another one; nothing of it is kept. A write
    /// is run again a few times before anybody hears of it.
    #[error("the database is too busy: {0}")]
    Yielded(String),
    /// The name is taken.
    #[error("{0}")]
    Conflict(String),
    /// A rule forbids it.
    #[error("{0}")]
    Refused(String),
    /// The database holds or answers something that it never should.
    #[error("unexpected answer of the database: {0}")]
    Corrupt(String),
    /// A job panicked; what it had written was rolled back.
    #[error("a write panicked and was rolled back")]
    Panicked,
}

impl StoreError {
    /// Whether trying again later may help: 503 instead of 500.
    pub const fn is_unavailable(&self) -> bool {
        matches!(
            self,
            Self::NotThere
                | Self::NotMigrated
                | Self::SchemaTooNew { .. }
                | Self::Unavailable(_)
                | Self::ReadOnly(_)
                | Self::Damaged(_)
                | Self::Yielded(_)
        )
    }

    pub(crate) fn closed() -> Self {
        Self::Unavailable("the store is closed".to_owned())
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => from_database(error.as_ref()),
            sqlx::Error::Configuration(reason) => Self::Url(reason.to_string()),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::BeginFailed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error.to_string()),
            other => Self::Corrupt(other.to_string()),
        }
    }
}

fn from_database(error: &dyn DatabaseError) -> StoreError {
    let message = error.message().to_owned();
    match error.kind() {
        ErrorKind::UniqueViolation => StoreError::Conflict(format!("already there: {message}")),
        ErrorKind::ForeignKeyViolation => {
            StoreError::Refused(format!("names something that is not there: {message}"))
        }
        _ if has_yielded(error) => StoreError::Yielded(message),
        _ if is_missing_table(error) => StoreError::NotMigrated,
        _ if is_damage(error) => StoreError::Damaged(message),
        _ if is_read_only(error) => StoreError::ReadOnly(message),
        _ if is_outage(error) => StoreError::Unavailable(message),
        _ => StoreError::Corrupt(message),
    }
}

fn is_missing_table(error: &dyn DatabaseError) -> bool {
    // SQLite has no code of its own for it.
    error.code().as_deref() == Some("42P01") || error.message().starts_with("no such table")
}

/// Serialization failure and deadlock: `PostgreSQL` has undone the transaction for certain.
fn has_yielded(error: &dyn DatabaseError) -> bool {
    matches!(error.code().as_deref(), Some("40001" | "40P01"))
}

/// CORRUPT and NOTADB of `SQLite`, or a broken page or index of `PostgreSQL`.
fn is_damage(error: &dyn DatabaseError) -> bool {
    matches!(sqlite_kind(error), Some(11 | 26))
        || matches!(error.code().as_deref(), Some("XX001" | "XX002"))
}

/// READONLY of `SQLite`, or a replica of `PostgreSQL` that takes no writes.
fn is_read_only(error: &dyn DatabaseError) -> bool {
    sqlite_kind(error) == Some(8) || error.code().as_deref() == Some("25006")
}

/// The database's own trouble, as against a wrong statement. `PostgreSQL` gives five characters, of
/// which two are the class.
fn is_outage(error: &dyn DatabaseError) -> bool {
    if let Some(kind) = sqlite_kind(error) {
        // PERM, BUSY, LOCKED, NOMEM, INTERRUPT, IOERR, FULL, CANTOPEN, PROTOCOL
        return matches!(kind, 3 | 5 | 6 | 7 | 9 | 10 | 13 | 14 | 15);
    }
    // Connection, wrong login, no such database, rollback for another's sake, resources, not ready
    // or locked, operator, the machine.
    let code = error.code();
    let class = code.as_deref().and_then(|code| code.get(..2));
    matches!(class, Some("08" | "28" | "3D" | "40" | "53" | "55" | "57" | "58"))
}

/// The kind of an error of `SQLite`, which is the low byte of its number.
fn sqlite_kind(error: &dyn DatabaseError) -> Option<u32> {
    let code = error.code().filter(|code| code.len() != 5)?;
    code.parse::<u32>().ok().map(|number| number & 0xFF)
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::Execute(error) => error.into(),
            sqlx::migrate::MigrateError::ExecuteMigration(error, version) => {
                match Self::from(error) {
                    passing if passing.is_unavailable() => passing,
                    other => Self::Corrupt(format!("migration {version} failed: {other}")),
                }
            }
            other => Self::Corrupt(other.to_string()),
        }
    }
}
