//! What a loop says of itself, as a line of JSON between two processes.

use serde::{Deserialize, Serialize};

use crate::sample::Sample;

/// A loop's round.
#[derive(Serialize, Deserialize)]
pub(crate) struct Looped {
    /// What it did.
    pub(crate) sample: Sample,
    /// The most memory that it had.
    pub(crate) peak_kib: u64,
}
