//! The table `applied`: what `apply` set last, so that it sets only what has changed in its file.

use std::collections::BTreeMap;

use sqlx::Row;

use crate::{Connection, StoreError};

/// One field of one entry of the file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AppliedField {
    /// `scope`, `client`, `user` or `item`.
    pub kind: String,
    /// The entry's name.
    pub entry: String,
    /// The field's name.
    pub field: String,
}

const FIND_ALL: &str = "SELECT kind, entry, field, hmac FROM applied";

const PUT: &str = "\
    INSERT INTO applied (kind, entry, field, hmac) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (kind, entry, field) DO UPDATE SET hmac = excluded.hmac";

/// The HMAC of every value that was applied last.
pub async fn find_all(conn: &mut Connection) -> Result<BTreeMap<AppliedField, String>, StoreError> {
    let rows = sqlx::query(FIND_ALL).fetch_all(conn).await?;
    rows.iter()
        .map(|row| {
            let field = AppliedField {
                kind: row.try_get("kind")?,
                entry: row.try_get("entry")?,
                field: row.try_get("field")?,
            };
            Ok((field, row.try_get("hmac")?))
        })
        .collect()
}

/// Notes what was applied.
pub async fn put(
    conn: &mut Connection,
    field: &AppliedField,
    hmac: &str,
) -> Result<(), StoreError> {
    sqlx::query(PUT)
        .bind(&field.kind)
        .bind(&field.entry)
        .bind(&field.field)
        .bind(hmac)
        .execute(conn)
        .await?;
    Ok(())
}
