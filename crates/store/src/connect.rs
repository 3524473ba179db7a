//! Connections: made the same way everywhere, their settings set and read back.

use std::{fs::File, io::Read, path::Path, time::Duration};

use sqlx::{
    Any, AnyPool, ConnectOptions,
    any::{AnyConnectOptions, AnyPoolOptions},
    pool::PoolConnection,
};
use tokio::time::{Instant, sleep};

use crate::{
    Connection, StoreError, Synchronous,
    file::FileId,
    options::{Target, sqlite_options},
};

/// How long a statement waits for a lock, and a caller for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// Connections of a pool. `SQLite` has a thread for each.
const SQLITE_POOL: u32 = 4;
const POSTGRES_POOL: u32 = 16;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Writes, with that durability.
    Write(Synchronous),
    /// Only reads, although the file is open for writing.
    Read,
    /// Cannot write at all.
    ReadOnly,
}

/// Opens one connection to that file of `SQLite`, and to no other that lies in its place by now.
pub(crate) async fn sqlite(file: &FileId, role: Role) -> Result<Connection, StoreError> {
    sqlx::any::install_default_drivers();
    file.check()?;
    let mut connection = sqlite_options(file.path(), mode(role))?.connect().await?;
    prepare_sqlite(&mut connection, role).await?;
    file.check()?;
    Ok(connection)
}

/// Opens one connection to `PostgreSQL`, without any limit of time: for migrations.
pub(crate) async fn postgres(options: &AnyConnectOptions) -> Result<Connection, StoreError> {
    sqlx::any::install_default_drivers();
    Ok(options.connect().await?)
}

/// Opens a pool with at least one working connection.
pub(crate) async fn pool(target: &Target, role: Role) -> Result<AnyPool, StoreError> {
    sqlx::any::install_default_drivers();
    let pool = AnyPoolOptions::new().acquire_timeout(PATIENCE).test_before_acquire(false);
    let pool = match target {
        Target::Sqlite(path) => {
            let pool = pool
                .max_connections(SQLITE_POOL)
                .idle_timeout(None)
                .max_lifetime(None)
                .after_connect(move |connection, _| {
                    Box::pin(async move { prepare_sqlite(connection, role).await })
                });
            pool.connect_with(sqlite_options(path, mode(role))?).await?
        }
        Target::Postgres(options) => {
            let pool = pool
                .max_connections(POSTGRES_POOL)
                .after_connect(move |connection, _| {
                    Box::pin(async move { prepare_postgres(connection, role).await })
                })
                .before_acquire(|connection, meta| {
                    // One that was just used needs no test.
                    let idle = meta.idle_for > Duration::from_secs(1);
                    Box::pin(async move {
                        if idle {
                            sqlx::Connection::ping(connection).await?;
                        }
                        Ok(true)
                    })
                });
            pool.connect_with(options.clone()).await?
        }
    };
    Ok(pool)
}

/// A connection of the pool, which opens new ones by their path. `check` says whether that leads to
/// the right file: asked before, so that no other one is opened, and after, so that none is kept.
pub(crate) async fn acquire(
    pool: &AnyPool,
    check: impl Fn() -> Result<(), StoreError>,
) -> Result<PoolConnection<Any>, StoreError> {
    check()?;
    let connection = pool.acquire().await?;
    if let Err(error) = check() {
        // It fails no worse than it already has.
        let _ = connection.close().await;
        return Err(error);
    }
    Ok(connection)
}

/// Whether that is a file of `SQLite` without a write-ahead log, as a restore leaves it that was
/// killed, or `VACUUM INTO` makes it.
pub(crate) fn lacks_wal(path: &Path) -> bool {
    format(path) == Some(1)
}

/// Whether that is a file of `SQLite` with a write-ahead log, which it keeps for good. While a journal
/// lies beside it, that may be taken back.
pub(crate) fn has_wal(path: &Path) -> bool {
    let mut journal = path.as_os_str().to_owned();
    journal.push("-journal");
    format(path) == Some(2) && !Path::new(&journal).exists()
}

/// The version that a program must know to read the file (<https://sqlite.org/fileformat.html>), where
/// it is one of `SQLite`.
fn format(path: &Path) -> Option<u8> {
    let mut header = [0; 20];
    File::open(path).and_then(|mut file| file.read_exact(&mut header)).ok()?;
    header.starts_with(b"SQLite format 3\0").then_some(header[19])
}

/// Sees to it that a database of `SQLite` that is there has a write-ahead log.
pub async fn restore_wal(url: &str) -> Result<(), StoreError> {
    match Target::parse(url)? {
        Target::Sqlite(path) if lacks_wal(&path) => switch_to_wal(&path).await,
        _ => Ok(()),
    }
}

/// Turns the file into one with a write-ahead log. It stays one for good.
///
/// The switch needs the file for itself and `SQLite` does not wait for that, so this does.
pub(crate) async fn switch_to_wal(path: &Path) -> Result<(), StoreError> {
    sqlx::any::install_default_drivers();
    let mut connection = sqlite_options(path, "rw")?.connect().await?;
    let deadline = Instant::now() + PATIENCE;
    let mode: String = loop {
        match sqlx::query_scalar("PRAGMA journal_mode = WAL").fetch_one(&mut connection).await {
            Ok(mode) => break mode,
            Err(error) if Instant::now() > deadline => return Err(error.into()),
            Err(error) => match StoreError::from(error) {
                StoreError::Unavailable(_) => sleep(Duration::from_millis(10)).await,
                other => return Err(other),
            },
        }
    };
    sqlx::Connection::close(connection).await?;
    if mode == "wal" {
        return Ok(());
    }
    Err(StoreError::Unavailable(format!(
        "{} cannot have a write-ahead log (a network file system?)",
        path.display()
    )))
}

const fn mode(role: Role) -> &'static str {
    if matches!(role, Role::ReadOnly) { "ro" } else { "rw" }
}

async fn prepare_sqlite(connection: &mut Connection, role: Role) -> Result<(), sqlx::Error> {
    expect_pragma(connection, "PRAGMA journal_mode", "wal").await?;
    set(connection, "PRAGMA busy_timeout = 5000").await?;
    expect_pragma_number(connection, "PRAGMA busy_timeout", 5000).await?;
    // A page that is not what it was is found out when it is read, at no cost that one could measure.
    set(connection, "PRAGMA cell_size_check = ON").await?;
    expect_pragma_number(connection, "PRAGMA cell_size_check", 1).await?;
    set(connection, "PRAGMA foreign_keys = ON").await?;
    expect_pragma_number(connection, "PRAGMA foreign_keys", 1).await?;
    if matches!(role, Role::Write(_)) {
        // Rows with random keys change pages all over the file: the more of them a checkpoint finds
        // changed more than once, and the fewer have to be read again, the better.
        set(connection, "PRAGMA wal_autocheckpoint = 4000").await?;
        set(connection, "PRAGMA cache_size = -8000").await?;
    }
    match role {
        Role::Write(Synchronous::Full) => {
            set(connection, "PRAGMA synchronous = FULL").await?;
            expect_pragma_number(connection, "PRAGMA synchronous", 2).await
        }
        Role::Write(Synchronous::Normal) => {
            set(connection, "PRAGMA synchronous = NORMAL").await?;
            expect_pragma_number(connection, "PRAGMA synchronous", 1).await
        }
        Role::Read | Role::ReadOnly => {
            set(connection, "PRAGMA query_only = ON").await?;
            expect_pragma_number(connection, "PRAGMA query_only", 1).await
        }
    }
}

/// Bounds on what one connection can hold up, the last of them for one whose program has gone
/// without a word. The isolation is what every conditional write counts on: a statement that waited
/// for a row looks at it anew.
const POSTGRES: &str = "\
    SET lock_timeout = '5s'; SET statement_timeout = '10s'; \
    SET idle_in_transaction_session_timeout = '10s'; \
    SET default_transaction_isolation = 'read committed'";

async fn prepare_postgres(connection: &mut Connection, role: Role) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(POSTGRES).execute(&mut *connection).await?;
    if role == Role::ReadOnly {
        set(connection, "SET default_transaction_read_only = on").await?;
    }
    Ok(())
}

async fn set(connection: &mut Connection, sql: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query(sql).execute(connection).await.map(drop)
}

async fn expect_pragma(
    connection: &mut Connection,
    sql: &'static str,
    expected: &str,
) -> Result<(), sqlx::Error> {
    let found: String = sqlx::query_scalar(sql).fetch_one(connection).await?;
    check_pragma(sql, &found, expected)
}

async fn expect_pragma_number(
    connection: &mut Connection,
    sql: &'static str,
    expected: i64,
) -> Result<(), sqlx::Error> {
    let found: i64 = sqlx::query_scalar(sql).fetch_one(connection).await?;
    check_pragma(sql, &found.to_string(), &expected.to_string())
}

fn check_pragma(sql: &str, found: &str, expected: &str) -> Result<(), sqlx::Error> {
    if found == expected {
        return Ok(());
    }
    Err(sqlx::Error::Protocol(format!("{sql} gives {found} where {expected} was set")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_tells_whether_it_has_a_write_ahead_log() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let log = || (has_wal(&path), lacks_wal(&path));
        assert_eq!(log(), (false, false), "no file");
        File::create(&path).unwrap();
        assert_eq!(log(), (false, false), "an empty one");
        sqlx::any::install_default_drivers();
        let mut connection = sqlite_options(&path, "rw").unwrap().connect().await.unwrap();
        set(&mut connection, "CREATE TABLE t (a TEXT)").await.unwrap();
        sqlx::Connection::close(connection).await.unwrap();
        assert_eq!(log(), (false, true), "a journal");
        switch_to_wal(&path).await.unwrap();
        assert_eq!(log(), (true, false), "a write-ahead log");
        File::create(folder.path().join("store.db-journal")).unwrap();
        assert_eq!(log(), (false, false), "one whose making was cut short");
    }
}
