//! The refresh grant (RFC 6749 §6): what a request carries. Rotation itself is the issuer's.

use crate::{
    oauth::{OAuthError, Parameters},
    secret::Secret,
};

/// What a refresh request carries.
#[derive(Clone)]
pub struct RefreshGrant {
    /// The refresh token as presented.
    pub token: Secret,
}

impl RefreshGrant {
    /// Takes `refresh_token`, which is required.
    pub fn parse(parameters: &Parameters) -> Result<Self, OAuthError> {
        parameters
            .find("refresh_token")
            .map(|token| Self { token: Secret::new(token.to_owned()) })
            .ok_or(OAuthError::invalid_request("The parameter refresh_token is missing"))
    }
}
