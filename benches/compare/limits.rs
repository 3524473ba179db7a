//! The table of limits that are no servers: loops over what a server cannot do without.

use crate::scenario::Scenario::{self, Password1, Password4, Password32, Refresh};

/// A loop that this very program runs, as a process of its own.
pub(crate) struct Limit {
    /// What `--peers` calls it.
    pub(crate) key: &'static str,
    /// What the table calls it.
    pub(crate) name: &'static str,
    /// What comes after `limit`; `{data}` is a folder of its own, `{seconds}` how long.
    pub(crate) words: &'static [&'static str],
    /// Beside which scenarios it runs.
    pub(crate) scenarios: &'static [Scenario],
}

/// Every loop.
pub(crate) const LIMITS: &[Limit] = &[
    Limit {
        key: "argon2-fresh",
        name: "limit: argon2 crate, fresh memory, 1 caller",
        words: &["argon2", "--fresh", "--callers", "1", "--seconds", "{seconds}"],
        scenarios: &[Password1, Password32],
    },
    Limit {
        key: "argon2-reused",
        name: "limit: argon2 crate, reused memory, 1 caller",
        words: &["argon2", "--callers", "1", "--seconds", "{seconds}"],
        scenarios: &[Password1, Password4, Password32],
    },
    Limit {
        key: "argon2-callers",
        name: "limit: argon2 crate, reused memory, 2 callers",
        words: &["argon2", "--callers", "2", "--seconds", "{seconds}"],
        scenarios: &[Password4, Password32],
    },
    Limit {
        key: "sqlite-full",
        name: "limit: SQLite, FULL, a rotation's statements, 16 to a commit",
        words: &["sqlite", "--data", "{data}", "--seconds", "{seconds}"],
        scenarios: &[Refresh],
    },
    Limit {
        key: "sqlite-normal",
        name: "limit: SQLite, NORMAL, a rotation's statements, 16 to a commit",
        words: &["sqlite", "--normal", "--data", "{data}", "--seconds", "{seconds}"],
        scenarios: &[Refresh],
    },
];
