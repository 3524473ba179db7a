//! What the last fetch gave, logged when it differs from the one before.

use std::time::Duration;

use scopegate_core::{jwk::JwkError, verify::VerifyingKeys};
use tokio::time::Instant;

use super::fetch::FetchError;

/// The last fetch, and when one last went well.
#[derive(Default)]
pub(super) struct Report {
    succeeded_at: Option<Instant>,
    last: Option<Result<Found, FetchError>>,
}

/// What a good answer held.
#[derive(PartialEq, Eq)]
struct Found {
    kids: Vec<String>,
    skipped: Vec<(usize, JwkError)>,
}

impl Report {
    /// The keys that were given, and those that are not used, by their place in the set.
    pub(super) fn succeeded(
        &mut self,
        name: &str,
        keys: &VerifyingKeys,
        skipped: &[(usize, JwkError)],
    ) {
        self.succeeded_at = Some(Instant::now());
        let kids = keys.kids().map(str::to_owned).collect();
        let found = Found { kids, skipped: skipped.to_vec() };
        if matches!(&self.last, Some(Ok(last)) if *last == found) {
            return;
        }
        let (count, kids) = (keys.len(), &found.kids);
        if skipped.is_empty() {
            tracing::info!(count, ?kids, "fetched {name}");
        } else {
            let skipped: Vec<String> =
                skipped.iter().map(|(at, why)| format!("{at}: {why}")).collect();
            tracing::warn!(count, ?kids, ?skipped, "fetched {name}, of which some are not used");
        }
        self.last = Some(Ok(found));
    }

    /// Nothing was given.
    pub(super) fn failed(&mut self, name: &str, error: &FetchError) {
        if self.last.as_ref().and_then(|last| last.as_ref().err()) == Some(error) {
            return;
        }
        if self.succeeded_at.is_some() {
            tracing::warn!(%error, "cannot fetch {name}, the old ones stay in force");
        } else {
            tracing::warn!(%error, "waiting for {name}");
        }
        self.last = Some(Err(error.clone()));
    }

    /// How long ago a fetch last went well.
    pub(super) fn age(&self) -> Option<Duration> {
        self.succeeded_at.map(|at| at.elapsed())
    }

    /// Why the last one did not.
    pub(super) fn error(&self) -> Option<String> {
        self.last.as_ref()?.as_ref().err().map(ToString::to_string)
    }
}
