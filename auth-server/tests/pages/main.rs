//! The pages over the real router, with a clock that the test moves: signing in and out, sessions,
//! forms that are not ours, and the account.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod account;
mod forms;
mod headers;
mod login;
mod server;
mod sessions;
