//! Who did what: entries for the table that operators read, without a secret in them.
//!
//! | module | what it holds |
//! |---|---|
//! | `event` `reason` | what was tried, and why it was refused, as codes and in words |
//! | `scene` | what is known of the request under way |
//! | `trail` | refusals on their way to the table |
//! | `operator` | who runs a command |
//!
//! What is done is written by the transaction that does it: [`done`] makes the entry, and the job
//! hands it to [`record`], or back to the store, which writes it with those of others. A refusal has no
//! transaction; it is noted on the scene, and the [`Trail`] writes it a moment later together with others.

mod event;
mod operator;
mod reason;
mod scene;
mod trail;

use scopegate_core::clock::Timestamp;
pub use scopegate_store::audit::{Entry, Outcome, record, record_all};

pub use self::{
    event::Event,
    operator::operator,
    reason::Reason,
    scene::{Scene, about, because, client, failed, refused, set_aside, subject, take_up, told},
    trail::Trail,
};
use crate::id;

/// The longest detail, in characters.
const MAX_DETAIL: usize = 512;

/// Something that the request under way does. Whom it is about is as the scene knows it.
pub fn done(at: Timestamp, event: Event) -> Entry {
    Entry { event: event.as_str().to_owned(), ..scene::entry(at) }
}

/// Something that a command does, or a file that is applied: `way` says which of them.
pub fn by_operator(at: Timestamp, way: &str, event: impl Into<String>) -> Entry {
    Entry { event: event.into(), actor: Some(operator(way)), ..empty(at) }
}

/// An entry that says nothing yet.
fn empty(at: Timestamp) -> Entry {
    Entry {
        id: Entry::id_at(at, &id::audit()),
        at,
        event: String::new(),
        outcome: Outcome::Done,
        reason: None,
        actor: None,
        subject: None,
        client_id: None,
        address: None,
        request_id: None,
        detail: None,
    }
}

/// A detail of ours as it may be kept: no longer than it is read, and in one line.
pub fn detail(text: &str) -> Option<String> {
    let visible = |c: char| if c.is_control() { ' ' } else { c };
    Some(text.chars().map(visible).take(MAX_DETAIL).collect())
        .filter(|text: &String| !text.is_empty())
}
