//! What went wrong on our side: kept with its cause for the log, never shown to a client.

use scopegate_store::StoreError;

/// A failure of ours: the second family of errors, beside those that are the client's to mend.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {cause}")]
pub struct Fault {
    what: &'static str,
    cause: Box<dyn std::error::Error + Send + Sync>,
    passing: bool,
}

impl Fault {
    /// A failure that a retry will not mend.
    pub fn new(
        what: &'static str,
        cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { what, cause: cause.into(), passing: false }
    }

    /// A failure that passes once somebody has seen to it.
    pub fn passing(
        what: &'static str,
        cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { passing: true, ..Self::new(what, cause) }
    }

    /// Whether it will pass, as a database that is away does: 503 and not 500.
    pub const fn is_passing(&self) -> bool {
        self.passing
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        let passing = error.is_unavailable();
        Self { what: "store", cause: Box::new(error), passing }
    }
}
