//! Stands where the feature `otel` is off: there are no traces, and nothing is spent on them.

use std::time::Duration;

use axum::Router;

use super::{Outcome, wanted_by};

/// No traces.
#[derive(Debug)]
pub struct Traces(());

impl Traces {
    /// Says in one line that traces which somebody wants cannot be had.
    pub fn start(_program: &'static str, _version: &'static str) -> Self {
        if let Some(variable) = wanted_by() {
            tracing::warn!(
                "{variable} is set, but this program was built without the feature `otel`: there \
                 are no traces"
            );
        }
        Self(())
    }

    /// The routes as they are.
    pub fn around(&self, routes: Router) -> Router {
        routes
    }

    /// Does nothing.
    #[expect(clippy::unused_async, reason = "the other one has something to wait for")]
    pub async fn stop(self) {}
}

/// The trace of no request.
#[derive(Clone, Debug)]
pub struct Parent(());

impl Parent {
    /// None.
    #[inline]
    pub const fn current() -> Self {
        Self(())
    }

    /// None.
    #[inline]
    pub const fn trace_id(&self) -> Option<&'static str> {
        None
    }

    /// Keeps nothing.
    #[inline]
    pub const fn had(&self, _work: &'static str, _took: Duration, _outcome: Outcome) {}
}
