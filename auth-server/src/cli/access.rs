//! Opening the store for one command: beside a running server, or where none ever ran.

use std::future::Future;

use scopegate_core::{
    clock::{Clock, SystemClock, Timestamp},
    scope::Scope,
};
use scopegate_store::{
    Connection, JobFuture, Reader, Store, StoreError, restore_wal, scopes,
    subjects::{self, SubjectKind},
};

use super::CliError;
use crate::{
    app,
    audit::{self, Entry},
    config::Config,
};

/// The present moment.
pub(super) fn now() -> Timestamp {
    SystemClock.now()
}

/// Opens the store for reading; one that is not there is not made.
pub(super) async fn reader(config: &Config) -> Result<Reader, CliError> {
    match Reader::open(&app::database_url(config)).await {
        Ok(reader) => Ok(reader),
        Err(StoreError::NotThere) => Err(CliError::NoDatabase),
        Err(error) => Err(error.into()),
    }
}

/// Opens the store for a command that changes what is there; one that is not there is not made.
pub(super) async fn existing(config: &Config) -> Result<Store, CliError> {
    restore_wal(&app::database_url(config)).await?;
    reader(config).await?.close().await;
    Ok(app::open_database(config).await?)
}

/// Opens the store for a command that adds something; makes it where it is not there.
pub(super) async fn any(config: &Config) -> Result<Store, CliError> {
    Ok(app::open_database(config).await?)
}

/// Says what a job came to.
pub(super) trait Told {
    /// Whether something was done, which the audit log is to tell.
    fn is_done(&self) -> bool;
}

impl Told for () {
    fn is_done(&self) -> bool {
        true
    }
}

impl Told for u64 {
    fn is_done(&self) -> bool {
        true
    }
}

impl Told for bool {
    fn is_done(&self) -> bool {
        *self
    }
}

/// What the audit log is to tell of a command, such as `user.add`.
pub(super) fn entry(event: &str) -> Entry {
    audit::by_operator(now(), "command", event)
}

/// The same, about a user.
pub(super) fn about_user(event: &str, username: &str) -> Entry {
    Entry { subject: Some(username.to_owned()), ..entry(event) }
}

/// The same, about a client.
pub(super) fn about_client(event: &str, client_id: &str) -> Entry {
    Entry { client_id: Some(client_id.to_owned()), ..entry(event) }
}

/// Runs one job on an open store and closes it. What the job does is told in the audit log by the
/// same transaction.
pub(super) async fn write<T, F>(store: Store, entry: Entry, job: F) -> Result<T, CliError>
where
    T: Told + Send + 'static,
    F: for<'c> FnOnce(&'c mut Connection) -> JobFuture<'c, T> + Clone + Send + 'static,
{
    let answer = store
        .write(move |conn| {
            Box::pin(async move {
                let answer = job(&mut *conn).await?;
                if answer.is_done() {
                    audit::record(conn, &entry).await?;
                }
                Ok(answer)
            })
        })
        .await;
    store.close().await;
    Ok(answer?)
}

/// Refuses a scope with a token that does not exist. The store checks again when it writes; this
/// check knows the command that helps.
pub(super) async fn check_scopes(store: &Store, scope: &Scope) -> Result<(), CliError> {
    let unknown = scopes::find_unknown(&mut *store.read().await?, scope).await?;
    match unknown.first() {
        None => Ok(()),
        Some(name) => Err(CliError::refused(format_args!(
            "scope \"{name}\" does not exist; `auth-server scope add {name}` adds it, \
             `auth-server scope list` shows what there is"
        ))),
    }
}

/// Refuses a name that was given out before: names are permanent, and users and clients share them.
pub(super) async fn check_free(
    store: &Store,
    wanted: SubjectKind,
    name: &str,
) -> Result<(), CliError> {
    let Some(subject) = subjects::find(&mut *store.read().await?, name).await? else {
        return Ok(());
    };
    let kind = match subject.kind {
        SubjectKind::User => "user",
        SubjectKind::Client => "client",
    };
    Err(CliError::refused(if subject.deleted_at.is_some() {
        format!("\"{name}\" was a {kind} that is deleted; no name is given out twice")
    } else if subject.kind == wanted {
        format!("{kind} \"{name}\" exists; `auth-server {kind} show {name}` shows it")
    } else {
        format!("\"{name}\" is a {kind}; users and clients share one namespace")
    }))
}

/// Collects a list that the store gives in pages.
pub(super) async fn pages<T, F>(
    mut page: impl FnMut(Option<String>) -> F,
    name: impl Fn(&T) -> &str,
) -> Result<Vec<T>, CliError>
where
    F: Future<Output = Result<Vec<T>, StoreError>>,
{
    let mut all: Vec<T> = Vec::new();
    loop {
        let more = page(all.last().map(|last| name(last).to_owned())).await?;
        if more.is_empty() {
            return Ok(all);
        }
        all.extend(more);
    }
}

/// How many rows a page of a list holds.
pub(super) const PAGE: u32 = 500;
