//! The tables that only a backup has: what it is, how many rows it holds, the files that go with it.

use std::fmt;

use scopegate_core::clock::Timestamp;
use sqlx::{AssertSqlSafe, Row};
use zeroize::Zeroizing;

use super::parse_moment;
use crate::{Connection, CopiedTable, StoreError, schema};

/// The kind of backup that this build writes and reads.
const FORMAT: &str = "1";

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// When it was made.
    pub made_at: Timestamp,
    /// By which version of the program.
    pub program: String,
}

/// A file that goes with the tables: a key.
#[derive(Clone, PartialEq, Eq)]
pub struct CarriedFile {
    /// Which one; whoever wrote it knows where it belongs.
    pub name: String,
    /// What is in it, as text.
    pub content: Zeroizing<String>,
}

/// What a backup holds beside the store's own tables.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub(crate) about: About,
    pub(crate) tables: Vec<(String, i64)>,
    pub(crate) files: Vec<CarriedFile>,
}

const CREATE: [&str; 3] = [
    "CREATE TABLE backup (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE backup_tables (name TEXT NOT NULL PRIMARY KEY, rows BIGINT NOT NULL)",
    "CREATE TABLE backup_files (name TEXT NOT NULL PRIMARY KEY, content TEXT NOT NULL)",
];

const DROP: [&str; 3] =
    ["DROP TABLE backup", "DROP TABLE backup_tables", "DROP TABLE backup_files"];

const PUT: &str = "INSERT INTO backup (name, value) VALUES ($1, $2)";

const FIND: &str = "SELECT value FROM backup WHERE name = $1";

const PUT_TABLE: &str = "INSERT INTO backup_tables (name, rows) VALUES ($1, $2)";

const TABLES: &str = "SELECT name, rows FROM backup_tables ORDER BY name";

const PUT_FILE: &str = "INSERT INTO backup_files (name, content) VALUES ($1, $2)";

const FILES: &str = "SELECT name, content FROM backup_files ORDER BY name";

/// Makes the tables.
pub(crate) async fn create(conn: &mut Connection) -> Result<(), StoreError> {
    for statement in CREATE {
        sqlx::query(statement).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Whether a table is one of those that only a backup has.
pub(crate) fn is_own(table: &str) -> bool {
    ["backup", "backup_tables", "backup_files"].contains(&table)
}

/// Writes all of it, in one transaction.
pub(crate) async fn write(
    conn: &mut Connection,
    about: &About,
    files: &[CarriedFile],
) -> Result<Vec<CopiedTable>, StoreError> {
    let mut transaction = sqlx::Connection::begin(conn).await?;
    create(&mut transaction).await?;
    let made_at = about.made_at.millis().to_string();
    for (name, value) in
        [("format", FORMAT), ("made_at", made_at.as_str()), ("program", about.program.as_str())]
    {
        sqlx::query(PUT).bind(name).bind(value).execute(&mut *transaction).await?;
    }
    for file in files {
        let query = sqlx::query(PUT_FILE).bind(&file.name).bind(file.content.as_str());
        query.execute(&mut *transaction).await?;
    }
    let mut tables = Vec::new();
    for name in schema::tables() {
        let rows = count(&mut transaction, name).await?;
        sqlx::query(PUT_TABLE).bind(name).bind(rows).execute(&mut *transaction).await?;
        tables.push(CopiedTable { name, rows: u64::try_from(rows).unwrap_or(0) });
    }
    transaction.commit().await?;
    Ok(tables)
}

/// Reads all of it. `None` where the file is of another format.
pub(crate) async fn read(conn: &mut Connection) -> Result<Option<Manifest>, StoreError> {
    if find(conn, "format").await?.as_deref() != Some(FORMAT) {
        return Ok(None);
    }
    let made_at = find(conn, "made_at").await?;
    let made_at = made_at.as_deref().and_then(parse_moment);
    let made_at = made_at.ok_or_else(|| StoreError::Corrupt("no moment".to_owned()))?;
    let program = find(conn, "program").await?.unwrap_or_default();
    let tables = sqlx::query(TABLES).fetch_all(&mut *conn).await?;
    let tables = tables.iter().map(|row| Ok((row.try_get("name")?, row.try_get("rows")?)));
    let files = sqlx::query(FILES).fetch_all(&mut *conn).await?;
    let files = files.iter().map(|row| {
        let content: String = row.try_get("content")?;
        Ok(CarriedFile { name: row.try_get("name")?, content: Zeroizing::new(content) })
    });
    Ok(Some(Manifest {
        about: About { made_at, program },
        tables: tables.collect::<Result<_, StoreError>>()?,
        files: files.collect::<Result<_, StoreError>>()?,
    }))
}

/// Takes all of it out of a copy that becomes a store.
pub(crate) async fn remove(conn: &mut Connection) -> Result<(), StoreError> {
    for statement in DROP {
        sqlx::query(statement).execute(&mut *conn).await?;
    }
    Ok(())
}

/// How many rows a table of that name holds.
pub(crate) async fn count(conn: &mut Connection, table: &str) -> Result<i64, StoreError> {
    if !table.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
        return Err(StoreError::Corrupt(format!("a table {table:?}")));
    }
    let sql = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    Ok(sqlx::query_scalar(sql).fetch_one(conn).await?)
}

async fn find(conn: &mut Connection, name: &str) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar(FIND).bind(name).fetch_optional(conn).await?)
}

/// Without the content.
impl fmt::Debug for CarriedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CarriedFile").field("name", &self.name).finish_non_exhaustive()
    }
}
