//! Which connections wait for a request, and since when: when there are too many connections, the
//! one that has waited longest makes room.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

/// The connections that wait for a request, the longest wait first.
#[derive(Default)]
pub(super) struct Line {
    waiting: Mutex<Waiting>,
    joined: Notify,
}

#[derive(Default)]
struct Waiting {
    last: u64,
    places: BTreeMap<u64, Arc<Notify>>,
}

impl Line {
    /// Asks the connection that has waited longest to leave. `false` when none waits.
    pub(super) fn dismiss_longest(&self) -> bool {
        let longest = lock(&self.waiting).places.pop_first();
        longest.inspect(|(_, dismissed)| dismissed.notify_one()).is_some()
    }

    /// Waits until a connection begins to wait; it may have left since.
    pub(super) async fn joined(&self) {
        self.joined.notified().await;
    }

    fn join(&self, dismissed: &Arc<Notify>) -> u64 {
        let mut waiting = lock(&self.waiting);
        waiting.last += 1;
        let place = waiting.last;
        waiting.places.insert(place, Arc::clone(dismissed));
        self.joined.notify_one();
        place
    }

    fn leave(&self, place: u64) {
        lock(&self.waiting).places.remove(&place);
    }
}

/// What one connection is doing.
pub(super) struct Seat {
    line: Arc<Line>,
    phase: Mutex<Phase>,
    dismissed: Arc<Notify>,
}

#[derive(Clone, Copy)]
enum Phase {
    /// There is no request, or half of its head; with the place in line.
    Waiting(u64),
    /// There is a request without a whole answer.
    Working,
    /// The answer is made, but not yet on its way in full.
    Answering,
}

impl Seat {
    /// A new connection waits for its first request.
    pub(super) fn take(line: &Arc<Line>) -> Arc<Self> {
        let dismissed = Arc::new(Notify::new());
        let phase = Phase::Waiting(line.join(&dismissed));
        Arc::new(Self { line: Arc::clone(line), phase: Mutex::new(phase), dismissed })
    }

    /// Works on a request for as long as the result lives.
    pub(super) fn work(self: &Arc<Self>) -> Working {
        self.enter(Phase::Working);
        Working(Arc::clone(self))
    }

    /// Everything that was to be written is on its way. `true` when an answer ends with it.
    pub(super) fn flushed(&self) -> bool {
        let answered = matches!(*lock(&self.phase), Phase::Answering);
        if answered {
            self.enter(Phase::Waiting(self.line.join(&self.dismissed)));
        }
        answered
    }

    /// Whether there is no request.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(*lock(&self.phase), Phase::Waiting(_))
    }

    /// Waits until the connection is to make room. It may have begun to work meanwhile.
    pub(super) async fn dismissed(&self) {
        self.dismissed.notified().await;
    }

    fn enter(&self, next: Phase) {
        let before = std::mem::replace(&mut *lock(&self.phase), next);
        if let Phase::Waiting(place) = before {
            self.line.leave(place);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.enter(Phase::Working);
    }
}

/// A request is being worked on.
pub(super) struct Working(Arc<Seat>);

impl Drop for Working {
    fn drop(&mut self) {
        self.0.enter(Phase::Answering);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is behind these locks is whole after every statement.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        task::{Context, Waker},
    };

    use super::*;

    fn is_told(seat: &Seat) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        pin!(seat.dismissed()).poll(&mut context).is_ready()
    }

    #[test]
    fn who_waits_longest_makes_room() {
        let line = Arc::new(Line::default());
        let [first, second] = [Seat::take(&line), Seat::take(&line)];
        assert!(line.dismiss_longest());
        assert_eq!((is_told(&first), is_told(&second)), (true, false));
    }

    #[test]
    fn who_has_worked_waits_from_then_on() {
        let line = Arc::new(Line::default());
        let [first, second] = [Seat::take(&line), Seat::take(&line)];
        drop(first.work());
        assert!(first.flushed(), "the answer is on its way");
        assert!(!first.flushed(), "there is one answer only");
        assert!(line.dismiss_longest());
        assert_eq!((is_told(&first), is_told(&second)), (false, true));
    }

    #[test]
    fn who_works_or_has_left_is_not_asked() {
        let line = Arc::new(Line::default());
        let working = Seat::take(&line);
        let request = working.work();
        drop(Seat::take(&line));
        assert!(!line.dismiss_longest(), "nobody waits");
        drop(request);
        assert!(!line.dismiss_longest(), "the answer is not yet on its way");
        working.flushed();
        assert!(line.dismiss_longest());
    }
}
