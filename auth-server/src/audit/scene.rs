//! The request under way: what is known of it so far, carried beside it as the log's span is.
//!
//! Without a request, as in a command, nothing is known and nothing is noted.

use std::sync::{Arc, Mutex, PoisonError};

use scopegate_core::clock::Timestamp;

use super::{Entry, Event, Outcome, Reason};

tokio::task_local! {
    static SCENE: Arc<Scene>;
}

/// One request.
pub struct Scene {
    request_id: Option<String>,
    address: Option<String>,
    known: Mutex<Known>,
}

struct Known {
    event: Event,
    subject: Option<String>,
    client_id: Option<String>,
    reason: Option<Reason>,
    verdict: Option<Verdict>,
    told: bool,
}

/// A refusal or failure that was answered.
struct Verdict {
    outcome: Outcome,
    reason: Reason,
    detail: Option<String>,
}

impl Scene {
    /// A request with this id from this address, to a route where `event` is what is tried.
    pub fn new(request_id: Option<String>, address: Option<String>, event: Event) -> Arc<Self> {
        let known = Known {
            event,
            subject: None,
            client_id: None,
            reason: None,
            verdict: None,
            told: false,
        };
        Arc::new(Self { request_id, address, known: Mutex::new(known) })
    }

    /// Does the work of the request.
    pub async fn play<F: Future>(self: &Arc<Self>, work: F) -> F::Output {
        SCENE.scope(Arc::clone(self), work).await
    }

    /// What is to be written after the answer: a refusal that no transaction has told.
    pub fn epilogue(&self, at: Timestamp) -> Option<Entry> {
        let mut known = self.known();
        let verdict = known.verdict.take().filter(|_| !known.told)?;
        let reason = known.reason.filter(|_| verdict.outcome == Outcome::Refused);
        let event = known.event.as_str().to_owned();
        drop(known);
        Some(Entry {
            event,
            outcome: verdict.outcome,
            reason: Some(reason.unwrap_or(verdict.reason).as_str().to_owned()),
            detail: verdict.detail,
            ..self.entry(at)
        })
    }

    fn entry(&self, at: Timestamp) -> Entry {
        let known = self.known();
        Entry {
            subject: known.subject.clone(),
            client_id: known.client_id.clone(),
            address: self.address.clone(),
            request_id: self.request_id.clone(),
            ..super::empty(at)
        }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is tried, once it is known better than by the route.
pub fn about(event: Event) {
    note(|known| known.event = event);
}

/// The user of that name, who is there, is the one it is about.
pub fn subject(username: &str) {
    note(|known| known.subject = Some(username.to_owned()));
}

/// The client of that id, which is there, is the one that asks.
pub fn client(client_id: &str) {
    note(|known| known.client_id = Some(client_id.to_owned()));
}

/// The reason of a refusal that is about to come, more precise than what the client is told. The
/// first one stays.
pub fn because(reason: Reason) {
    note(|known| {
        known.reason.get_or_insert(reason);
    });
}

/// What was found out of a request until it was looked at once more.
pub struct SetAside {
    subject: Option<String>,
    client_id: Option<String>,
    reason: Option<Reason>,
}

/// The request is looked at once more, as if nothing were known of it.
pub fn set_aside() -> SetAside {
    let mut aside = SetAside { subject: None, client_id: None, reason: None };
    note(|known| {
        aside = SetAside {
            subject: known.subject.take(),
            client_id: known.client_id.take(),
            reason: known.reason.take(),
        };
    });
    aside
}

/// What was found out at first is right.
pub fn take_up(aside: SetAside) {
    note(|known| {
        known.subject = aside.subject;
        known.client_id = aside.client_id;
        known.reason = aside.reason;
    });
}

/// The request is refused. `reason` counts where nobody knew a more precise one.
pub fn refused(reason: Reason, detail: &str) {
    judge(Outcome::Refused, reason, detail);
}

/// The server failed.
pub fn failed(reason: Reason, detail: &str) {
    judge(Outcome::Failed, reason, detail);
}

/// A transaction has told of the refusal that is about to come.
pub fn told() {
    note(|known| known.told = true);
}

fn judge(outcome: Outcome, reason: Reason, detail: &str) {
    note(|known| {
        known.verdict.get_or_insert(Verdict { outcome, reason, detail: super::detail(detail) });
    });
}

/// An entry of the request under way.
pub(super) fn entry(at: Timestamp) -> Entry {
    SCENE.try_with(|scene| scene.entry(at)).unwrap_or_else(|_| super::empty(at))
}

fn note(change: impl FnOnce(&mut Known)) {
    // An error means that no request is under way.
    let _ = SCENE.try_with(|scene| change(&mut scene.known()));
}
