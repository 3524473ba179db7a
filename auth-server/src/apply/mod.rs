//! Brings a file of scopes, clients, users and items into the store: a three-way merge between the
//! file, what was applied last and what the store holds, so that a restart undoes nobody's command.
//!
//! | module | what it holds |
//! |---|---|
//! | `file` | the TOML file, parsed |
//! | `entry` | its entries, checked |
//! | `state` | what the store holds of the entries |
//! | `plan` | the merge, as a pure function |
//! | `review` | whether the outcome of a plan would be sound |
//! | `secret_file` | where a client's first secret is left |
//! | `write` | the steps of a plan as calls of the store |
//! | [`run`] | plan, prepare, then one transaction |
//! | [`report`] | what was added, changed, left and skipped |

mod entry;
mod error;
mod file;
mod plan;
pub mod report;
mod review;
pub mod run;
mod secret_file;
mod state;
mod write;

pub use self::{
    error::{ApplyError, Kind, Refusal},
    file::File,
    report::Report,
    run::{Applier, dry_run},
};
