//! How a source of keys stands, for health endpoints and metrics.

use std::time::Duration;

/// One source of [`Keys`](crate::Keys), as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceState {
    /// What it is, to be put behind "waiting for": `the keys of https://auth.example/jwks.json`.
    pub name: String,
    /// How many keys are in force; `None` while the source has given none, `Some(0)` where it gave
    /// a set without one that can be used, so that it lets no token pass.
    pub keys: Option<usize>,
    /// How long ago a source over the network last gave them; `None` for the others.
    pub age: Option<Duration>,
    /// Why it gave nothing when it was last asked, if so. The keys that are there stay in force.
    pub error: Option<String>,
}
