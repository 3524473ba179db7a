//! Uses of refresh tokens: many are spent at once.

use std::collections::{HashMap, HashSet};

use scopegate_core::clock::{AHEAD, Timestamp};
use sqlx::{Row, any::AnyRow};

use super::{Rotated, Rotation, rotate};
use crate::{
    Alike, Connection, JobFuture, StoreError, Told,
    audit::Entry,
    bulk::Bulk,
    crowd::{Crowd, Crowds},
    row,
};

/// A use of a token that was looked up, for [`Store::write_alike`], which does what [`rotate`] does.
///
/// [`Store::write_alike`]: crate::Store::write_alike
#[derive(Clone)]
pub struct TokenUse {
    /// The use.
    pub rotation: Rotation,
    /// The family of the token.
    pub grant_id: String,
    /// What the audit log tells where the token was spent, now or a moment ago.
    pub issued: Entry,
    /// What it tells where a spent one came again.
    pub reused: Entry,
}

/// Holds the families of tokens that are not spent, as [`rotate`] holds one. `CROSS JOIN` and `|| ''`
/// keep `SQLite` to the primary keys, whatever an `ANALYZE` has found when tables were small.
static HOLD: Bulk = Bulk::new(
    "UPDATE grants SET access_until = CASE WHEN grants.access_until < v.column5 \
        THEN v.column5 ELSE grants.access_until END FROM (",
    7,
    ") AS v CROSS JOIN refresh_tokens t CROSS JOIN clients c \
    WHERE t.hash = v.column2 AND t.used_at IS NULL AND t.expires_at > v.column4 \
        AND c.client_id = v.column3 \
        AND c.disabled = 0 AND c.updated_at = COALESCE(v.column7, c.updated_at) \
        AND grants.id = v.column1 AND t.grant_id = v.column1 || '' \
        AND grants.client_id || '' = c.client_id \
        AND grants.revoked_at IS NULL AND grants.expires_at > v.column4 \
        AND grants.created_at <= v.column6 \
    RETURNING grants.id AS id, grants.expires_at AS expires_at",
);

static SPEND: Bulk = Bulk::new(
    "UPDATE refresh_tokens SET used_at = v.column2 FROM (",
    2,
    ") AS v WHERE refresh_tokens.hash = v.column1 AND refresh_tokens.used_at IS NULL \
        AND refresh_tokens.expires_at > v.column2 \
    RETURNING refresh_tokens.hash AS hash",
);

static ADD: Bulk =
    Bulk::new("INSERT INTO refresh_tokens (hash, grant_id, issued_at, expires_at)", 4, "");

impl Alike for TokenUse {
    type Answer = Rotated;

    fn write_all<'c>(
        conn: &'c mut Connection,
        items: &'c [Self],
    ) -> JobFuture<'c, Told<Vec<Rotated>>> {
        Box::pin(async move {
            let mut fresh = spend(conn, items).await?;
            let (mut answers, mut entries) = (Vec::with_capacity(items.len()), Vec::new());
            for item in items {
                // Taken out: of two who present the same token the first one has spent it.
                let rotated = if fresh.remove(item.rotation.presented.as_str()) {
                    Rotated::Fresh
                } else {
                    rotate(conn, &item.rotation).await?
                };
                entries.extend(item.entry(&rotated).cloned());
                answers.push(rotated);
            }
            Ok((answers, entries))
        })
    }

    fn crowd(crowds: &Crowds) -> &Crowd<Self> {
        &crowds.token_uses
    }
}

impl TokenUse {
    const fn entry(&self, rotated: &Rotated) -> Option<&Entry> {
        match rotated {
            Rotated::Fresh | Rotated::Repeated => Some(&self.issued),
            Rotated::Reused { .. } => Some(&self.reused),
            Rotated::Gone => None,
        }
    }
}

/// Spends the tokens that can be spent without further ado and stores their successors. Of each family
/// that is the first one at most; what becomes of the others shows when they are used one by one.
async fn spend<'a>(
    conn: &mut Connection,
    items: &'a [TokenUse],
) -> Result<HashSet<&'a str>, StoreError> {
    let mut families = HashSet::with_capacity(items.len());
    let firsts: Vec<_> = items.iter().filter(|item| families.insert(&item.grant_id)).collect();
    let held = hold(conn, &firsts).await?;
    let firsts: Vec<_> =
        firsts.into_iter().filter(|item| held.contains_key(&item.grant_id)).collect();
    let spent = mark(conn, &firsts).await?;
    let firsts: Vec<_> =
        firsts.into_iter().filter(|item| spent.contains(&item.rotation.presented)).collect();
    add(conn, &firsts, &held).await?;
    Ok(firsts.into_iter().map(|item| item.rotation.presented.as_str()).collect())
}

/// The families that are held, and when each of them ends.
async fn hold(
    conn: &mut Connection,
    items: &[&TokenUse],
) -> Result<HashMap<String, Timestamp>, StoreError> {
    let held = HOLD.run(conn, items, |query, TokenUse { rotation, grant_id, .. }| {
        query
            .bind(grant_id)
            .bind(&rotation.presented)
            .bind(&rotation.client_id)
            .bind(rotation.now.millis())
            .bind(rotation.access_until.millis())
            .bind(rotation.now.plus(AHEAD).millis())
            .bind(rotation.client_updated_at.map(Timestamp::millis))
    });
    let end = |family: &AnyRow| Ok((family.try_get("id")?, row::time(family, "expires_at")?));
    held.await?.iter().map(end).collect()
}

/// The tokens that are spent now and were not before.
async fn mark(conn: &mut Connection, items: &[&TokenUse]) -> Result<HashSet<String>, StoreError> {
    let spent = SPEND.run(conn, items, |query, TokenUse { rotation, .. }| {
        query.bind(&rotation.presented).bind(rotation.now.millis())
    });
    spent.await?.iter().map(|token| Ok(token.try_get("hash")?)).collect()
}

/// Stores the successors.
async fn add(
    conn: &mut Connection,
    items: &[&TokenUse],
    held: &HashMap<String, Timestamp>,
) -> Result<(), StoreError> {
    let added = ADD.run(conn, items, |query, TokenUse { rotation, grant_id, .. }| {
        let until = rotation.successor_expires_at;
        let until = held.get(grant_id).map_or(until, |end| until.min(*end));
        query
            .bind(&rotation.successor)
            .bind(grant_id)
            .bind(rotation.now.millis())
            .bind(until.millis())
    });
    added.await.map(drop)
}
