//! Guessing over the real router, with a clock that the test moves: who waits, how long, and who does
//! not wait with them.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod address;
mod browser;
mod guesser;
mod password;
mod secret;
#[path = "../pages/server.rs"]
#[expect(dead_code, reason = "the stories about pages use more of it")]
mod server;
mod timing;
