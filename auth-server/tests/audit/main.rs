//! The audit log over the real router: each event leaves one entry, with the right fields.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod bounds;
mod pages;
#[path = "../pages/server.rs"]
#[expect(dead_code, reason = "the stories about pages use more of it")]
mod server;
mod story;
mod tokens;
