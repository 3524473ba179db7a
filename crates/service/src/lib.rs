//! What both programs of Scopegate do as processes. No rules, no settings, no SQL.
//!
//! | module | what it does |
//! |---|---|
//! | [`program`] | running a command to its exit code |
//! | [`logging`] | log lines on standard error, as text or JSON |
//! | [`layers`] | what surrounds every request: ids, traces, headers, a net for panics |
//! | [`metrics`] | what is counted, and the page on a listener of its own that shows it |
//! | [`traces`] | requests as OpenTelemetry traces (feature `otel`) |
//! | [`healthcheck`] | asking a running server whether it is ready |
//! | [`listen`](mod@listen) | listening within limits, and stopping gracefully on SIGTERM and SIGINT |

mod gzip;
pub mod healthcheck;
pub mod layers;
pub mod listen;
pub mod logging;
pub mod metrics;
pub mod program;
pub mod traces;
