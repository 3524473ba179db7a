//! The schema of a backup, which is not believed: it has to be that of a store, object by object.

use std::collections::BTreeSet;

use sqlx::{Connection as _, Row};

use crate::{Connection, StoreError, backup::manifest, schema};

/// A table or index, with the statement that made it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Object {
    kind: String,
    pub(super) name: String,
    table: String,
    sql: String,
}

const OBJECTS: &str = "\
    SELECT type AS kind, name, tbl_name, COALESCE(sql, '') AS sql FROM sqlite_master";

/// Nothing that the file says of itself may call a function or write.
const DISTRUST: [&str; 3] =
    ["PRAGMA trusted_schema = OFF", "PRAGMA query_only = ON", "PRAGMA cell_size_check = ON"];

/// Prepares a connection to a file that somebody else may have made.
pub(super) async fn distrust(conn: &mut Connection) -> Result<(), StoreError> {
    for pragma in DISTRUST {
        sqlx::query(pragma).execute(&mut *conn).await?;
    }
    Ok(())
}

/// What the file holds. What is not a table or an index can be told by [`Object::is_plain`].
pub(super) async fn read(conn: &mut Connection) -> Result<BTreeSet<Object>, StoreError> {
    let rows = sqlx::query(OBJECTS).fetch_all(conn).await?;
    let objects = rows.iter().map(|row| {
        let sql: String = row.try_get("sql")?;
        Ok(Object {
            kind: row.try_get("kind")?,
            name: row.try_get("name")?,
            table: row.try_get("tbl_name")?,
            sql: sql.split_whitespace().collect::<Vec<_>>().join(" "),
        })
    });
    objects.filter(|object| !object.as_ref().is_ok_and(Object::is_statistics)).collect()
}

/// What a backup of that schema holds: a new one is made in memory.
pub(super) async fn of_schema(version: i64) -> Result<BTreeSet<Object>, StoreError> {
    sqlx::any::install_default_drivers();
    let mut conn = Connection::connect("sqlite::memory:").await?;
    schema::migrate_to(&mut conn, version).await?;
    manifest::create(&mut conn).await?;
    let objects = read(&mut conn).await;
    let _ = conn.close().await;
    objects
}

/// The tables of a store among them, by name.
pub(super) fn tables(objects: &BTreeSet<Object>) -> BTreeSet<&str> {
    let tables = objects.iter().filter(|object| object.kind == "table");
    let names = tables.map(|object| object.name.as_str());
    names.filter(|name| *name != "_sqlx_migrations" && !manifest::is_own(name)).collect()
}

/// The first object that is in one of them alone, in words.
pub(super) fn difference(found: &BTreeSet<Object>, expected: &BTreeSet<Object>) -> Option<String> {
    let object = found.symmetric_difference(expected).next()?;
    Some(format!("its {} is not that of a store", object.told()))
}

impl Object {
    /// Whether it is a table or an index, which do nothing by themselves.
    pub(super) fn is_plain(&self) -> bool {
        self.kind == "table" || self.kind == "index"
    }

    /// Its kind and name.
    pub(super) fn told(&self) -> String {
        format!("{} {}", self.kind.escape_debug(), self.name.escape_debug())
    }

    /// What `ANALYZE` leaves, which steers the search and no more.
    fn is_statistics(&self) -> bool {
        self.kind == "table" && self.sql == "CREATE TABLE sqlite_stat1(tbl,idx,stat)"
    }
}
