//! How long the audit log tells what was done.

use std::time::Duration;

use scopegate_settings::{Setting, SettingsError, Values};

/// The table of the section.
pub const SETTINGS: &[Setting] = &[Setting::new(
    "audit-keep",
    "DURATION",
    "Entries of the audit log are cleaned away after that time",
)
.or("90d")];

/// The audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditConfig {
    /// How long an entry is kept.
    pub keep: Duration,
}

impl AuditConfig {
    /// Reads the section.
    pub fn read(values: &Values) -> Result<Self, SettingsError> {
        Ok(Self { keep: values.duration("audit-keep")? })
    }
}
