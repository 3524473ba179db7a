//! Writes of one kind that wait for the same turn, done together: a statement for all of them costs
//! little more than a statement for one.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use futures_util::future::join_all;
use tokio::sync::oneshot;

use crate::{
    Connection, JobFuture, StoreError, Told, grants::OwnGrant, observe::Writing,
    refresh_tokens::TokenUse, writer::Writer,
};

/// A write that can be done for many at once.
pub trait Alike: Clone + Send + Sync + 'static {
    /// What comes of one.
    type Answer: Send + 'static;

    /// Does all of them, in this order, and answers in the same, with what the audit log is to tell.
    fn write_all<'c>(
        conn: &'c mut Connection,
        items: &'c [Self],
    ) -> JobFuture<'c, Told<Vec<Self::Answer>>>;

    /// Where those of this kind wait.
    #[doc(hidden)]
    fn crowd(crowds: &Crowds) -> &Crowd<Self>;
}

/// Those who wait, by their kinds.
#[derive(Default)]
pub struct Crowds {
    pub(crate) own_grants: Crowd<OwnGrant>,
    pub(crate) token_uses: Crowd<TokenUse>,
}

/// Those of one kind who wait.
pub struct Crowd<A: Alike>(Arc<Mutex<Vec<Waiting<A>>>>);

struct Waiting<A: Alike> {
    item: A,
    caller: Caller<A>,
}

struct Caller<A: Alike> {
    writing: Writing,
    reply: oneshot::Sender<Result<A::Answer, StoreError>>,
}

/// Those who came until it began.
struct Turn<A: Alike> {
    crowd: Arc<Mutex<Vec<Waiting<A>>>>,
    items: OnceLock<Vec<A>>,
    callers: Mutex<Vec<Caller<A>>>,
}

impl<A: Alike> Crowd<A> {
    /// Waits for the next turn together with all others, and until it is committed. It is done whether
    /// or not the caller still waits.
    pub(crate) async fn join(
        &self,
        writer: &Writer,
        item: A,
        writing: Writing,
    ) -> Result<A::Answer, StoreError> {
        let (reply, answer) = oneshot::channel();
        let is_first = {
            let mut crowd = lock(&self.0);
            crowd.push(Waiting { item, caller: Caller { writing, reply } });
            crowd.len() == 1
        };
        if is_first {
            // A task of its own: others wait for the turn when this caller has gone.
            tokio::spawn(Turn::new(&self.0).take(writer.clone()));
        }
        answer.await.unwrap_or_else(|_| Err(StoreError::closed()))
    }
}

impl<A: Alike> Default for Crowd<A> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<A: Alike> Turn<A> {
    fn new(crowd: &Arc<Mutex<Vec<Waiting<A>>>>) -> Self {
        let crowd = Arc::clone(crowd);
        Self { crowd, items: OnceLock::new(), callers: Mutex::default() }
    }

    /// Waits for the turn, and tells everybody what came of it.
    async fn take(self, writer: Writer) {
        let turn = Arc::new(self);
        let job = Arc::clone(&turn);
        let outcome = writer
            .run_many(move |conn| Box::pin(async move { A::write_all(conn, job.items()).await }))
            .await;
        let items = turn.items();
        let callers = std::mem::take(&mut *lock(&turn.callers));
        match outcome {
            Ok(answers) => {
                for (caller, answer) in callers.into_iter().zip(answers) {
                    caller.tell(Ok(answer));
                }
            }
            // It may be the fault of one of them, which is no reason to fail the others.
            Err(error) if items.len() > 1 && !error.is_unavailable() => {
                let each = callers.into_iter().zip(items);
                join_all(each.map(|(caller, item)| alone(&writer, item, caller))).await;
            }
            Err(error) => callers.into_iter().for_each(|caller| caller.tell(Err(error.clone()))),
        }
    }

    /// Whose turn it is: whoever waits when this is asked for the first time.
    fn items(&self) -> &[A] {
        self.items.get_or_init(|| {
            let waiting = std::mem::take(&mut *lock(&self.crowd));
            let (items, callers) = waiting.into_iter().map(|one| (one.item, one.caller)).unzip();
            *lock(&self.callers) = callers;
            items
        })
    }
}

/// A turn that nobody took is over all the same: whoever waits for it is told.
impl<A: Alike> Drop for Turn<A> {
    fn drop(&mut self) {
        self.items();
    }
}

async fn alone<A: Alike>(writer: &Writer, item: &A, caller: Caller<A>) {
    let (item, Caller { writing, reply }) = (item.clone(), caller);
    let job = writer.run(move |conn| Box::pin(async move { one(conn, &item).await }), writing);
    let _ = reply.send(job.await);
}

/// Does a single one.
pub(crate) async fn one<A: Alike>(
    conn: &mut Connection,
    item: &A,
) -> Result<Told<A::Answer>, StoreError> {
    let (answers, entries) = A::write_all(conn, std::slice::from_ref(item)).await?;
    let answer = answers.into_iter().next().ok_or(StoreError::Panicked)?;
    Ok((answer, entries))
}

impl<A: Alike> Caller<A> {
    fn tell(self, result: Result<A::Answer, StoreError>) {
        self.writing.ended(&result);
        // The caller may have gone; what was written stands all the same.
        let _ = self.reply.send(result);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
