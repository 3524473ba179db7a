//! How many rows there are in the tables that grow by being used.
//!
//! Counting walks a table, so it stops at a limit, and whoever asks does so every few minutes.

use crate::{Connection, StoreError};

macro_rules! count {
    ($($table:literal)*) => {
        &[$(($table, concat!("SELECT count(*) FROM (SELECT 1 FROM ", $table, " LIMIT $1) AS counted"))),*]
    };
}

const COUNTS: &[(&str, &str)] = count! {
    "sessions" "codes" "refresh_tokens" "grants" "changes" "audit" "guesses" "answered_requests"
};

/// The tables that grow by being used.
pub fn tables() -> impl Iterator<Item = &'static str> {
    COUNTS.iter().map(|(table, _)| *table)
}

/// Each of the [`tables`] and how many rows it has: `limit` where it has as many or more.
pub async fn count(
    conn: &mut Connection,
    limit: u32,
) -> Result<Vec<(&'static str, u64)>, StoreError> {
    let mut counted = Vec::with_capacity(COUNTS.len());
    for (table, count) in COUNTS {
        let query = sqlx::query_scalar::<_, i64>(*count).bind(i64::from(limit));
        let rows = query.fetch_one(&mut *conn).await?;
        counted.push((*table, u64::try_from(rows).unwrap_or(0)));
    }
    Ok(counted)
}
