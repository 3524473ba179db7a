//! The read-write side of the store: auth-server's alone.

use std::{fs, io, path::Path, sync::Arc};

use sqlx::{AnyPool, any::AnyConnectOptions};

use crate::{
    Connection, JobFuture, StoreError, StoreOptions, Told, attempt,
    connect::{self, Role},
    crowd::{self, Alike, Crowds},
    file::PinnedFile,
    observe::{Observer, Reading, Teller, Writing},
    options::Target,
    schema,
    writer::Writer,
};

/// The store, open for reading and writing. Clones share everything.
///
/// On `SQLite` it uses the file that it was opened with and no other: while that is not at its path,
/// everything answers [`StoreError::Unavailable`].
#[derive(Clone)]
pub struct Store {
    pool: AnyPool,
    database: Database,
    teller: Teller,
}

/// Which kind it is, and so who writes.
#[derive(Clone)]
enum Database {
    /// One task for all.
    Sqlite { file: Arc<PinnedFile>, writer: Writer, crowds: Arc<Crowds> },
    /// Each job for itself.
    Postgres(AnyConnectOptions),
}

impl Store {
    /// Opens the store. A missing `SQLite` file is created with mode 0600, missing folders with 0700.
    /// Does not migrate.
    pub async fn open(options: &StoreOptions) -> Result<Self, StoreError> {
        Self::open_observed(options, Arc::new(|_| {})).await
    }

    /// As [`open`](Self::open), and tells somebody of every read and write.
    pub async fn open_observed(
        options: &StoreOptions,
        observer: Observer,
    ) -> Result<Self, StoreError> {
        let teller = Teller::new(observer);
        let target = Target::parse(&options.url)?;
        let (database, role) = match &target {
            Target::Sqlite(path) => {
                create(path).map_err(|reason| {
                    StoreError::Unavailable(format!("cannot create {}: {reason}", path.display()))
                })?;
                if !connect::has_wal(path) {
                    connect::switch_to_wal(path).await?;
                }
                let file = Arc::new(PinnedFile::of(path)?);
                let writer =
                    Writer::start(Arc::clone(&file), options.synchronous, teller.clone()).await?;
                (Database::Sqlite { file, writer, crowds: Arc::default() }, Role::Read)
            }
            Target::Postgres(server) => {
                (Database::Postgres(server.clone()), Role::Write(options.synchronous))
            }
        };
        let pool = connect::pool(&target, role).await?;
        let store = Self { pool, database, teller };
        store.check_file()?;
        Ok(store)
    }

    /// Runs the migrations that are missing and says how many there were. Those of a newer program
    /// are left alone, unless the store's `min_reader` lies beyond [`SCHEMA`](crate::SCHEMA).
    pub async fn migrate(&self) -> Result<usize, StoreError> {
        match self.check().await {
            Ok(()) => return Ok(0),
            Err(StoreError::NotMigrated) => {}
            Err(other) => return Err(other),
        }
        match &self.database {
            Database::Sqlite { file, .. } => schema::migrate_sqlite(file.id()).await,
            Database::Postgres(server) => schema::migrate_postgres(server).await,
        }
    }

    /// Fails unless the database answers, is migrated, and may be used by this program.
    pub async fn check(&self) -> Result<(), StoreError> {
        schema::check(&mut *self.read().await?).await
    }

    /// A connection to read with.
    pub async fn read(&self) -> Result<Reading, StoreError> {
        self.teller.read(connect::acquire(&self.pool, || self.check_file())).await
    }

    /// How many writes wait for their turn or their commit now.
    pub fn waiting_writes(&self) -> usize {
        self.teller.waiting()
    }

    /// Runs a job as one transaction, or as a part of one that is undone alone if it fails, and
    /// answers after the commit.
    ///
    /// A job does SQL and nothing else: others wait for it, and `PostgreSQL` may undo it for the sake
    /// of another one, and `SQLite` together with one that failed, upon which it is run again from its
    /// beginning. Its first statement is a write. It goes on to its end even if the caller does not wait
    /// for it.
    pub async fn write<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> JobFuture<'c, T> + Clone + Send + 'static,
    {
        self.write_told(move |conn| Box::pin(async move { Ok((job(conn).await?, Vec::new())) }))
            .await
    }

    /// As [`write`](Self::write), and in the same transaction the audit log gets the entries that
    /// the job gives back: jobs that share a transaction share the statement that writes them.
    pub async fn write_told<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> JobFuture<'c, Told<T>> + Clone + Send + 'static,
    {
        let (awaiting, writing) = (self.teller.await_write(), self.teller.write());
        let written = match &self.database {
            Database::Sqlite { writer, .. } => writer.run(job, writing).await,
            Database::Postgres(_) => self.attempt(job, writing).await,
        };
        awaiting.answered(&written);
        written
    }

    /// Does something that others may be doing at the same time: on `SQLite` all who wait for the same
    /// turn do it together, in a few statements. Otherwise as [`write_told`](Self::write_told).
    pub async fn write_alike<A: Alike>(&self, item: A) -> Result<A::Answer, StoreError> {
        let (awaiting, writing) = (self.teller.await_write(), self.teller.write());
        let written = match &self.database {
            Database::Sqlite { writer, crowds, .. } => {
                A::crowd(crowds).join(writer, item, writing).await
            }
            Database::Postgres(_) => {
                let job = self.attempt(
                    move |conn| Box::pin(async move { crowd::one(conn, &item).await }),
                    writing,
                );
                job.await
            }
        };
        awaiting.answered(&written);
        written
    }

    /// A job on `PostgreSQL`, which goes on if the caller does not wait for it.
    async fn attempt<T, F>(&self, job: F, writing: Writing) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> JobFuture<'c, Told<T>> + Clone + Send + 'static,
    {
        let pool = self.pool.clone();
        let job = tokio::spawn(async move {
            let written = attempt::write(pool, job).await;
            writing.ended(&written);
            written
        });
        job.await.unwrap_or(Err(StoreError::Panicked))
    }

    /// Finishes what is queued, moves `SQLite`'s log into its database, and closes every connection.
    /// Later calls on any clone fail.
    pub async fn close(&self) {
        if let Database::Sqlite { writer, .. } = &self.database {
            writer.close().await;
        }
        self.pool.close().await;
    }

    /// Fails while the file is not at its path.
    fn check_file(&self) -> Result<(), StoreError> {
        match &self.database {
            Database::Sqlite { file, .. } => file.check(),
            Database::Postgres(_) => Ok(()),
        }
    }
}

fn create(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(reason) if reason.kind() != io::ErrorKind::AlreadyExists => Err(reason),
        _ => Ok(()),
    }
}
