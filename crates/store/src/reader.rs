//! The read-only side of the store: for resource servers.

use std::{path::PathBuf, sync::Arc};

use sqlx::{Any, AnyPool, pool::PoolConnection};
use tokio::sync::Mutex;

use crate::{
    Connection, StoreError,
    connect::{self, FileId, Role},
    options::Target,
    schema,
};

/// The store, open for reading alone. Clones share everything.
#[derive(Clone)]
pub struct Reader {
    pool: AnyPool,
    /// `SQLite` only.
    watch: Option<Arc<Mutex<Watch>>>,
}

/// One connection of its own: `data_version` compares only with what the same connection said.
struct Watch {
    path: PathBuf,
    file: FileId,
    connection: Option<Connection>,
    /// How many connections there have been.
    generation: i64,
}

impl Reader {
    /// Opens a store that is there and migrated, [`StoreError::NotThere`] where it is not yet.
    /// Creates nothing.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let target = Target::parse(url)?;
        let watch = match &target {
            Target::Sqlite(path) => Some(Watch::open(path.clone()).await?),
            Target::Postgres(_) => None,
        };
        let pool = connect::pool(&target, Role::ReadOnly).await?;
        let reader = Self { pool, watch: watch.map(|watch| Arc::new(Mutex::new(watch))) };
        match reader.check().await {
            Ok(()) => Ok(reader),
            Err(error) => {
                reader.close().await;
                Err(error)
            }
        }
    }

    async fn check(&self) -> Result<(), StoreError> {
        match schema::check(&mut *self.read().await?).await {
            Err(StoreError::NotMigrated) => Err(StoreError::NotThere),
            other => other,
        }
    }

    /// A connection to read with.
    pub async fn read(&self) -> Result<PoolConnection<Any>, StoreError> {
        Ok(self.pool.acquire().await?)
    }

    /// A number that is another one whenever something was committed since the last call, cheap to
    /// ask for; `None` on `PostgreSQL`, which has no such thing.
    ///
    /// Fails when the database file was removed or replaced.
    pub async fn data_version(&self) -> Result<Option<i64>, StoreError> {
        match &self.watch {
            Some(_) if self.pool.is_closed() => Err(StoreError::closed()),
            Some(watch) => watch.lock().await.data_version().await.map(Some),
            None => Ok(None),
        }
    }

    /// Closes every connection. Later calls on any clone fail.
    pub async fn close(&self) {
        self.pool.close().await;
        if let Some(watch) = &self.watch {
            watch.lock().await.connection = None;
        }
    }
}

impl Watch {
    async fn open(path: PathBuf) -> Result<Self, StoreError> {
        let file = FileId::of(&path)?;
        if file.is_empty() {
            return Err(StoreError::NotThere);
        }
        let mut watch = Self { path, file, connection: None, generation: 0 };
        watch.data_version().await?;
        Ok(watch)
    }

    async fn data_version(&mut self) -> Result<i64, StoreError> {
        self.file.check()?;
        let connection = match &mut self.connection {
            Some(connection) => connection,
            closed @ None => {
                self.generation += 1;
                closed.insert(connect::sqlite(&self.path, Role::ReadOnly).await?)
            }
        };
        match sqlx::query_scalar::<_, i64>("PRAGMA data_version").fetch_one(connection).await {
            Ok(version) => Ok((self.generation << 32) | (version & 0xFFFF_FFFF)),
            Err(error) => {
                self.connection = None;
                Err(error.into())
            }
        }
    }
}
