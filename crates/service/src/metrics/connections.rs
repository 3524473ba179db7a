//! Connections that are open, and those that were closed to make room.

use super::{Counter, Gauge, Sheet, label, title};

/// What a listener tells of its connections.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    open: Gauge,
    dropped: [Counter; 2],
}

/// Why a connection is closed that nobody asked to close.
#[derive(Clone, Copy, Debug)]
pub enum Dropped {
    /// There were too many, and it waited longest for a request.
    Full,
    /// The system refused a new one, so the longest wait made room.
    Refused,
}

/// A connection that counts as open until this is dropped.
#[derive(Debug)]
pub(crate) struct Open(Gauge);

impl Connections {
    /// Shows them on this sheet.
    pub fn new(sheet: &mut Sheet) -> Self {
        Self {
            open: sheet.gauge(title("scopegate_connections_open", "Connections that are open")),
            dropped: sheet.counters(
                title(
                    "scopegate_connections_dropped",
                    "Connections without a request that were closed to make room",
                ),
                ["full", "refused"].map(|reason| label("reason", reason)),
            ),
        }
    }

    /// Counts a connection for as long as the result lives.
    pub(crate) fn open(&self) -> Open {
        self.open.inc();
        Open(self.open.clone())
    }

    /// Counts one that was closed.
    pub(crate) fn dropped(&self, reason: Dropped) {
        self.dropped[reason as usize].inc();
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}
