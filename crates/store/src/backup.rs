//! A whole store in one file: what it holds beside the tables, and how it is made.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use scopegate_core::clock::Timestamp;

use crate::{
    Connection, CopiedTable, CopyError, Reader, SCHEMA, StoreError, StoreOptions, Synchronous,
    condition, copy, options::Target, schema, sqlite_url,
};

pub(crate) mod file;
pub(crate) mod manifest;

pub use manifest::{About, CarriedFile};

/// Why there is no backup. Each message is one line for an operator.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Something lies there already.
    #[error("{} is there already; a backup replaces nothing", .0.display())]
    Exists(PathBuf),
    /// The file cannot be written.
    #[error("{}: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store cannot be copied.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// What was written is not what it should be.
    #[error("the backup was not kept: {0}")]
    Unsound(String),
}

/// A copy of the store as of one moment, under another name than the backup will have. Dropped, it is
/// gone.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    to: PathBuf,
}

impl Draft {
    /// Copies the store at the URL `from`. Programs that use it go on, reading and writing; what they
    /// write after the moment of the copy is not in it. `unique` keeps two drafts apart.
    pub async fn take(from: &str, to: &Path, unique: &str) -> Result<Self, BackupError> {
        if fs::symlink_metadata(to).is_ok() {
            return Err(BackupError::Exists(to.to_owned()));
        }
        Reader::open(from).await?.close().await;
        let path = file::sibling(to, unique);
        let fault = |cause| BackupError::File { path: to.to_owned(), cause };
        file::create(&path).map_err(fault)?;
        // From here on the draft is taken away where anything fails.
        let draft = Self { path, to: to.to_owned() };
        match Target::parse(from)? {
            Target::Sqlite(source) => vacuum(&source, &draft.path).await?,
            Target::Postgres(_) => {
                let url = sqlite_url(&draft.path);
                copy(from, &StoreOptions { url, synchronous: Synchronous::Normal }).await?;
            }
        }
        draft.settle().await?;
        Ok(draft)
    }

    /// A connection to the copy, to read with: what is in it does not change any more.
    pub async fn read(&self) -> Result<Connection, StoreError> {
        file::open(&self.path, "rw").await
    }

    /// Writes down what the backup is and the files that go with it, looks whether all is sound, and
    /// only then gives the file its name. Answers with the rows of each table.
    pub async fn finish(
        self,
        about: &About,
        files: &[CarriedFile],
    ) -> Result<Vec<CopiedTable>, BackupError> {
        let tables = self.write(about, files).await?;
        let fault = |cause| BackupError::File { path: self.to.clone(), cause };
        file::sync(&self.path).map_err(fault)?;
        match file::publish(&self.path, &self.to) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(BackupError::Exists(self.to.clone()))
            }
            published => published.map_err(fault).map(|()| tables),
        }
    }

    /// Makes one file of it: without a log beside it.
    async fn settle(&self) -> Result<(), StoreError> {
        let mut conn = self.read().await?;
        file::set_journal(&mut conn, "PRAGMA journal_mode = DELETE").await?;
        Ok(sqlx::Connection::close(conn).await?)
    }

    async fn write(
        &self,
        about: &About,
        files: &[CarriedFile],
    ) -> Result<Vec<CopiedTable>, BackupError> {
        let mut conn = self.read().await?;
        let found = schema::newest(&mut conn).await?;
        if found != SCHEMA {
            return Err(CopyError::Newer { found }.into());
        }
        let tables = manifest::write(&mut conn, about, files).await?;
        let damages = condition::damages(&mut conn).await?;
        sqlx::Connection::close(conn).await.map_err(StoreError::from)?;
        match damages.first() {
            None => Ok(tables),
            Some(first) => Err(BackupError::Unsound(first.clone())),
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // It has its own name by now, or nobody wants it.
        for path in std::iter::once(self.path.clone()).chain(file::journal_of(&self.path)) {
            let _ = fs::remove_file(path);
        }
    }
}

/// `SQLite` reads as of one moment and stops no writer; the copy has no gaps.
async fn vacuum(source: &Path, into: &Path) -> Result<(), BackupError> {
    let mut conn = file::open(source, "rw").await?;
    let copied = file::vacuum(&mut conn, into).await;
    let _ = sqlx::Connection::close(conn).await;
    Ok(copied?)
}

/// The year 10000, in milliseconds.
const LATEST: i64 = 253_402_300_800_000;

/// The moment at which a backup was made, in words that sort.
pub(crate) fn parse_moment(text: &str) -> Option<Timestamp> {
    let millis = text.parse().ok().filter(|millis| (0..LATEST).contains(millis));
    millis.map(Timestamp::from_millis)
}
