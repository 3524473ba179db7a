//! The authorization-code grant (RFC 6749 §4.1.3, RFC 7636 §4.5): what a request carries.

use crate::{
    oauth::{OAuthError, Parameters},
    secret::Secret,
};

/// What a code exchange carries.
#[derive(Clone)]
pub struct AuthorizationCodeGrant {
    /// The code as presented.
    pub code: Secret,
    /// The PKCE verifier.
    pub verifier: Secret,
    /// The redirect URI; it may be left out, since PKCE binds the code (OAuth 2.1 §4.1.3).
    pub redirect_uri: Option<String>,
}

impl AuthorizationCodeGrant {
    /// Takes `code` and `code_verifier`, which are required, and `redirect_uri`.
    pub fn parse(parameters: &Parameters) -> Result<Self, OAuthError> {
        let secret = |name| parameters.find(name).map(|text| Secret::new(text.to_owned()));
        Ok(Self {
            code: secret("code")
                .ok_or(OAuthError::invalid_request("The parameter code is missing"))?,
            verifier: secret("code_verifier")
                .ok_or(OAuthError::invalid_request("The parameter code_verifier is missing"))?,
            redirect_uri: parameters.find("redirect_uri").map(str::to_owned),
        })
    }
}
