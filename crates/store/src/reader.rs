//! The read-only side of the store: for resource servers.

use std::{path::Path, sync::Arc};

use sqlx::{Any, AnyPool, pool::PoolConnection};
use tokio::sync::Mutex;

use crate::{
    Connection, StoreError,
    connect::{self, Role},
    file::FileId,
    options::Target,
    schema,
};

/// The store, open for reading alone. Clones share everything.
///
/// On `SQLite` it uses the file that it was opened with and no other, as [`Store`](crate::Store) does.
#[derive(Clone)]
pub struct Reader {
    pool: AnyPool,
    /// `SQLite` only.
    watch: Option<Arc<Watch>>,
}

struct Watch {
    file: FileId,
    versions: Mutex<Versions>,
}

/// One connection of its own: `data_version` compares only with what the same connection said.
#[derive(Default)]
struct Versions {
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
            Target::Sqlite(path) => Some(Arc::new(Watch::open(path).await?)),
            Target::Postgres(_) => None,
        };
        let pool = connect::pool(&target, Role::ReadOnly).await?;
        let reader = Self { pool, watch };
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
        let check = || self.watch.as_ref().map_or(Ok(()), |watch| watch.file.check());
        connect::acquire(&self.pool, check).await
    }

    /// A number that is another one whenever something was committed since the last call, cheap to
    /// ask for; `None` on `PostgreSQL`, which has no such thing.
    ///
    /// Fails when the database file was removed or replaced.
    pub async fn data_version(&self) -> Result<Option<i64>, StoreError> {
        match &self.watch {
            Some(_) if self.pool.is_closed() => Err(StoreError::closed()),
            Some(watch) => watch.data_version().await.map(Some),
            None => Ok(None),
        }
    }

    /// Closes every connection. Later calls on any clone fail.
    pub async fn close(&self) {
        self.pool.close().await;
        if let Some(watch) = &self.watch {
            watch.versions.lock().await.connection = None;
        }
    }
}

impl Watch {
    async fn open(path: &Path) -> Result<Self, StoreError> {
        let file = FileId::of(path)?;
        if file.is_empty() {
            return Err(StoreError::NotThere);
        }
        if connect::lacks_wal(path) {
            let path = path.display();
            let reason = format!("{path} has no write-ahead log: start auth-server once");
            return Err(StoreError::Unavailable(reason));
        }
        let watch = Self { file, versions: Mutex::default() };
        watch.data_version().await?;
        Ok(watch)
    }

    async fn data_version(&self) -> Result<i64, StoreError> {
        self.file.check()?;
        let mut guard = self.versions.lock().await;
        let versions = &mut *guard;
        let connection = match &mut versions.connection {
            Some(connection) => connection,
            closed @ None => {
                versions.generation += 1;
                closed.insert(connect::sqlite(&self.file, Role::ReadOnly).await?)
            }
        };
        match sqlx::query_scalar::<_, i64>("PRAGMA data_version").fetch_one(connection).await {
            Ok(version) => Ok((versions.generation << 32) | (version & 0xFFFF_FFFF)),
            Err(error) => {
                versions.connection = None;
                Err(error.into())
            }
        }
    }
}
