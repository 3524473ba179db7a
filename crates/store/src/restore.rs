//! A backup becomes a store again: judged, prepared beside, and put in place at once or not at all.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    Connection, CopyError, SCHEMA, Store, StoreError, StoreOptions, Synchronous,
    backup::{
        About, CarriedFile, file,
        manifest::{self, Manifest},
    },
    condition, meta, schema, sqlite_url,
};

mod place;
mod shape;

pub use place::{Place, Restored};

/// Why nothing was restored. Each message is one line for an operator.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// A file cannot be read or written.
    #[error("{}: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The file is something else.
    #[error("{} is no backup: {reason}", path.display())]
    NoBackup {
        /// The file.
        path: PathBuf,
        /// What it looks like.
        reason: String,
    },
    /// It is not what was written once.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// It holds what this build does not know.
    #[error("the backup has schema {found}, this program knows {SCHEMA}: restore with a newer one")]
    Newer {
        /// Its newest migration.
        found: i64,
    },
    /// Somebody uses the store that is to be replaced.
    #[error("the database is in use ({0}): stop auth-server and resource-api first")]
    InUse(String),
    /// The store holds something.
    #[error(
        "the database is not empty: its table {table} holds {rows} rows; --replace puts the \
         backup in its place"
    )]
    NotEmpty {
        /// The first such table.
        table: &'static str,
        /// How many rows it holds, apart from those that every new store has.
        rows: u64,
    },
    /// What is there cannot be read.
    #[error(
        "the database that is there cannot be read ({0}); --replace puts the backup in its place"
    )]
    Unreadable(String),
    /// The keys that go with the store.
    #[error("{0}")]
    Keys(String),
    /// The rows did not arrive.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A backup that can be restored.
#[derive(Debug)]
pub struct Backup {
    path: PathBuf,
    about: About,
    files: Vec<CarriedFile>,
    server_key: Option<String>,
}

/// The store as it will be, in a file that nobody uses yet. Dropped, it is gone.
pub struct Prepared {
    path: PathBuf,
    store: Store,
}

impl Backup {
    /// Reads a backup, and looks whether it is whole.
    pub async fn open(path: &Path) -> Result<Self, RestoreError> {
        let fault = |cause| RestoreError::File { path: path.to_owned(), cause };
        if !fs::metadata(path).map_err(fault)?.is_file() {
            return Err(no_backup(path, "it is no file"));
        }
        let mut conn = file::open(path, "ro").await?;
        shape::distrust(&mut conn).await?;
        let tables = check_shape(&mut conn, path).await?;
        let manifest = read_manifest(&mut conn, path).await?;
        check_whole(&mut conn, path, &manifest, &tables).await?;
        let server_key = meta::find(&mut conn, "server_key").await?;
        let (about, files) = (manifest.about, manifest.files);
        let _ = sqlx::Connection::close(conn).await;
        Ok(Self { path: path.to_owned(), about, files, server_key })
    }

    /// When it was made, and by which version.
    pub const fn about(&self) -> &About {
        &self.about
    }

    /// The files that go with it.
    pub fn files(&self) -> &[CarriedFile] {
        &self.files
    }

    /// The fingerprint of the server key that its rows were made with.
    pub fn server_key(&self) -> Option<&str> {
        self.server_key.as_deref()
    }

    /// Makes a store of it at that path, brought up to this version's schema. The keys are never there,
    /// but in a copy at `scratch`, which goes away again.
    pub async fn prepare(&self, at: &Path, scratch: &Path) -> Result<Prepared, RestoreError> {
        let guard = Leftover(at.to_owned());
        self.strip(at, scratch).await?;
        let mut conn = file::open(at, "rw").await?;
        file::set_journal(&mut conn, "PRAGMA journal_mode = WAL").await?;
        sqlx::Connection::close(conn).await.map_err(StoreError::from)?;
        let options = StoreOptions { url: sqlite_url(at), synchronous: Synchronous::Normal };
        let store = Store::open(&options).await?;
        store.migrate().await?;
        std::mem::forget(guard);
        Ok(Prepared { path: at.to_owned(), store })
    }

    /// Copies its rows, but not what only a backup has.
    async fn strip(&self, to: &Path, scratch: &Path) -> Result<(), RestoreError> {
        let fault = |cause| RestoreError::File { path: scratch.to_owned(), cause };
        let _guard = Leftover(scratch.to_owned());
        copy_file(&self.path, scratch).await.map_err(fault)?;
        let mut conn = file::open(scratch, "rw").await?;
        manifest::remove(&mut conn).await?;
        file::create(to).map_err(|cause| RestoreError::File { path: to.to_owned(), cause })?;
        let copied = file::vacuum(&mut conn, to).await;
        let _ = sqlx::Connection::close(conn).await;
        Ok(copied?)
    }
}

impl Prepared {
    /// The store, for what is to be changed in it before anybody sees it.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The path of the finished file, with nothing left beside it.
    async fn finish(&self) -> Result<&Path, RestoreError> {
        self.store.close().await;
        let fault = |cause| RestoreError::File { path: self.path.clone(), cause };
        if file::journal_of(&self.path).any(|path| path.exists()) {
            let reason = "its log was not moved into it".to_owned();
            return Err(StoreError::Unavailable(reason).into());
        }
        file::sync(&self.path).map_err(fault)?;
        Ok(&self.path)
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        // It is in place by now, or nobody wants it.
        drop(Leftover(std::mem::take(&mut self.path)));
    }
}

/// A file that goes away with everything beside it.
struct Leftover(PathBuf);

impl Drop for Leftover {
    fn drop(&mut self) {
        for path in std::iter::once(self.0.clone()).chain(file::journal_of(&self.0)) {
            let _ = fs::remove_file(path);
        }
    }
}

/// Fails unless the file has the schema of a backup and nothing beside it, and answers with the tables
/// of its store. Before that, no name in it leads to anything that can be trusted to be a table.
async fn check_shape(conn: &mut Connection, path: &Path) -> Result<BTreeSet<String>, RestoreError> {
    let objects = shape::read(conn).await.map_err(|error| unread(path, &error))?;
    if let Some(object) = objects.iter().find(|object| !object.is_plain()) {
        return Err(no_backup(path, &format!("it holds a {}", object.told())));
    }
    if !objects.iter().any(|object| object.name == "backup") {
        return Err(unread(path, &StoreError::NotMigrated));
    }
    let found = schema::newest(conn).await.map_err(|error| unread(path, &error))?;
    if found > SCHEMA {
        return Err(RestoreError::Newer { found });
    }
    let expected = shape::of_schema(found).await?;
    match shape::difference(&objects, &expected) {
        Some(reason) => Err(no_backup(path, &reason)),
        None => Ok(shape::tables(&expected).into_iter().map(str::to_owned).collect()),
    }
}

async fn read_manifest(conn: &mut Connection, path: &Path) -> Result<Manifest, RestoreError> {
    match manifest::read(conn).await {
        Ok(Some(manifest)) => Ok(manifest),
        Ok(None) => Err(no_backup(path, "it is of another kind")),
        Err(error) => Err(unread(path, &error)),
    }
}

/// What a file is that cannot be read.
fn unread(path: &Path, error: &StoreError) -> RestoreError {
    match error {
        StoreError::NotMigrated => {
            no_backup(path, "a database without the marks of `auth-server backup`")
        }
        StoreError::Damaged(reason) if reason.contains("not a database") => {
            no_backup(path, "it is no database")
        }
        error => damaged(path, error),
    }
}

/// Fails unless the file is sound and has every row that was written down, of these tables.
async fn check_whole(
    conn: &mut Connection,
    path: &Path,
    manifest: &Manifest,
    tables: &BTreeSet<String>,
) -> Result<(), RestoreError> {
    if !manifest.tables.iter().map(|(name, _)| name).eq(tables) {
        return Err(damaged(path, &"it does not say how many rows each table holds"));
    }
    let damages = condition::damages(conn).await.map_err(|error| damaged(path, &error))?;
    if let Some(first) = damages.first() {
        return Err(damaged(path, first));
    }
    for (table, rows) in &manifest.tables {
        let found = manifest::count(conn, table).await;
        let found = found.map_err(|error| damaged(path, &error))?;
        if found != *rows {
            return Err(damaged(path, &format!("{found} of {rows} rows of {table}")));
        }
    }
    Ok(())
}

/// The content alone: the copy is for its owner only, whoever may read the backup.
async fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let (from, to) = (from.to_owned(), to.to_owned());
    let copied = tokio::task::spawn_blocking(move || {
        file::create(&to)?;
        let mut from = fs::File::open(from)?;
        let mut to = fs::OpenOptions::new().write(true).open(to)?;
        io::copy(&mut from, &mut to).map(drop)
    });
    copied.await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

fn no_backup(path: &Path, reason: &str) -> RestoreError {
    RestoreError::NoBackup { path: path.to_owned(), reason: reason.to_owned() }
}

fn damaged(path: &Path, reason: &impl ToString) -> RestoreError {
    RestoreError::Damaged { path: path.to_owned(), reason: reason.to_string() }
}
