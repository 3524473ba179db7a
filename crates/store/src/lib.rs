//! All SQL of Scopegate: one text for `SQLite` and `PostgreSQL`, one file per table.
//!
//! | module | what it holds |
//! |---|---|
//! | [`Store`], [`StoreOptions`] | the read-write side, for auth-server |
//! | [`Reader`] | the read-only side, for resource-api |
//! | [`subjects`] | names that were ever given out, to users and clients alike |
//! | [`scopes`], [`users`], [`clients`], [`items`] | what an operator sets up |
//! | [`sessions`] | browsers that are signed in |
//! | [`answered_requests`], [`consents`] | what clients asked for once, and what users have allowed |
//! | [`codes`], [`grants`], [`refresh_tokens`] | what was issued; redeeming, rotating, revoking |
//! | [`signing_keys`] | the key pairs that sign access tokens |
//! | [`guesses`] | failed attempts, counted up front, and how long the next one waits |
//! | [`changes`] | the feed that resource servers follow |
//! | [`applied`], [`meta`] | what `apply` set last; facts about the store |
//! | [`audit`] | who did what |
//! | [`cleanup`], [`growth`], [`condition`] | what has expired; how large tables are; whether the database is sound |
//! | [`Work`], [`Observer`] | what a store tells of its own work, for metrics |
//! | [`copy()`] | a whole store, moved to the other kind of database |
//! | [`backup`], [`restore`] | a whole store in a file, and back |
//! | [`void()`] | the end of everything that was issued |
//!
//! Reads take a [`Connection`] from [`Store::read`] or [`Reader::read`]. Mutations take one too, but
//! run only inside [`Store::write`], which makes a job one transaction and answers after its commit:
//!
//! ```
//! # async fn example(store: &scopegate_store::Store, now: scopegate_core::clock::Timestamp)
//! #     -> Result<(), scopegate_store::StoreError> {
//! use scopegate_store::users;
//!
//! let known = store
//!     .write(move |conn| Box::pin(async move { users::set_disabled(conn, "alice", true, now).await }))
//!     .await?;
//! if known {
//!     let alice = users::find(&mut *store.read().await?, "alice").await?;
//!     assert!(alice.is_some_and(|user| user.disabled));
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A mutation of one named thing answers `true` where that thing is there and now has the state asked
//! for, and `false` where it is not there. A rule that forbids it is a [`StoreError`].

use std::pin::Pin;

pub mod answered_requests;
pub mod applied;
mod attempt;
pub mod audit;
pub mod backup;
#[cfg(feature = "bench")]
pub mod bench;
mod bulk;
pub mod changes;
pub mod cleanup;
pub mod clients;
pub mod codes;
pub mod condition;
mod connect;
pub mod consents;
mod copy;
mod crowd;
mod error;
mod file;
pub mod grants;
pub mod growth;
pub mod guesses;
pub mod items;
pub mod meta;
mod observe;
mod options;
mod postgres_url;
mod reader;
mod redirect_uris;
pub mod refresh_tokens;
pub mod restore;
mod row;
mod schema;
pub mod scopes;
pub mod sessions;
pub mod signing_keys;
mod store;
pub mod subjects;
#[cfg(feature = "testing")]
pub mod testing;
pub mod users;
mod void;
mod writer;

pub use connect::restore_wal;
pub use copy::{CopiedTable, CopyError, copy};
pub use crowd::Alike;
pub use error::StoreError;
pub use observe::{End, Observer, Reading, Work};
pub use options::{StoreOptions, Synchronous, sqlite_url};
pub use reader::Reader;
pub use schema::SCHEMA;
pub use store::Store;
pub use void::{Successors, Voided, void};

/// A connection to either database.
pub type Connection = sqlx::AnyConnection;

/// What a job of [`Store::write`] gives back.
pub type JobFuture<'c, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'c>>;

/// What a job of [`Store::write_told`] gives back: its answer, and what the audit log is to tell.
pub type Told<T> = (T, Vec<audit::Entry>);
