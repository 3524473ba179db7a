//! Log lines on standard error, so that standard output stays a command's own.

mod fields;

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use self::fields::Fields;

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

/// Starts logging at level `info`; `RUST_LOG` says otherwise, as elsewhere.
///
/// A second call changes nothing.
pub fn start(format: Format) {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        // It would be said on standard error, which is where the line could not be written.
        .log_internal_errors(false);
    // An error means that logging has been started.
    let _ = match format {
        Format::Text => lines.fmt_fields(Fields).try_init(),
        Format::Json => lines.json().flatten_event(true).try_init(),
    };
}
