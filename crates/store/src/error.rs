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
    /// The database cannot be reached, is locked, full, read-only or closed: try again later.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
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

/// The database's own trouble, as against a wrong statement. `SQLite` gives numbers, of which the low
/// byte is the kind; `PostgreSQL` gives five characters, of which two are the class.
fn is_outage(error: &dyn DatabaseError) -> bool {
    let Some(code) = error.code() else { return false };
    if let (Ok(number), true) = (code.parse::<u32>(), code.len() != 5) {
        // PERM, BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, FULL, CANTOPEN, PROTOCOL
        return matches!(number & 0xFF, 3 | 5 | 6 | 7 | 8 | 9 | 10 | 13 | 14 | 15);
    }
    // Connection, wrong login, no such database, rollback for another's sake, resources, not ready
    // or locked, operator, the machine; and a server that is a read-only replica.
    matches!(code.get(..2), Some("08" | "28" | "3D" | "40" | "53" | "55" | "57" | "58"))
        || code == "25006"
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::Execute(error) => error.into(),
            sqlx::migrate::MigrateError::ExecuteMigration(error, version) => match error.into() {
                Self::Unavailable(reason) => Self::Unavailable(reason),
                other => Self::Corrupt(format!("migration {version} failed: {other}")),
            },
            other => Self::Corrupt(other.to_string()),
        }
    }
}
