//! Group commit for `SQLite`: one task writes, many jobs share one transaction and one `fsync`.

mod job;

use std::sync::Arc;

use sqlx::{Acquire, Any, Transaction};
use tokio::sync::{mpsc, oneshot};

use crate::{
    Connection, JobFuture, StoreError, Synchronous, Told, audit,
    connect::{self, Role},
    file::PinnedFile,
    observe::{Teller, Writing},
};

pub(crate) use self::job::caught;
use self::job::{Job, Pending};

/// The most jobs of one transaction. One of them may be the writes of many.
const GROUP: usize = 64;

/// The most jobs that wait; beyond it callers wait for room.
const QUEUE: usize = 1024;

/// The way to the task that writes.
#[derive(Clone)]
pub(crate) struct Writer(mpsc::Sender<Message>);

enum Message {
    Job(Box<dyn Job>),
    Close(oneshot::Sender<()>),
}

impl Writer {
    /// Starts the task. It ends when it is closed or the last handle is dropped.
    pub(crate) async fn start(
        file: Arc<PinnedFile>,
        synchronous: Synchronous,
        teller: Teller,
    ) -> Result<Self, StoreError> {
        let (sender, queue) = mpsc::channel(QUEUE);
        let mut task = Task { file, synchronous, teller, queue, open: None, closing: Vec::new() };
        task.check_writable().await?;
        tokio::spawn(task.work());
        Ok(Self(sender))
    }

    /// Queues a job and waits until it is committed. Once queued it runs, whether or not the caller
    /// still waits.
    pub(crate) async fn run<T, F>(&self, job: F, writing: Writing) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> JobFuture<'c, Told<T>> + Clone + Send + 'static,
    {
        self.queue(job, |_| 1, Some(writing)).await
    }

    /// The same for a job that is the writes of many, of whom the caller tells.
    pub(crate) async fn run_many<T, F>(&self, job: F) -> Result<Vec<T>, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> JobFuture<'c, Told<Vec<T>>>
            + Clone
            + Send
            + 'static,
    {
        self.queue(job, Vec::len, None).await
    }

    async fn queue<T, F>(
        &self,
        job: F,
        count: fn(&T) -> usize,
        writing: Option<Writing>,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> JobFuture<'c, Told<T>> + Clone + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Pending { job, result: Err(StoreError::closed()), count, writing, reply };
        self.0.send(Message::Job(Box::new(job))).await.map_err(|_| StoreError::closed())?;
        answer.await.unwrap_or_else(|_| Err(StoreError::closed()))
    }

    /// Takes no more jobs, finishes those that are queued, moves the log into the database.
    pub(crate) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.0.send(Message::Close(done)).await.is_ok() {
            // An error means that the task is gone, which is what we want.
            let _ = closed.await;
        }
    }
}

struct Task {
    file: Arc<PinnedFile>,
    synchronous: Synchronous,
    teller: Teller,
    queue: mpsc::Receiver<Message>,
    open: Option<Connection>,
    closing: Vec<oneshot::Sender<()>>,
}

impl Task {
    async fn work(mut self) {
        let mut messages = Vec::with_capacity(GROUP);
        while self.queue.recv_many(&mut messages, GROUP).await > 0 {
            let mut group = self.sort(&mut messages);
            if group.is_empty() {
                continue;
            }
            let outcome = self.write(&mut group).await;
            // While the file is away its connection is kept: it is the one to go on with.
            if let Err(reason) = &outcome
                && !self.file.is_away()
            {
                tracing::warn!(jobs = group.len(), "cannot write: {reason}");
                self.open = None;
            }
            self.teller.committing(group.iter().map(|job| job.count()).sum());
            for job in group {
                job.answer(outcome.clone());
            }
        }
        self.finish().await;
    }

    /// The jobs among the messages. A wish to close shuts the queue; what is in it is still done.
    fn sort(&mut self, messages: &mut Vec<Message>) -> Vec<Box<dyn Job>> {
        let mut group = Vec::with_capacity(messages.len());
        for message in messages.drain(..) {
            match message {
                Message::Job(job) => group.push(job),
                Message::Close(done) => {
                    self.queue.close();
                    self.closing.push(done);
                }
            }
        }
        group
    }

    /// Fails where the file may only be read, for which `SQLite` opens it without a word. Whoever else
    /// writes just now is no reason not to start.
    async fn check_writable(&mut self) -> Result<(), StoreError> {
        let begun = sqlx::Connection::begin_with(self.connection().await?, "BEGIN IMMEDIATE").await;
        match begun.map_err(StoreError::from) {
            Ok(mut transaction) => {
                // Where the file may only be read, BEGIN IMMEDIATE quietly begins a reading one.
                sqlx::query("PRAGMA user_version = 0").execute(&mut *transaction).await?;
                Ok(transaction.rollback().await?)
            }
            Err(StoreError::Unavailable(_)) => Ok(()),
            Err(other) => Err(other),
        }
    }

    async fn connection(&mut self) -> Result<&mut Connection, StoreError> {
        self.file.check()?;
        match &mut self.open {
            Some(connection) => Ok(connection),
            closed @ None => {
                let role = Role::Write(self.synchronous);
                Ok(closed.insert(connect::sqlite(self.file.id(), role).await?))
            }
        }
    }

    /// Writes the group into the file that is at its path before and after, or says that nothing of
    /// it is known to be kept.
    async fn write(&mut self, group: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
        self.commit(group).await?;
        self.file.check()
    }

    /// One transaction for the group. A job that fails is undone alone; an error here means that
    /// nothing of the group is known to be kept.
    ///
    /// Jobs seldom fail and savepoints cost two statements each, so the group goes without them at
    /// first, and from its beginning again with them where one of its jobs fails.
    async fn commit(&mut self, group: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for job in &mut *group {
            if !job.run(&mut transaction).await {
                transaction.rollback().await?;
                return if group.len() == 1 { Ok(()) } else { self.commit_apart(group).await };
            }
        }
        record_entries(&mut transaction, group).await?;
        Ok(transaction.commit().await?)
    }

    /// The same with each job in a savepoint.
    async fn commit_apart(&mut self, group: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for job in &mut *group {
            // SQLite gives up the whole transaction for some errors, such as a full disk. Then the
            // savepoint is gone, this fails, and the group with it.
            let mut savepoint = transaction.begin().await?;
            if job.run(&mut savepoint).await {
                savepoint.commit().await?;
            } else {
                savepoint.rollback().await?;
            }
        }
        record_entries(&mut transaction, group).await?;
        Ok(transaction.commit().await?)
    }

    async fn begin(&mut self) -> Result<Transaction<'_, Any>, StoreError> {
        let connection = self.connection().await?;
        Ok(sqlx::Connection::begin_with(connection, "BEGIN IMMEDIATE").await?)
    }

    async fn finish(&mut self) {
        if let Some(mut connection) = self.open.take() {
            // Also where the file is away: SQLite would take a log that is left beside the path for
            // that of the file that lies there now.
            let moved =
                sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut connection).await;
            if let Err(reason) = moved {
                tracing::warn!("the write-ahead log stays as it is: {reason}");
            }
            // Whatever fails here, everything is committed.
            let _ = sqlx::Connection::close(connection).await;
        }
        for done in self.closing.drain(..) {
            let _ = done.send(());
        }
    }
}

/// Writes what the jobs that were done have the audit log tell.
async fn record_entries(
    conn: &mut Connection,
    group: &mut [Box<dyn Job>],
) -> Result<(), StoreError> {
    let entries: Vec<_> = group.iter_mut().flat_map(|job| job.take_entries()).collect();
    audit::record_all(conn, &entries).await
}
