//! The table `audit`: who did what, and what was refused to whom.

use std::borrow::Borrow;

use scopegate_core::clock::Timestamp;
use sqlx::{Row, any::AnyRow};

use crate::{
    Connection, StoreError,
    bulk::{Binding, Bulk},
    row,
};

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name, which sorts by time: [`Entry::id_at`].
    pub id: String,
    /// When it happened.
    pub at: Timestamp,
    /// What was tried, such as `login` or `token.refresh_token`; a dot leads to the narrower kind.
    pub event: String,
    /// What came of it.
    pub outcome: Outcome,
    /// A code of why, where it was not done.
    pub reason: Option<String>,
    /// Who did it, where that was neither the subject nor the client: an operator at a command.
    pub actor: Option<String>,
    /// The user whom it is about; only one who is there.
    pub subject: Option<String>,
    /// The client that it is about; only one that is there.
    pub client_id: Option<String>,
    /// The address that the request came from.
    pub address: Option<String>,
    /// The `x-request-id` of the request.
    pub request_id: Option<String>,
    /// More, in words. Never a secret.
    pub detail: Option<String>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// A rule forbade it.
    Refused,
    /// The server could not do it.
    Failed,
}

/// Which entries to look for; a field that is `None` lets all of them through.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Not before that.
    pub since: Option<Timestamp>,
    /// About this user.
    pub subject: Option<String>,
    /// About this client.
    pub client_id: Option<String>,
    /// Of this kind or a narrower one: `token` finds `token.password`.
    pub event: Option<String>,
    /// Of the request with this id.
    pub request_id: Option<String>,
}

/// An event that is there twice is one whose first write was answered by a lost connection.
static RECORD: Bulk = Bulk::new(
    "INSERT INTO audit (id, at, event, outcome, reason, actor, subject, client_id, address, \
        request_id, detail)",
    11,
    "ON CONFLICT (id) DO NOTHING",
);

const LATEST: &str = "\
    SELECT id, at, event, outcome, reason, actor, subject, client_id, address, request_id, detail \
    FROM audit WHERE id >= $1 \
        AND ($2 = '' OR client_id = $2) AND ($3 = '' OR event = $3 OR event LIKE $4 ESCAPE '\\') \
    ORDER BY id DESC LIMIT $5";

const LATEST_OF_SUBJECT: &str = "\
    SELECT id, at, event, outcome, reason, actor, subject, client_id, address, request_id, detail \
    FROM audit WHERE id >= $1 \
        AND ($2 = '' OR client_id = $2) AND ($3 = '' OR event = $3 OR event LIKE $4 ESCAPE '\\') \
        AND subject = $6 \
    ORDER BY id DESC LIMIT $5";

const LATEST_OF_REQUEST: &str = "\
    SELECT id, at, event, outcome, reason, actor, subject, client_id, address, request_id, detail \
    FROM audit WHERE id >= $1 \
        AND ($2 = '' OR client_id = $2) AND ($3 = '' OR event = $3 OR event LIKE $4 ESCAPE '\\') \
        AND ($6 = '' OR subject = $6) AND request_id = $7 \
    ORDER BY id DESC LIMIT $5";

const NEWEST: &str = "SELECT at FROM audit ORDER BY id DESC LIMIT 1";

const DELETE: &str = "\
    DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE id < $1 ORDER BY id LIMIT $2)";

impl Entry {
    /// The id of an entry of that moment. `unique` is in lower-case hexadecimal, which every
    /// collation sorts alike.
    pub fn id_at(at: Timestamp, unique: &str) -> String {
        format!("{}{unique}", floor(at))
    }
}

/// Writes an entry, once however often it is given. It locks nothing that another job waits for.
pub async fn record(conn: &mut Connection, entry: &Entry) -> Result<(), StoreError> {
    record_all(conn, &[entry]).await
}

/// Writes entries as [`record`] writes one, in as few statements as that takes.
pub async fn record_all<E: Borrow<Entry>>(
    conn: &mut Connection,
    entries: &[E],
) -> Result<(), StoreError> {
    RECORD.run(conn, entries, |query, entry| bind(query, entry.borrow())).await.map(drop)
}

fn bind<'q>(query: Binding<'q>, entry: &Entry) -> Binding<'q> {
    query
        .bind(&entry.id)
        .bind(entry.at.millis())
        .bind(&entry.event)
        .bind(entry.outcome.as_str())
        .bind(entry.reason.as_deref())
        .bind(entry.actor.as_deref())
        .bind(entry.subject.as_deref())
        .bind(entry.client_id.as_deref())
        .bind(entry.address.as_deref())
        .bind(entry.request_id.as_deref())
        .bind(entry.detail.as_deref())
}

/// The latest `limit` entries that pass the filter, the newest last.
pub async fn latest(
    conn: &mut Connection,
    filter: &Filter,
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    // Each of the statements has an index of its own to walk along.
    let statement = match (&filter.request_id, &filter.subject) {
        (Some(_), _) => LATEST_OF_REQUEST,
        (None, Some(_)) => LATEST_OF_SUBJECT,
        (None, None) => LATEST,
    };
    let mut query = sqlx::query(statement)
        .bind(filter.since.map(floor).unwrap_or_default())
        .bind(text(&filter.client_id))
        .bind(text(&filter.event))
        .bind(narrower(&text(&filter.event)))
        .bind(i64::from(limit));
    if filter.request_id.is_some() || filter.subject.is_some() {
        query = query.bind(text(&filter.subject));
    }
    if filter.request_id.is_some() {
        query = query.bind(text(&filter.request_id));
    }
    let rows = query.fetch_all(conn).await?;
    rows.iter().rev().map(from_row).collect()
}

/// Deletes at most `batch` entries of before that moment, the oldest first, and says how many.
pub async fn delete_before(
    conn: &mut Connection,
    before: Timestamp,
    batch: u32,
) -> Result<u64, StoreError> {
    let deleted = sqlx::query(DELETE).bind(floor(before)).bind(i64::from(batch)).execute(conn);
    Ok(deleted.await?.rows_affected())
}

/// When the last entry was made: when somebody last used the store, as far as its clock was right.
pub async fn find_newest(conn: &mut Connection) -> Result<Option<Timestamp>, StoreError> {
    let newest = sqlx::query(NEWEST).fetch_optional(conn).await?;
    newest.as_ref().map(|newest| row::time(newest, "at")).transpose()
}

/// What the ids of that moment begin with: not above any of them, above all that are earlier.
fn floor(at: Timestamp) -> String {
    format!("{:012x}", at.millis().clamp(0, (1 << 48) - 1))
}

/// The pattern of the kinds below this one.
fn narrower(event: &str) -> String {
    let escaped = event.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("{escaped}.%")
}

fn from_row(row: &AnyRow) -> Result<Entry, StoreError> {
    Ok(Entry {
        id: row.try_get("id")?,
        at: row::time(row, "at")?,
        event: row.try_get("event")?,
        outcome: Outcome::parse(row.try_get("outcome")?)?,
        reason: row.try_get("reason")?,
        actor: row.try_get("actor")?,
        subject: row.try_get("subject")?,
        client_id: row.try_get("client_id")?,
        address: row.try_get("address")?,
        request_id: row.try_get("request_id")?,
        detail: row.try_get("detail")?,
    })
}

impl Outcome {
    /// The word of the column.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }

    fn parse(word: &str) -> Result<Self, StoreError> {
        match word {
            "done" => Ok(Self::Done),
            "refused" => Ok(Self::Refused),
            "failed" => Ok(Self::Failed),
            other => Err(StoreError::Corrupt(format!("the outcome {other:?}"))),
        }
    }
}
