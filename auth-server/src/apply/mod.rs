//! Brings a file of scopes, clients, users and items into the store: a three-way merge between the
//! file, what was applied last and what the store holds, so that a restart undoes nobody's command.
//!
//! | module | what it holds |
//! |---|---|
//! | [`file`](mod@file) | the TOML file, parsed |
//! | [`entry`] | its entries, checked |
//! | [`demo`] | the hashes that everybody knows |
//! | [`plan`] | the merge, as a pure function |
//! | [`state`] | what the store holds of the entries |
//! | [`review`] | whether the outcome of a plan would be sound |
//! | [`run`] | plan, hash, then one transaction |
//! | [`secret_file`] | where a client's first secret is left |
//! | [`write`](mod@write) | the steps of a plan as store calls |
//! | [`report`] | what was added, changed, left and skipped |

pub mod demo;
mod entry;
mod error;
mod file;
mod plan;
mod report;
mod review;
mod run;
mod secret_file;
mod state;
mod write;

pub use self::{
    error::ApplyError,
    file::File,
    report::Report,
    run::{Applier, dry_run},
};
