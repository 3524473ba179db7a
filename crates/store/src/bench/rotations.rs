//! The limit of refreshing: the statements of a rotation on one connection, with nothing around them.

use std::path::Path;

use crate::{
    Connection, StoreError, Synchronous,
    audit::{self, Entry},
    connect::{self, Role},
    file::FileId,
    refresh_tokens::{self, Rotated, Rotation},
};

/// A connection that rotates. It looks nothing up, has no queue and no savepoints.
pub struct Rotations(Connection);

impl Rotations {
    /// Opens the `SQLite` store at that path, which is there and migrated, as the store's own writer
    /// opens it.
    pub async fn open(path: &Path, synchronous: Synchronous) -> Result<Self, StoreError> {
        connect::sqlite(&FileId::of(path)?, Role::Write(synchronous)).await.map(Self)
    }

    /// Rotates the group in one transaction, with the entries that the audit log gets in one statement, and
    /// says how many were fresh.
    pub async fn rotate(&mut self, group: &[(Rotation, Entry)]) -> Result<usize, StoreError> {
        let mut transaction = sqlx::Connection::begin_with(&mut self.0, "BEGIN IMMEDIATE").await?;
        let mut fresh = 0;
        for (rotation, _) in group {
            let rotated = refresh_tokens::rotate(&mut transaction, rotation).await?;
            fresh += usize::from(rotated == Rotated::Fresh);
        }
        let entries: Vec<_> = group.iter().map(|(_, entry)| entry).collect();
        audit::record_all(&mut transaction, &entries).await?;
        transaction.commit().await?;
        Ok(fresh)
    }
}
