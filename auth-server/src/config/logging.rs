//! What log lines look like, and what the start has to warn of.

use scopegate_settings::{Values, choice::LogFormat, shared::Shared};

/// Log lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggingConfig {
    /// Their form.
    pub format: LogFormat,
    /// `SCOPEGATE_` variables that nobody knows: a warning for each, once logging is there.
    pub unknown_variables: Vec<String>,
}

impl LoggingConfig {
    /// Reads the section.
    pub fn read(values: &Values, shared: &Shared) -> Self {
        Self { format: shared.log_format, unknown_variables: values.unknown_variables().to_vec() }
    }
}
