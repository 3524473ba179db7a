//! Where a backup goes: the configured database, empty or to be replaced, and used by nobody.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sqlx::{Row, any::AnyConnectOptions};

use super::{Prepared, RestoreError};
use crate::{
    Connection, CopyError, Store, StoreError, StoreOptions,
    backup::file,
    connect::{self, Role},
    copy,
    file::FileId,
    options::Target,
};

/// A database into which a backup may go.
#[derive(Debug)]
pub struct Place {
    options: StoreOptions,
    replace: bool,
}

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Restored {
    /// Where the database lies now that was there before.
    pub aside: Option<PathBuf>,
}

/// Sessions of other programs; the server's own helpers have no user.
const OTHER_SESSIONS: &str = "\
    SELECT count(*) AS number, min(CAST(usename AS TEXT)) AS user_name FROM pg_stat_activity \
    WHERE datname = current_database() AND usename IS NOT NULL AND pid <> pg_backend_pid()";

impl Place {
    /// Fails if the database is in use or, without `replace`, holds anything. Changes nothing.
    pub async fn check(options: &StoreOptions, replace: bool) -> Result<Self, RestoreError> {
        match Target::parse(&options.url)? {
            Target::Sqlite(path) => check_file(&real(&path), replace).await?,
            Target::Postgres(server) => check_server(&server, replace).await?,
        }
        Ok(Self { options: options.clone(), replace })
    }

    /// Where the store is to be prepared: beside the file that it will be, or else in `folder`.
    pub fn workplace(&self, folder: &Path, unique: &str) -> Result<PathBuf, StoreError> {
        Ok(match Target::parse(&self.options.url)? {
            Target::Sqlite(path) => file::sibling(&real(&path), unique),
            Target::Postgres(_) => file::sibling(&folder.join("restore"), unique),
        })
    }

    /// Where a copy of the backup is to lie meanwhile, keys and all: in `folder`, not beside the store.
    pub fn scratch(folder: &Path, unique: &str) -> PathBuf {
        file::sibling(&folder.join("backup"), unique)
    }

    /// Puts the store in place: all of it, or none. `keys` is called at the last moment at which it
    /// can still be undone, and undoes it by failing. `stamp` is a part of the name under which the
    /// file of `SQLite` goes on that was there.
    pub async fn put(
        self,
        prepared: Prepared,
        stamp: &str,
        keys: impl FnOnce() -> Result<(), String>,
    ) -> Result<Restored, RestoreError> {
        let new = prepared.finish().await?;
        match Target::parse(&self.options.url)? {
            Target::Sqlite(path) => put_file(new, &real(&path), stamp, self.replace, keys).await,
            Target::Postgres(server) => {
                migrate(&self.options).await?;
                put_rows(new, &server, self.replace, keys).await?;
                Ok(Restored { aside: None })
            }
        }
    }
}

/// The file itself and not a link to it.
fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn is_there(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.len() > 0)
}

/// A file with a write-ahead log can have another kind of journal only while nobody else has it open.
async fn check_file(path: &Path, replace: bool) -> Result<(), RestoreError> {
    if !is_there(path) {
        return Ok(());
    }
    let checked = match take(path).await {
        Ok(mut conn) => {
            let empty = if replace { Ok(()) } else { check_empty(&mut conn).await };
            give_back(conn).await;
            empty
        }
        Err(RestoreError::Store(error)) => Err(RestoreError::Unreadable(error.to_string())),
        Err(other) => Err(other),
    };
    match checked {
        Err(RestoreError::Unreadable(_)) if replace => Ok(()),
        checked => checked,
    }
}

/// Takes the file for this program alone.
async fn take(path: &Path) -> Result<Connection, RestoreError> {
    let mut conn = file::open(path, "rw").await?;
    let taken = async {
        file::set_journal(&mut conn, "PRAGMA journal_mode = DELETE").await?;
        sqlx::query("BEGIN EXCLUSIVE").execute(&mut conn).await?;
        Ok(())
    };
    match taken.await {
        Ok(()) => Ok(conn),
        Err(StoreError::Unavailable(_)) => {
            Err(RestoreError::InUse(format!("{} is open elsewhere", path.display())))
        }
        Err(error) => Err(error.into()),
    }
}

/// The same, but for a damaged one that is to be replaced: what can be known of its users is known.
async fn hold(path: &Path, replace: bool) -> Result<Option<Connection>, RestoreError> {
    match take(path).await {
        Ok(conn) => Ok(Some(conn)),
        Err(RestoreError::Store(_)) if replace => Ok(None),
        Err(error) => Err(error),
    }
}

/// Leaves the file as a server needs it.
async fn give_back(mut conn: Connection) {
    let _ = sqlx::query("ROLLBACK").execute(&mut conn).await;
    // Where this fails the next start of auth-server does it.
    let _ = file::set_journal(&mut conn, "PRAGMA journal_mode = WAL").await;
    let _ = sqlx::Connection::close(conn).await;
}

async fn check_empty(conn: &mut Connection) -> Result<(), RestoreError> {
    match copy::check_empty(conn).await {
        Err(CopyError::NotEmpty { table, rows }) => Err(RestoreError::NotEmpty { table, rows }),
        Err(CopyError::Target(error)) => Err(RestoreError::Unreadable(error.to_string())),
        other => Ok(other?),
    }
}

async fn put_file(
    new: &Path,
    path: &Path,
    stamp: &str,
    replace: bool,
    keys: impl FnOnce() -> Result<(), String>,
) -> Result<Restored, RestoreError> {
    let fault = |cause| RestoreError::File { path: path.to_owned(), cause };
    let held = if is_there(path) { hold(path, replace).await? } else { None };
    let folder = path.parent().unwrap_or(Path::new("/"));
    let model = if path.exists() { path } else { folder };
    let placed: Result<Option<PathBuf>, RestoreError> = file::give_to_owner(new, model)
        .map_err(fault)
        .and_then(|()| keys().map_err(RestoreError::Keys))
        .and_then(|()| exchange(new, path, stamp).map_err(fault));
    match (placed, held) {
        (Ok(aside), held) => {
            drop(held);
            if let Some(aside) = &aside {
                // So that `auth-server audit` can read it. What is damaged stays as it is.
                let _ = connect::switch_to_wal(aside).await;
            }
            Ok(Restored { aside })
        }
        (Err(error), Some(conn)) => {
            give_back(conn).await;
            Err(error)
        }
        (Err(error), None) => Err(error),
    }
}

/// The old file gets another name, with what lies beside it; then the new one takes its place.
fn exchange(new: &Path, path: &Path, stamp: &str) -> io::Result<Option<PathBuf>> {
    let aside = file::with_end(path, &format!(".replaced-{stamp}"));
    if fs::symlink_metadata(&aside).is_ok() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, aside.display().to_string()));
    }
    for (old, to) in file::journal_of(path).zip(file::journal_of(&aside)) {
        // SQLite would take it for the new file's.
        if old.exists() {
            fs::rename(old, to)?;
        }
    }
    if !is_there(path) {
        fs::rename(new, path)?;
        file::sync_folder_of(path)?;
        return Ok(None);
    }
    // With a link there is a file at the path at every moment.
    if fs::hard_link(path, &aside).is_err() {
        fs::rename(path, &aside)?;
    }
    fs::rename(new, path)?;
    file::sync_folder_of(path)?;
    Ok(Some(aside))
}

async fn check_server(server: &AnyConnectOptions, replace: bool) -> Result<(), RestoreError> {
    let mut conn = connect::postgres(server).await?;
    let row = sqlx::query(OTHER_SESSIONS).fetch_one(&mut conn).await.map_err(StoreError::from)?;
    let number: i64 = row.try_get("number").map_err(StoreError::from)?;
    if number > 0 {
        let user: String = row.try_get("user_name").map_err(StoreError::from)?;
        return Err(RestoreError::InUse(format!("{number} other sessions, one of \"{user}\"")));
    }
    let checked = if replace { Ok(()) } else { check_empty(&mut conn).await };
    let _ = sqlx::Connection::close(conn).await;
    match checked {
        // Without tables there are no rows.
        Err(RestoreError::Unreadable(reason)) if reason == StoreError::NotMigrated.to_string() => {
            Ok(())
        }
        checked => checked,
    }
}

async fn migrate(options: &StoreOptions) -> Result<(), StoreError> {
    let store = Store::open(options).await?;
    let migrated = store.migrate().await;
    store.close().await;
    migrated.map(drop)
}

async fn put_rows(
    new: &Path,
    server: &AnyConnectOptions,
    replace: bool,
    keys: impl FnOnce() -> Result<(), String>,
) -> Result<(), RestoreError> {
    let mut source = connect::sqlite(&FileId::of(new)?, Role::ReadOnly).await?;
    let mut target = connect::postgres(server).await?;
    let mut from = copy::begin(&mut source, Role::ReadOnly).await?;
    let mut into = copy::begin(&mut target, Role::Write(crate::Synchronous::Full)).await?;
    copy::all(&mut from, &mut into, replace).await?;
    keys().map_err(RestoreError::Keys)?;
    into.commit().await.map_err(StoreError::from)?;
    drop(from);
    // Whatever fails here, everything is committed.
    let _ = sqlx::Connection::close(source).await;
    let _ = sqlx::Connection::close(target).await;
    Ok(())
}
