//! The limit of refreshing: the statements of a rotation on one connection, with nothing around them.

use std::path::Path;

use crate::{
    Alike, Connection, StoreError, Synchronous, audit,
    connect::{self, Role},
    file::FileId,
    refresh_tokens::{Rotated, TokenUse},
};

/// A connection that rotates. It looks nothing up, has no queue and no savepoints.
pub struct Rotations(Connection);

impl Rotations {
    /// Opens the `SQLite` store at that path, which is there and migrated, as the store's own writer
    /// opens it.
    pub async fn open(path: &Path, synchronous: Synchronous) -> Result<Self, StoreError> {
        connect::sqlite(&FileId::of(path)?, Role::Write(synchronous)).await.map(Self)
    }

    /// Rotates the group in one transaction, with the entries that the audit log gets, and says how
    /// many were fresh.
    pub async fn rotate(&mut self, group: &[TokenUse]) -> Result<usize, StoreError> {
        let mut transaction = sqlx::Connection::begin_with(&mut self.0, "BEGIN IMMEDIATE").await?;
        let (rotated, entries) = TokenUse::write_all(&mut transaction, group).await?;
        audit::record_all(&mut transaction, &entries).await?;
        transaction.commit().await?;
        Ok(rotated.iter().filter(|rotated| **rotated == Rotated::Fresh).count())
    }
}
