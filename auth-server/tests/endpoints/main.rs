//! The endpoints that clients call beside the code flow: client credentials, revocation,
//! introspection, metadata; and which of them a page of another origin may read.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

#[path = "../in_process/mod.rs"]
#[expect(dead_code, reason = "the stories about time use more of it")]
mod in_process;

mod api;

mod client_credentials;
mod cors;
mod introspection;
mod metadata;
mod remembered;
mod revocation;
