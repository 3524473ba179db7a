//! How long tokens live.

use std::time::Duration;

use scopegate_settings::{Setting, SettingsError, Values, duration};

/// The table of the section.
pub const SETTINGS: &[Setting] = &[
    Setting::new("access-token-ttl", "DURATION", "Lifetime of an access token").or("30m"),
    Setting::new("authorization-code-ttl", "DURATION", "Lifetime of an authorization code")
        .or("60s"),
    Setting::new("refresh-token-ttl", "DURATION", "A refresh token unused that long dies")
        .or("30d"),
    Setting::new(
        "refresh-token-max-age",
        "DURATION",
        "No family of refresh tokens lives longer, whatever is rotated",
    )
    .or("90d"),
    Setting::new(
        "refresh-reuse-grace",
        "DURATION",
        "How long a retry with the refresh token just used gets the same successor",
    )
    .or("30s"),
];

/// A retry after a lost answer comes within seconds; what comes much later is a theft.
const MAX_GRACE: Duration = Duration::from_mins(10);

/// Lifetimes of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenConfig {
    /// Of an access token.
    pub access_token_ttl: Duration,
    /// Of an authorization code.
    pub authorization_code_ttl: Duration,
    /// Of a refresh token that nobody uses.
    pub refresh_token_ttl: Duration,
    /// Of a family of refresh tokens.
    pub refresh_token_max_age: Duration,
    /// In which a retry with a spent refresh token gets its successor again.
    pub refresh_reuse_grace: Duration,
}

impl TokenConfig {
    /// Reads the section.
    pub fn read(values: &Values) -> Result<Self, SettingsError> {
        let tokens = Self {
            access_token_ttl: values.duration("access-token-ttl")?,
            authorization_code_ttl: values.duration("authorization-code-ttl")?,
            refresh_token_ttl: values.duration("refresh-token-ttl")?,
            refresh_token_max_age: values.duration("refresh-token-max-age")?,
            refresh_reuse_grace: values.duration("refresh-reuse-grace")?,
        };
        if tokens.refresh_reuse_grace >= tokens.refresh_token_ttl {
            let ttl = duration::show(tokens.refresh_token_ttl);
            return Err(values.refuse(
                "refresh-reuse-grace",
                format_args!("must be shorter than refresh-token-ttl, which is {ttl}"),
            ));
        }
        if tokens.refresh_reuse_grace > MAX_GRACE {
            let most = duration::show(MAX_GRACE);
            return Err(values.refuse(
                "refresh-reuse-grace",
                format_args!("{most} is the most: in that time a stolen token is not noticed"),
            ));
        }
        Ok(tokens)
    }
}
