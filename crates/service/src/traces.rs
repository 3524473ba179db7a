//! Traces for OpenTelemetry: a span for each request, and one for each piece of work inside it.
//!
//! They are sent by OTLP over HTTP where the standard variables (`OTEL_EXPORTER_OTLP_ENDPOINT` and its
//! family) name a collector, and only by programs that were built with the feature `otel`. Spans carry
//! routes, durations and outcomes, never a query, a header, a name or an address.
//!
//! A span's parent is found in the task that works for the request, so nobody hands it through.

#[cfg(feature = "otel")]
mod export;
#[cfg(feature = "otel")]
mod request;
#[cfg(not(feature = "otel"))]
mod without;

#[cfg(feature = "otel")]
pub use self::{export::Traces, request::Parent};
#[cfg(not(feature = "otel"))]
pub use without::{Parent, Traces};

use std::env;

/// How a piece of work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// A rule forbade it.
    Refused,
    /// It could not be done.
    Failed,
}

/// The variables that name a collector of traces. The first that is set counts.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];

/// The variable that asks for traces, unless another one says that there shall be none.
fn wanted_by() -> Option<&'static str> {
    let says = |name, word: &str| env::var(name).is_ok_and(|said| said.eq_ignore_ascii_case(word));
    if says("OTEL_SDK_DISABLED", "true") || says("OTEL_TRACES_EXPORTER", "none") {
        return None;
    }
    // An empty one counts as absent, says the specification.
    ENDPOINTS.into_iter().find(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}
