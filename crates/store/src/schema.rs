//! Migrations: run them, and judge whether this program may use what it finds.

use std::sync::LazyLock;

use sqlx::{any::AnyConnectOptions, migrate::Migrator};

use crate::{
    Connection, StoreError, Synchronous,
    connect::{self, Role},
    file::FileId,
    meta,
};

/// The newest migration that this build knows.
pub const SCHEMA: i64 = 16;

/// Ignores migrations that a newer program has run: `min_reader` alone decides on those.
static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrator = sqlx::migrate!("../../migrations");
    migrator.set_ignore_missing(true);
    migrator
});

const NEWEST: &str = "SELECT COALESCE(max(version), 0) FROM _sqlx_migrations";

const COUNT: &str = "SELECT count(*) FROM _sqlx_migrations";

/// Fails unless every migration of this build has been run and the store allows it.
pub(crate) async fn check(conn: &mut Connection) -> Result<(), StoreError> {
    check_min_reader(conn).await?;
    if newest(conn).await? < SCHEMA { Err(StoreError::NotMigrated) } else { Ok(()) }
}

/// The newest migration that the store has seen.
pub(crate) async fn newest(conn: &mut Connection) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar(NEWEST).fetch_one(conn).await?)
}

/// Whether it is a migration of this build.
pub(crate) fn is_known(version: i64) -> bool {
    MIGRATOR.version_exists(version)
}

/// The tables of this build, each behind those that it refers to: the order in which they were made.
pub(crate) fn tables() -> Vec<&'static str> {
    let lines = || MIGRATOR.iter().flat_map(|migration| migration.sql.as_str().lines());
    let name = |line: &'static str, verb| line.strip_prefix(verb)?.split([' ', '(', ';']).next();
    let dropped: Vec<_> = lines().filter_map(|line| name(line, "DROP TABLE ")).collect();
    let made = lines().filter_map(|line| name(line, "CREATE TABLE "));
    made.filter(|table| !dropped.contains(table)).collect()
}

/// Runs the migrations up to that one in an empty database of `SQLite`.
pub(crate) async fn migrate_to(conn: &mut Connection, version: i64) -> Result<(), StoreError> {
    let wanted = MIGRATOR.iter().filter(|migration| migration.version <= version);
    Migrator::with_migrations(wanted.cloned().collect()).run(conn).await?;
    Ok(())
}

async fn check_min_reader(conn: &mut Connection) -> Result<(), StoreError> {
    let needs = meta::find(conn, "min_reader").await?.ok_or(StoreError::NotMigrated)?;
    let needs: i64 =
        needs.parse().map_err(|_| StoreError::Corrupt("min_reader is no number".to_owned()))?;
    if needs > SCHEMA { Err(StoreError::SchemaTooNew { needs, has: SCHEMA }) } else { Ok(()) }
}

/// Runs what is missing in one transaction, so that two programs never both begin.
pub(crate) async fn migrate_sqlite(file: &FileId) -> Result<usize, StoreError> {
    let mut connection = connect::sqlite(file, Role::Write(Synchronous::Full)).await?;
    let mut transaction = sqlx::Connection::begin_with(&mut connection, "BEGIN IMMEDIATE").await?;
    let applied = migrate(&mut transaction).await?;
    transaction.commit().await?;
    sqlx::Connection::close(connection).await?;
    Ok(applied)
}

/// Runs what is missing under sqlx's advisory lock. The connection is not a pool's: closing it gives
/// the lock back even where a migration fails.
pub(crate) async fn migrate_postgres(options: &AnyConnectOptions) -> Result<usize, StoreError> {
    let mut connection = connect::postgres(options).await?;
    let applied = migrate(&mut connection).await;
    sqlx::Connection::close(connection).await?;
    applied
}

async fn migrate(conn: &mut Connection) -> Result<usize, StoreError> {
    match check_min_reader(conn).await {
        Ok(()) | Err(StoreError::NotMigrated) => {}
        Err(other) => return Err(other),
    }
    let before = count(conn).await?;
    MIGRATOR.run(&mut *conn).await?;
    Ok(usize::try_from(count(conn).await? - before).unwrap_or(0))
}

async fn count(conn: &mut Connection) -> Result<i64, StoreError> {
    match sqlx::query_scalar(COUNT).fetch_one(conn).await.map_err(StoreError::from) {
        Err(StoreError::NotMigrated) => Ok(0),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_the_newest_migration() {
        let versions: Vec<_> = MIGRATOR.iter().map(|migration| migration.version).collect();
        assert_eq!(versions, (1..=SCHEMA).collect::<Vec<_>>());
    }
}
