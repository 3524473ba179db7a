//! resource-api: verifies scoped tokens and enforces scopes per route.
//!
//! | module | what it does |
//! |---|---|
//! | [`cli`] | the command line: `serve`, `healthcheck`, `openapi` |
//! | [`serve`] | one running server: listener, feed, graceful stop |
//! | [`routes`] | the table of routes, and one file per resource |
//! | [`docs`] | the description of the API and its page |
//! | [`directory`] | who is a user, and what was revoked: from the feed of changes, in memory |
//! | [`metrics`] | what is counted |
//! | [`keys`] | which keys verify, and where they come from |
//! | [`config`] | the settings |
//!
//! Tokens, scopes and challenges are `scopegate-guard`'s; all SQL is in `scopegate-store`.

pub mod cli;
pub mod config;
pub mod directory;
pub mod docs;
pub mod keys;
pub mod metrics;
pub mod routes;
pub mod serve;
