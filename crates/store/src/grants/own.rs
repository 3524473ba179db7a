//! Grants of clients that act for themselves: many are opened at once.

use std::collections::HashSet;

use scopegate_core::clock::Timestamp;
use sqlx::Row;

use super::NewGrant;
use crate::{
    Alike, Connection, JobFuture, StoreError, Told,
    audit::Entry,
    bulk::Bulk,
    crowd::{Crowd, Crowds},
};

/// A grant without a user and without a refresh token, opened by [`Store::write_alike`], which says
/// whether it is open: `false`, and nothing written, where the client is gone, disabled or not what
/// it was.
///
/// [`Store::write_alike`]: crate::Store::write_alike
#[derive(Clone, Debug)]
pub struct OwnGrant {
    /// The grant.
    pub grant: NewGrant,
    /// What the audit log tells of it, once it is open.
    pub entry: Entry,
}

static OPEN: Bulk = Bulk::new(
    "INSERT INTO grants (id, client_id, scope, created_at, access_until, expires_at) \
    SELECT v.column1, c.client_id, v.column3, v.column4, v.column5, v.column6 FROM (",
    7,
    ") AS v CROSS JOIN clients c WHERE c.client_id = v.column2 \
        AND c.disabled = 0 AND c.updated_at = COALESCE(v.column7, c.updated_at) \
    RETURNING id",
);

impl Alike for OwnGrant {
    type Answer = bool;

    fn write_all<'c>(
        conn: &'c mut Connection,
        items: &'c [Self],
    ) -> JobFuture<'c, Told<Vec<bool>>> {
        Box::pin(async move {
            let opened = open(conn, items).await?;
            let is_open = |own: &&Self| opened.contains(&own.grant.id);
            let entries = items.iter().filter(is_open).map(|own| own.entry.clone()).collect();
            Ok((items.iter().map(|own| is_open(&own)).collect(), entries))
        })
    }

    fn crowd(crowds: &Crowds) -> &Crowd<Self> {
        &crowds.own_grants
    }
}

/// The ids of those that could be opened.
async fn open(conn: &mut Connection, items: &[OwnGrant]) -> Result<HashSet<String>, StoreError> {
    let opened = OPEN.run(conn, items, |query, OwnGrant { grant, .. }| {
        query
            .bind(&grant.id)
            .bind(&grant.client_id)
            .bind(grant.scope.to_string())
            .bind(grant.created_at.millis())
            .bind(grant.access_until.millis())
            .bind(grant.expires_at.millis())
            .bind(grant.client_updated_at.map(Timestamp::millis))
    });
    opened.await?.iter().map(|grant| Ok(grant.try_get("id")?)).collect()
}
