//! How long somebody stays signed in at a browser.

use std::time::Duration;

use scopegate_settings::{Setting, SettingsError, Values, duration};

/// The table of the section.
pub const SETTINGS: &[Setting] = &[
    Setting::new("session-idle", "DURATION", "A browser session unused that long ends").or("12h"),
    Setting::new("session-max-age", "DURATION", "No browser session lives longer").or("7d"),
];

/// Lifetimes of browser sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionConfig {
    /// Of a session that nobody uses.
    pub idle: Duration,
    /// Of any session.
    pub max_age: Duration,
}

impl SessionConfig {
    /// Reads the section.
    pub fn read(values: &Values) -> Result<Self, SettingsError> {
        let sessions = Self {
            idle: values.duration("session-idle")?,
            max_age: values.duration("session-max-age")?,
        };
        if sessions.idle > sessions.max_age {
            let max_age = duration::show(sessions.max_age);
            return Err(values.refuse(
                "session-idle",
                format_args!("must not be longer than session-max-age, which is {max_age}"),
            ));
        }
        Ok(sessions)
    }
}
