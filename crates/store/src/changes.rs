//! The table `changes`: the feed that resource servers follow, numbered in the order of commits.

use std::time::Duration;

use scopegate_core::{clock::Timestamp, verify::LEEWAY};
use sqlx::{Row, any::AnyRow};

use crate::{Connection, StoreError, row};

/// How long a change can be read at least. A follower that was away for longer starts anew.
pub const KEPT_FOR: Duration = Duration::from_hours(24);

/// What a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// Something about a user; the subject is the username.
    User,
    /// Something about a client; the subject is the client id.
    Client,
    /// A grant was revoked; the subject is its id.
    Grant,
    /// One access token was revoked; the subject is its `jti`.
    Token,
}

/// One line of the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its number; higher ones were committed later. Numbers may be missing.
    pub seq: i64,
    /// When it was made.
    pub at: Timestamp,
    /// What it is about.
    pub kind: ChangeKind,
    /// Whom or what.
    pub subject: String,
    /// For a revocation: when the last token that it refuses is dead.
    pub until: Option<Timestamp>,
}

/// How far the feed goes, and of which past it tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The highest number that was given out, 0 at first.
    pub seq: i64,
    /// Another one whenever the store was restored, upon which numbers mean something else; `None`
    /// where that never happened.
    pub incarnation: Option<String>,
}

/// A change to record.
#[derive(Clone, Copy, Debug)]
pub struct NewChange<'a> {
    /// What it is about.
    pub kind: ChangeKind,
    /// Whom or what.
    pub subject: &'a str,
    /// For a revocation: when the last token that it refuses is dead.
    pub until: Option<Timestamp>,
}

/// A revocation that is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// [`ChangeKind::Grant`] or [`ChangeKind::Token`].
    pub kind: ChangeKind,
    /// The grant's id or the token's `jti`.
    pub subject: String,
    /// When the last token that it refuses is dead.
    pub until: Timestamp,
}

const SINCE: &str = "\
    SELECT seq, at, kind, subject, until FROM changes WHERE seq > $1 ORDER BY seq LIMIT $2";

const LAST_SEQ: &str = "SELECT value FROM counters WHERE name = 'change_seq'";

const HEAD: &str = "\
    SELECT value, (SELECT m.value FROM meta m WHERE m.name = 'incarnation') AS incarnation \
    FROM counters WHERE name = 'change_seq'";

const REVOCATIONS: &str = "\
    SELECT kind, subject, until FROM changes WHERE until > $1 AND kind IN ('grant', 'token') \
    ORDER BY seq";

const IS_TOKEN_REVOKED: &str =
    "SELECT 1 FROM changes WHERE kind = 'token' AND subject = $1 AND until > $2 LIMIT 1";

const TAKE_NUMBERS: &str = "\
    UPDATE counters SET value = value + $1 WHERE name = 'change_seq' RETURNING value";

const RECORD: &str =
    "INSERT INTO changes (seq, at, kind, subject, until) VALUES ($1, $2, $3, $4, $5)";

const REVOKE_TOKEN: &str = "\
    INSERT INTO changes (seq, at, kind, subject, until) \
    SELECT value, $2, 'token', $1, $3 FROM counters WHERE name = 'change_seq' \
        AND NOT EXISTS (SELECT 1 FROM changes \
            WHERE kind = 'token' AND subject = $1 AND until > $2)";

/// At most `limit` changes with a number above `seq`, in order.
pub async fn since(conn: &mut Connection, seq: i64, limit: u32) -> Result<Vec<Change>, StoreError> {
    let query = sqlx::query(SINCE).bind(seq).bind(i64::from(limit));
    query.fetch_all(conn).await?.iter().map(from_row).collect()
}

/// The highest number that was given out, 0 at first. A follower asks for it before it reads anything
/// else: what is committed in between then comes a second time rather than never.
pub async fn last_seq(conn: &mut Connection) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar(LAST_SEQ).fetch_one(conn).await?)
}

/// The same, and whether the feed is still the one that a follower began with.
pub async fn head(conn: &mut Connection) -> Result<Head, StoreError> {
    let row = sqlx::query(HEAD).fetch_one(conn).await?;
    Ok(Head { seq: row.try_get("value")?, incarnation: row.try_get("incarnation")? })
}

/// The revocations that still refuse a living token: what a follower starts with.
pub async fn revocations(
    conn: &mut Connection,
    now: Timestamp,
) -> Result<Vec<Revocation>, StoreError> {
    let rows = sqlx::query(REVOCATIONS).bind(now.millis()).fetch_all(conn).await?;
    rows.iter()
        .map(|row| {
            Ok(Revocation {
                kind: ChangeKind::parse(row.try_get("kind")?)?,
                subject: row.try_get("subject")?,
                until: row::time(row, "until")?,
            })
        })
        .collect()
}

/// Whether that one access token was revoked, apart from its grant.
pub async fn is_token_revoked(
    conn: &mut Connection,
    jti: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let query = sqlx::query(IS_TOKEN_REVOKED).bind(jti).bind(now.millis());
    Ok(query.fetch_optional(conn).await?.is_some())
}

/// Revokes one access token until it expires, as often as one likes: the feed tells it once. `false`
/// if it was revoked before or is dead. Like [`record`], the last thing that a job does.
pub async fn revoke_token(
    conn: &mut Connection,
    jti: &str,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    // A verifier takes a token for that much longer, and so must the revocation hold.
    let until = expires_at.plus(LEEWAY);
    if until <= now {
        return Ok(false);
    }
    sqlx::query(TAKE_NUMBERS).bind(1_i64).execute(&mut *conn).await?;
    let revoked = sqlx::query(REVOKE_TOKEN)
        .bind(jti)
        .bind(now.millis())
        .bind(until.millis())
        .execute(conn)
        .await?;
    Ok(revoked.rows_affected() > 0)
}

/// Appends to the feed. The last thing that a job does: see `migrations/README.md`.
pub async fn record(
    conn: &mut Connection,
    now: Timestamp,
    changes: &[NewChange<'_>],
) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let count = i64::try_from(changes.len()).unwrap_or(i64::MAX);
    let last: i64 = sqlx::query_scalar(TAKE_NUMBERS).bind(count).fetch_one(&mut *conn).await?;
    for (change, seq) in changes.iter().zip(last - count + 1..) {
        sqlx::query(RECORD)
            .bind(seq)
            .bind(now.millis())
            .bind(change.kind.as_str())
            .bind(change.subject)
            .bind(change.until.map(Timestamp::millis))
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// Keeps every other job from appending until this one is committed.
pub(crate) async fn lock(conn: &mut Connection) -> Result<(), StoreError> {
    sqlx::query(TAKE_NUMBERS).bind(0_i64).execute(conn).await?;
    Ok(())
}

fn from_row(row: &AnyRow) -> Result<Change, StoreError> {
    Ok(Change {
        seq: row.try_get("seq")?,
        at: row::time(row, "at")?,
        kind: ChangeKind::parse(row.try_get("kind")?)?,
        subject: row.try_get("subject")?,
        until: row::time_option(row, "until")?,
    })
}

impl ChangeKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Client => "client",
            Self::Grant => "grant",
            Self::Token => "token",
        }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        match text {
            "user" => Ok(Self::User),
            "client" => Ok(Self::Client),
            "grant" => Ok(Self::Grant),
            "token" => Ok(Self::Token),
            other => Err(StoreError::Corrupt(format!("a change of kind {other:?}"))),
        }
    }
}
