//! One table of a copy: read whole, written in batches, counted on both sides.

use futures_util::TryStreamExt;
use sqlx::{
    Any, AssertSqlSafe, Column, Row,
    any::{AnyArguments, AnyRow, AnyTypeInfoKind},
    query::Query,
};

use super::{CopiedTable, CopyError};
use crate::{Connection, StoreError};

/// How many rows go into one statement. A table has some ten columns, and `SQLite` takes 32,766 values.
const BATCH: usize = 200;

/// A table by its name, which comes from this build's migrations. Statements are put together here and
/// nowhere else: a list of columns by hand would, some day, leave the newest one behind.
pub(super) struct Table {
    name: &'static str,
    /// The rows with which every new store begins: they are replaced.
    initial: Option<&'static str>,
}

impl Table {
    pub(super) fn new(name: &'static str) -> Self {
        let initial = match name {
            "meta" => Some("name = 'min_reader'"),
            "counters" => Some("value = 0"),
            _ => None,
        };
        Self { name, initial }
    }

    /// Fails if the table holds anything but what every new store begins with.
    pub(super) async fn check_empty(&self, into: &mut Connection) -> Result<(), CopyError> {
        let name = self.name;
        let sql = match self.initial {
            Some(initial) => format!("SELECT count(*) FROM {name} WHERE NOT ({initial})"),
            None => format!("SELECT count(*) FROM {name}"),
        };
        match number(into, sql).await.map_err(CopyError::Target)? {
            0 => Ok(()),
            rows => Err(CopyError::NotEmpty { table: name, rows }),
        }
    }

    /// Copies every row, and counts on both sides what is there afterwards.
    pub(super) async fn copy(
        &self,
        from: &mut Connection,
        into: &mut Connection,
    ) -> Result<CopiedTable, CopyError> {
        if self.initial.is_some() {
            run(into, format!("DELETE FROM {}", self.name)).await.map_err(CopyError::Target)?;
        }
        self.copy_rows(from, into).await?;
        let count = || format!("SELECT count(*) FROM {}", self.name);
        let rows = number(from, count()).await.map_err(CopyError::Source)?;
        let arrived = number(into, count()).await.map_err(CopyError::Target)?;
        if arrived != rows {
            return Err(CopyError::Incomplete { table: self.name, rows, arrived });
        }
        Ok(CopiedTable { name: self.name, rows })
    }

    async fn copy_rows(
        &self,
        from: &mut Connection,
        into: &mut Connection,
    ) -> Result<(), CopyError> {
        let source = |error: sqlx::Error| CopyError::Source(error.into());
        let select = AssertSqlSafe(format!("SELECT * FROM {}", self.name));
        let mut rows = sqlx::query(select).fetch(from);
        let mut batch = Vec::with_capacity(BATCH);
        while let Some(row) = rows.try_next().await.map_err(source)? {
            batch.push(row);
            if batch.len() == BATCH {
                self.insert(into, &batch).await.map_err(CopyError::Target)?;
                batch.clear();
            }
        }
        self.insert(into, &batch).await.map_err(CopyError::Target)
    }

    async fn insert(&self, into: &mut Connection, batch: &[AnyRow]) -> Result<(), StoreError> {
        let Some(first) = batch.first() else { return Ok(()) };
        let columns: Vec<&str> = first.columns().iter().map(Column::name).collect();
        let mut numbers = 1..;
        let mut places = || {
            let places: Vec<String> =
                numbers.by_ref().take(columns.len()).map(|number| format!("${number}")).collect();
            format!("({})", places.join(", "))
        };
        let values: Vec<String> = batch.iter().map(|_| places()).collect();
        let (columns, values) = (columns.join(", "), values.join(", "));
        let sql = format!("INSERT INTO {} ({columns}) VALUES {values}", self.name);
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for row in batch {
            query = bind(query, row)?;
        }
        query.execute(into).await?;
        Ok(())
    }
}

/// A row's values with the types of its columns, so that an absent one has a type too.
fn bind<'q>(
    mut query: Query<'q, Any, AnyArguments>,
    row: &AnyRow,
) -> Result<Query<'q, Any, AnyArguments>, StoreError> {
    for (at, column) in row.columns().iter().enumerate() {
        query = match column.type_info().kind() {
            AnyTypeInfoKind::BigInt => query.bind(row.try_get::<Option<i64>, _>(at)?),
            AnyTypeInfoKind::Text => query.bind(row.try_get::<Option<String>, _>(at)?),
            other => {
                let name = column.name();
                return Err(StoreError::Corrupt(format!("column {name} has the type {other:?}")));
            }
        };
    }
    Ok(query)
}

async fn number(conn: &mut Connection, sql: String) -> Result<u64, StoreError> {
    let number: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(conn).await?;
    Ok(u64::try_from(number).unwrap_or(0))
}

async fn run(conn: &mut Connection, sql: String) -> Result<(), StoreError> {
    sqlx::query(AssertSqlSafe(sql)).execute(conn).await?;
    Ok(())
}
