//! How many connections there may be, and how long each part of one may take.

use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The most connections at a time, where the system lets the process open as many files.
pub const CONNECTIONS: u16 = 4096;

/// The most bytes in a request's first line and headers; more is answered 431.
///
/// Half of it is more than a token of 8 KiB with every header a browser sends.
pub(super) const HEAD_BYTES: usize = 32 * 1024;

/// The most bytes kept at a time of what comes in or goes out on one connection.
pub(super) const BUFFER_BYTES: usize = 64 * 1024;

/// Files that are no connections: the database, keys, logs, connections to other servers.
const OTHER_FILES: u16 = 256;

/// What one listener puts up with.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at a time. At one more, the one that has waited longest for a request is closed.
    pub connections: u16,
    /// From a connection's start, or a later request's first byte, to the end of that request's
    /// head.
    pub head: Duration,
    /// From an answer to the next request's first byte. Longer than a proxy in front keeps an
    /// unused connection (one or two minutes), or it sends requests to connections that just closed.
    pub idle: Duration,
    /// From the end of a request's head to the end of its body.
    pub body: Duration,
    /// How long a client may take nothing of an answer.
    pub answer: Duration,
    /// How long a head may stay unfinished after the signal to stop.
    pub last_head: Duration,
    /// How long requests in flight may take after the signal to stop.
    pub stop: Duration,
}

impl Limits {
    /// What the programs put up with.
    ///
    /// The first call raises the process's limit on open files (`RLIMIT_NOFILE`), as far as the
    /// system allows and connections need. Where that is too little, there are fewer connections.
    pub fn of_process() -> Self {
        Self {
            connections: connections_among(open_files()),
            head: Duration::from_secs(10),
            idle: Duration::from_mins(3),
            body: Duration::from_secs(30),
            answer: Duration::from_secs(30),
            last_head: Duration::from_secs(1),
            stop: Duration::from_secs(9),
        }
    }
}

/// How many files the process may open, after asking for as many as it needs.
fn open_files() -> u16 {
    let wanted = u64::from(CONNECTIONS + OTHER_FILES);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_some_and(|current| current < wanted) {
        let raised = maximum.map_or(wanted, |maximum| maximum.min(wanted));
        // An error leaves the limit where it is; it is read again below.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum });
    }
    let current = getrlimit(Resource::Nofile).current.unwrap_or(wanted);
    u16::try_from(current).unwrap_or(u16::MAX)
}

/// Leaves files for everything else, and at least half of them for connections.
fn connections_among(files: u16) -> u16 {
    CONNECTIONS.min(files.saturating_sub(OTHER_FILES).max(files / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_everything_else() {
        let rows = [(u16::MAX, 4096), (4096, 3840), (1024, 768), (300, 150), (64, 32)];
        for (files, connections) in rows {
            assert_eq!(connections_among(files), connections, "{files} files");
        }
    }

    #[test]
    fn the_limit_on_open_files_is_never_lowered() {
        let before = getrlimit(Resource::Nofile).current;
        let limits = Limits::of_process();
        let after = getrlimit(Resource::Nofile).current;
        assert!(after.is_none() || after >= before, "{before:?} became {after:?}");
        assert!(limits.connections > 0);
    }
}
