//! auth-server: checks users and clients against a store and issues scoped tokens.
//!
//! The layers, in the order in which a request meets them. Imports point down only, which a test
//! checks (`tests/layers.rs`).
//!
//! | layer | what it does |
//! |---|---|
//! | [`cli`] | the command line: `serve` and the commands that manage the store |
//! | [`doctor`] | what may be wrong with a server, and what mends it |
//! | [`serve`] | one running server: listener, background work, graceful stop |
//! | [`http`] | routes, extractors, answers; knows no rules |
//! | [`apply`] | bringing a file of scopes, clients and users into the store |
//! | [`oauth`] | the rules of OAuth as functions from values to values; knows no HTTP |
//! | [`app`] | what a running server holds, built once |
//! | [`identity`] | names, passwords, hashing |
//! | [`limits`] | how often somebody may guess |
//! | [`keys`] | the keys that sign, and the server key |
//! | [`pages`] | the pages that people see, as HTML |
//! | [`audit`] | entries that tell operators who did what |
//! | [`metrics`] | what is counted |
//! | [`config`] | settings, one struct per section |
//! | [`fault`] [`secret`] [`id`] | our failures; values not to be seen; randomness |
//!
//! All SQL is below, in `scopegate-store`.

pub mod app;
pub mod apply;
pub mod audit;
pub mod cli;
pub mod config;
pub mod doctor;
pub mod fault;
pub mod http;
pub mod id;
pub mod identity;
pub mod keys;
pub mod limits;
pub mod metrics;
pub mod oauth;
pub mod pages;
pub mod secret;
pub mod serve;
