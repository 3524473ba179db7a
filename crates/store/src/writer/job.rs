//! A job on its way through the writer: run, perhaps twice, and answered after the commit.

use std::panic::AssertUnwindSafe;

use futures_util::{FutureExt, future::BoxFuture};
use tokio::sync::oneshot;

use crate::{Connection, JobFuture, StoreError, Told, audit::Entry, observe::Writing};

/// A job without its types.
pub(super) trait Job: Send {
    /// Runs it, keeps what it answers, and says whether its writes are to stay.
    fn run<'c>(&'c mut self, conn: &'c mut Connection) -> BoxFuture<'c, bool>;

    /// What its last run has the audit log tell.
    fn take_entries(&mut self) -> Vec<Entry>;

    /// How many writes its last run was.
    fn count(&self) -> usize;

    /// Tells the caller, once it is known how the transaction ended.
    fn answer(self: Box<Self>, group: Result<(), StoreError>);
}

/// One that waits for its turn, or has had it.
pub(super) struct Pending<T, F> {
    pub(super) job: F,
    pub(super) result: Result<Told<T>, StoreError>,
    pub(super) count: fn(&T) -> usize,
    pub(super) writing: Option<Writing>,
    pub(super) reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Job for Pending<T, F>
where
    T: Send + 'static,
    F: for<'c> FnOnce(&'c mut Connection) -> JobFuture<'c, Told<T>> + Clone + Send + 'static,
{
    fn run<'c>(&'c mut self, conn: &'c mut Connection) -> BoxFuture<'c, bool> {
        Box::pin(async move {
            self.result = caught(conn, self.job.clone()).await;
            self.result.is_ok()
        })
    }

    fn take_entries(&mut self) -> Vec<Entry> {
        self.result.as_mut().map(|(_, entries)| std::mem::take(entries)).unwrap_or_default()
    }

    fn count(&self) -> usize {
        self.result.as_ref().map_or(1, |(answer, _)| (self.count)(answer))
    }

    fn answer(self: Box<Self>, group: Result<(), StoreError>) {
        let Self { result, writing, reply, .. } = *self;
        let result = group.and(result).map(|(answer, _)| answer);
        if let Some(writing) = writing {
            writing.ended(&result);
        }
        // The caller may have gone; what was written stands all the same.
        let _ = reply.send(result);
    }
}

/// Runs a job and turns its panic into an error.
pub(crate) async fn caught<T, F>(conn: &mut Connection, job: F) -> Result<T, StoreError>
where
    F: for<'c> FnOnce(&'c mut Connection) -> JobFuture<'c, T>,
{
    // Nothing of a broken job is looked at again: its writes are rolled back.
    let job = AssertUnwindSafe(async { job(conn).await });
    job.catch_unwind().await.unwrap_or(Err(StoreError::Panicked))
}
