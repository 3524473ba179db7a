//! The authorization code flow over the real router, with a clock that the test moves: what a
//! client may ask, where answers go, what the user decides, and what a code is worth.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod answer;
mod codes;
mod consent;
mod flow;
mod form;
mod growth;
mod meanwhile;
mod pkce;
mod redirect_uris;
mod replays;
mod requests;
#[path = "../pages/server.rs"]
#[expect(dead_code, reason = "the stories about pages use more of it")]
mod server;
mod sharing;
