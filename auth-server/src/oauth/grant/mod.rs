//! The grant types: each proves one thing and leaves the rest to the pipeline.

pub mod authorization_code;
pub mod client_credentials;
pub mod password;
pub mod refresh_token;

use super::OAuthError;
use crate::audit::Event;

/// A `grant_type` that clients can be registered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantType {
    /// RFC 6749 §4.1
    AuthorizationCode,
    /// RFC 6749 §4.4
    ClientCredentials,
    /// RFC 6749 §4.3
    Password,
    /// RFC 6749 §6
    RefreshToken,
}

impl GrantType {
    /// Every grant type, in alphabetical order.
    pub const ALL: [Self; 4] =
        [Self::AuthorizationCode, Self::ClientCredentials, Self::Password, Self::RefreshToken];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::ClientCredentials => "client_credentials",
            Self::Password => "password",
            Self::RefreshToken => "refresh_token",
        }
    }

    /// What the audit log calls a request for it.
    pub const fn event(self) -> Event {
        match self {
            Self::AuthorizationCode => Event::TokenCode,
            Self::ClientCredentials => Event::TokenClient,
            Self::Password => Event::TokenPassword,
            Self::RefreshToken => Event::TokenRefresh,
        }
    }

    /// Whether a request may leave its client out, which then is the `default-client`.
    pub const fn has_default_client(self) -> bool {
        matches!(self, Self::Password | Self::RefreshToken)
    }

    /// Whether the write that answers it checks that the client still is what it was.
    pub const fn checks_client_again(self) -> bool {
        matches!(self, Self::ClientCredentials | Self::RefreshToken)
    }

    /// Finds the grant type of that name.
    pub fn parse(name: &str) -> Result<Self, OAuthError> {
        Self::ALL
            .into_iter()
            .find(|grant_type| grant_type.as_str() == name)
            .ok_or(OAuthError::unsupported_grant_type("There is no such grant type here"))
    }
}
