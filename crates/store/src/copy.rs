//! One store copied into another, empty one, of the same or the other kind.

use sqlx::{Any, AnyConnection, Transaction};

use crate::{
    Reader, SCHEMA, Store, StoreError, StoreOptions, changes,
    connect::{self, Role},
    options::Target,
    schema,
};

mod table;

use table::Table;

/// What became of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedTable {
    /// Its name.
    pub name: &'static str,
    /// How many rows it has, on both sides.
    pub rows: u64,
}

/// Why nothing was copied. Each message is one line for an operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CopyError {
    /// The store to copy.
    #[error("the database to copy: {0}")]
    Source(StoreError),
    /// The store to copy into.
    #[error("the database to copy into: {0}")]
    Target(StoreError),
    /// The source holds what this build does not know.
    #[error(
        "the database to copy has schema {found}, this program knows {SCHEMA}: \
         copy with the program that made it"
    )]
    Newer {
        /// The newest migration of the source.
        found: i64,
    },
    /// Rows of a copy would mix with what is there.
    #[error("the database to copy into is not empty: its table {table} holds {rows} rows")]
    NotEmpty {
        /// The first such table.
        table: &'static str,
        /// How many rows it holds, apart from those that every new store has.
        rows: u64,
    },
    /// The copy was undone, because it is none.
    #[error("{table}: {arrived} of {rows} rows arrived; the copy was undone")]
    Incomplete {
        /// The table.
        table: &'static str,
        /// How many rows the source has.
        rows: u64,
        /// How many rows the target would have.
        arrived: u64,
    },
}

/// Copies every table from the store at the URL `from` into `to`, which is migrated first and has to be
/// empty: every row as of one moment, in one transaction, or nothing. Programs that use the source may
/// go on; what they write after that moment is not in the copy.
pub async fn copy(from: &str, to: &StoreOptions) -> Result<Vec<CopiedTable>, CopyError> {
    // Before the target is touched: it stays as it is where there is nothing to copy.
    Reader::open(from).await.map_err(CopyError::Source)?.close().await;
    migrate(to).await.map_err(CopyError::Target)?;
    let mut source = open(from, Role::ReadOnly).await.map_err(CopyError::Source)?;
    let role = Role::Write(to.synchronous);
    let mut target = open(&to.url, role).await.map_err(CopyError::Target)?;
    let mut from = begin(&mut source, Role::ReadOnly).await.map_err(CopyError::Source)?;
    let mut into = begin(&mut target, role).await.map_err(CopyError::Target)?;
    let copied = all(&mut from, &mut into, false).await?;
    into.commit().await.map_err(StoreError::from).map_err(CopyError::Target)?;
    drop(from);
    // Whatever fails here, everything is committed.
    let _ = sqlx::Connection::close(source).await;
    let _ = sqlx::Connection::close(target).await;
    Ok(copied)
}

async fn migrate(to: &StoreOptions) -> Result<(), StoreError> {
    let store = Store::open(to).await?;
    let migrated = store.migrate().await;
    store.close().await;
    migrated.map(drop)
}

/// A connection of its own, without the limits on time that a server's connections have.
async fn open(url: &str, role: Role) -> Result<AnyConnection, StoreError> {
    match Target::parse(url)? {
        Target::Sqlite(path) => connect::sqlite(&crate::file::FileId::of(&path)?, role).await,
        Target::Postgres(options) => connect::postgres(&options).await,
    }
}

/// The source is read as of one moment, which `SQLite` promises of any transaction.
pub(crate) async fn begin(
    connection: &mut AnyConnection,
    role: Role,
) -> Result<Transaction<'_, Any>, StoreError> {
    let is_sqlite = connection.backend_name() == "SQLite";
    let begin = match (is_sqlite, role) {
        (true, Role::Write(_)) => "BEGIN IMMEDIATE",
        (true, _) => "BEGIN",
        (false, Role::Write(_)) => "BEGIN ISOLATION LEVEL READ COMMITTED",
        (false, _) => "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    };
    Ok(sqlx::Connection::begin_with(connection, begin).await?)
}

/// Copies every table. The target has to be empty, or with `replace` a database of `PostgreSQL`, whose
/// rows make room.
pub(crate) async fn all(
    from: &mut AnyConnection,
    into: &mut AnyConnection,
    replace: bool,
) -> Result<Vec<CopiedTable>, CopyError> {
    let found = schema::newest(from).await.map_err(CopyError::Source)?;
    if !schema::is_known(found) {
        return Err(CopyError::Newer { found });
    }
    // Whoever would change the target meanwhile waits for the end, and finds it full.
    if replace {
        truncate(into).await.map_err(CopyError::Target)?;
    } else {
        changes::lock(into).await.map_err(CopyError::Target)?;
        check_empty(into).await?;
    }
    let mut copied = Vec::new();
    for table in tables() {
        copied.push(table.copy(from, into).await?);
    }
    Ok(copied)
}

/// Fails if any table holds anything but what every new store begins with.
pub(crate) async fn check_empty(into: &mut AnyConnection) -> Result<(), CopyError> {
    for table in tables() {
        table.check_empty(into).await?;
    }
    Ok(())
}

fn tables() -> impl Iterator<Item = Table> {
    schema::tables().into_iter().map(Table::new)
}

/// Unlike a DELETE it locks readers out until the commit, and takes no longer for many rows.
async fn truncate(into: &mut AnyConnection) -> Result<(), StoreError> {
    let sql = format!("TRUNCATE TABLE {}", schema::tables().join(", "));
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(into).await?;
    Ok(())
}
